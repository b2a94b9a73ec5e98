"""What the exchange itself does to an order: refuse it after the broker took it, or fill it in several equal pieces.

Contract: pure questions asked by the venue while it decides; what they answer is what the journal records, because
it is what happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simulation.exchange.faults.armory import Armory
from simulation.exchange.faults.fault import Match
from simulation.exchange.faults.kinds import FaultKind, Stage
from simulation.exchange.fortune import Fortune
from simulation.exchange.matching import Execution
from simulation.exchange.orders import Order


class Misfortune(Fortune):
    """The armed faults of the market."""

    def __init__(self, armory: Armory) -> None:
        self._armory = armory

    def parts(self, execution: Execution) -> Sequence[Execution]:
        if execution.quantity < 2 or not self._armory.waits(Stage.MARKET):
            return (execution,)
        fault = self._armory.strike(Stage.MARKET, _facts(execution.order, "fill"), (FaultKind.EQUAL_FILLS,))
        if fault is None:
            return (execution,)
        pieces = min(fault.parts or self._armory.rng.randint(2, 4), execution.quantity)
        each, over = divmod(execution.quantity, pieces)
        sizes = [each] * pieces + ([over] if over else [])
        return [replace(execution, quantity=size) for size in sizes]

    def refuses(self, order: Order) -> str | None:
        if not self._armory.waits(Stage.MARKET):
            return None
        fault = self._armory.strike(Stage.MARKET, _facts(order, "order"), (FaultKind.REJECTED_AFTER_ACK,))
        return None if fault is None else "exchange"


def _facts(order: Order, record: str) -> Match:
    return Match(account=order.account, ticker=order.ticker, side=order.side.value, record=record)
