"""The one way records become state: journal first, then the world, then whoever listens.

Contract: `commit` returns after the records are durable and folded in; listeners are called in order, once for each
record that concerns an order, with the order as it is after the whole batch. Decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from simulation.exchange.journal import JournalPort, Record
from simulation.exchange.orders import Order
from simulation.exchange.world import World

Listener = Callable[[Record, Order], None]


class Commits:
    """One per venue."""

    def __init__(self, journal: JournalPort, world: World) -> None:
        self._journal = journal
        self._world = world
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def commit(self, records: list[Record]) -> None:
        for record in self._journal.append(records):
            self._world.apply(record)
            if "odno" in record:
                order = self._world.order(record)
                for listener in self._listeners:
                    listener(record, order)
