"""One member of a group at the streams: reads its partitions from the group's places on, and moves the places.

Contract: `market.bus.ports.Subscription`. A partition is read from the place that its last owner acknowledged; who
takes one over gets messages again that were read and not acknowledged.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

from market.bus.entries import FIELD, NOWHERE, after, is_forgotten, newest, number, unpacked
from market.bus.ownership import Ownership
from market.bus.ports import Assigned, BusUnavailable, Delivery, Message, Overrun, Revoked, Topic

# Moves a place, if the partition is still this member's. KEYS lease, places, notes · ARGV me, group, offset, note
_PLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[4])
return 1
"""


class StreamSubscription:
    """See the module's contract; made by `StreamBus.subscribe`."""

    def __init__(
        self,
        redis: Redis,
        streams: Sequence[tuple[Topic, Sequence[str]]],
        key: str,
        group: str,
        start: Literal["oldest", "newest"],
        lease_s: float,
    ) -> None:
        self._redis: Any = redis
        self._streams = {(topic.name, n): name for topic, names in streams for n, name in enumerate(names)}
        self._named = {name.encode(): where for where, name in self._streams.items()}
        self._latest = {topic.name for topic, _ in streams if topic.keep == "latest"}
        self._group = group
        self._start = start
        self._lease_s = lease_s
        self._owner = Ownership(redis, key, len(streams[0][1]), lease_s)
        self._balanced = float("-inf")
        self._at: dict[tuple[str, int], str] = {}
        self._place: Any = redis.register_script(_PLACE)

    @property
    def partitions(self) -> frozenset[int]:
        return frozenset(self._owner.owned)

    async def fetch(self, seconds: float, most: int = 50) -> list[Delivery]:
        try:
            changes = await self._balance()
            if changes or not self._at:
                if not changes:
                    await asyncio.sleep(min(seconds, 0.2))
                return changes
            wanted: Any = {self._streams[where]: after(offset)[0] for where, offset in self._at.items()}
            wait = min(seconds, self._lease_s / 3)
            found = await self._redis.xread(wanted, count=most, block=max(1, int(wait * 1000)))
            return await self._read(found)
        except (RedisError, OSError) as error:
            raise BusUnavailable(f"expected the bus to answer, was {type(error).__name__}") from error

    async def _balance(self) -> list[Delivery]:
        now = time.monotonic()
        if now - self._balanced < self._lease_s / 3:
            return []
        taken, lost = await self._owner.balance()
        self._balanced = now
        out: list[Delivery] = []
        for where in [where for where in self._at if where[1] in lost]:
            del self._at[where]
            out.append(Revoked(*where))
        for where in [where for where in self._streams if where[1] in taken]:
            out += await self._begin(where)
        return out

    async def _begin(self, where: tuple[str, int]) -> list[Delivery]:
        stream = self._streams[where]
        place, note, trimmed = await self._known(stream)
        if place is None:
            place = _whole(trimmed) if trimmed else NOWHERE
            if self._start == "newest":
                found = await self._redis.xrevrange(stream, count=1)
                place = newest(found[0][0].decode(), found[0][1][FIELD]) if found else place
            if where[0] not in self._latest:  # from now on the stream waits for this group
                await self._redis.hsetnx(stream + ":places", self._group, place)
        self._at[where] = place
        return [Assigned(*where, note), *self._overrun(where, trimmed)]

    async def _known(self, stream: str) -> tuple[str | None, bytes, str]:
        pipe = self._redis.pipeline(transaction=False)
        pipe.hget(stream + ":places", self._group)
        pipe.hget(stream + ":notes", self._group)
        pipe.get(stream + ":trimmed")
        place, note, trimmed = await pipe.execute()
        return place.decode() if place is not None else None, note or b"", (trimmed or b"").decode()

    def _overrun(self, where: tuple[str, int], trimmed: str) -> list[Delivery]:
        if not trimmed or where[0] in self._latest or not is_forgotten(trimmed, self._at[where]):
            return []
        self._at[where] = _whole(trimmed)
        return [Overrun(*where, self._at[where])]

    async def _read(self, found: Any) -> list[Delivery]:
        out: list[Delivery] = []
        read = [(stream, self._named[stream], entries) for stream, entries in found or () if entries]
        kept = [stream for stream, where, _ in read if where[0] not in self._latest]
        marks = await self._redis.mget([stream + b":trimmed" for stream in kept]) if kept else []
        told = dict(zip(kept, marks, strict=True))
        for stream, where, entries in read:
            trimmed = (told.get(stream) or b"").decode()
            if trimmed and number(trimmed) < number(entries[0][0].decode()):
                out += self._overrun(where, trimmed)  # between our place and what came now
            _, known = after(self._at[where])
            messages: list[Message] = []
            for entry, fields in entries:
                messages += unpacked(*where, entry.decode(), fields[FIELD], known)
                known = 0
            self._at[where] = messages[-1].offset
            if where[0] in self._latest:
                last = {message.key: message for message in messages}
                messages = [message for message in messages if last[message.key] is message]
            out += messages
        return out

    async def ack(self, message: Message, note: bytes = b"") -> bool:
        stream = self._streams[message.topic, message.partition]
        keys = (self._owner.lease(message.partition), stream + ":places", stream + ":notes")
        try:
            done = await self._place(keys=keys, args=(self._owner.me, self._group, message.offset, note))
        except (RedisError, OSError) as error:
            raise BusUnavailable(f"expected the bus to take a place, was {type(error).__name__}") from error
        return bool(done)

    async def aclose(self) -> None:
        try:
            await self._owner.leave()
        except (RedisError, OSError):
            return  # the leases run out by themselves
        self._at.clear()


def _whole(entry: str) -> str:
    """The offset behind an entry of which nothing is left to read."""
    return f"{entry}:0:1"
