"""Documents that were stored before the language grew keep their text and their hash to the last letter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from domain.strategy.spec import parse_spec

STORED: list[dict[str, Any]] = json.loads((Path(__file__).parent / "stored_documents.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("stored", STORED, ids=lambda row: str(row["name"]))
def test_a_stored_document_keeps_its_text_and_its_hash(stored: dict[str, Any]) -> None:
    spec = parse_spec(stored["document"])
    assert spec.to_json() == stored["document"]
    assert spec.content_hash() == stored["hash"]


def test_a_later_field_at_its_default_is_not_written_and_away_from_it_is() -> None:
    document = STORED[0]["document"]
    said = {**document, "risk": {**document["risk"], "time_stop": {"enabled": False}}, "timeframe": "1d"}
    said["sizing"] = {**document["sizing"], "lookback": 20, "risk_bps": None}
    assert parse_spec(said).content_hash() == STORED[0]["hash"]
    said["risk"]["time_stop"] = {"enabled": True, "after": 10}
    changed = parse_spec(said)
    assert changed.content_hash() != STORED[0]["hash"]
    assert changed.to_json()["risk"]["time_stop"] == {"enabled": True, "after": 10, "unit": "sessions"}
