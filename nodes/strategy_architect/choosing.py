"""What a model may choose for a strategy: a ready-made one, the user's own conditions, and more caution. Pure.

Contract: every choice is made by the same presets under the same limits of profile, loss and chosen ways out; where the
user chose to keep the principal or to mix in bonds, the preset is the rules'; a sector that the user asked for and that
the rules found room for stays in. Own conditions are for who asked for a strategy in words of their own. Caution only
ever tightens.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from domain.instruments import Instruments
from domain.profile import Profile
from domain.strategy.presets import preset_for, preset_ids, suggested
from domain.strategy.spec import StrategySpec
from domain.suitability import Item, answer_label
from domain.tables import table
from nodes.strategy_architect.drafting import OwnReply, offered, own_strategy
from nodes.strategy_architect.editing import edited
from nodes.strategy_architect.edits import Edit

CAREFUL_PERCENT = 80  # what "more" caution leaves of a stop and of a weight
_DECIDED = frozenset({"keep_principal", "mix_bonds"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a strategy is made from."""

    profile: Profile
    at: datetime
    words: str = ""  # with which the user asked for a strategy; empty when it was not asked for in words


class FitReply(BaseModel):
    """A preset and how careful."""

    preset: str = Field(description="준비된 전략 목록의 이름(영문 id) 하나")
    caution: Literal["same", "more"] = Field(description="more는 손절과 종목당 비중을 더 좁힌다. 더 넓힐 수는 없다.")
    own: OwnReply | None = Field(
        default=None, description="사용자가 매수·매도 조건을 직접 말했을 때만 그 조건. 아니면 null"
    )


def told(wanted: Wanted) -> Mapping[str, str]:
    profile = wanted.profile
    answers = [answer_label(item, given.value) for item, given in profile.answers.items() if isinstance(item, Item)]
    rows = table("presets")["presets"]
    limits = profile.advice()
    grade = profile.grade.label if profile.grade else ""
    liked = f"선호 {', '.join(profile.preferred_sectors) or '없음'}"
    return {
        "profile": " · ".join([grade, *answers, liked]),
        "limits": "" if limits is None else f"주식 비중 {limits.max_equity_bps // 100}%까지",
        "ruled": "" if profile.grade is None else suggested(profile, profile.grade),
        "wish": wanted.words or "없음",
        "indicators": offered() if wanted.words else "없음",
        "presets": "\n".join(f"{name}: {rows[name]['name']} - {rows[name]['text']}" for name in preset_ids()),
    }


def chosen(wanted: Wanted, ruled: StrategySpec, reply: FitReply) -> StrategySpec:
    """The chosen preset inside the limits. Raises ValueError."""
    if reply.preset not in preset_ids():
        raise ValueError(f"expected a preset of {', '.join(preset_ids())}, was {reply.preset[:40]!r}")
    profile, grade = wanted.profile, wanted.profile.grade
    if grade is None:
        raise ValueError("expected a complete profile, was one without a grade")
    if reply.own is not None and not wanted.words:
        raise ValueError("expected own to be null: the user named no conditions, was some")
    spec = ruled
    if reply.own is not None:
        spec = own_strategy(ruled, reply.own, profile).stamped(wanted.at)
    elif not _DECIDED & set(profile.chosen_ways):
        spec = preset_for(profile, grade, preset=reply.preset, at=wanted.at)
        lost = _sectors(ruled, profile) - _sectors(spec, profile)
        if lost:
            raise ValueError(f"expected a preset that holds {', '.join(sorted(lost))}, was {reply.preset}")
    return spec if reply.caution == "same" else _tightened(spec, profile, wanted.at)


def _sectors(spec: StrategySpec, profile: Profile) -> set[str]:
    """The sectors asked for that the strategy has names of."""
    rows = map(Instruments.load().get, spec.universe.tickers)
    return {row.sector for row in rows if row is not None} & set(profile.preferred_sectors)


def _tightened(spec: StrategySpec, profile: Profile, at: datetime) -> StrategySpec:
    edits = []
    stop = spec.risk.stop_loss
    if stop is not None and stop.enabled:
        edits.append(Edit("stop_loss", int(stop.percent * CAREFUL_PERCENT)))
    if spec.sizing.method != "targets":
        edits.append(Edit("name_bps", spec.sizing.name_bps * CAREFUL_PERCENT // 100))
    for edit in edits:
        tighter, _ = edited(spec, edit, profile, at)
        spec = tighter or spec
    return spec
