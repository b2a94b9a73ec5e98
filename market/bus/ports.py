"""What a bus promises to those who publish and those who read. Nothing in here belongs to one product.

Contract: a message has a key (the ticker), a key has one partition, and a partition has one order. Delivery is at least
once: a reader's group goes on after the last message it acknowledged, whoever of the group died. Within a group one
member at a time owns a partition, so a key is never read by two. An acknowledgement is cumulative over its partition
and may carry a note that the next owner gets. Offsets are opaque, and rise within a partition.

Back-pressure: a topic that keeps `latest` gives a slow reader the newest message of each key and forgets the rest. One
that keeps `all` forgets only what every group has acknowledged; where a group is so late that the hard bound is met, it
is told with `Overrun`, never silently. What Kafka calls them: topic, partition, consumer group, offset, commit with
metadata, rebalance, compaction, retention.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Topic:
    """`bound`: bytes that one partition may hold, read or not; `keep_s`: how long what was read stays."""

    name: str
    keep: Literal["all", "latest"] = "all"
    bound: int = 16 << 20
    keep_s: float = 3_600.0


TRADES = Topic("trades")  # market.proto TradeEvent: ticks and gaps in one order
BOOKS = Topic("books", keep="latest", bound=1 << 20)  # Book
BARS = Topic("bars", bound=4 << 20, keep_s=86_400.0)  # Bar
SIGNALS = Topic("signals", bound=4 << 20, keep_s=86_400.0)  # Signal


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    partition: int
    key: str
    offset: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Assigned:
    """The member owns the partition from here on; `note` came with the last acknowledgement."""

    topic: str
    partition: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Revoked:
    """The partition belongs to somebody else now: what was built of it and not acknowledged is theirs to build."""

    topic: str
    partition: int


@dataclass(frozen=True, slots=True)
class Overrun:
    """Messages up to `upto` were forgotten before the group had read them."""

    topic: str
    partition: int
    upto: str


Delivery = Message | Assigned | Revoked | Overrun


class BusUnavailable(Exception):
    """The bus cannot be reached now; what was asked may be asked again (messages tell themselves apart)."""


class Subscription(Protocol):
    """One member of a group. Closing gives its partitions to the others at once; dying does so after a while."""

    async def fetch(self, seconds: float, most: int = 50) -> list[Delivery]:
        """What there is, in order within each partition; empty when nothing came in time. `most` bounds how many
        publications of a partition come at once. Raises BusUnavailable."""
        ...

    async def ack(self, message: Message, note: bytes = b"") -> bool:
        """Everything of its partition up to this message is done with. False: the partition is not ours any more."""
        ...

    async def aclose(self) -> None: ...


class Bus(Protocol):
    """See the module's contract."""

    async def publish(self, topic: Topic, messages: Sequence[tuple[str, bytes]]) -> list[str]:
        """(key, payload) in order; their offsets. Raises BusUnavailable: then some of them may be there."""
        ...

    def subscribe(
        self, topics: Sequence[Topic], group: str, *, start: Literal["oldest", "newest"] = "oldest"
    ) -> Subscription:
        """`start` is for a group that reads a topic for the first time."""
        ...

    def replay(self, topic: Topic, key: str, after_offset: str = "") -> AsyncIterator[Message]:
        """One key's messages after an offset, up to what is there now; outside any group."""
        ...

    async def end(self, topic: Topic, key: str) -> str:
        """The offset of the newest message in the key's partition, "" when it is empty."""
        ...
