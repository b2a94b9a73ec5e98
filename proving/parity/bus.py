"""The bus of a parity world, in memory: `market.bus.ports` to the letter, for one member a group.

Contract: outlives the processes that use it. A group's place is what it acknowledged, with its note; a new member of a
group takes everything over from the one before it. `said` keeps when each message came, by the world's time.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Literal
from zlib import crc32

from domain.waiting import Hint
from market.bus.ports import Assigned, Delivery, Message, Topic

PARTITIONS = 4
Where = tuple[str, int]


class MemoryBus:
    """`seconds` is the world's time."""

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self.logs: dict[Where, list[Message]] = defaultdict(list)
        self.said: dict[str, list[tuple[float, Message]]] = defaultdict(list)  # by topic
        self.places: dict[tuple[str, Where], tuple[int, bytes]] = {}
        self.members: dict[tuple[str, str], MemorySubscription] = {}
        self.came = Hint()

    def partition(self, key: str) -> int:
        return crc32(key.encode()) % PARTITIONS

    async def publish(self, topic: Topic, messages: Sequence[tuple[str, bytes]]) -> list[str]:
        offsets = []
        for key, payload in messages:
            where = (topic.name, self.partition(key))
            log = self.logs[where]
            message = Message(topic.name, where[1], key, str(len(log) + 1), payload)
            log.append(message)
            self.said[topic.name].append((self._seconds(), message))
            offsets.append(message.offset)
        self.came.set()
        await asyncio.sleep(0)
        return offsets

    def subscribe(
        self, topics: Sequence[Topic], group: str, *, start: Literal["oldest", "newest"] = "oldest"
    ) -> MemorySubscription:
        return MemorySubscription(self, [topic.name for topic in topics], group, start)

    async def replay(self, topic: Topic, key: str, after_offset: str = "") -> AsyncIterator[Message]:
        for message in list(self.logs[topic.name, self.partition(key)])[int(after_offset or 0) :]:
            if message.key == key:
                yield message

    async def end(self, topic: Topic, key: str) -> str:
        log = self.logs[topic.name, self.partition(key)]
        return log[-1].offset if log else ""


class MemorySubscription:
    """The one member of its group, until another comes."""

    def __init__(self, bus: MemoryBus, topics: Sequence[str], group: str, start: str) -> None:
        self._bus = bus
        self._group = group
        self._read: dict[Where, int] = {}
        self._start = start
        self._wheres = [(topic, n) for topic in topics for n in range(PARTITIONS)]
        for topic in topics:
            bus.members[group, topic] = self

    async def fetch(self, seconds: float, most: int = 50) -> list[Delivery]:
        found: list[Delivery] = self._begin() if not self._read else self._new(most)
        if found:
            await asyncio.sleep(0)
            return found
        self._bus.came.clear()
        await self._bus.came.within(seconds)
        return self._new(most)

    def _begin(self) -> list[Delivery]:
        found: list[Delivery] = []
        for where in self._wheres:
            newest = len(self._bus.logs[where]) if self._start == "newest" else 0
            place, note = self._bus.places.setdefault((self._group, where), (newest, b""))
            self._read[where] = place
            found.append(Assigned(*where, note))
        return found

    def _new(self, most: int) -> list[Delivery]:
        found: list[Delivery] = []
        for where in self._wheres:
            messages = self._bus.logs[where][self._read[where] : self._read[where] + most]
            self._read[where] += len(messages)
            found += messages
        return found

    async def ack(self, message: Message, note: bytes = b"") -> bool:
        await asyncio.sleep(0)
        if self._bus.members.get((self._group, message.topic)) is not self:
            return False
        self._bus.places[self._group, (message.topic, message.partition)] = (int(message.offset), note)
        return True

    async def aclose(self) -> None:
        self._read.clear()
