"""How far a model may lean on weights that code has made, and what it may say of them. Pure.

Contract: a purchase becomes a little less or more inside the same limits and constraints; names stay, a reduction stays
as it is, nothing grows past its own limit, its sector's, the share of stocks, the run's turnover or the money, and
nothing shrinks below the smallest order. A fixed mix does not lean. A sentence about a purchase takes the place of the
rules' own when it is Korean, promises nothing and has no number but figures of that name; one that is not costs the
whole answer, so that nothing of it is half believed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from domain.constraints import MOST_CANDIDATES
from domain.evidence import figure_ids, raw_numbers, render
from domain.instruments import Instrument
from nodes.mind import wrong_words
from nodes.portfolio.rules import room_of
from nodes.portfolio.scene import Scene, Target
from nodes.portfolio.turnover import bought_bps, sold_bps

TILT_PERCENT = 15
MAX_REASON = 160  # characters, as a card shows them


class Lean(BaseModel):
    """One name."""

    ticker: str = Field(description="universe에서 action이 BUY인 종목코드")
    lean: Literal["less", "same", "more"] = Field(description="조금 줄이기, 그대로, 조금 늘리기")
    reason: str = Field(
        default="",
        description="사는 이유. 해요체 한 문장. 숫자는 쓰지 않고 그 종목의 {{f:id}} 자리표시만 쓴다. 없으면 빈 글.",
    )


class LeanReply(BaseModel):
    """Which of the weights to lean on, and why they are bought."""

    leans: list[Lean] = Field(max_length=2 * MOST_CANDIDATES, description="바꾸거나 설명할 종목만. 없으면 빈 목록.")


def leaned(scene: Scene, targets: Sequence[Target], reply: LeanReply) -> tuple[Target, ...]:
    """The targets as a model would have them. Raises ValueError for a name that is not among them, or a sentence that
    nobody may be told."""
    made = tilted(scene, targets, {each.ticker: each.lean for each in reply.leans})
    said = {each.ticker: each.reason.strip() for each in reply.leans if each.reason.strip()}
    return tuple(
        _told(scene, target, said[target.ticker]) if target.ticker in said and bought_bps(scene, target) else target
        for target in made
    )


def tilted(scene: Scene, targets: Sequence[Target], leans: Mapping[str, str]) -> tuple[Target, ...]:
    """The targets with the leans that fit. Raises ValueError for a name that is not among them."""
    unknown = [ticker for ticker in leans if ticker not in {target.ticker for target in targets}]
    if unknown:
        raise ValueError(f"expected tickers that are bought, was {', '.join(unknown)[:60]}")
    if scene.fixed_mix:
        return tuple(targets)
    rows = {row.ticker: row for row in scene.rows()}
    made = list(targets)
    for at, target in enumerate(made):  # what is lowered makes room first
        bought = bought_bps(scene, target)
        if leans.get(target.ticker) == "less" and bought and target.ticker in rows:
            least = scene.investor.least_bps(scene.prices[target.ticker])
            less = min(bought, max(least, bought * (100 - TILT_PERCENT) // 100))
            made[at] = replace(target, weight_bps=scene.held(target.ticker) + less)
    for at, target in enumerate(made):
        bought = bought_bps(scene, target)
        if leans.get(target.ticker) == "more" and bought and target.ticker in rows:
            more = max(0, min(bought * TILT_PERCENT // 100, _room_for(scene, made, rows, rows[target.ticker], bought)))
            made[at] = replace(target, weight_bps=target.weight_bps + more)
    return tuple(made)


def _room_for(
    scene: Scene, targets: Sequence[Target], rows: Mapping[str, Instrument], row: Instrument, bought: int
) -> int:
    """How much more of the name fits beside everything else that is traded."""
    room, turnover = room_of(scene), scene.investor.turnover_bps
    for target in targets:
        weight = bought_bps(scene, target)
        turnover -= weight + sold_bps(scene, target)
        if weight and target.ticker in rows:
            room.take(rows[target.ticker], weight)
    return min(room.free(row), turnover, scene.investor.most_bps(row, scene.held(row.ticker)) - bought)


def _told(scene: Scene, target: Target, template: str) -> Target:
    view = scene.seen.get(target.ticker)
    figures = {} if view is None else view.figures
    unknown = [key for key in figure_ids(template) if key not in figures]
    if unknown:
        raise ValueError(f"expected figures of {target.ticker}, was {', '.join(unknown)[:60]}")
    wrong = wrong_words([template])
    if wrong is not None:
        raise ValueError(wrong)
    numbers = raw_numbers(template, [figure.label for figure in figures.values() if figure.label])
    if numbers:
        raise ValueError(f"expected figures only, was with {', '.join(numbers[:5])}")
    reason = render(template, figures)
    if len(reason) > MAX_REASON:
        raise ValueError(f"expected a reason of at most {MAX_REASON} characters, was {len(reason)}")
    return replace(target, reason=reason if reason.endswith(".") else f"{reason}.", template=template)
