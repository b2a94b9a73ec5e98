"""Strategies by rules: the preset that fits a profile, small changes in words, and the card that reads a spec back.

Contract: pure; every result is a validated `StrategySpec` inside the grade's limits. A change that would loosen the
tolerated loss is refused with the reason; StrategyError carries Korean problems.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.korean.text import clean, plain
from domain.profile import Profile
from domain.strategy.check import StrategyError
from domain.strategy.presets import preset_for
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec, parse_spec

_EDIT = re.compile(
    r"(?P<what>손절|스탑|로스컷|익절|추적손절|종목당|한종목당?|비중)(?:선|라인|폭|률|기준|가|비중|최대)*(?:은|을|를|만|도|이)?"
    r"(?:좀)?(?:-|마이너스|\+|플러스)?(?P<n>\d{1,2})(?:\.(?P<d>\d))?(?:%|퍼센트|퍼|프로)"
)
_FIELDS = {
    "손절": "stop_loss",
    "스탑": "stop_loss",
    "로스컷": "stop_loss",
    "익절": "take_profit",
    "추적손절": "trailing_stop",
}
_LABELS = {"stop_loss": "손절", "take_profit": "익절", "trailing_stop": "추적 손절", "name_bps": "종목당 비중"}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change in words: which number, to what, in hundredths of a percent."""

    field: str
    bps: int

    @property
    def text(self) -> str:
        whole, rest = divmod(self.bps, 100)
        return f"{_LABELS[self.field]} {whole}{f'.{rest:02d}'.rstrip('0') if rest else ''}%"


def fitting(profile: Profile, at: datetime) -> StrategySpec:
    """The preset for the profile's grade and wishes."""
    grade = profile.grade
    if grade is None:
        raise ValueError("expected a complete profile, was one without a grade")
    return preset_for(profile, grade, at=at)


def edit_in(text: str) -> Edit | None:
    """'손절 7%로', '종목당 10%까지' → Edit; None when no number is named."""
    hit = _EDIT.search(plain(clean(text)).text)
    if hit is None:
        return None
    bps = int(hit["n"]) * 100 + int(hit["d"] or 0) * 10
    return Edit(_FIELDS.get(hit["what"], "name_bps"), bps) if bps else None


def edited(spec: StrategySpec, edit: Edit, profile: Profile, at: datetime) -> tuple[StrategySpec | None, str]:
    """(new spec, '') or (None, why not in Korean)."""
    content: dict[str, Any] = spec.to_json()
    if edit.field == "name_bps":
        if spec.sizing.method == "targets":
            return None, "이 전략은 종목마다 정해진 비중으로 담아서 '종목당 비중'만 따로 바꿀 수 없어요."
        if edit.bps > spec.sizing.name_bps:
            return None, f"종목당 비중은 성향 한도 때문에 {spec.sizing.name_bps // 100}%보다 크게 할 수 없어요."
        content["sizing"]["name_bps"] = edit.bps
        content["risk"]["max_position_size"] = f"0.{edit.bps:04d}"
    else:
        if edit.field == "stop_loss" and profile.max_loss_bps is not None and edit.bps > profile.max_loss_bps:
            limit = profile.max_loss_bps / 100
            return (
                None,
                f"손실 한도를 {limit:g}%까지로 말씀하셔서 손절을 그보다 넓힐 수 "
                "없어요. 바꾸려면 '손실 한도 10%로'처럼 성향부터 고쳐 주세요.",
            )
        content["risk"][edit.field] = {"enabled": True, "percent": f"{edit.bps // 100}.{edit.bps % 100:02d}"}
    try:
        return parse_spec(content).stamped(at), ""
    except StrategyError as error:
        return None, problems_text(error)


def problems_text(error: StrategyError) -> str:
    return "\n".join(problem.text for problem in error.problems[:3])


def card_text(spec: StrategySpec, version: int) -> str:
    """The strategy in at most six lines."""
    lines = list(render(spec))
    head = f"전략 카드 v{version}: {lines[0].removeprefix('전략: ')}"
    wanted = ("대상", "비중", "매수 조건", "손절", "점검")
    body = [line for line in lines[1:] if line.split(":")[0] in wanted]
    return "\n".join([head, *(f"· {_short(line)}" for line in body[:5])])


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
