"""What the gate answers: findings with the figure asked and the figure allowed, and the verdict they add up to.

Contract: a finding is made only by a control of `domain.gate.table`; `was` and `limit` are in the control's unit (won,
shares, basis points, seconds). A clamp lowers a quantity or moves a price against us; it never raises what is at risk.
A finding carries its sentence and the figures in it; the text is made when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from domain.gate.order import GateOrder, OrderClass

_Made = TypeVar("_Made", bound=tuple[Any, ...])
# A named tuple of all its fields in their order: its own constructor sorts arguments that are sorted already, at twice
# the cost, once for the verdict of every order and twice for every finding.
made: Callable[[type[_Made], tuple[Any, ...]], _Made] = tuple.__new__


class Effect(StrEnum):
    REFUSE = "refuse"
    CLAMP = "clamp"
    WARN = "warn"


class Finding(NamedTuple):
    """What one control said about one leg. `figures` fill the places of `sentence`; without any it is said as it is."""

    code: str
    effect: Effect
    leg: int
    sentence: str
    was: int = 0
    limit: int = 0
    figures: tuple[object, ...] = ()

    @property
    def message(self) -> str:
        """Korean, and may be shown."""
        return self.sentence.format(*self.figures) if self.figures else self.sentence


class Verdict(NamedTuple):
    """The gate's answer on one order. `order` is after clamps and is None for a cancel.

    `value` is quantity at the price that counts (limit, band limit for market orders, cost for a market sale);
    `reserve` is what an admitted buy takes from cash, fee included; 0 for sells and cancels.
    """

    order: GateOrder | None
    order_class: OrderClass
    findings: tuple[Finding, ...]
    asked_quantity: int = 0
    value: int = 0
    reserve: int = 0
    fee: int = 0
    tax: int = 0
    needs_unsuitable_ack: bool = False

    @property
    def admissible(self) -> bool:
        return not any(f.effect is Effect.REFUSE for f in self.findings)

    @property
    def refusals(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.effect is Effect.REFUSE)


@dataclass(frozen=True, slots=True)
class LegVerdict:
    """One leg's verdict inside its plan.

    `provisional`: it waits for another leg's fills, was judged as if they had come, and is gated again on release;
    until then it reserves nothing.
    """

    verdict: Verdict
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class PlanVerdict:
    """A plan is admitted whole or not at all. Cash figures are won; `cash_after` is what is expected once all fill."""

    legs: tuple[LegVerdict, ...]
    cash_before: int | None
    cash_after: int | None

    @property
    def admissible(self) -> bool:
        return bool(self.legs) and all(leg.verdict.admissible for leg in self.legs)

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(f for leg in self.legs for f in leg.verdict.findings)

    @property
    def needs_unsuitable_ack(self) -> bool:
        return any(leg.verdict.needs_unsuitable_ack for leg in self.legs)
