"""Writes plain values as YAML that every reader takes the same way.

Contract: block style, key order kept, Korean as it is; numbers in their shortest exact text; text is quoted unless it
is a simple word that no YAML version takes for something else. Reading it back gives the same values.
"""

from __future__ import annotations

import re
from decimal import Decimal
from enum import Enum
from typing import Any

import yaml

from domain.decimals import canonical

_SIMPLE = re.compile(r"\$?[A-Za-z_가-힣][A-Za-z0-9_가-힣]*")
_TAKEN = frozenset(("null", "true", "false", "yes", "no", "on", "off", "y", "n"))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    simple = _SIMPLE.fullmatch(value) is not None and value.lower() not in _TAKEN
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if simple else '"')


def _number(dumper: yaml.SafeDumper, value: Decimal) -> yaml.ScalarNode:
    text = canonical(value)
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(Decimal, _number)


def to_yaml(content: dict[str, Any]) -> str:
    """The text, ending in a line break."""
    text: str = yaml.dump(
        _plain(content), Dumper=_Dumper, allow_unicode=True, sort_keys=False, default_flow_style=False, width=10_000
    )
    return text


def _plain(value: Any) -> Any:
    """Enumerations as their words, tuples as lists."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
