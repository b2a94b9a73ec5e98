"""The last price and book of a ticker, with its age: written by ingest, read by whoever only looks.

Contract: what is read says how old it is in market time and whether it may be relied on. `stale` is True when
something may have been missed since, when nothing was heard for longer than `alive_s` of the program that writes, or
when there is none; nothing is invented, and an absent ticker is None. A Redis that does not answer raises
SnapshotsUnavailable. Written at most once a batch; nothing that orders depend on lives only here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.clock import KST, Clock
from domain.proto import market_pb2 as pb

_LIFE_S = 7 * 86_400
ALIVE_S = 10.0


class SnapshotsUnavailable(Exception):
    """Redis does not answer now."""


@dataclass(frozen=True, slots=True)
class Price:
    """`at` is market time, `age_s` market seconds since. `day_*` and `volume` are of the trade date."""

    ticker: str
    price: int
    base: int | None
    day: int
    day_open: int
    day_high: int
    day_low: int
    volume: int
    at: datetime
    age_s: float
    stale: bool
    why: str  # "" | silent | gap | ingest
    halted: bool
    interrupted: bool
    source: str
    label: str  # 모의 시세, 실시간 시세 …


@dataclass(frozen=True, slots=True)
class BookSeen:
    book: pb.Book
    age_s: float
    stale: bool


class Snapshots:
    """`redis` answers in bytes; `prefix` keeps environments apart, as on the bus."""

    def __init__(self, redis: Redis, prefix: str, clock: Clock, *, alive_s: float = ALIVE_S) -> None:
        self._redis: Any = redis
        self._prefix = prefix
        self._clock = clock
        self._alive_s = alive_s

    # Reading --------------------------------------------------------------------------------------------------------

    async def price(self, ticker: str) -> Price | None:
        return (await self.prices([ticker])).get(ticker)

    async def prices(self, tickers: Sequence[str]) -> dict[str, Price]:
        """Those that were ever followed, with one question."""
        beat, *found = await self._get([self._beat_key, *(self._key("last", ticker) for ticker in tickers)])
        heartbeat = pb.Heartbeat.FromString(beat) if beat is not None else None
        out = {}
        for ticker, data in zip(tickers, found, strict=True):
            if data is not None and (snapshot := pb.Snapshot.FromString(data)).HasField("tick"):
                out[ticker] = self._price(snapshot, heartbeat)
        return out

    async def book(self, ticker: str, *, max_age_s: float = 30.0) -> BookSeen | None:
        beat, data = await self._get([self._beat_key, self._key("book", ticker)])
        if data is None:
            return None
        book = pb.Book.FromString(data)
        now_ms = self._market_ms(pb.Heartbeat.FromString(beat) if beat is not None else None)
        age = max(0.0, (now_ms - book.at_ms) / 1000)
        return BookSeen(book, age, age > max_age_s)

    async def heartbeat(self) -> pb.Heartbeat | None:
        """Of an ingest that lives; None when none does."""
        (beat,) = await self._get([self._beat_key])
        heartbeat = pb.Heartbeat.FromString(beat) if beat is not None else None
        return heartbeat if heartbeat is not None and self._lives(heartbeat) else None

    async def last(self, tickers: Sequence[str]) -> dict[str, pb.Snapshot]:
        """As ingest left them."""
        found = await self._get([self._key("last", ticker) for ticker in tickers])
        return {t: pb.Snapshot.FromString(data) for t, data in zip(tickers, found, strict=True) if data is not None}

    def _price(self, snapshot: pb.Snapshot, heartbeat: pb.Heartbeat | None) -> Price:
        tick = snapshot.tick
        lives = heartbeat is not None and self._lives(heartbeat)
        followed = heartbeat is not None and tick.ticker in heartbeat.followed
        why = "ingest" if not (lives and followed) else ""
        if not why and snapshot.HasField("gap"):
            why = "silent" if snapshot.gap.reason == "stale" else "gap"
        return Price(
            ticker=tick.ticker,
            price=tick.price,
            base=tick.base or None,
            day=tick.day,
            day_open=tick.day_open,
            day_high=tick.day_high,
            day_low=tick.day_low,
            volume=tick.volume,
            at=datetime.fromtimestamp(tick.at_ms / 1000, KST),
            age_s=max(0.0, (self._market_ms(heartbeat) - tick.at_ms) / 1000),
            stale=bool(why),
            why=why,
            halted=tick.halted,
            interrupted=tick.interrupted,
            source=tick.source,
            label=heartbeat.label if heartbeat is not None else "",
        )

    def _lives(self, heartbeat: pb.Heartbeat) -> bool:
        return abs(self._wall_ms() - heartbeat.wall_ms) <= self._alive_s * 1000

    def _market_ms(self, heartbeat: pb.Heartbeat | None) -> int:
        wall = self._wall_ms()
        if heartbeat is None or not heartbeat.market_ms:
            return wall
        return int(heartbeat.market_ms + (wall - heartbeat.wall_ms) * (heartbeat.speed or 1.0))

    def _wall_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    async def _get(self, keys: Sequence[str]) -> list[bytes | None]:
        if not keys:
            return []
        try:
            return list(await self._redis.mget(keys))
        except (RedisError, OSError) as error:
            raise SnapshotsUnavailable(f"expected Redis to answer, was {type(error).__name__}") from error

    # Writing --------------------------------------------------------------------------------------------------------

    async def keep(self, snapshots: Iterable[pb.Snapshot]) -> None:
        await self._set([(self._key("last", each.tick.ticker), each) for each in snapshots if each.HasField("tick")])

    async def keep_books(self, books: Iterable[pb.Book]) -> None:
        await self._set([(self._key("book", each.ticker), each) for each in books])

    async def beat(self, heartbeat: pb.Heartbeat) -> None:
        await self._set([(self._beat_key, heartbeat)])

    async def _set(self, pairs: Sequence[tuple[str, Any]]) -> None:
        pipe = self._redis.pipeline(transaction=False)
        for key, message in pairs:
            pipe.set(key, message.SerializeToString(), ex=_LIFE_S)
        try:
            await pipe.execute()
        except (RedisError, OSError) as error:
            raise SnapshotsUnavailable(f"expected Redis to answer, was {type(error).__name__}") from error

    @property
    def _beat_key(self) -> str:
        return f"{self._prefix}:ingest"

    def _key(self, kind: str, ticker: str) -> str:
        return f"{self._prefix}:{kind}:{ticker}"
