"""Finds names of the list in a clean headline: longest first, never inside another word. Pure.

Contract: `Spotter(listing).spot(text)` gives hits in order, not overlapping, each with its place. A name may be written
with a blank where scripts change (`SK 하이닉스`), where it has one itself, or once inside a long one. What stands
behind a name must be a particle, a word of business or nothing; a listed name inside an unlisted one (`SK온`,
`카카오모빌리티`) is none. Whether a hit is meant is the matcher's business (`domain.news.matching`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from domain.news.listing import Listed, Listing, Product
from domain.news.vocabulary import Vocabulary, vocabulary

_TAIL = 24  # characters behind a name that can matter
_LONG = 6  # letters of a name that may be broken once by a blank
_SHORT_LATIN = 4  # a Latin name of up to so many letters must be written in its own case

# One more word before "ETF" makes another fund of a name: TIGER 200 IT ETF.
_LONGER_FUND = re.compile(r"\s(?!등|외|관련|상장|대표)[^\s,·/…\"']+\s?ETF")
_FUND_TAIL = re.compile(r"\((?:합성|H|합성 H)\)$")
_OLD_BRANDS = {"RISE": "KBSTAR", "PLUS": "ARIRANG", "ACE": "KINDEX", "KIWOOM": "KOSEF", "TIME": "TIMEFOLIO"}
_PREFERRED_TAIL = re.compile(r"\d?우[A-C]?(?:선주)?(?![가-힣A-Za-z])")
_HANGUL_RUN = re.compile(r"[가-힣]+")
_COUNTED = re.compile(r"\d+(?:[.,]\d+)?\s?(?:분기|년|월|일|만|억|조|주|원|%|배|위|Q|개|대|명|차)")
_CODE = re.compile(
    r"(?<![0-9A-Za-z])(?:(?<=[(\[])A?|A)(\d{4}[0-9A-Z]\d)(?:\.K[SQ])?(?=[)\],.\s]|$)|(?<!\d)(\d{6})\.K[SQ]\b"
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A name in a text. `row` is None for a name that is nobody's on the list. `by_code` needs no further proof."""

    start: int
    end: int
    name: str  # as the table writes it
    row: Listed | None
    by_code: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    squeezed: str
    name: str
    row: Listed | None
    blanks: frozenset[int]  # offsets in `squeezed` before which the name has a blank of its own
    loose: bool  # blanks anywhere


