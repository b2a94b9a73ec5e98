"""Strategies by rules: the preset that fits a profile, and the card that reads a spec back.

Contract: pure; every result is a validated `StrategySpec` inside the grade's limits; StrategyError carries Korean
problems. Changes in words are `edits` and `editing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.korean.text import clean, plain
from domain.profile import Profile
from domain.strategy.check import StrategyError
from domain.strategy.presets import preset_for, preset_ids, preset_name
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec, parse_spec

_ON_CARD = frozenset(
    {"대상", "비중", "남는 돈", "매수 조건", "매도 조건", "손절", "익절", "추적 손절", "보유 기간", "점검", "거래 횟수"}
)


def fitting(profile: Profile, at: datetime, words: str = "") -> StrategySpec:
    """The preset for the profile's grade and wishes, or the one that `words` ask for by its name."""
    grade = profile.grade
    if grade is None:
        raise ValueError("expected a complete profile, was one without a grade")
    decided = {"keep_principal", "mix_bonds"} & set(profile.chosen_ways)
    return preset_for(profile, grade, preset=None if decided else named_preset(words), at=at)


def named_preset(words: str) -> str | None:
    """The preset whose Korean name stands in the text; the longest where several do."""
    said = plain(clean(words)).text
    names = {plain(clean(preset_name(preset)[0])).text: preset for preset in preset_ids()}
    found = [name for name in names if name in said]
    return names[max(found, key=len)] if found else None


def card_text(spec: StrategySpec, version: int) -> str:
    """The strategy in a few lines: with what, how much, everything that buys, everything that sells, and when."""
    lines = list(render(spec))
    head = f"전략 카드 v{version}: {lines[0].removeprefix('전략: ')}"
    body = [line for line in lines[1:] if line.split(":")[0] in _ON_CARD]
    return "\n".join([head, *(f"· {_short(line)}" for line in body)])


def _short(line: str, limit: int = 110) -> str:
    if len(line) <= limit:
        return line
    kept, _, _ = line[:limit].rpartition(", ")  # never in the middle of a name or a code
    left = line[len(kept) :].count(", ")
    return f"{kept} 외 {left}개" if kept and left else line[: limit - 1].rstrip(", ") + "…"


def spec_from(content: Mapping[str, Any]) -> StrategySpec | None:
    """A stored spec; None when its layout is no longer known."""
    try:
        return parse_spec(dict(content))
    except StrategyError:
        return None
