"""The paper exchange as its own process with faults, the real KIS client pointed at it, and what its journal holds."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from domain.clock import SystemClock
from domain.orders.types import OrderType, Side
from simulation.exchange.journal import read_journal
from tools.kis.budget import Priority
from tools.kis.client import KisClient
from tools.kis.credentials import Credential
from tools.kis.deadline import Deadline
from tools.kis.environment import PAPER, EnvironmentName, sim
from tools.kis.events import Event, Gap
from tools.kis.orders import CashOrder, OrderAck
from tools.kis.sealed import FernetBox, MemorySecrets
from tools.settings import ROOT

HTS_ID = "faultyhts"


class Freely:
    """A budget that grants at once."""

    async def grant(self, priority: Priority) -> None:
        del priority

    def under_way(self) -> AbstractContextManager[None]:
        return nullcontext()

    def throttled(self) -> None:
        return None


class FaultyExchange:
    """One process; every test brings an account and an app key of its own, so that many can share it."""

    def __init__(self, folder: Path, *more: str) -> None:
        self.folder = folder
        command = [sys.executable, "-m", "simulation.exchange", "--port", "0", "--any-account", "--seed", "7"]
        self.log = (folder.parent / f"{folder.name}.log").open("w")
        self.child = subprocess.Popen(
            [*command, "--data-dir", str(folder), *(more or ("--always-open", "--limits", "off", "--faults"))],
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.child.stdout is not None
        self.hello: dict[str, Any] = json.loads(self.child.stdout.readline())
        self.url: str = self.hello["url"]

    def stop(self) -> None:
        self.child.kill()
        self.child.wait()
        assert self.child.stdout is not None
        self.child.stdout.close()
        self.log.close()

    def journal(self, account: str = "", *kinds: str) -> list[dict[str, Any]]:
        return [
            record
            for record in read_journal(self.folder)
            if account in ("", record.get("account")) and (not kinds or record["kind"] in kinds)
        ]

    def arm(self, kind: str, **more: Any) -> int:
        """Arm one fault; the shorthand `account=…` is a part of what it waits for."""
        on = {name: more.pop(name) for name in ("path", "account", "ticker", "side", "record", "tr_id") if name in more}
        answer = httpx.post(self.url + "/quartz/faults", json={"kind": kind, "on": on, **more})
        assert answer.status_code == 201, answer.text
        return int(answer.json()["armed"][0])

    def disarm(self) -> None:
        assert httpx.delete(self.url + "/quartz/faults").status_code == 200

    def by_hand(self, body: Any) -> httpx.Response:
        """What somebody does in the broker's own app."""
        return httpx.post(self.url + "/quartz/hand-order", json=body)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(self.url + "/quartz/faults").json()
        return found


class Customer:
    """One account at the exchange through the real client of `tools.kis`."""

    def __init__(self, exchange: FaultyExchange, number: int, *, paper: bool = False) -> None:
        self.exchange = exchange
        self.account = f"{70_000_000 + number}01"
        self.appkey = f"PSfaulty{number:028d}"
        name = EnvironmentName.PAPER if paper else EnvironmentName.SIM
        environment = PAPER.at(exchange.url, exchange.url.replace("http", "ws")) if paper else sim(exchange.url)
        secrets = [SecretStr(text) for text in (self.appkey, "s" * 180, self.account[:8])]
        self.client = KisClient(
            environment,
            Credential(name, secrets[0], secrets[1], secrets[2], "01", SecretStr(HTS_ID)),
            clock=SystemClock(),
            budget=Freely(),
            store=MemorySecrets(),
            box=FernetBox(bytes(range(32))),
            rng=random.Random(7),
        )

    async def buy(self, quantity: int = 1, price: int = 0, seconds: float = 5.0, ticker: str = "005930") -> OrderAck:
        """A market order, or a limit order at `price`. Raises what the client raises."""
        kind = OrderType.LIMIT if price else OrderType.MARKET
        order = CashOrder(Side.BUY, ticker, quantity, kind, price)
        return await self.client.orders.place(order, deadline=Deadline.after(seconds), priority=None)

    async def resting_price(self, ticker: str = "005930") -> int:
        quote = await self.client.quotes.price(ticker)
        assert quote is not None
        assert quote.lower is not None
        return quote.lower

    def journal(self, *kinds: str) -> list[dict[str, Any]]:
        return self.exchange.journal(self.account, *kinds)

    def arm(self, kind: str, **more: Any) -> int:
        return self.exchange.arm(kind, account=self.account, **more)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Ear]:
        """A session registered for execution notices."""
        stream = self.client.stream()
        stream.subscribe(self.client.environment.notice_tr, HTS_ID)
        async with stream:
            ear = Ear(stream.events())
            await ear.until(lambda event: isinstance(event, Gap))
            yield ear


class Ear:
    """What a session tells, one thing after the other."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        self._events = events
        self.heard: list[Event] = []

    async def next(self, seconds: float = 10.0) -> Event:
        async with asyncio.timeout(seconds):
            self.heard.append(await anext(self._events))
        return self.heard[-1]

    async def until(self, wanted: Any, seconds: float = 15.0) -> Event:
        async with asyncio.timeout(seconds):
            while not wanted(await self.next(seconds)):
                pass
        return self.heard[-1]

    async def of(self, kind: type[Any], count: int, seconds: float = 10.0) -> list[Any]:
        """The next `count` events of one kind."""
        found: list[Any] = []
        async with asyncio.timeout(seconds):
            while len(found) < count:
                event = await self.next(seconds)
                if isinstance(event, kind):
                    found.append(event)
        return found
