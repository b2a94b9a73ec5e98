"""The bus on a real Valkey: order a ticker, at least once, one owner a partition, and nothing dropped in silence."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from market.bus.ports import Assigned, BusUnavailable, Delivery, Message, Overrun, Revoked, Topic
from market.bus.streams import StreamBus

TRADES = Topic("trades")
BOOKS = Topic("books", keep="latest")
LEASE_S = 0.4


@pytest.fixture
async def redis(servers: Any) -> AsyncIterator[Redis]:
    redis = Redis.from_url(servers.endpoints.redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
def bus(redis: Redis) -> StreamBus:
    return StreamBus(redis, f"test:{secrets.token_hex(6)}", partitions=4)


def numbered(first: int, last: int, keys: int = 5) -> list[tuple[str, bytes]]:
    return [(f"k{n % keys}", str(n).encode()) for n in range(first, last)]


def payloads(deliveries: list[Delivery]) -> list[int]:
    return [int(each.payload) for each in deliveries if isinstance(each, Message)]


async def gather(subscription: Any, enough: int) -> list[Delivery]:
    out: list[Delivery] = []
    while len(payloads(out)) < enough:
        out += await subscription.fetch(0.5)
    return out


def by_key(deliveries: list[Delivery]) -> dict[str, list[int]]:
    out: dict[str, list[int]] = {}
    for each in deliveries:
        if isinstance(each, Message):
            out.setdefault(each.key, []).append(int(each.payload))
    return out


async def test_messages_of_one_key_come_in_the_order_of_their_publication(bus: StreamBus) -> None:
    for first in range(0, 600, 100):
        offsets = await bus.publish(TRADES, numbered(first, first + 100))
        assert len(set(offsets)) > 1
    found = await gather(bus.subscribe([TRADES], "readers"), 600)
    assert sorted(payloads(found)) == list(range(600))
    assert all(numbers == sorted(numbers) for numbers in by_key(found).values())


async def test_a_group_goes_on_after_what_it_acknowledged_with_the_note_that_it_left(bus: StreamBus) -> None:
    await bus.publish(TRADES, [("k", str(n).encode()) for n in range(10)])
    first = bus.subscribe([TRADES], "readers")
    found = await gather(first, 10)
    assert await first.ack([each for each in found if isinstance(each, Message)][3], b"a note")
    await first.aclose()
    again = await gather(bus.subscribe([TRADES], "readers"), 6)
    assert payloads(again) == [4, 5, 6, 7, 8, 9]
    assert b"a note" in {each.note for each in again if isinstance(each, Assigned)}


async def test_another_group_reads_everything_and_a_new_one_may_begin_at_the_end(bus: StreamBus) -> None:
    await bus.publish(TRADES, numbered(0, 20))
    late = bus.subscribe([TRADES], "late", start="newest")
    assert payloads(await late.fetch(0.01)) == []
    await bus.publish(TRADES, numbered(20, 25))
    assert sorted(payloads(await gather(late, 5))) == [20, 21, 22, 23, 24]
    assert len(await gather(bus.subscribe([TRADES], "other"), 25)) >= 25


async def test_a_key_is_replayed_from_any_offset(bus: StreamBus) -> None:
    offsets = await bus.publish(TRADES, numbered(0, 50))
    mine = [offset for (key, _), offset in zip(numbered(0, 50), offsets, strict=True) if key == "k2"]
    found = [int(each.payload) async for each in bus.replay(TRADES, "k2", mine[4])]
    assert found == list(range(27, 50, 5))
    assert [int(each.payload) async for each in bus.replay(TRADES, "k2")] == list(range(2, 50, 5))


async def test_members_of_a_group_share_the_partitions_and_never_read_one_key_both(bus: StreamBus) -> None:
    one = bus.subscribe([TRADES], "readers", lease_s=LEASE_S)
    await one.fetch(0.01)
    two = bus.subscribe([TRADES], "readers", lease_s=LEASE_S)
    while not (len(one.partitions) == len(two.partitions) == 2):
        await one.fetch(0.05)
        await two.fetch(0.05)
    assert not one.partitions & two.partitions
    await bus.publish(TRADES, numbered(0, 200, keys=40))
    keys: list[set[str]] = [set(), set()]
    seen: list[int] = []
    while len(seen) < 200:
        for own, member in zip(keys, (one, two), strict=True):
            found = await member.fetch(0.05)
            own.update(by_key(found))
            seen += payloads(found)
    assert sorted(seen) == list(range(200))
    assert not keys[0] & keys[1]


async def test_what_a_dead_member_did_not_acknowledge_comes_to_the_next_owner(bus: StreamBus) -> None:
    dead = bus.subscribe([TRADES], "readers", lease_s=LEASE_S)
    await bus.publish(TRADES, numbered(0, 30))
    found = await gather(dead, 30)
    heir = bus.subscribe([TRADES], "readers", lease_s=LEASE_S)
    assert sorted(payloads(await gather(heir, 30))) == list(range(30))  # once the leases have run out
    messages = [each for each in found if isinstance(each, Message)]
    assert await dead.ack(messages[-1]) is False  # not its own any more
    while not any(isinstance(each, Revoked) for each in await dead.fetch(0.05)):
        pass


async def test_a_slow_reader_of_books_gets_the_latest_of_each_name(bus: StreamBus) -> None:
    reader = bus.subscribe([BOOKS], "readers")
    await reader.fetch(0.01)
    for first in range(0, 300, 10):
        await bus.publish(BOOKS, numbered(first, first + 10))
    assert sorted(payloads(await gather(reader, 5))) == [295, 296, 297, 298, 299]


async def test_what_a_group_has_not_read_stays_and_past_the_bound_is_missed_aloud(bus: StreamBus) -> None:
    small = Topic("trades", bound=300_000, keep_s=0.0)
    slow, quick = bus.subscribe([small], "slow"), bus.subscribe([small], "quick")
    await slow.fetch(0.01)
    await quick.fetch(0.01)
    load = b"x" * 1_000
    await bus.publish(small, [("k", b"%d:" % n + load) for n in range(100)])
    taken = await _numbers(slow, 100)
    await slow.ack(taken[49])
    for first in range(100, 180, 10):  # below the bound: the slow group's place holds everything behind it
        await bus.publish(small, [("k", b"%d:" % n + load) for n in range(first, first + 10)])
    await slow.aclose()
    again = await bus.subscribe([small], "slow").fetch(0.5)
    assert [type(each) for each in again if isinstance(each, Overrun)] == []
    for first in range(180, 1_000, 10):
        await bus.publish(small, [("k", b"%d:" % n + load) for n in range(first, first + 10)])
    other = bus.subscribe([small], "quick")
    await quick.aclose()
    found = [each for _ in range(2) for each in await other.fetch(0.5)]
    assert any(isinstance(each, Overrun) for each in found)
    first_seen = next(each for each in found if isinstance(each, Message))
    assert int(first_seen.payload.partition(b":")[0]) > 0


async def _numbers(subscription: Any, enough: int) -> list[Message]:
    out: list[Message] = []
    while len(out) < enough:
        out += [each for each in await subscription.fetch(0.5) if isinstance(each, Message)]
    return out


async def test_readers_that_die_at_any_moment_miss_nothing_and_keep_the_order(bus: StreamBus) -> None:
    rng = random.Random(7)
    acknowledged: dict[str, list[int]] = {}
    published, reader = 0, bus.subscribe([TRADES], "readers")
    while published < 400 or sum(map(len, acknowledged.values())) < 400:
        if published < 400:
            count = rng.randint(1, 40)
            await bus.publish(TRADES, numbered(published, min(400, published + count)))
            published = min(400, published + count)
        found = await reader.fetch(0.01)
        latest: dict[int, Message] = {}
        done: list[Message] = []
        for each in found:
            if isinstance(each, Message):
                latest[each.partition] = each
                done.append(each)
        if rng.random() < 0.4:
            await reader.aclose()
            reader = bus.subscribe([TRADES], "readers")
            continue  # died before it acknowledged
        for message in latest.values():
            assert await reader.ack(message)
        for message in done:
            acknowledged.setdefault(message.key, []).append(int(message.payload))
    assert sorted(n for numbers in acknowledged.values() for n in numbers) == list(range(400))
    assert all(numbers == sorted(numbers) for numbers in acknowledged.values())


async def test_a_bus_that_is_not_there_says_so() -> None:
    redis = Redis.from_url("redis://127.0.0.1:1/0")
    bus = StreamBus(redis, "test")
    try:
        with pytest.raises(BusUnavailable):
            await bus.publish(TRADES, [("k", b"1")])
        with pytest.raises(BusUnavailable):
            await bus.subscribe([TRADES], "readers").fetch(0.01)
        with pytest.raises(BusUnavailable):
            await bus.end(TRADES, "k")
    finally:
        await redis.aclose()
    await asyncio.sleep(0)
