"""Who wants which tickers followed, declared in Redis by programs that may be other processes.

Contract: a declaration lives for `LIFE_S` and is repeated by its author; a program that dies stops wanting. Ranks order
the union: holdings and open orders before strategies' universes before watched names before what somebody looks
at, because a session has few registrations. `Declared.tickers` is a `market.ingest.ports.Interest`, as fresh as the
last `refresh`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.clock import Clock

LIFE_S = 60.0


class Rank(IntEnum):
    HOLDING = 0
    STRATEGY = 1
    WATCHED = 2
    LOOKED_AT = 3


class Declared:
    """`first` is wanted by this program itself, before everything else."""

    def __init__(self, redis: Redis, prefix: str, clock: Clock, first: Sequence[str] = ()) -> None:
        self._redis: Any = redis
        self._key = f"{prefix}:interest"
        self._clock = clock
        self._first = tuple(first)
        self._tickers = self._first

    async def declare(self, who: str, rank: Rank, tickers: Sequence[str]) -> None:
        """Replaces what `who` declared before. Raises RedisError."""
        until = self._clock.now().timestamp() + LIFE_S
        await self._redis.hset(self._key, who, json.dumps([int(rank), until, list(tickers)]))

    async def withdraw(self, who: str) -> None:
        await self._redis.hdel(self._key, who)

    async def refresh(self) -> None:
        """Reads what everybody declares; keeps what was known where Redis does not answer."""
        try:
            told = await self._redis.hgetall(self._key)
        except (RedisError, OSError):
            return
        now = self._clock.now().timestamp()
        living = []
        for who, data in told.items():
            rank, until, tickers = json.loads(data)
            if until >= now:
                living.append((rank, who, tickers))
            elif until < now - LIFE_S:
                await self._redis.hdel(self._key, who)
        found = [ticker for _, _, tickers in sorted(living) for ticker in tickers]
        self._tickers = tuple(dict.fromkeys((*self._first, *found)))

    def tickers(self) -> tuple[str, ...]:
        return self._tickers
