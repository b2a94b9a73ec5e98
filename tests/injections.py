"""The corpus of texts that give orders to a program, by what they want."""

from __future__ import annotations

from pathlib import Path

import yaml

CORPUS: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
TEXTS = tuple(text for texts in CORPUS.values() for text in texts)
