"""How far a model may lean on weights that code has made: a little less or more, inside the same limits. Pure.

Contract: names and reasons stay; a name sold stays as it is; nothing grows past its own limit, its sector's, the share
of stocks or the money, and nothing shrinks below the smallest order. A fixed mix does not lean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import BaseModel, Field

from domain.instruments import Instrument
from nodes.portfolio.rules import MAX_BUYS, Scene, Target, room_of

TILT_PERCENT = 15


class Lean(BaseModel):
    """One name."""

    ticker: str = Field(description="비중 목록에 있는 종목코드")
    lean: Literal["less", "same", "more"] = Field(description="조금 줄이기, 그대로, 조금 늘리기")


class LeanReply(BaseModel):
    """Which of the weights to lean on."""

    leans: list[Lean] = Field(max_length=2 * MAX_BUYS, description="바꾸고 싶은 종목만. 없으면 빈 목록.")


def tilted(scene: Scene, targets: Sequence[Target], leans: Mapping[str, str]) -> tuple[Target, ...]:
    """The targets with the leans that fit. Raises ValueError for a name that is not among them."""
    unknown = [ticker for ticker in leans if ticker not in {target.ticker for target in targets}]
    if unknown:
        raise ValueError(f"expected tickers of the list, was {', '.join(unknown)[:60]}")
    if scene.fixed_mix:
        return tuple(targets)
    rows = {row.ticker: row for row in scene.rows()}
    made = list(targets)
    for at, target in enumerate(made):  # what is lowered makes room first
        bought = target.weight_bps - scene.held(target.ticker)
        if leans.get(target.ticker) == "less" and bought > 0 and target.ticker in rows:
            least = scene.investor.least_bps(scene.prices[target.ticker])
            less = min(bought, max(least, bought * (100 - TILT_PERCENT) // 100))
            made[at] = replace(target, weight_bps=scene.held(target.ticker) + less)
    for at, target in enumerate(made):
        bought = target.weight_bps - scene.held(target.ticker)
        if leans.get(target.ticker) == "more" and bought > 0 and target.ticker in rows:
            more = max(0, min(bought * TILT_PERCENT // 100, _room_for(scene, made, rows, rows[target.ticker], bought)))
            made[at] = replace(target, weight_bps=target.weight_bps + more)
    return tuple(made)


def _room_for(
    scene: Scene, targets: Sequence[Target], rows: Mapping[str, Instrument], row: Instrument, bought: int
) -> int:
    """How much more of the name fits beside everything else that is bought."""
    room = room_of(scene)
    for target in targets:
        weight = target.weight_bps - scene.held(target.ticker)
        if weight > 0 and target.ticker in rows:
            room.take(rows[target.ticker], weight)
    return min(room.free(row), scene.investor.most_bps(row, scene.held(row.ticker)) - bought)
