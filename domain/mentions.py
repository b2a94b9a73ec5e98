"""Finds names in Korean text: longest name first, particles allowed behind, never a name inside another word.

Contract: matching ignores case, full-width forms and blanks inside a name of more than three characters. A Latin name
ends where Latin letters end; what follows a Korean name must be a particle, a trading word ("삼전사줘"), another name
("삼전하닉") or nothing, so that 'LG' is not found in 'LG생활건강' and '기아' not in '이야기 아니야'.
Does not guess: an unlisted company whose name begins with a listed one is not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.tables import table

Value = TypeVar("Value")

_CHAIN = 3  # names written together that are looked through: a long text must not become a deep recursion
_WORD = 30  # characters behind a name that matter
_CODE = 6  # letters of a ticker
_FUND_WORDS = ("etf", "buy", "sell", "shares", "please", "price", "chart")
_HANGUL = re.compile("[^가-힣]")
_PREFERRED = re.compile(r"\d?우[b]?(?![가-힣])")

_PARTICLES: list[str] = sorted(table("words")["particles"], key=len, reverse=True)
_FOLLOWERS = tuple(table("words")["followers"])
_CORPORATE = tuple(table("words")["corporate"])
_CORPORATE_LATIN = tuple(table("words")["corporate_latin"])
_NOT_SECTORS: dict[str, list[str]] = table("words")["not_sectors"]


@dataclass(frozen=True, slots=True)
class Mention(Generic[Value]):
    """What was named, by which words, at which [start, end) of the original text."""

    value: Value
    start: int
    end: int
    text: str


def _fold(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).casefold()
    return folded if len(folded) == 1 else char.casefold()[:1] or char


def _is_hangul(char: str) -> bool:
    return "가" <= char <= "힣"


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


class Finder(Generic[Value]):
    """A table of names to look for. `lenient` is for sectors: nearly any word may follow."""

    def __init__(self, names: Mapping[str, Value], *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._by_first: dict[str, list[tuple[str, Value]]] = {}
        for name, value in names.items():
            folded = "".join(_fold(char) for char in name if not char.isspace())
            self._by_first.setdefault(folded[0], []).append((folded, value))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda item: -len(item[0]))

    def find(self, text: str) -> tuple[Mention[Value], ...]:
        """All mentions, in order of appearance, not overlapping."""
        squeezed = [(_fold(char), at) for at, char in enumerate(text) if not char.isspace()]
        chars = "".join(char for char, _ in squeezed)
        places = [at for _, at in squeezed]
        found: list[Mention[Value]] = []
        position = 0
        free_from = 0  # end of the previous mention and its particle: a name may start here without a blank
        while position < len(chars):
            hit = self._at(chars, places, position, position == free_from)
            if hit is None:
                position += 1
                continue
            name, value = hit
            end = position + len(name)
            first, last = places[position], places[end - 1] + 1
            found.append(Mention(value, first, last, text[first:last]))
            rest = _word(chars, places, end)
            particle = next((p for p in _PARTICLES if rest.startswith(p)), "")
            free_from = end if self._starts(chars, places, end) else end + len(particle)
            position = end
        return tuple(found)

    def _starts(self, chars: str, places: list[int], position: int, depth: int = 0) -> bool:
        """Whether another name starts here; a chain of names is followed a few names far, then taken on trust."""
        if position >= len(chars):
            return False
        if depth >= _CHAIN:
            return any(chars.startswith(name, position) for name, _ in self._by_first.get(chars[position], ()))
        return self._at(chars, places, position, True, depth + 1) is not None

    def _at(self, chars: str, places: list[int], position: int, free: bool, depth: int = 0) -> tuple[str, Value] | None:
        for name, value in self._by_first.get(chars[position], ()):
            end = position + len(name)
            if not chars.startswith(name, position):
                continue
            blanks = places[end - 1] - places[position] - (len(name) - 1)
            if blanks and len(name) <= 3:
                continue
            if self._bounded_left(chars, places, position, free) and self._bounded_right(
                chars, places, end, name, depth
            ):
                return name, value
        return None

    def _bounded_left(self, chars: str, places: list[int], position: int, free: bool) -> bool:
        if free or position == 0 or places[position - 1] + 1 < places[position]:
            return True
        before, here = chars[position - 1], chars[position]
        if _is_latin(here):
            # a bare code may follow KIS's market letter: A005930
            return not _is_latin(before) or (
                before == "a" and here.isdigit() and not (position > 1 and _is_latin(chars[position - 2]))
            )
        return not (_is_hangul(before) or (_is_latin(before) and before.isalpha()))

    def _bounded_right(self, chars: str, places: list[int], end: int, name: str, depth: int) -> bool:
        if self._lenient and chars.startswith(tuple(_NOT_SECTORS.get(name, ())), end):
            return False
        rest = _word(chars, places, end)
        if not rest:
            return self._lenient or not self._goes_on(chars, end, name)
        if not self._lenient and _PREFERRED.match(rest):
            return False  # a preferred share is another instrument
        if _is_latin(rest[0]) or rest[0] in "&":
            # a Korean name may be followed by a quantity, never by Latin letters; a Latin one by neither
            return rest[0].isdigit() and _is_hangul(name[-1]) and not self._continues(rest)
        if rest.startswith(_CORPORATE) and not self._lenient:
            return False
        if not _is_hangul(rest[0]):
            return True
        rest = _HANGUL.split(rest, maxsplit=1)[0]
        if self._lenient and len(name) >= 2:
            return True
        if name.endswith("금융") and rest.startswith("투자"):
            return False  # 신한금융투자 is a broker, not the group
        if len(name) >= 4 and _is_hangul(name[-1]) and name[-1] != "우":
            return True  # long enough to be meant; a name in 우 would swallow "삼성전자 우선"
        if self._starts(chars, places, end, depth):
            return True
        if rest.startswith(_FOLLOWERS):
            return True
        for particle in _PARTICLES:
            if rest.startswith(particle):
                tail = rest[len(particle) :]
                if not tail or tail.startswith(_FOLLOWERS):
                    return True
                if self._starts(chars, places, end + len(particle), depth):
                    return True
        return False

    @staticmethod
    def _goes_on(chars: str, end: int, name: str) -> bool:
        """Whether the next word makes another name of it: "Kakao Games", "TIGER 200 IT"."""
        if not _is_latin(name[-1]) or name.isdigit():
            return False
        if chars.startswith(_CORPORATE_LATIN, end):
            return True
        follower = re.match("[a-z]+", chars[end:])
        return name[-1].isdigit() and len(name) != _CODE and follower is not None and follower[0] not in _FUND_WORDS

    @staticmethod
    def _continues(rest: str) -> bool:
        digits = re.match(r"\d+", rest)
        return (
            digits is not None
            and len(rest) > len(digits[0])
            and rest[len(digits[0])].isalpha()
            and rest[len(digits[0])].isascii()
        )


def _word(chars: str, places: list[int], start: int) -> str:
    """Characters from `start` up to the next blank of the original text."""
    if start < len(chars) and start > 0 and places[start - 1] + 1 < places[start]:
        return ""
    end = start
    while end < min(len(chars), start + _WORD) and (end == start or places[end - 1] + 1 == places[end]):
        end += 1
    return chars[start:end]
