"""Which headlines tell the same story: the same words in another dress, or nearly. Pure.

Contract: `distinct(titles)` gives, for each title, the index of the first that tells the same; order matters and the
first stays. Two are alike when their letters are equal, or when the simhashes of their letter pairs differ in at most
`NEAR` of 64 bits and their numbers are the same: 5% and 15% are two stories. Does not know time: the caller hands in
what may be compared.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from domain.news.text import clean, folded

NEAR = 12  # of 64 bits; unrelated headlines differ in about 32
_SHORTEST = 10  # letters below which only equality counts
_LABELS = re.compile(r"\[[^\]]{0,20}\]|\((?:종합|상보|속보|\d보|영상)\)|\s-\s?[가-힣A-Za-z]{2,12}$")
_NUMBERS = re.compile(r"\d+")


def distinct(titles: Sequence[str]) -> list[int]:
    """Index of the first alike title for each; its own index for one that is new."""
    firsts: list[tuple[int, str, int, tuple[str, ...]]] = []
    exact: dict[str, int] = {}
    found = []
    for index, title in enumerate(titles):
        text = _LABELS.sub(" ", clean(title))
        letters = folded(text)
        numbers = tuple(sorted(_NUMBERS.findall(text)))
        mark = simhash(letters)
        first = exact.get(letters)
        if first is None and len(letters) >= _SHORTEST:
            first = next(
                (
                    at
                    for at, other, theirs, figures in firsts
                    if len(other) >= _SHORTEST and figures == numbers and (mark ^ theirs).bit_count() <= NEAR
                ),
                None,
            )
        if first is None:
            first = index
            firsts.append((index, letters, mark, numbers))
        exact.setdefault(letters, first)
        found.append(first)
    return found


def simhash(letters: str) -> int:
    """64 bits that change little when the letters change little."""
    counts = [0] * 64
    for at in range(max(1, len(letters) - 1)):
        bits = int.from_bytes(hashlib.blake2b(letters[at : at + 2].encode(), digest_size=8).digest(), "big")
        for bit in range(64):
            counts[bit] += 1 if bits >> bit & 1 else -1
    return sum(1 << bit for bit, count in enumerate(counts) if count > 0)
