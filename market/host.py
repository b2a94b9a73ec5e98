"""Everything of the market's data in one async object, for the process that hosts it.

`open_market(settings, endpoints, interest)` connects and yields a `MarketHost`; `start` begins in the background,
`stop` ends in order, `wait` raises a defect of a part. It holds ingest (one at a time an environment: a second host
stands by and takes over when the first is gone), the maker of minute bars, what asks the broker for minutes that a gap
took, and the writer of the lake.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Protocol

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.clock import Clock, SystemClock
from market.bars.filling import Filling, MinutesDoor
from market.bars.making import MinuteBars
from market.bars.recording import Recording
from market.bars.store import BarStore
from market.bus.ownership import Ownership
from market.bus.ports import Bus
from market.bus.streams import StreamBus
from market.ingest.ports import TIMING, Door, IngestTiming, Interest
from market.ingest.service import Ingest
from market.interest import Declared
from market.snapshots import Snapshots
from market.tasks import end, first_failure
from tools.embedded.services import Endpoints
from tools.lake import open_lake
from tools.oms_client import MarketClient, OmsChannel
from tools.settings import Broker, Settings
from tools.store.secrets import instance_secret

log = structlog.get_logger("market.host")
_LEASE_S = 10.0
_REFRESH_S = 2.0


class MarketDoor(Door, MinutesDoor, Protocol):
    """The OMS's read door: prices as they come, and minutes that are over."""


class MarketHost:
    """See the module's contract. `redis`, `bus` and the rest are the host's to share with what runs beside it."""

    def __init__(
        self,
        redis: Redis,
        prefix: str,
        door: MarketDoor,
        store: BarStore,
        wall: Clock,
        timing: IngestTiming,
        interest: Interest | None = None,
        *,
        first: Sequence[str] = (),
        lease_s: float = _LEASE_S,
    ) -> None:
        self.bus: Bus = StreamBus(redis, prefix)
        self.snapshots = Snapshots(redis, prefix, wall)
        self.store = store
        self.declared = Declared(redis, prefix, wall, first)
        self.ingest: Ingest | None = None  # while it is ours
        self._lease = Ownership(redis, f"{prefix}:ingest:turn", 1, lease_s)
        self._lease_s = lease_s
        self._make: Callable[[], Ingest] = lambda: Ingest(
            door, self.bus, self.snapshots, interest or self.declared.tickers, wall, timing
        )
        self._wall = wall
        self._filling = Filling(door, wall, self._market_ms, timing.ask_s)
        self._minutes = MinuteBars(self.bus, wall, self._market_ms, filling=self._filling)
        self._recording = Recording(self.bus, store, wall)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        work = (
            self._take_turns(),
            self._minutes.run(),
            self._filling.run(),
            self._recording.run(),
            self._hear_interest(),
        )
        self._tasks = [asyncio.create_task(each) for each in work]

    async def wait(self) -> None:
        await first_failure(self._tasks)

    async def stop(self) -> None:
        turns, *rest = self._tasks
        for task in (turns, *rest):  # what ingest gives out last is on the bus for whoever comes next
            await end([task])
        self._tasks = []

    def _market_ms(self) -> int | None:
        market = self.ingest.market if self.ingest is not None else None
        return market.now_ms() if market is not None and market.known else None

    async def _take_turns(self) -> None:
        """Ingest runs while the turn is ours."""
        try:
            while True:
                try:
                    await self._lease.balance()
                    mine = bool(self._lease.owned)
                except (RedisError, OSError):
                    mine = self.ingest is not None  # nobody else can have taken it without Redis
                if mine and self.ingest is None:
                    self.ingest = self._make()
                    await self.ingest.start()
                    log.info("ingest_started")
                elif not mine and self.ingest is not None:
                    log.warning("ingest_taken_over")
                    await self._end()
                await self._watch(self._lease_s / 3)
        finally:
            await asyncio.shield(self._leave())

    async def _watch(self, seconds: float) -> None:
        """A pause that ends with the defect of an ingest that died."""
        if self.ingest is None:
            await self._wall.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.ingest.wait()

    async def _end(self) -> None:
        ingest, self.ingest = self.ingest, None
        if ingest is not None:
            await ingest.stop()

    async def _leave(self) -> None:
        await self._end()
        try:
            await self._lease.leave()
        except (RedisError, OSError) as gone:
            log.debug("turn_not_given_back", reason=type(gone).__name__)  # it runs out by itself

    async def _hear_interest(self) -> None:
        while True:
            await self.declared.refresh()
            await self._wall.sleep(_REFRESH_S)


def prefix_of(settings: Settings) -> str:
    """Environments share a Redis and nothing in it."""
    return f"quartz:{settings.broker.value}"


def market_of(settings: Settings) -> str:
    """Whose prices: KIS paper and live show the same market, every simulated one is a world of its own."""
    return f"sim-{settings.exchange_seed}" if settings.broker is Broker.SIM else "krx"


def open_store(settings: Settings, clock: Clock | None = None) -> BarStore:
    """The bars of this installation, for whoever reads them."""
    return BarStore(open_lake(settings), market_of(settings), clock or SystemClock())


@asynccontextmanager
async def open_market(
    settings: Settings,
    found: Endpoints,
    interest: Interest | None = None,
    *,
    timing: IngestTiming | None = None,
    first: Sequence[str] = (),
) -> AsyncIterator[MarketHost]:
    """Connected, not started. Without `interest` it follows `first` and what other programs declare."""
    wall = SystemClock()
    channel = OmsChannel(found.oms_address, instance_secret(settings), "worker")
    redis = Redis.from_url(found.redis_url)
    prefix = prefix_of(settings)
    try:
        async with channel:
            host = MarketHost(
                redis,
                prefix,
                MarketClient(channel),
                open_store(settings, wall),
                wall,
                timing or TIMING[settings.broker.value],
                interest,
                first=first,
            )
            yield host
    finally:
        await redis.aclose()
