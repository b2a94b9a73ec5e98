"""Which member of a group owns which partition: leases that expire, shared out evenly.

Contract: at most one owner at a time while members keep their beat; an owner that cannot renew finds out at its next
`balance`, before it reads on, and its places are refused. The time is the server's.
"""

from __future__ import annotations

import secrets
from typing import Any

from redis.asyncio import Redis

# KEYS members · ARGV me, lease_ms → how many members live
_BEAT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
return redis.call('ZCARD', KEYS[1])
"""
# KEYS lease · ARGV me, lease_ms → 1 when it is mine now
_HOLD = """
local owner = redis.call('GET', KEYS[1])
if owner == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 end
if owner then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_LET_GO = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Ownership:
    """The partitions of one group, as one member sees them."""

    def __init__(self, redis: Redis, key: str, partitions: int, lease_s: float) -> None:
        self.me = secrets.token_hex(8)
        self.owned: set[int] = set()
        self._redis: Any = redis
        self._key = key
        self._partitions = partitions
        self._lease_ms = int(lease_s * 1000)
        self._beat: Any = redis.register_script(_BEAT)
        self._hold: Any = redis.register_script(_HOLD)
        self._drop: Any = redis.register_script(_LET_GO)

    def lease(self, partition: int) -> str:
        return f"{self._key}:lease:{partition}"

    async def balance(self) -> tuple[set[int], set[int]]:
        """(taken, lost) since the last time."""
        members = await self._beat(keys=[self._key + ":members"], args=[self.me, self._lease_ms])
        share = -(-self._partitions // max(1, int(members)))
        before = set(self.owned)
        kept = {n for n in sorted(before)[:share] if await self._try(n)}
        for partition in before - kept:
            await self._drop(keys=[self.lease(partition)], args=[self.me])
        for partition in range(self._partitions):
            if len(kept) >= share:
                break
            if partition not in before and await self._try(partition):
                kept.add(partition)
        self.owned = kept
        return kept - before, before - kept

    async def _try(self, partition: int) -> bool:
        return bool(await self._hold(keys=[self.lease(partition)], args=[self.me, self._lease_ms]))

    async def leave(self) -> None:
        """The others may have everything at once."""
        await self._redis.zrem(self._key + ":members", self.me)
        for partition in self.owned:
            await self._drop(keys=[self.lease(partition)], args=[self.me])
        self.owned = set()
