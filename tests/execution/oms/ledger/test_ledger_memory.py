"""What the ledger in memory has for worlds of tests: deaths of processes, a server that stops, goes back, and paces."""

# ruff: noqa: PT012 - the end of a transaction raises, so the whole of it stands inside

from __future__ import annotations

import asyncio
import gc
import random
import uuid
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest
from ledger_rows import NOW, intent, named, request

from domain.clock import ManualClock
from execution.oms.errors import CommitInDoubt, StorageFault
from execution.oms.ledger.memory.database import Database, Step
from execution.oms.ledger.memory.locks import LOCK_S
from execution.oms.ledger.memory.people import People
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Ledger
from execution.oms.ledger.rows import LeaseKey
from execution.oms.witness import regression
from proving.loop import WorldLoop

OWNER, ACCOUNT = named("owner"), "account"


async def server(pace: object = None) -> Database:
    time = asyncio.get_running_loop().time
    database = Database(time, pace) if callable(pace) else Database(time)
    people = People(database)
    await people.user(OWNER, "owner", is_owner=True)
    await people.account(ACCOUNT, OWNER, "sim", NOW)
    return database


async def ledger_of(storage: MemoryStorage, announced: list[str] | None = None) -> Ledger:
    lease = storage.lease(LeaseKey("sim", "key"), uuid.UUID(int=1), 60.0, asyncio.get_running_loop().time)
    assert await lease.take()
    said = announced if announced is not None else []
    ledger = storage.ledger(lease, ManualClock(NOW), said.append)
    async with ledger.write(None) as tx:
        await tx.states.open_account(ACCOUNT, NOW)
    return ledger


@asynccontextmanager
async def standing_writer(ledger: Ledger) -> AsyncIterator[asyncio.Task[None]]:
    """One that has written and waits inside its transaction; its clean-up tries to write once more."""
    inside, go = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        try:
            async with ledger.write(ACCOUNT) as tx:
                await tx.intents.insert(intent(ACCOUNT, 1))
                inside.set()
                await go.wait()
        finally:
            async with ledger.write(ACCOUNT) as tx:
                await tx.intents.insert(intent(ACCOUNT, 2))

    task = asyncio.create_task(write())
    await inside.wait()
    try:
        yield task
    finally:
        go.set()
        await asyncio.gather(task, return_exceptions=True)


async def ids(ledger: Ledger) -> list[uuid.UUID]:
    async with ledger.read() as tx:
        return [i.intent_id for i in await tx.intents.open(ACCOUNT)]


async def test_a_dead_process_writes_nothing_whatever_its_clean_up_does() -> None:
    database = await server()
    storage = MemoryStorage(database)
    ledger = await ledger_of(storage)
    async with standing_writer(ledger) as writer:
        waiter = asyncio.create_task(_write(ledger, 3))
        await asyncio.sleep(0)
        storage.kill()
        storage.kill()
        with pytest.raises(StorageFault):
            await waiter
        successor = await ledger_of(MemoryStorage(database))
        await _write(successor, 4)  # the dead one's lock is gone
    assert isinstance(writer.exception(), StorageFault)
    assert await ids(successor) == [intent(ACCOUNT, 4).intent_id]
    with pytest.raises(StorageFault):
        await ledger.lease.renew()
    with pytest.raises(StorageFault):
        async with ledger.read():
            pass


async def test_a_process_that_died_at_its_commit_is_kept_or_lost_by_when_it_died() -> None:
    for step, kept in (("commit", False), ("committed", True)):
        arrived, held = asyncio.Event(), asyncio.Event()
        wanted: list[str] = []

        def pace(now: Step, wanted: list[str] = wanted, arrived=arrived, held=held) -> Awaitable[object] | None:  # type: ignore[no-untyped-def]
            if now in wanted:
                arrived.set()
                return held.wait()
            return None

        database = await server(pace)
        storage = MemoryStorage(database)
        ledger = await ledger_of(storage)
        wanted.append(step)
        writing = asyncio.create_task(_write(ledger, 1))
        await arrived.wait()
        wanted.clear()
        storage.kill()
        held.set()
        with pytest.raises(CommitInDoubt):
            await writing
        successor = await ledger_of(MemoryStorage(database))
        assert (await ids(successor) == [intent(ACCOUNT, 1).intent_id]) == kept, step


