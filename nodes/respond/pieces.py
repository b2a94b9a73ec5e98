"""Single messages of a reply: cut to what a phone shows without scrolling, and read back as a terminal's text.

Contract: pure. Every piece is at most six lines as a phone draws them; what a card shows is in `data`, and
`data["in_words"]` says the same for a face without cards. A reply in words is the join of its pieces, so that both
faces tell one story. Decides nothing about what is said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nodes.state import Piece

MAX_LINES = 6
COLUMNS = 44  # of half-width characters: what one line of a phone 390 px wide holds
IN_WORDS = "in_words"
FIGURES = "figures"  # what stands behind the numbers of a message: [{id, text, label, source, as_of}]
_WIDE = frozenset("WF")
_COMMAND = re.compile(r"^터미널에서는 /")  # lines for a face in which commands are typed


def piece(kind: str, text: str, options: Sequence[str] = (), **data: Any) -> Piece:
    """`data` must be plain JSON."""
    return Piece(kind=kind, text=text, options=list(options), data=data)


def drawn(text: str) -> int:
    """Lines that a phone needs for the text."""
    return sum(max(1, -(-_width(line) // COLUMNS)) for line in text.split("\n"))


def messages(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces as messages: neighbouring texts together where they fit, what is too long in several."""
    found: list[Piece] = []
    for each in pieces:
        last = found[-1] if found else None
        joined = f"{last['text']}\n{each['text']}" if last is not None else ""
        if last is not None and _mere_text(last) and _mere_text(each) and drawn(joined) <= MAX_LINES:
            figures = [*last["data"].get(FIGURES, []), *each["data"].get(FIGURES, [])]
            found[-1] = piece("text", joined, **({FIGURES: figures} if figures else {}))
        else:
            found += _cut(each)
    return found


def in_words(pieces: Iterable[Piece]) -> str:
    """The reply for a terminal: options numbered, cards in words."""
    parts = []
    for each in pieces:
        said = each["data"].get(IN_WORDS)
        parts.append(str(said) if said else "\n".join([each["text"], *option_lines(each["options"])]))
    return "\n".join(part for part in parts if part.strip())


def for_buttons(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces for a face with buttons: without the lines that name a terminal's commands."""
    kept = []
    for each in pieces:
        lines = [line for line in each["text"].split("\n") if not _COMMAND.search(line)]
        if lines:
            kept.append(Piece(**{**each, "text": "\n".join(lines)}))
    return kept


def option_lines(options: Sequence[str]) -> list[str]:
    """Numbered options: on one line when they are short, else a line each."""
    numbered = [f"{at}) {label}" for at, label in enumerate(options, start=1)]
    if not numbered:
        return []
    return ["  ".join(numbered)] if sum(map(len, numbered)) <= 46 else numbered


def _mere_text(each: Mapping[str, Any]) -> bool:
    return each["kind"] == "text" and not each["options"] and not each["data"].keys() - {FIGURES}


def _cut(each: Piece) -> list[Piece]:
    """Several messages where one is too long; buttons and card belong to the last."""
    if drawn(each["text"]) <= MAX_LINES:
        return [each]
    chunks: list[list[str]] = [[]]
    for line in (part for whole in each["text"].split("\n") for part in _parts(whole)):
        if chunks[-1] and drawn("\n".join([*chunks[-1], line])) > MAX_LINES:
            chunks.append([])
        chunks[-1].append(line)
    kind = "report" if each["kind"] == "report" else "text"
    *front, last = ["\n".join(lines).strip() for lines in chunks]
    told = each["data"].get(FIGURES) or []

    def shown(text: str) -> dict[str, Any]:
        held = [row for row in told if row["text"] in text]
        return {FIGURES: held} if held else {}

    rest = {name: value for name, value in each["data"].items() if name != FIGURES}
    return [
        *(piece(kind, text, **shown(text)) for text in front),
        Piece(**{**each, "text": last, "data": {**rest, **shown(last)}}),
    ]


def _parts(line: str) -> list[str]:
    """A line that alone is too long, cut between words."""
    if drawn(line) <= MAX_LINES:
        return [line]
    parts = [""]
    for word in (bit for whole in line.split(" ") for bit in _slices(whole)):
        longer = f"{parts[-1]} {word}".strip()
        if parts[-1] and drawn(longer) > MAX_LINES:
            parts.append(word)
        else:
            parts[-1] = longer
    return parts


def _slices(word: str) -> list[str]:
    """A word that fills a message by itself (what somebody pasted), in slices."""
    size = MAX_LINES * COLUMNS // 2
    return [word[at : at + size] for at in range(0, len(word), size)] if drawn(word) > MAX_LINES else [word]


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in _WIDE else 1 for sign in line)
