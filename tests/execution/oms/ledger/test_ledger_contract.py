"""What the port promises of transactions, of both adapters: isolation, one writer an account, all or nothing."""

# ruff: noqa: PT012 - the end of a transaction raises, so the whole of it stands inside

from __future__ import annotations

import asyncio
import uuid

import pytest
from ledger_bench import Bench, numbers, say, until, writes
from ledger_rows import NOW, TODAY, intent, request

from domain.orders.types import IntentState
from execution.oms.errors import Fenced, Refusal, StorageFault, Taken
from execution.oms.ledger.port import Ledger


async def test_a_writer_sees_what_the_writer_before_it_committed(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    inside, go = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with ledger.write(account) as tx:
            await tx.books.set_base_capital(account, 100)
            inside.set()
            await go.wait()

    async def second() -> int | None:
        async with ledger.write(account) as tx:
            return await tx.books.base_capital(account)

    one = asyncio.create_task(first())
    await inside.wait()
    two = asyncio.create_task(second())
    await bench.someone_waits()
    assert not two.done()
    go.set()
    await one
    assert await two == 100


async def test_writers_of_two_accounts_do_not_wait_for_each_other(bench: Bench, ledger: Ledger) -> None:
    one, two = await bench.opened_account(ledger), await bench.opened_account(ledger)
    async with ledger.write(one) as outer:
        await say(outer, one)
        async with ledger.write(two) as inner:
            await say(inner, two)
        assert await numbers(ledger, two) == [1]
        assert await numbers(ledger, one) == []
    assert await numbers(ledger, one) == [1]
    assert bench.announced == [two, one]


async def test_a_reader_sees_nothing_before_the_commit_and_all_of_it_after(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = intent(account, 1)
    async with ledger.read() as reader:
        async with ledger.write(account) as tx:
            await tx.intents.insert(row)
            await tx.journal.transition(NOW, account, "intent", str(row.intent_id), "START", "admitted", "NEW", {})
            assert await tx.intents.get(row.intent_id) is not None
            assert await reader.intents.get(row.intent_id) is None
            assert await reader.intents.open(account) == []
            assert await reader.journal.transitions_of(str(row.intent_id)) == []
        assert await reader.intents.get(row.intent_id) is not None
        assert len(await reader.intents.open(account)) == 1
        assert await reader.journal.transitions_of(str(row.intent_id)) == [("START", "admitted", "NEW")]


async def test_an_exception_leaves_nothing_and_announces_nothing(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = intent(account, 1)
    with pytest.raises(KeyError):
        async with ledger.write(account) as tx:
            await tx.intents.insert(row)
            await say(tx, account)
            await tx.states.add("account", account, "HALTED", "", "test", NOW)
            raise KeyError
    async with ledger.read() as tx:
        assert await tx.intents.get(row.intent_id) is None
        assert await tx.states.latest() == []
    assert await numbers(ledger, account) == []
    assert bench.announced == []


async def test_events_are_announced_once_they_can_be_read(bench: Bench) -> None:
    seen: list[list[int]] = []
    readers: list[asyncio.Task[list[int]]] = []

    def announced(account: str) -> None:
        readers.append(asyncio.create_task(numbers(ledger, account)))

    async with bench.ledger(on_commit=announced) as ledger:
        account = await bench.opened_account(ledger)
        assert readers == []
        async with ledger.write(account) as tx:
            await say(tx, account)
            await say(tx, account)
        async with ledger.write(account) as tx:
            await tx.books.set_base_capital(account, 1)
        seen = await asyncio.gather(*readers)
    assert seen == [[1, 2]]


async def test_the_numbers_of_events_have_no_gap_whoever_fails(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)

    async def write(turn: int) -> int:
        async with ledger.write(account) as tx:
            number = await say(tx, account)
            await asyncio.sleep(0)
            if turn % 3 == 0:
                raise KeyError(turn)
            return number

    got = await asyncio.gather(*(write(turn) for turn in range(12)), return_exceptions=True)
    assert sorted(number for number in got if isinstance(number, int)) == list(range(1, 9))
    assert await numbers(ledger, account) == list(range(1, 9))


async def test_the_journals_sequence_grows_and_the_mark_is_its_last(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    async with ledger.write(account) as tx:
        before = await tx.mark()
        await tx.journal.transition(NOW, account, "intent", "x", "A", "b", "C", {})
        inside = await tx.mark()
        assert inside.seq > before.seq
        async with ledger.read() as reader:
            assert (await reader.mark()).seq == before.seq
    async with ledger.read() as reader:
        after = await reader.mark()
    assert after == inside
    assert (after.system, after.timeline, after.database) == (before.system, before.timeline, before.database)


async def test_a_savepoint_undoes_itself_alone(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    first, second = intent(account, 1), intent(account, 2)
    async with ledger.write(account) as tx:
        await tx.intents.insert(first)
        await tx.books.set_base_capital(account, 1)
        with pytest.raises(KeyError):
            async with tx.savepoint():
                await tx.intents.insert(second)
                await tx.books.set_base_capital(account, 2)
                raise KeyError
        with pytest.raises(Taken):
            async with tx.savepoint():
                await tx.intents.insert(intent(account, 3, plan_id=first.plan_id))
        async with tx.savepoint():
            await tx.intents.change(first.intent_id, NOW, state_note="kept")
        assert await tx.books.base_capital(account) == 1
    async with ledger.read() as tx:
        assert [i.state_note for i in await tx.intents.open(account)] == ["kept"]
        assert await tx.books.base_capital(account) == 1


async def test_a_swallowed_error_ends_the_transaction_and_is_not_silent(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    first = intent(account, 1)
    with pytest.raises(StorageFault):
        async with ledger.write(account) as tx:
            await tx.intents.insert(first)
            with pytest.raises(Taken):
                await tx.intents.insert(intent(account, 2, plan_id=first.plan_id))
            with pytest.raises(StorageFault):
                await tx.intents.get(first.intent_id)
    async with ledger.read() as tx:
        assert await tx.intents.get(first.intent_id) is None
    assert await writes(ledger, account)


async def test_nothing_is_written_for_an_account_that_is_not_open(bench: Bench, ledger: Ledger) -> None:
    _, account = await bench.person()
    with pytest.raises(Refusal, match="ACCOUNT_UNKNOWN"):
        async with ledger.write(account):
            pass
    with pytest.raises(LookupError):
        async with ledger.write(None) as tx:
            await say(tx, account)


async def test_a_row_about_an_account_waits_for_its_writer_and_a_notice_does_not(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)

    async def halt() -> None:
        async with ledger.write(None) as tx:
            await tx.states.add("account", account, "HALTED", "", "test", NOW)

    async with ledger.write(account) as tx:
        await say(tx, account)
        async with ledger.write(None) as other:
            assert await other.orders.store_notice(bench.environment, account, NOW, TODAY, "d", {"number": 1})
        halting = asyncio.create_task(halt())
        await bench.someone_waits()
        assert await tx.states.latest() == []
    await halting
    async with ledger.read() as tx:
        assert [(row.account_ref, row.state) for row in await tx.states.latest()] == [(account, "HALTED")]


async def test_a_successor_fences_the_first_and_waits_for_its_writers(bench: Bench) -> None:
    now = [0.0]  # the first one's clock: however slow this machine is, it begins in time
    async with bench.ledger(lease_s=0.2, seconds=lambda: now[0]) as first, _another(bench) as second:
        account = await bench.opened_account(first)
        async with first.write(account) as tx:
            await say(tx, account)
            now[0] = 0.2
            assert not first.lease.held
            taking = asyncio.create_task(until(second.lease.take))
            await bench.someone_waits()
            assert not taking.done()
        await taking
        assert second.lease.epoch == first.lease.epoch + 1
        assert await numbers(second, account) == [1], "expected the write that had begun in time to be kept"
        with pytest.raises(Fenced):
            async with first.write(account):
                pass
        assert await writes(second, account)


async def test_an_epoch_that_is_over_is_fenced_even_if_its_own_clock_says_otherwise(bench: Bench) -> None:
    """A suspended machine's clock may have stood still: the row decides."""
    storage, still = bench.storage(), [0.0]
    async with storage.opened(), _another(bench) as second:
        lease = storage.lease(bench.key, uuid.uuid4(), 0.2, lambda: still[0])
        await until(lease.take)
        first = storage.ledger(lease, bench.clock, lambda account: None)
        await until(second.lease.take)
        assert lease.held
        with pytest.raises(Fenced):
            async with first.write(None):
                pass
        assert not lease.held


async def test_who_is_past_its_own_time_writes_nothing_although_nobody_took_over(bench: Bench) -> None:
    storage, now = bench.storage(), [0.0]
    async with storage.opened():
        lease = storage.lease(bench.key, uuid.uuid4(), 30.0, lambda: now[0])
        await until(lease.take)
        ledger = storage.ledger(lease, bench.clock, bench.announced.append)
        account = await bench.opened_account(ledger)
        now[0] = 30.0
        with pytest.raises(Fenced):
            async with ledger.write(account):
                pass
        assert await numbers(ledger, account) == []
        now[0] = 29.9
        await lease.renew()
        now[0] = 50.0
        assert await writes(ledger, account)


async def test_what_is_written_is_read_back_as_it_was(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = intent(account, 1, baseline={"held": {"005930": 3}, "cash": 1_000_000, "figures": [1, 2]})
    async with ledger.write(account) as tx:
        await tx.intents.insert(row)
        await tx.intents.add_request(request(row, "r"))
        await tx.intents.change(row.intent_id, NOW, state=IntentState.SENDING.value, epoch=tx.epoch, sent_at=NOW)
    async with ledger.read() as tx:
        found = await tx.intents.get(row.intent_id)
        asked = await tx.intents.request(account, "r")
    assert found is not None
    assert found.state is IntentState.SENDING
    assert found.sent_at == NOW
    assert found.sent_at.utcoffset() == found.created_at.utcoffset()
    assert found.created_at.utcoffset() != NOW.utcoffset(), "expected moments in UTC, as the database gives them"
    assert found.baseline == row.baseline
    assert asked == request(row, "r")


class _Ready:
    """A process that has not taken the lease yet."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._storage = bench.storage()

    async def __aenter__(self) -> Ledger:
        self._opened = self._storage.opened()
        await self._opened.__aenter__()
        clock = asyncio.get_running_loop().time
        lease = self._storage.lease(self._bench.key, uuid.uuid4(), 30.0, clock)
        return self._storage.ledger(lease, self._bench.clock, self._bench.announced.append)

    async def __aexit__(self, *why: object) -> None:
        await self._opened.__aexit__(None, None, None)


def _another(bench: Bench) -> _Ready:
    return _Ready(bench)
