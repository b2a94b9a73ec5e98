"""What a reading of a foreign file has found so far: problems that refuse it and notes that only tell.

Contract: both carry a path and Korean text; nothing of a file disappears without one or the other. Helpers here read
one value of a shape or say why not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.decimals import canonical, to_decimal
from domain.strategy import kis_words
from domain.strategy.problems import Problem

_WRONG_FOR_A_NAME = re.compile(r"[^A-Za-z0-9_가-힣]+")
MAX_NAME = 40


@dataclass(slots=True)
class Reading:
    """`problems` refuse the file, all at once; `notes` are for the user to know."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)

    def refuse(self, path: str, text: str) -> None:
        self.problems.append(Problem(path, text))

    def note(self, path: str, text: str) -> None:
        self.notes.append(Problem(path, text))

    def mapping(self, path: str, value: Any) -> dict[str, Any]:
        """The value as a mapping; empty for nothing."""
        if value is None:
            return {}
        if isinstance(value, Mapping):
            return {str(key): part for key, part in value.items()}
        self.refuse(path, "'항목: 값'의 묶음이 와야 해요. 형식을 확인해 주세요.")
        return {}

    def rows(self, path: str, value: Any) -> list[Any]:
        """The value as a list; empty for nothing."""
        if value is None:
            return []
        if isinstance(value, list | tuple):
            return list(value)
        self.refuse(path, "목록이 와야 해요. 여러 항목을 목록으로 적어 주세요.")
        return []

    def known_only(self, kind: str, path: str, row: Mapping[str, Any], known: Iterable[str]) -> None:
        """Notes keys that only describe and refuses the others: they could mean something."""
        for key in row:
            if key in known or (kind == "condition" and key in ("event", "type")):
                continue
            place = f"{path}.{key}" if path else key
            if kis_words.describes(kind, key):
                self.note(place, "설명용 항목이라 전략에는 쓰지 않아요.")
            else:
                self.refuse(place, "모르는 항목이라 뜻이 달라질 수 있어요. 지우거나 이름을 확인해 주세요.")


def as_text(value: Any) -> str:
    """A scalar as text; numbers as they are written."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value)


def as_number(value: Any) -> Decimal | None:
    """The number that a scalar or a text is; None when it is none."""
    try:
        return to_decimal(value)
    except ValueError:
        return None


def plain(number: Decimal) -> str:
    return canonical(number)


def as_name(text: str, taken: Iterable[str] = ()) -> str:
    """A name in letters, digits and underscores like `text`, and none of those taken: 'SMA(단기)' is SMA_단기."""
    name = _WRONG_FOR_A_NAME.sub("_", text).strip("_") or "ind"
    name = (f"ind_{name}" if name[0].isdigit() else name)[: MAX_NAME - 4]
    found, n, others = name, 2, set(taken)
    while found in others:
        found, n = f"{name}_{n}", n + 1
    return found


def as_id(text: str) -> str:
    """An id for a strategy: small letters, digits, underscores, Hangul."""
    id_ = _WRONG_FOR_A_NAME.sub("_", text.strip()).strip("_").lower()
    if not id_:
        return "imported"
    return (id_ if not id_[0].isdigit() else f"s_{id_}")[:60]