async def test_a_paused_server_answers_nobody_and_then_everybody() -> None:
    database = await server()
    ledger = await ledger_of(MemoryStorage(database))
    database.pause()
    writing, reading = asyncio.create_task(_write(ledger, 1)), asyncio.create_task(ids(ledger))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not writing.done()
    assert not reading.done()
    database.resume()
    await writing
    assert await reading in ([], [intent(ACCOUNT, 1).intent_id])
    assert await ids(ledger) == [intent(ACCOUNT, 1).intent_id]


async def test_who_waits_for_a_paused_server_hears_of_its_crash() -> None:
    database = await server()
    ledger = await ledger_of(MemoryStorage(database))
    database.pause()
    writing = asyncio.create_task(_write(ledger, 1))
    await asyncio.sleep(0)
    database.crash()
    with pytest.raises(StorageFault):
        await writing
    late = asyncio.create_task(_write(ledger, 2))
    await asyncio.sleep(0)
    assert database.paused
    assert not late.done()
    database.resume()
    await late
    assert await ids(ledger) == [intent(ACCOUNT, 2).intent_id]


def test_a_renewal_without_an_answer_ends_within_what_remains() -> None:
    async def world() -> None:
        database = await server()
        ledger = await ledger_of(MemoryStorage(database))
        await asyncio.sleep(50)
        database.pause()
        began = asyncio.get_running_loop().time()
        with pytest.raises(StorageFault, match=r"within 10\.0 s"):
            await ledger.lease.renew()
        assert asyncio.get_running_loop().time() - began == pytest.approx(10.0, abs=0.1)
        assert not ledger.lease.held

    in_virtual_time(world())


def test_a_lock_is_waited_for_as_long_as_the_server_waits() -> None:
    async def world() -> None:
        database = await server()
        ledger = await ledger_of(MemoryStorage(database))
        loop = asyncio.get_running_loop()
        async with ledger.write(ACCOUNT):
            began = loop.time()
            with pytest.raises(StorageFault):
                await _write(ledger, 1)
            assert loop.time() - began == pytest.approx(LOCK_S, abs=0.1)
        await _write(ledger, 2)

    in_virtual_time(world())


def test_a_transaction_that_stood_still_too_long_is_over_for_itself_as_well() -> None:
    async def world() -> None:
        ledger = await ledger_of(MemoryStorage(await server(), stall_s=3.0))
        with pytest.raises(StorageFault):
            async with ledger.write(ACCOUNT) as tx:
                await tx.intents.insert(intent(ACCOUNT, 1))
                await asyncio.sleep(3.1)
                await tx.intents.get(intent(ACCOUNT, 1).intent_id)
        with pytest.raises(CommitInDoubt):
            async with ledger.write(ACCOUNT) as tx:
                await tx.intents.insert(intent(ACCOUNT, 1))
                await asyncio.sleep(3.1)
        assert await ids(ledger) == []
        async with ledger.write(ACCOUNT) as tx:
            for which in (1, 2):
                await asyncio.sleep(2.9)
                await tx.intents.insert(intent(ACCOUNT, which))
        assert len(await ids(ledger)) == 2

    in_virtual_time(world())


def test_a_transaction_that_the_server_keeps_waiting_does_not_stand_still() -> None:
    async def world() -> None:
        database = await server()
        ledger = await ledger_of(MemoryStorage(database, stall_s=3.0))
        async with ledger.write(ACCOUNT) as tx:
            other = asyncio.create_task(_write(ledger, 2))
            await asyncio.sleep(0.1)
            assert database.locks.waiting == 1
            database.pause()
            asyncio.get_running_loop().call_later(4.0, database.resume)
            await tx.intents.insert(intent(ACCOUNT, 1))
        await other
        assert len(await ids(ledger)) == 2

    in_virtual_time(world())


