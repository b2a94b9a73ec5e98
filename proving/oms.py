"""The OMS as a process of a world: the real `OmsProcess` with the world's time, ids, chance, disk, storage and door.

Contract: what outlives a life is the witness on the disk and what the storage has committed. A life that is over
writes neither. The door is the real servicer; callers reach it through `ask`, which is the wire to it: a request or an
answer of a process that dies is lost, and the caller hears UNAVAILABLE or nothing.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn
from uuid import UUID

import grpc
from pydantic import SecretStr

from execution.oms.auth import Authenticator
from execution.oms.core import Core
from execution.oms.door import OmsDoor
from execution.oms.enroll import Enrolment
from execution.oms.ledger.port import Storage
from execution.oms.ledger.rows import Mark
from execution.oms.orderdesk import OrderDesk
from execution.oms.outside import Outside
from execution.oms.reads import ReadsDoor
from execution.oms.server import OmsProcess
from proving.clocks import Awake, WallClock
from proving.exchange import HOST, PORT
from proving.loop import LIFE, Gone, Life, WorldLoop
from proving.network import Network
from proving.processes import Process
from tools.embedded.services import Endpoints
from tools.kis.environment import LIVE, PAPER, Environment
from tools.settings import Broker, Settings
from tools.store.secrets import caller_token

OWNER_KEY, OWNER_SECRET, OWNER_ACCOUNT, HTS_ID = "P" * 36, "s" * 180, "5012345601", "quartz01"
INSTANCE_SECRET = bytes(range(32))
_WIRE_S = 0.002


@lru_cache(maxsize=2)
def settings_for(broker: Broker) -> Settings:
    key, secret, account = SecretStr(OWNER_KEY), SecretStr(OWNER_SECRET), SecretStr(OWNER_ACCOUNT)
    live = broker is Broker.LIVE
    return Settings(
        home=Path("/nonexistent"),
        secret_key=SecretStr(INSTANCE_SECRET.hex()),
        broker=broker,
        live_trading=live,
        kis_hts_id=SecretStr(HTS_ID),
        kis_live_app_key=key if live else None,
        kis_live_app_secret=secret if live else None,
        kis_live_account=account if live else None,
        kis_paper_app_key=None if live else key,
        kis_paper_app_secret=None if live else secret,
        kis_paper_account=None if live else account,
    )


def venue_for(broker: Broker) -> Environment:
    there = LIVE if broker is Broker.LIVE else PAPER
    return there.at(f"http://{HOST}:{PORT}", f"ws://{HOST}:{PORT}")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class WitnessDisk:
    """Survives its writers. `pace_s` is what an fsync takes."""

    def __init__(self, loop: WorldLoop, rng: random.Random) -> None:
        self.mark: Mark | None = None
        self.loop = loop
        self.rng = rng
        self.broken_until = 0.0


class WitnessOnDisk:
    """One life's hold on it: a `WitnessFile`."""

    def __init__(self, disk: WitnessDisk, life: Life | None) -> None:
        self._disk = disk
        self._life = life

    def remembered(self) -> Mark | None:
        return self._disk.mark

    async def advance(self, mark: Mark) -> None:
        await asyncio.sleep(self._disk.rng.random() * 0.003)
        if self._life is not None and not self._life.alive:
            raise Gone("the OMS that writes is dead")
        if self._disk.loop.world_time < self._disk.broken_until:
            raise OSError(5, "Input/output error")
        known = self._disk.mark
        if known is None or known.system != mark.system or known.seq < mark.seq:
            self._disk.mark = mark


class DoorClosed(Exception):
    """Nobody answers: the call may or may not have been heard."""


