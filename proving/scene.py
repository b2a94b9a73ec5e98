"""What a story has at hand: one person, the broker's faults by name, somebody at the broker's own screen, and waiting.

Contract: every choice is the seed's. Nothing here looks into the OMS; what became of an order is read from committed
rows and from the broker's journal, as a judge reads them.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.orders.types import Plan, Side
from proving.oms import OWNER_ACCOUNT
from proving.oracle.broker import Order
from proving.people import Person
from proving.wishes import TICKERS, Wish
from simulation.exchange.faults import Fault, FaultKind, Match
from simulation.exchange.faults.hands import by_hand
from simulation.exchange.orders import Accepted
from tools.settings import Broker

if TYPE_CHECKING:
    from proving.world import World

CHANGE, CASH = "order-rvsecncl", "order-cash"
AT_BROKER = ("ACKED", "PARTIAL")
THIN = "032640"  # whose orders fill in parts
ENDED = ("FILLED", "CANCELLED", "EXPIRED", "REJECTED", "REFUSED", "WITHDRAWN", "ABSENT")
_STEP_S = 0.05


class Scene:
    """`late`: the market is about to close."""

    def __init__(self, world: World, rng: random.Random, *, late: bool = False) -> None:
        self.world = world
        self.rng = rng
        self.late = late

    @property
    def person(self) -> Person:
        return self.world.person

    @property
    def paper(self) -> bool:
        return self.world.broker is Broker.PAPER

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    async def pause(self, seconds: float) -> None:
        """Up to so long."""
        await asyncio.sleep(self.rng.random() * seconds)

    def did(self, name: str) -> None:
        self.world.tally.did[f"story_{name}"] += 1

    # Orders ---------------------------------------------------------------------------------------------------------

    async def order(
        self, ticker: str = "", side: Side = Side.BUY, kind: str = "edge", least: int = 1
    ) -> tuple[Plan, Wish] | None:
        """One that the OMS admitted, at the last price if nothing else is said."""
        return await self.person.places(ticker or self.rng.choice(TICKERS), side, kind, least)

    def away(self) -> None:
        """No OMS from here on, until the day is healed."""
        for host in self.world.oms:
            self.world.down(host)

    def state(self, wish: Wish) -> str:
        """In the ledger; "" before it was admitted."""
        row = self.world.database.tables.intents.rows.get(UUID(wish.intent_id))
        return "" if row is None else row.state.value

    async def reaches(self, wish: Wish, *states: str, within: float) -> bool:
        """Is it in one of these before so many seconds have passed? No longer waited for once it has ended."""
        await self.world.until(lambda: self.state(wish) in (*states, *ENDED), within, _STEP_S)
        return self.state(wish) in states

    def at_broker(self, wish: Wish) -> list[Order]:
        """The numbers of its chain, by the broker's journal."""
        word = self.world.judge.approved[wish.intent_id]
        return [order for root in word.chains for order in self.world.judge.broker.chains[root]]

    def known(self, number: int | None) -> bool:
        """Does the ledger know this number of today?"""
        today = self.world.wall.now().date()
        rows = self.world.database.tables.broker_orders.rows.values()
        return any((row.trade_date, row.odno) == (today, number) for row in rows)

    def tomorrow(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Begins with the next morning's first process."""
        self.world.morrow.append(work)

    async def until(self, good: Callable[[], bool], within: float) -> bool:
        return await self.world.until(good, within, _STEP_S)

    # The broker -----------------------------------------------------------------------------------------------------

    def arms(self, kind: FaultKind, path: str = "", record: str = "", **more: Any) -> None:
        """`record`: of notices that tell of these alone."""
        self.world.exchange.faults.arm(Fault(kind, Match(path=path, record=record), **more))

    async def by_hand(self, **body: Any) -> int | None:
        """An order or a cancel at the broker's own screen. Its number; None where the broker refused or is away."""
        host = self.world.exchange
        exchange = host.exchange
        if exchange is None or not host.running or host.halted:
            return None
        if OWNER_ACCOUNT not in exchange.venue.world.accounts:
            return None

        async def keyed_in() -> Any:
            return by_hand(exchange, {"account": OWNER_ACCOUNT, **body})

        decided = await host.call(keyed_in)
        return decided.order.number if isinstance(decided, Accepted) else None