async def test_a_server_that_went_back_shows_it_to_the_witness() -> None:
    database = await server()
    ledger = await ledger_of(MemoryStorage(database))
    await _write(ledger, 1)
    older = database.copy()
    await _write(ledger, 2)
    async with ledger.read() as tx:
        witnessed = await tx.mark()
    database.flush_regression(older)
    assert await ids(ledger) == [intent(ACCOUNT, 1).intent_id]
    async with ledger.read() as tx:
        assert "sequence" in regression(witnessed, await tx.mark())
    await _write(ledger, 3)
    await _write(ledger, 4)
    async with ledger.read() as tx:
        assert regression(witnessed, await tx.mark()) == ""
    database.flush_regression(older, other_system=True)
    assert await ids(ledger) == [intent(ACCOUNT, 1).intent_id]
    async with ledger.read() as tx:
        assert "another database" in regression(witnessed, await tx.mark())


async def test_doubts_come_to_commits_that_wrote_and_in_their_order() -> None:
    database = await server()
    ledger = await ledger_of(MemoryStorage(database))
    database.in_doubt("lost")
    database.in_doubt("applied")
    async with ledger.write(ACCOUNT):
        pass
    await ledger.lease.renew()
    assert database.doubted == []
    for which in (1, 2):
        with pytest.raises(CommitInDoubt):
            await _write(ledger, which)
    assert database.doubted == ["lost", "applied"]
    await _write(ledger, 3)
    assert await ids(ledger) == [intent(ACCOUNT, which).intent_id for which in (2, 3)]


async def test_a_lease_whose_answer_was_lost_may_be_asked_again() -> None:
    wanted: list[str] = []

    def pace(step: Step) -> None:
        if step in wanted:
            wanted.clear()
            database.crash()

    database = await server(pace)
    ledger = await ledger_of(MemoryStorage(database))
    for step in ("commit", "committed"):
        wanted.append(step)
        with pytest.raises(StorageFault):
            await ledger.lease.renew()
        await ledger.lease.renew()
        wanted.append(step)
        with pytest.raises(StorageFault):
            await ledger.lease.take()
        assert await ledger.lease.take()
    assert ledger.lease.epoch == 4, "expected the epochs of the commit that was kept and of three answers"


async def test_a_read_cannot_write() -> None:
    ledger = await ledger_of(MemoryStorage(await server()))
    with pytest.raises(RuntimeError, match="was a read"):
        async with ledger.read() as tx:
            await tx.intents.insert(intent(ACCOUNT, 1))
    assert await ids(ledger) == []


def test_the_same_pace_gives_the_same_story_and_another_another() -> None:
    async def story(seed: int) -> list[object]:
        rng = random.Random(seed)

        def pace(step: Step) -> Awaitable[None] | None:
            return asyncio.sleep(rng.random() / 1000) if rng.random() < 0.5 else None

        database = await server(pace)
        ledger = await ledger_of(MemoryStorage(database))

        async def one(which: int) -> None:
            async with ledger.write(ACCOUNT) as tx:
                await tx.intents.insert(intent(ACCOUNT, which))
                await tx.intents.add_request(request(intent(ACCOUNT, which), f"r{which}"))
                await tx.journal.event(NOW, ACCOUNT, "notice", str(which))

        await asyncio.gather(*(one(which) for which in range(8)))
        return [row.message for row in database.tables.events.rows.values()]

    stories = [in_virtual_time(story(seed)) for seed in (1, 1, 2, 3)]
    assert stories[0] == stories[1]
    assert len({tuple(map(str, told)) for told in stories}) > 1


async def test_nothing_is_left_locked_or_open_when_everybody_has_gone() -> None:
    database = await server()
    ledger = await ledger_of(MemoryStorage(database))
    results = await asyncio.gather(*(_write(ledger, which % 3) for which in range(9)), return_exceptions=True)
    assert any(isinstance(result, LookupError) for result in results)
    tasks = [asyncio.create_task(_write(ledger, 10 + which)) for which in range(5)]
    await asyncio.sleep(0)
    for task in tasks[1:]:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert database.locks.waiting == 0
    assert not database.locks.held
    del results
    gc.collect()


async def _write(ledger: Ledger, which: int) -> None:
    async with ledger.write(ACCOUNT) as tx:
        row = intent(ACCOUNT, which)
        await tx.intents.insert(row)
        await tx.journal.transition(NOW, ACCOUNT, "intent", str(row.intent_id), "START", "admitted", "NEW", {})
        await asyncio.sleep(0)


def in_virtual_time(work: object) -> list[object]:
    with asyncio.Runner(loop_factory=lambda: WorldLoop(1)) as runner:
        return runner.run(work)  # type: ignore[arg-type, return-value]
