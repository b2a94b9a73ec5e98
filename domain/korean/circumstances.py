"""Which words answer which item of the questionnaire: the table of `domain/data/circumstances.yaml`, compiled.

Contract: `answer_in` returns the first row of an item that plain text shows, or None; every answer is a key of the
closed set. Numbers (an age, a term, a share, a percentage) are read elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from domain.korean.text import Plain
from domain.suitability import ANSWERS, Item
from domain.tables import table

LIKELY, WEAK = 80, 50


@dataclass(frozen=True, slots=True)
class Row:
    """`say` shows the answer `means`, `unless` takes it back; `asked` rows count only for the item that was asked."""

    say: re.Pattern[str]
    unless: re.Pattern[str] | None
    means: str
    sure: int
    asked: bool


@dataclass(frozen=True, slots=True)
class Said:
    """An answer, percent of confidence, the user's own words."""

    value: str
    sure: int
    quote: str


@cache
def rows() -> dict[Item, tuple[Row, ...]]:
    """Compiled once a process. ValueError when the table names an item or an answer that does not exist."""
    out: dict[Item, tuple[Row, ...]] = {}
    for name, written in table("circumstances").items():
        item = Item(name)
        known = {answer.value for answer in ANSWERS[item]}
        if odd := {row["means"] for row in written} - known:
            raise ValueError(f"expected answers of {name} in circumstances.yaml, were {', '.join(sorted(odd))}")
        out[item] = tuple(
            Row(
                re.compile(row["say"]),
                re.compile(row["unless"]) if "unless" in row else None,
                str(row["means"]),
                int(row["sure"]),
                bool(row.get("asked")),
            )
            for row in written
        )
    return out


def answer_in(item: Item, text: Plain, *, asked: bool) -> Said | None:
    """The first row of `item` that the text shows. A direct answer to the item counts as likely at least."""
    for row in rows().get(item, ()):
        if row.asked and not asked:
            continue
        hit = row.say.search(text.text)
        if hit is None or (row.unless is not None and row.unless.search(text.text)):
            continue
        sure = max(row.sure, LIKELY) if asked and row.sure >= WEAK else row.sure
        return Said(row.means, sure, text.words(hit.start(), hit.end()))
    return None