class CallRefused(Exception):
    """The servicer ended the call with a status."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(f"{code.name}: {details}")
        self.code = code
        self.details = details


class _Context:
    """A `grpc.aio.ServicerContext` as far as a servicer asks it."""

    def __init__(self, metadata: Mapping[str, str]) -> None:
        self._metadata = tuple(metadata.items())

    def invocation_metadata(self) -> tuple[tuple[str, str], ...]:
        return self._metadata

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> NoReturn:
        raise CallRefused(code, details)

    def peer(self) -> str:
        return "unix:"


class _Door:
    def __init__(self, host: OmsHost, servicer: OmsDoor, reads: ReadsDoor) -> None:
        self._host = host
        self.servicer = servicer
        self.reads = reads

    def serving(self, call: str) -> Any:
        return getattr(self.servicer if hasattr(OmsDoor, call) else self.reads, call)

    async def close(self) -> None:
        if self._host.door is self:
            self._host.door = None
        await asyncio.sleep(0)


class OmsHost(Process):
    """One OMS on one machine. Several may share a storage: then one holds the lease."""

    def __init__(
        self,
        name: str,
        loop: WorldLoop,
        network: Network,
        broker: Broker,
        seed: int,
        wall: WallClock,
        witness: WitnessDisk,
        storage_of: Callable[[Life], Storage],
    ) -> None:
        super().__init__(name, loop, network)
        self._rng = random.Random(f"{name}:{seed}")
        self._broker = broker
        self.wall = wall
        self.awake = Awake(loop, self._rng.uniform(100.0, 1e6))
        self._witness = witness
        self._storage_of = storage_of
        self._process: OmsProcess | None = None
        self._asked: dict[asyncio.Future[Any], None] = {}  # in their order
        self._followed: list[asyncio.Queue[Any]] = []
        self.door: _Door | None = None
        self.core: Core | None = None
        self.storage: Storage | None = None

    async def main(self) -> None:
        life = LIFE.get()
        assert life is not None
        self.storage = storage = self._storage_of(life)
        rng = self._rng
        outside = Outside(
            wall=self.wall,
            awake=self.awake,
            new_id=lambda: UUID(int=rng.getrandbits(128), version=4),
            rng_seed=lambda: rng.getrandbits(64),
            secrets=rng,
            storage=storage,
            witness=WitnessOnDisk(self._witness, life),
            open_door=self._open_door,
            pages_host=HOST,
            pages_at=lambda url: None,
            fenced=self._fenced,
            tls=_tls(),
        )
        self._process = self._program(outside)
        await self._process.run()

    def _program(self, outside: Outside) -> OmsProcess:
        found = Endpoints("", "", f"unix:{self.name}")
        return OmsProcess(settings_for(self._broker), found, venue=venue_for(self._broker), outside=outside)

    async def _open_door(self, address: str, secret: bytes, core: Core, desk: OrderDesk, enrolment: Enrolment) -> _Door:
        self.core = core
        authenticator = Authenticator(secret)
        self.door = _Door(self, OmsDoor(authenticator, desk, enrolment), ReadsDoor(authenticator, core))
        return self.door

    def _fenced(self) -> NoReturn:
        self.exit("fenced")

    def told_to_end(self) -> None:
        if self._process is not None:
            self._process.stop()

    def ended(self) -> None:
        self.door = self._process = self.core = None
        for answer in self._asked:
            if not answer.done():
                answer.set_exception(DoorClosed("the OMS went away"))
        self._asked.clear()
        for said in self._followed:
            said.put_nowait(DoorClosed("the OMS went away"))
        self._followed.clear()

    async def follow(self, call: str, request: Any, principal: str, user: str = "") -> AsyncIterator[Any]:
        """A stream over the door, until the caller leaves. Raises CallRefused or DoorClosed."""
        door = self.door
        if door is None or not self.running:
            raise DoorClosed("nobody listens")
        said: asyncio.Queue[Any] = asyncio.Queue()
        self._followed.append(said)
        metadata = {
            "x-quartz-principal": principal,
            "x-quartz-token": caller_token(INSTANCE_SECRET, principal),
            "x-quartz-user": user,
        }
        work = self.call(lambda: _stream(door.serving(call), request, metadata, said))
        try:
            while True:
                each = await said.get()
                if isinstance(each, Exception):
                    raise each
                yield each
        finally:
            if said in self._followed:
                self._followed.remove(said)
                work.cancel()

    async def ask(
        self,
        call: str,
        request: Any,
        principal: str,
        user: str = "",
        *,
        token: str | None = None,
        patience_s: float = 20.0,
    ) -> Any:
        """One call over the door. Raises CallRefused, DoorClosed or TimeoutError."""
        await asyncio.sleep(self._rng.random() * _WIRE_S)
        door = self.door
        if door is None or not self.running:
            raise DoorClosed("nobody listens")
        metadata = {
            "x-quartz-principal": principal,
            "x-quartz-token": caller_token(INSTANCE_SECRET, principal) if token is None else token,
            "x-quartz-user": user,
        }
        answer: asyncio.Future[Any] = self.loop.create_future()
        self._asked[answer] = None
        self.call(lambda: _serve(door.serving(call), request, metadata, answer))
        try:
            return await asyncio.wait_for(answer, patience_s)
        finally:
            self._asked.pop(answer, None)


async def _stream(
    handler: Callable[..., Any], request: Any, metadata: Mapping[str, str], said: asyncio.Queue[Any]
) -> None:
    try:
        async for each in handler(request, _Context(metadata)):
            said.put_nowait(each)
    except CallRefused as error:
        said.put_nowait(error)


async def _serve(
    handler: Callable[..., Any], request: Any, metadata: Mapping[str, str], answer: asyncio.Future[Any]
) -> None:
    try:
        reply = await handler(request, _Context(metadata))
    except Exception as error:
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(reply)