class Spotter:
    """The names of a listing, ready to be looked for. Building it costs tens of milliseconds; keep it."""

    def __init__(self, listing: Listing, words: Vocabulary | None = None) -> None:
        self._listing = listing
        self._words = words or vocabulary()
        self._by_head: dict[str, list[_Entry]] = {}
        owners: dict[str, Listed | None] = {row.name: row for row in listing}
        derived: dict[str, Listed | None] = {}
        for row in listing:
            for name in _spellings(row):
                derived[name] = row if derived.get(name, row) is row else None
        for name, owner in derived.items():
            owners.setdefault(name, owner)
        for code, names in self._words.aliases.items():
            alias_of = listing.get(code)
            for name in names if alias_of is not None else ():
                owners.setdefault(name, alias_of)
        for name in self._words.not_names:
            owners.setdefault(name, None)
        for name, owner in owners.items():
            self._add(name, owner)
        for entries in self._by_head.values():
            entries.sort(key=lambda entry: -len(entry.squeezed))

    def _add(self, name: str, row: Listed | None) -> None:
        squeezed = "".join(char.casefold() for char in name if not char.isspace())
        if len(squeezed) < 2:
            return
        blanks, seen = set(), 0
        for char in name:
            if char.isspace():
                blanks.add(seen)
            else:
                seen += 1
        loose = row is not None and row.product is Product.ETF
        self._by_head.setdefault(squeezed[:2], []).append(_Entry(squeezed, name, row, frozenset(blanks), loose))

    def spot(self, text: str) -> tuple[Hit, ...]:
        places = [at for at, char in enumerate(text) if not char.isspace()]
        chars = "".join(text[at].casefold()[:1] for at in places)
        hits = [
            Hit(match.start(), match.end(), row.name, row, by_code=True)
            for match in _CODE.finditer(text)
            if (row := self._listing.get(match[1] or match[2])) is not None
        ]
        taken = {at for hit in hits for at in range(hit.start, hit.end)}
        position = 0
        while position < len(chars) - 1:
            hit = None if places[position] in taken else self._at(text, chars, places, position)
            if hit is None:
                position += 1
                continue
            hits.append(hit)
            while position < len(places) and places[position] < hit.end:
                position += 1
        return tuple(sorted(hits, key=lambda hit: hit.start))

    def _at(self, text: str, chars: str, places: list[int], position: int) -> Hit | None:
        for entry in self._by_head.get(chars[position : position + 2], ()):
            end = position + len(entry.squeezed)
            if not chars.startswith(entry.squeezed, position):
                continue
            start, stop = places[position], places[end - 1] + 1
            written = text[start:stop]
            if (
                _blanks_allowed(entry, places[position:end])
                and _case_allowed(entry.name, written)
                and _free_on_the_left(text, start)
                and self._free_on_the_right(text, stop, entry)
            ):
                return Hit(start, stop, entry.name, entry.row)
        return None

    def _free_on_the_right(self, text: str, stop: int, entry: _Entry) -> bool:
        tail = text[stop : stop + _TAIL].split(" ", 1)[0]
        if entry.row is None:
            return not tail or not _is_word(entry.name[-1]) or not tail[0].isalnum() or bool(_HANGUL_RUN.match(tail))
        if entry.row.product is Product.ETF and _LONGER_FUND.match(text, stop):
            return False
        if not tail:
            return not self._is_other(text[stop : stop + _TAIL].lstrip(), entry.name)
        head = tail[0]
        if _is_latin(entry.name[-1]) and (head.isascii() and head.isalnum()):
            return False
        if head == "&" and len(tail) > 1 and tail[1].isalnum():
            return False
        if head.isascii() and head.isalpha():
            return False  # 카카오VX, 네이버Z
        if head.isdigit():
            return bool(_COUNTED.match(text, stop))
        run = _HANGUL_RUN.match(tail)
        if run is None:
            return head not in "證券家百" and not (head == "-" and tail.startswith("-II"))
        word = run[0]
        if _PREFERRED_TAIL.match(tail):
            return False  # a preferred share is another instrument, listed under its own name
        if word.startswith(self._words.rivals.get(entry.name, ())):
            return False
        return self._may_follow(word)

    def _may_follow(self, word: str) -> bool:
        for particle in self._words.particles:
            if word == particle:
                return True
        return any(
            word.startswith(follower)
            and (len(follower) > 1 or word == follower or word[len(follower) :] in self._words.particles)
            for follower in self._words.followers
        )

    def _is_other(self, rest: str, name: str) -> bool:
        """Whether the next word makes somebody else of a name: 두산 베어스, LG 그룹."""
        word = re.split(r"[\s,'\"…·()\[\]]", rest, maxsplit=1)[0]
        stem = next((word[: -len(p)] for p in self._words.particles if len(word) > len(p) and word.endswith(p)), word)
        rivals = tuple(rival for rival in self._words.rivals.get(name, ()) if len(rival) > 1)
        return word in self._words.others or stem in self._words.others or word.startswith(("우선주", *rivals))


def _spellings(row: Listed) -> list[str]:
    """Names that a row goes by besides its own: without "(합성)", under a fund family's former name."""
    if row.product is Product.PREFERRED:
        return [row.name + "선주", f"{row.name[:-1]} 우선주"] if row.name.endswith("우") else []
    if row.product is not Product.ETF:
        return []
    found = [_FUND_TAIL.sub("", row.name)]
    brand, _, rest = row.name.partition(" ")
    if brand in _OLD_BRANDS and rest:
        found += [f"{_OLD_BRANDS[brand]} {rest}", f"{_OLD_BRANDS[brand]} {_FUND_TAIL.sub('', rest)}"]
    return list(dict.fromkeys(found))


def _blanks_allowed(entry: _Entry, places: list[int]) -> bool:
    breaks = [offset for offset, (one, two) in enumerate(pairwise(places), 1) if two - one > 1]
    if entry.loose or not breaks:
        return True
    name = entry.squeezed
    odd = [
        offset
        for offset in breaks
        if offset not in entry.blanks and _is_latin(name[offset - 1]) is _is_latin(name[offset])
    ]
    if not odd:
        return True
    return len(odd) == 1 and len(name) >= _LONG and 2 <= odd[0] <= len(name) - 2


def _case_allowed(name: str, written: str) -> bool:
    latin = "".join(char for char in name if _is_latin(char))
    if len(latin) > _SHORT_LATIN or not latin:
        return True
    return "".join(char for char in written if _is_latin(char)) == latin


def _free_on_the_left(text: str, start: int) -> bool:
    if start == 0:
        return True
    before, here = text[start - 1], text[start]
    if "가" <= before <= "힣" or before == "&":
        return False
    if _is_latin(here):
        return not _is_latin(before)
    return not (before.isascii() and before.isalpha())


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _is_word(char: str) -> bool:
    return char.isalnum()
