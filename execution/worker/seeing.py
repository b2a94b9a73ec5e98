"""What a decision sees: a strategy's names after their newest bars, the account; what it says: legs, and what waits.

Contract: plain values; money int won, quantities int shares, weights basis points of `equity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.orders.types import Side
from domain.strategy.running import RunState


@dataclass(frozen=True, slots=True)
class Name:
    """A name of the strategy after its newest complete bar. `close`: that bar's. `price`, `reserve`: last, and what a
    share holds back while its order lives; 0 when the price is not fresh. `leaving`: why it has to go, "" when it may
    stay. `weight_bps`: what an entry asks for. `fresh`: its bar is due, may still be acted on and has not been."""

    ticker: str
    entry: bool = False
    exit: bool = False
    fresh: bool = False
    complete: bool = True
    weight_bps: int = 0
    traded: int = 0
    price: int = 0
    reserve: int = 0
    leaving: str = ""
    bars_held: int = 0
    close: int = 0


@dataclass(frozen=True, slots=True)
class View:
    """The account and the strategy's part of it. `own`: shares of the sleeve; `whole`: of everybody; `prices`: last of
    what is held. `selling`: names whose own sale is under way. `traded_today`: won that the whole account bought and
    sold, with what is still open, as the gate counts them; `bought_today`: the strategy's purchases of them. `may_buy`:
    a mandate for purchases is in force; `mandate_order` and `mandate_day`: won that it allows an order, and today.
    `unparked`: idle money was taken out for this bar already."""

    equity: int
    cash: int
    own: Mapping[str, int]
    whole: Mapping[str, int]
    prices: Mapping[str, int]
    busy: frozenset[str] = frozenset()
    buying: frozenset[str] = frozenset()
    selling: frozenset[str] = frozenset()
    entries_this_week: int = 0
    traded_today: int = 0
    bought_today: int = 0
    mandate_order: int | None = None
    mandate_day: int | None = None
    unparked: bool = False
    state: RunState = RunState.ACTIVE
    may_buy: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """One leg. `why`: exit | time | rebalance | entry | park | unpark."""

    ticker: str
    side: Side
    quantity: int
    why: str


@dataclass(slots=True)
class Decision:
    """`waits`: names whose bar is not done with, because money or a price is still to come. `leaving`: why names go."""

    wanted: list[Wanted] = field(default_factory=list)
    waits: set[str] = field(default_factory=set)
    leaving: dict[str, str] = field(default_factory=dict)
    spent: int = 0
    grown: dict[str, int] = field(default_factory=dict)
