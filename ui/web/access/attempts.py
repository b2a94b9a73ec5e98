"""How often somebody may try: a moving window per name and per client address, shared by processes when Valkey answers.

Contract: `take` counts the attempt before anything is checked, so that many at once are counted as many; it raises
TooMany with the wait in Korean. When Valkey does not answer, this process counts for itself.
"""

from __future__ import annotations

import hashlib
import math
import time
from typing import Any

import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

PER_NAME = RateLimitItemPerMinute(5, 5, namespace="name")  # five in five minutes
PER_ADDRESS = RateLimitItemPerMinute(20, 5, namespace="address")
SIGN_UPS = RateLimitItemPerHour(10, namespace="signup")
_SECONDS = 0.5  # a Valkey that does not answer must not hold up a sign-in

log = structlog.get_logger()


class TooMany(Exception):
    """`message` is Korean and says how long to wait."""

    def __init__(self, seconds: float) -> None:
        minutes = max(1, math.ceil(seconds / 60))
        self.message = f"시도가 너무 많았어요. {minutes}분 뒤에 다시 해 주세요."
        super().__init__(self.message)


class Attempts:
    """One window for the installation when `redis_url` answers, one for this process when it does not."""

    def __init__(self, redis_url: str, home: str) -> None:
        self._connections = _connections(redis_url) if redis_url else None
        self._shared = None
        if self._connections is not None:
            prefix = "quartz:attempts:" + hashlib.sha256(home.encode()).hexdigest()[:12]
            self._shared = MovingWindowRateLimiter(_storage(redis_url, self._connections, prefix))
        self._own = MovingWindowRateLimiter(MemoryStorage())

    async def take(self, item: RateLimitItem, who: str) -> None:
        """Counts one; raises TooMany."""
        key = hashlib.sha256(who.encode()).hexdigest()[:32]  # names do not stand in a cache
        if self._shared is not None:
            try:
                return await _take(self._shared, item, key)
            except (RedisError, OSError, TimeoutError):
                log.warning("attempts counted in memory", reason="valkey does not answer")
        return await _take(self._own, item, key)

    async def forget(self, item: RateLimitItem, who: str) -> None:
        """After a right password the wrong ones before it do not count any more."""
        key = hashlib.sha256(who.encode()).hexdigest()[:32]
        await self._own.clear(item, key)
        if self._shared is not None:
            try:
                await self._shared.clear(item, key)
            except (RedisError, OSError, TimeoutError):
                return

    async def aclose(self) -> None:
        if self._connections is not None:
            await self._connections.disconnect()


async def _take(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: str) -> None:
    if not await limiter.hit(item, key):
        stats = await limiter.get_window_stats(item, key)
        raise TooMany(stats.reset_time - time.time())


def _connections(url: str) -> ConnectionPool:
    return ConnectionPool.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)


def _storage(url: str, connections: ConnectionPool, prefix: str) -> RedisStorage:
    given: Any = connections  # the library hands its options on and knows them as plain values only
    return RedisStorage(f"async+{url}", implementation="redispy", key_prefix=prefix, connection_pool=given)
