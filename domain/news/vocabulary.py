"""The words of `news_names.yaml` as the matcher looks them up; read once a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from domain.tables import table


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """See the file for what each list is."""

    common: frozenset[str]
    hard: frozenset[str]
    usual: frozenset[str]
    ambiguous: frozenset[str]
    rivals: Mapping[str, tuple[str, ...]]
    business: tuple[str, ...]
    followers: tuple[str, ...]
    others: tuple[str, ...]
    not_names: tuple[str, ...]
    brokers: frozenset[str]
    signatures: frozenset[str]
    endings: tuple[str, ...]
    report: tuple[str, ...]
    own: tuple[str, ...]
    aliases: Mapping[str, tuple[str, ...]]
    particles: tuple[str, ...]


@cache
def vocabulary() -> Vocabulary:
    data: dict[str, Any] = table("news_names")
    houses = data["brokers"]
    return Vocabulary(
        common=frozenset(data["common"]),
        hard=frozenset(data["hard"]),
        usual=frozenset(data["usual"]),
        ambiguous=frozenset(data["ambiguous"]),
        rivals={name: tuple(str(word) for word in words) for name, words in data["rivals"].items()},
        business=tuple(data["business"]),
        followers=_longest_first(data["followers"]),
        others=tuple(data["others"]),
        not_names=tuple(data["not_names"]),
        brokers=frozenset(houses["listed"]),
        signatures=frozenset(houses["signatures"]),
        endings=_longest_first(houses["endings"]),
        report=tuple(data["report"]),
        own=tuple(data["own"]),
        aliases={code: tuple(names) for code, names in data["aliases"].items()},
        particles=_longest_first(table("words")["particles"]),
    )


def _longest_first(words: list[str]) -> tuple[str, ...]:
    return tuple(sorted(words, key=len, reverse=True))
