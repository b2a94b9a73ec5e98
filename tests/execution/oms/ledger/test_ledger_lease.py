"""The lease of both ledgers: one holder, epochs that only rise, and time that is the storage's."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from ledger_bench import Bench, until

from execution.oms.errors import Fenced
from execution.oms.ledger.port import Lease
from execution.oms.ledger.rows import LeaseKey


class Holders:
    """Processes that want the same lease."""

    def __init__(self, bench: Bench, stack: AsyncExitStack) -> None:
        self._bench = bench
        self._stack = stack
        self.now = 0.0  # their own clock, which they share here

    async def one(self, lease_s: float, owner: uuid.UUID | None = None, key: LeaseKey | None = None) -> Lease:
        storage = self._bench.storage()
        await self._stack.enter_async_context(storage.opened())
        return storage.lease(key or self._bench.key, owner or uuid.uuid4(), lease_s, lambda: self.now)


@pytest.fixture
async def holders(bench: Bench) -> AsyncIterator[Holders]:
    async with AsyncExitStack() as stack:
        yield Holders(bench, stack)


async def test_it_has_one_holder_until_its_time_is_over(holders: Holders) -> None:
    first, second = await holders.one(0.6), await holders.one(30.0)
    assert not first.held
    assert first.epoch == 0
    assert await first.take()
    assert (first.held, first.epoch, first.had_predecessor) == (True, 1, False)
    assert not await second.take()
    assert (second.held, second.epoch) == (False, 0)
    began = time.monotonic()
    await until(second.take)
    assert time.monotonic() - began < 5
    assert (second.held, second.epoch, second.had_predecessor) == (True, 2, True)
    with pytest.raises(Fenced):
        await first.renew()
    assert not first.held


async def test_renewing_keeps_others_away_and_the_epoch_as_it_is(holders: Holders) -> None:
    first, second = await holders.one(0.6), await holders.one(30.0)
    assert await first.take()
    until_then = time.monotonic() + 1.2
    while time.monotonic() < until_then:
        await first.renew()
        assert not await second.take()
    assert first.epoch == 1


async def test_it_may_not_be_renewed_after_another_took_it_even_while_its_own_clock_says_so(holders: Holders) -> None:
    first, second = await holders.one(0.6), await holders.one(0.6)
    assert await first.take()
    await until(second.take)
    assert first.held, "expected its clock to have stood still"
    with pytest.raises(Fenced, match="epoch 1"):
        await first.renew()
    assert not first.held
    await until(first.take)  # as a successor of its successor
    assert first.epoch == 3


async def test_its_holder_counts_from_before_it_asked_and_lets_go_by_itself(holders: Holders) -> None:
    lease = await holders.one(5.0)
    assert await lease.take()
    holders.now = 3.0
    assert lease.remaining_s() == pytest.approx(2.0)
    await lease.renew()
    assert lease.remaining_s() == pytest.approx(5.0)
    holders.now = 8.0
    assert not lease.held
    holders.now = 7.9
    assert lease.held
    lease.drop()
    assert not lease.held


async def test_a_released_lease_is_free_at_once_and_only_its_holder_can_release_it(holders: Holders) -> None:
    first, second, third = await holders.one(0.6), await holders.one(30.0), await holders.one(30.0)
    assert await first.take()
    await until(second.take)
    await first.release()  # no longer its own
    assert not await third.take()
    await second.release()
    assert not second.held
    assert await third.take()
    assert third.epoch == 3


async def test_its_holder_may_take_it_again_under_a_new_epoch(holders: Holders) -> None:
    """A COMMIT without an answer leaves a process that does not know that it has the lease."""
    owner = uuid.uuid4()
    first, again = await holders.one(30.0, owner), await holders.one(30.0, owner)
    assert await first.take()
    assert await again.take()
    assert again.epoch == 2


async def test_leases_of_two_keys_know_nothing_of_each_other(bench: Bench, holders: Holders) -> None:
    one, two = await holders.one(30.0), await holders.one(30.0, key=LeaseKey(bench.environment, "another key"))
    assert await one.take()
    assert await two.take()
    assert (one.epoch, two.epoch) == (1, 1)
