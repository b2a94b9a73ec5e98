"""The bus on Redis Streams: a stream a partition, a place a group, trimmed by what has been read.

Contract: `market.bus.ports`. Redis's own consumer groups are not used: they hand neighbouring entries of one stream to
different readers, which breaks a ticker's order. A group's place is a hash field instead, written only by the owner
of the partition (`market.bus.ownership`), as a Kafka commit is. One server, not a Redis cluster: what outgrows it goes
to Kafka.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal
from zlib import crc32

from redis.asyncio import Redis
from redis.exceptions import RedisError

from market.bus.entries import FIELD, MOST, after, newest, packed, unpacked
from market.bus.ports import BusUnavailable, Message, Topic
from market.bus.reading import StreamSubscription

PARTITIONS = 8
_LATEST = 256  # entries of a partition of a topic that keeps the latest
_TRIM_SHARE = 32  # a partition is looked at once every bound / _TRIM_SHARE bytes
_PAGE = 500

# Trims what every group has read and is older than `keep`; past the bound also what a group has not, and notes it.
# KEYS stream, places, trimmed · ARGV bound, keep_ms
_TRIM = """
local function parts(id)
  local ms, n = string.match(id, '^(%d+)-(%d+)')
  return tonumber(ms), tonumber(n)
end
local now = redis.call('TIME')
local ms, n = math.floor(now[1] * 1000 + now[2] / 1000 - ARGV[2]), 0
for _, place in ipairs(redis.call('HVALS', KEYS[2])) do
  local pms, pn = parts(place)
  if pms < ms or (pms == ms and pn < n) then ms, n = pms, pn end
end
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f-%.0f', ms, n))
local bytes, bound = redis.call('MEMORY', 'USAGE', KEYS[1], 'SAMPLES', 0) or 0, tonumber(ARGV[1])
if bytes <= bound then return 0 end
local length = redis.call('XLEN', KEYS[1])
local over = math.ceil(length * (1 - bound / bytes))
local gone = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', over)
redis.call('SET', KEYS[3], gone[#gone][1])
redis.call('XTRIM', KEYS[1], 'MAXLEN', length - #gone)
return #gone
"""


class StreamBus:
    """`redis` answers in bytes (decode_responses off); `prefix` keeps environments apart."""

    def __init__(self, redis: Redis, prefix: str, *, partitions: int = PARTITIONS) -> None:
        self._redis: Any = redis
        self._prefix = prefix
        self._partitions = partitions
        self._added: dict[str, int] = {}
        self._parts: dict[str, int] = {}  # of the keys met: as many as there are tickers
        self._trim: Any = redis.register_script(_TRIM)

    def partition(self, key: str) -> int:
        found = self._parts.get(key)
        if found is None:
            found = self._parts[key] = crc32(key.encode()) % self._partitions
        return found

    async def publish(self, topic: Topic, messages: Sequence[tuple[str, bytes]]) -> list[str]:
        parts: dict[int, list[int]] = {}
        for at, (key, _) in enumerate(messages):
            parts.setdefault(self.partition(key), []).append(at)
        entries = [
            (partition, indexes[begin : begin + MOST])
            for partition, indexes in parts.items()
            for begin in range(0, len(indexes), MOST)
        ]
        if not entries:
            return []
        pipe = self._redis.pipeline(transaction=False)
        for partition, indexes in entries:
            data = packed([messages[at] for at in indexes])
            stream = self._stream(topic.name, partition)
            pipe.xadd(stream, {FIELD: data}, maxlen=_LATEST if topic.keep == "latest" else None)
            self._added[stream] = self._added.get(stream, 0) + len(data)
        try:
            ids = await pipe.execute()
            if topic.keep == "all":
                await self._trim_some(topic, parts)
        except (RedisError, OSError) as error:
            raise BusUnavailable(f"expected the bus to take messages, was {type(error).__name__}") from error
        offsets = [""] * len(messages)
        for entry, (_, indexes) in zip(ids, entries, strict=True):
            for number, at in enumerate(indexes):
                offsets[at] = f"{entry.decode()}:{number}:{len(indexes)}"
        return offsets

    async def _trim_some(self, topic: Topic, partitions: dict[int, list[int]]) -> None:
        for partition in partitions:
            stream = self._stream(topic.name, partition)
            if self._added[stream] >= topic.bound // _TRIM_SHARE:
                self._added[stream] = 0
                keys = (stream, stream + ":places", stream + ":trimmed")
                await self._trim(keys=keys, args=(topic.bound, int(topic.keep_s * 1000)))

    def subscribe(
        self,
        topics: Sequence[Topic],
        group: str,
        *,
        start: Literal["oldest", "newest"] = "oldest",
        lease_s: float = 10.0,
    ) -> StreamSubscription:
        return StreamSubscription(
            self._redis,
            [(topic, [self._stream(topic.name, n) for n in range(self._partitions)]) for topic in topics],
            f"{self._prefix}:bus:group:{group}",
            group,
            start,
            lease_s,
        )

    async def replay(self, topic: Topic, key: str, after_offset: str = "") -> AsyncIterator[Message]:
        partition = self.partition(key)
        stream = self._stream(topic.name, partition)
        begin, known = after(after_offset) if after_offset else ("0-0", 0)
        last = (await self.end(topic, key)).partition(":")[0]
        while last:
            try:
                page = await self._redis.xrange(stream, f"({begin}", last, _PAGE)
            except (RedisError, OSError) as error:
                raise BusUnavailable(f"expected the bus to answer, was {type(error).__name__}") from error
            for entry, fields in page:
                for message in unpacked(topic.name, partition, entry.decode(), fields[FIELD], known):
                    if message.key == key:
                        yield message
                known = 0
            if len(page) < _PAGE:
                return
            begin = page[-1][0].decode()

    async def end(self, topic: Topic, key: str) -> str:
        try:
            found = await self._redis.xrevrange(self._stream(topic.name, self.partition(key)), count=1)
        except (RedisError, OSError) as error:
            raise BusUnavailable(f"expected the bus to answer, was {type(error).__name__}") from error
        return newest(found[0][0].decode(), found[0][1][FIELD]) if found else ""

    def _stream(self, topic: str, partition: int) -> str:
        return f"{self._prefix}:bus:{topic}:{partition}"
