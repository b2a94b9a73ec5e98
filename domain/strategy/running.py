"""A strategy that trades: on, paused or off, under which hash, and the mandate that the person is asked to sign for it.

Contract: pure. The newest row of an account and strategy counts. ACTIVE enters and leaves; PAUSED leaves and enters
nothing; STOPPED decides nothing, and what it holds stands under the guard. A row means its own hash and no other: a
strategy that was changed afterwards trades nothing until it is started, and signed for, again. The mandate's bounds are
the strategy's names, one order's limit and the capital a day; where idle money is parked once more as much, because
parking is buying too, and would leave no room that day for what the strategy is there for. It never allows more than
the grade does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain import ids
from domain.instruments import Instruments
from domain.limits import Limits
from domain.mandate import Mandate, MandateKind
from domain.mandate_offer import offered
from domain.strategy.spec import StrategySpec


class RunState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    STOPPED = "stopped"


STATE_WORDS = {
    RunState.ACTIVE: "켜져 있어요",
    RunState.PAUSED: "잠시 멈췄어요. 새로 사지 않고, 가진 것은 조건에 따라 팔아요",
    RunState.STOPPED: "꺼져 있어요. 가진 종목은 손절·익절 기준만 지켜봐요",
}


@dataclass(frozen=True, slots=True)
class StrategyRun:
    """One row: what was said of a strategy of an account, and when."""

    run_id: int
    account_ref: str
    user_id: UUID
    strategy_id: UUID
    version: int
    hash: str
    state: RunState
    set_at: datetime


def sleeve_of(strategy_id: UUID) -> str:
    """Whose shares a strategy's fills are."""
    return f"strategy:{strategy_id}"


def traded_names(spec: StrategySpec) -> tuple[str, ...]:
    """The universe, and where idle money rests."""
    parking = (spec.sizing.parking,) if spec.sizing.parking else ()
    return tuple(dict.fromkeys((*spec.universe.tickers, *parking)))


def strategy_mandate(
    account_ref: str,
    spec: StrategySpec,
    limits: Limits,
    base: int,
    table: Instruments,
    calendar: str,
    now: datetime,
    origin: tuple[str | int, ...],
) -> Mandate:
    """What a person would sign so that this very text may trade. `base`: won that the limits are shares of. ValueError
    for a strategy that names nothing to trade."""
    names = traded_names(spec)
    if not names:
        raise ValueError("expected a strategy with names to trade, was one without")
    hash_ = spec.content_hash()
    id_ = ids.mandate_id(account_ref, ("strategy", hash_, *origin))
    drawn = offered(id_, account_ref, MandateKind.STRATEGY, names, limits, base, table, calendar, now, hash_)
    return replace(drawn, max_per_day=2 * base) if spec.sizing.parking else drawn
