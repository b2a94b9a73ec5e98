"""Questions asked together: the same answers as one after another, on both ledgers, and no answer before its time."""

from __future__ import annotations

import pytest
from ledger_bench import Bench
from ledger_rows import intent

from execution.oms.errors import LedgerError, StorageFault
from execution.oms.ledger.port import Ledger


async def test_questions_asked_together_are_answered_as_one_after_another(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    first, second = intent(account, 1), intent(account, 2)
    async with ledger.write(account) as tx:
        async with tx.together() as ask:
            for row in (first, second):
                ask(tx.intents.insert(row))
            there, missing = ask(tx.intents.get(first.intent_id)), ask(tx.intents.get(intent(account, 9).intent_id))
            open_now = ask(tx.intents.open(account))
        assert there.value is not None
        assert there.value.intent_id == first.intent_id
        assert missing.value is None
        assert open_now.value == await tx.intents.open(account)
    async with ledger.read() as tx, tx.together() as ask:
        kept, account_row = ask(tx.intents.open(account)), ask(tx.desk.account(account))
    assert {row.intent_id for row in kept.value} == {first.intent_id, second.intent_id}
    assert account_row.value is not None


async def test_an_answer_is_not_there_before_the_questions_are_asked(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    async with ledger.read() as tx, tx.together() as ask:
        answer = ask(tx.intents.open(account))
        with pytest.raises(RuntimeError, match="left before"):
            _ = answer.value
    assert answer.value == []


async def test_a_question_that_fails_leaves_nothing_of_its_transaction(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)

    async def twice() -> None:
        async with ledger.write(account) as tx, tx.together() as ask:
            for _ in range(2):
                ask(tx.intents.insert(intent(account, 1)))

    with pytest.raises((LookupError, LedgerError)):
        await twice()
    async with ledger.read() as tx:
        assert await tx.intents.open(account) == []


async def test_what_a_failing_block_had_still_to_ask_is_never_asked(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)

    async def failing() -> None:
        async with ledger.write(account) as tx, tx.together() as ask:
            ask(tx.intents.insert(intent(account, 1)))
            raise StorageFault("before the questions")

    with pytest.raises(StorageFault, match="before"):
        await failing()
    async with ledger.read() as tx:
        assert await tx.intents.open(account) == []
