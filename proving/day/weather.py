"""What happens around the house on a rehearsed day: sources fall silent, a price falls, people trade by hand.

Contract: each part is a coroutine that lives as long as the day; what it does follows from the script and the world's
own chance. Orders by hand go to the exchange itself, past the house and all its limits, as from the broker's own app.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

from proving.day.people import BOLD, Person
from simulation.exchange.faults.hands import by_hand
from simulation.exchange.market import Snapshot

if TYPE_CHECKING:
    from proving.day.world import DayWorld

_TO_BUY = ("005930", "000270", "105560")  # one of them is what the careful person buys by hand
_TOO_MUCH_BPS = (1_350, 1_800)  # of the capital, where the grade allows 1,000
_FALL = (6.5, 9.0)  # percent below the average cost
_SEEN_S = 40.0  # until the OMS has noticed what it did not do itself


class Weather:
    """One day's. `fell` names the account and ticker whose price fell, once it has."""

    def __init__(self, world: DayWorld) -> None:
        self._world = world
        self._rng = random.Random(f"weather:{world.script.seed}")
        self.fell: tuple[str, str] | None = None

    async def switches(self) -> None:
        """Sources off and on."""
        world = self._world
        while True:
            now = world.wall.now()
            world.economy.state = world.script.macro_state if world.script.macro.covers(now) else "fresh"
            world.news.silent = world.script.news.covers(now)
            await asyncio.sleep(10.0)

    async def falls(self) -> None:
        """One name that the guard watches falls below what its position cost, by more than any stop allows."""
        world = self._world
        await world.until(world.script.falls_at)
        held = [
            (row.account_ref, row.sleeve.ticker, row.sleeve.position)
            for row in world.database.tables.sleeves.rows.values()
            if row.sleeve.position.quantity and row.sleeve.sleeve == "cycle" and self._moves(row.sleeve.ticker)
        ]
        if not held:
            return
        account, ticker, position = self._rng.choice(held)
        wanted = position.cost / position.quantity * (100 - self._rng.uniform(*_FALL)) / 100
        world.exchange.push(ticker, (wanted / self._seen(ticker).last - 1) * 100)
        self.fell = (account, ticker)

    def _moves(self, ticker: str) -> bool:
        row = self._world.table.get(ticker)
        return row is not None and row.asset.value in ("equity", "mixed")

    async def buys_too_much(self, person: Person) -> None:
        """Of one name, beyond what the grade allows."""
        ticker = self._rng.choice(_TO_BUY)
        worth = person.capital * self._rng.randint(*_TOO_MUCH_BPS) // 10_000
        await self._keyed_in(person, "buy", ticker, worth // self._seen(ticker).last)

    async def sells_now_and_then(self) -> None:
        """The bold person takes money out of the two largest positions, so that a later check has something to do."""
        world = self._world
        for at in world.script.sells_at:
            await world.until(at)
            book = world.takes.book(world.number_of(BOLD))
            worth = {ticker: count * self._seen(ticker).last for ticker, count in book.items() if ticker}
            for ticker in sorted(worth, key=lambda each: -worth[each])[:2]:
                await self._keyed_in(BOLD, "sell", ticker, book[ticker])

    async def _keyed_in(self, person: Person, side: str, ticker: str, quantity: int) -> None:
        exchange = self._world.exchange.exchange
        assert exchange is not None
        wanted = {"account": self._world.number_of(person), "side": side, "ticker": ticker, "quantity": quantity}

        async def inside() -> Any:
            return by_hand(exchange, wanted)

        await self._world.exchange.call(inside)
        await asyncio.sleep(_SEEN_S)

    def _seen(self, ticker: str) -> Snapshot:
        exchange = self._world.exchange.exchange
        assert exchange is not None
        seen = exchange.venue.market.snapshot(ticker, self._world.wall.now())
        assert seen is not None, f"expected {ticker} to be listed"
        return seen
