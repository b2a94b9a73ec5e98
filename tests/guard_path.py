"""The guard for tests: its door as a test holds it, and its process beside a whole order path."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from oms_path import Path_, Person, rows_of

from domain.clock import KST
from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from execution.guard.door import GuardDoor
from tools.oms_client import OmsChannel
from tools.settings import ROOT
from tools.store.secrets import instance_secret


@asynccontextmanager
async def guards_door(path: Path_) -> AsyncIterator[GuardDoor]:
    async with OmsChannel(path.oms.address, instance_secret(path.database.settings), "guard") as channel:
        yield GuardDoor(channel)


async def held(path: Path_, who: Person, ticker: str, quantity: int) -> None:
    """The person buys, and it fills."""
    request = who.approved((ticker, Side.BUY, quantity, await path.marketable(ticker)))
    reply = await path.client.submit(who.identity, request)
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    await path.until(who, "FILLED")


async def position_of(door: GuardDoor, who: Person) -> pb.ProtectedPosition:
    (found,) = [each for each in await door.exits() if each.account_ref == who.account]
    return found


async def exit_of(path: Path_, position: pb.ProtectedPosition, **changes: Any) -> pb.ExitRequest:
    """A stop that fired just now."""
    quote = await path.market.quote(position.ticker)
    request = pb.ExitRequest(
        account_ref=position.account_ref,
        exit_mandate_id=position.exit_mandate_id,
        generation=position.generation,
        kind="stop_loss",
        observed_price=quote.price,
        level=quote.price + 100,
    )
    request.observed_at.FromDatetime((await path.market.market_clock()).now.ToDatetime())
    for name, value in changes.items():
        if isinstance(value, datetime):
            getattr(request, name).FromDatetime(value.astimezone(UTC))
        else:
            setattr(request, name, value)
    return request


async def exits_of(path: Path_, who: Person) -> list[pb.Order]:
    return [order for order in await path.orders(who) if order.authority == "exit"]


async def sold(path: Path_, who: Person, *, exits: int = 1, seconds: float = 25.0) -> list[pb.Order]:
    """The account's exits once `exits` of them filled."""
    end = time.monotonic() + seconds
    while True:
        found = await exits_of(path, who)
        if sum(order.state == "FILLED" for order in found) >= exits:
            return found
        assert time.monotonic() < end, f"expected {exits} filled exits, was {[(o.state, o.state_note) for o in found]}"
        await asyncio.sleep(0.1)


def set_rule(path: Path_, who: Person, **rule: Any) -> None:
    """As the person's own page does."""
    row = {
        "account_ref": who.account,
        "user_id": who.identity.user_id,
        "source": "user",
        "channel": "test",
        **rule,
    }
    with rows_of(path.database.url("ui")) as db:
        db.execute(
            f"INSERT INTO desk.guard_rules ({', '.join(row)}) VALUES ({', '.join(['%s'] * len(row))})",
            tuple(row.values()),
        )


class GuardHandle:
    """A guard as its own process; `options` as `quick_guard` takes them."""

    def __init__(self, path: Path_, log: Path, **options: Any) -> None:
        self._environment: Mapping[str, str] = path.oms.environment
        self._log = log
        self._options = options
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("quick_guard.py")), json.dumps(self._options)],
                cwd=ROOT,
                env={**self._environment, "PYTHONPATH": str(ROOT)},
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=10)

    async def died(self, seconds: float = 20.0) -> int:
        assert self.process is not None
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, self.text()
            await asyncio.sleep(0.05)
        return self.process.returncode

    def text(self) -> str:
        return self._log.read_text()[-3000:]


def now() -> datetime:
    return datetime.now(KST)
