"""What one entry of a stream holds and how its messages are numbered.

Messages that are published together travel as one entry a partition, because an entry costs a hundred times what a
message in it does. An offset is `ms-n:i:of`: the entry's id, the message's place in it, and how many there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from domain.proto import market_pb2 as pb
from market.bus.ports import Message

FIELD = b"b"
MOST = 256  # messages an entry
NOWHERE = "0-0:0:1"


def packed(messages: Sequence[tuple[str, bytes]]) -> bytes:
    batch = pb.Batch()
    add = batch.messages.add
    for key, payload in messages:
        add(key=key, payload=payload)
    return batch.SerializeToString()


def unpacked(topic: str, partition: int, entry: str, data: bytes, first: int = 0) -> Iterator[Message]:
    """From message number `first` of the entry on."""
    messages = pb.Batch.FromString(data).messages
    count = len(messages)
    for number in range(first, count):
        keyed = messages[number]
        yield Message(topic, partition, keyed.key, f"{entry}:{number}:{count}", keyed.payload)


def newest(entry: str, data: bytes) -> str:
    """The offset of an entry's last message."""
    count = len(pb.Batch.FromString(data).messages)
    return f"{entry}:{count - 1}:{count}"


def number(entry: str) -> tuple[int, int]:
    """An entry's id, or the entry's part of an offset, to be compared."""
    ms, _, n = entry.partition(":")[0].partition("-")
    return int(ms), int(n or 0)


def after(offset: str) -> tuple[str, int]:
    """Where reading goes on: the id after which, and how many messages of the next entry are known already."""
    entry, place, count = offset.split(":")
    if int(place) + 1 == int(count):
        return entry, 0
    ms, n = number(entry)
    return (f"{ms}-{n - 1}" if n else f"{ms - 1}-{2**64 - 1}"), int(place) + 1


def is_forgotten(trimmed: str, place: str) -> bool:
    """Does what was forgotten (an entry's id) reach beyond a place (an offset)?"""
    _, known = after(place)
    gone, at = number(trimmed), number(place)
    return gone > at or (gone == at and known > 0)
