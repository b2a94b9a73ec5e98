"""A storage that breaks, of both adapters: commits without an answer, crashes, writers that vanish or stand still."""

# ruff: noqa: PT012 - the end of a transaction raises, so the whole of it stands inside

from __future__ import annotations

import asyncio

import pytest
from ledger_bench import DOUBTFUL, Bench, ended, numbers, say, until, writes
from ledger_rows import intent

from execution.oms.errors import CommitInDoubt, LedgerError, StorageFault
from execution.oms.ledger.port import Ledger


@pytest.mark.parametrize("outcome", ["applied", "lost"])
async def test_a_commit_without_an_answer_is_in_doubt_and_whole_either_way(
    bench: Bench, ledger: Ledger, outcome: str
) -> None:
    account = await bench.opened_account(ledger)
    row = intent(account, 1)
    bench.in_doubt(outcome)
    with pytest.raises(CommitInDoubt):
        async with ledger.write(account) as tx:
            await tx.intents.insert(row)
            await say(tx, account, DOUBTFUL)
    assert bench.announced == []
    kept = outcome == "applied"

    async def settled() -> bool:  # the server may not have noticed the broken connection yet
        async with ledger.write(account) as tx:
            return (await tx.intents.get(row.intent_id) is not None) == kept

    await until(settled)
    assert await numbers(ledger, account) == ([1] if kept else [])
    async with ledger.write(account) as tx:
        assert await say(tx, account) == (2 if kept else 1)
    assert bench.announced == [account]


async def test_a_crash_loses_what_was_not_committed_and_nothing_else(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    kept, lost = intent(account, 1), intent(account, 2)
    async with ledger.write(account) as tx:
        await tx.intents.insert(kept)
    inside = asyncio.Event()

    async def writer() -> None:
        async with ledger.write(account) as tx:
            await tx.intents.insert(lost)
            inside.set()
            await crashed.wait()
            await tx.intents.get(lost.intent_id)

    async def waiter() -> None:
        async with ledger.write(account):
            pass

    crashed = asyncio.Event()
    tasks = [asyncio.create_task(writer())]
    await inside.wait()
    tasks.append(asyncio.create_task(waiter()))
    await bench.someone_waits()
    await bench.crash()
    crashed.set()
    for task in tasks:
        with pytest.raises(StorageFault):
            await task
    await until(lambda: writes(ledger, account))
    async with ledger.read() as tx:
        assert [i.intent_id for i in await tx.intents.open(account)] == [kept.intent_id]


async def test_a_connection_that_went_before_the_commit_leaves_doubt(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = intent(account, 1)
    with pytest.raises(CommitInDoubt):
        async with ledger.write(account) as tx:
            await tx.intents.insert(row)
            await bench.crash()
    await until(lambda: writes(ledger, account))
    async with ledger.read() as tx:
        assert await tx.intents.get(row.intent_id) is None


async def test_who_is_cancelled_while_waiting_or_writing_holds_nothing_up(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    inside = asyncio.Event()

    async def writer() -> None:
        async with ledger.write(account) as tx:
            await say(tx, account)
            inside.set()
            await asyncio.Event().wait()

    one = asyncio.create_task(writer())
    await inside.wait()
    two = asyncio.create_task(writer())
    await bench.someone_waits()
    await ended(two)
    three = asyncio.create_task(writes(ledger, account))
    await bench.someone_waits()
    await ended(one)
    assert await asyncio.wait_for(three, 10)
    assert await numbers(ledger, account) == []


async def test_a_writer_that_stands_still_is_ended_when_others_wait(bench: Bench) -> None:
    async with bench.ledger(stall_s=0.2) as ledger:
        account = await bench.opened_account(ledger)
        with pytest.raises(LedgerError):
            async with ledger.write(account) as tx:
                await say(tx, account)
                assert await asyncio.wait_for(writes(ledger, account), 10)
        assert await numbers(ledger, account) == []
