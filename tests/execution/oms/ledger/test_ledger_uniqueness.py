"""What can be only once, in both ledgers: every unique constraint, what two transactions at once make of it, and rows
that no state of the ledger allows."""

# ruff: noqa: PT012 - the end of a transaction raises, so the whole of it stands inside

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from ledger_bench import Bench, admitted, refused
from ledger_rows import NOW, TODAY, broker_order, fill, intent, named, request

from domain.orders.types import IntentState, Side
from domain.orders.words import OrderState
from execution.oms.ledger.port import Ledger, Tx
from execution.oms.ledger.rows import Intent, Request


async def test_an_intents_id_is_taken_unless_an_older_version_was_withdrawn_unsent(
    bench: Bench, ledger: Ledger
) -> None:
    account = await bench.opened_account(ledger)
    first = await admitted(ledger, intent(account, 1))
    second = replace(first, version=2, quantity=5, created_at=NOW + timedelta(minutes=1))
    with pytest.raises(LookupError):
        await admitted(ledger, second)
    async with ledger.write(account) as tx:
        await tx.intents.change(first.intent_id, NOW, state=IntentState.WITHDRAWN)
    with pytest.raises(LookupError):
        await admitted(ledger, first)  # no later version
    await admitted(ledger, second)
    async with ledger.read() as tx:
        found = await tx.intents.get(first.intent_id)
    assert found == second
    async with ledger.write(account) as tx:
        await tx.intents.change(first.intent_id, NOW, state=IntentState.WITHDRAWN, sent_at=NOW)
    with pytest.raises(LookupError):
        await admitted(ledger, replace(second, version=3))  # it had left


async def test_a_leg_of_a_plan_is_one_intent(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    first = await admitted(ledger, intent(account, 1))
    twin = intent(account, 2, plan_id=first.plan_id)
    assert await refused(ledger, account, lambda tx: tx.intents.insert(twin)) == "intents_plan_id_leg_key"
    await admitted(ledger, replace(twin, leg=2))


@pytest.mark.parametrize("state", [IntentState.SENDING, IntentState.UNKNOWN, IntentState.MANUAL])
async def test_one_order_of_a_ticker_and_side_may_be_uncertain(
    bench: Bench, ledger: Ledger, state: IntentState
) -> None:
    account = await bench.opened_account(ledger)
    await admitted(ledger, intent(account, 1, state=state))
    second = await admitted(ledger, intent(account, 2))
    other = await admitted(ledger, intent(account, 3, side=Side.SELL))

    def sending(row: Intent) -> Callable[[Tx], Awaitable[None]]:
        return lambda tx: tx.intents.change(row.intent_id, NOW, state=IntentState.SENDING)

    assert await refused(ledger, account, sending(second)) == "one_uncertain_intent"
    async with ledger.write(account) as tx:
        await sending(other)(tx)
        await tx.intents.change(intent(account, 1).intent_id, NOW, state=IntentState.ACKED)
        await sending(second)(tx)
    async with ledger.read() as tx:
        assert len(await tx.intents.in_state(account, IntentState.SENDING)) == 2


async def test_an_order_has_one_replacement_that_leaves(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    old = await admitted(ledger, intent(account, 1))
    first = await admitted(ledger, intent(account, 2, replaces=old.intent_id, whole=10))
    second = intent(account, 3, replaces=old.intent_id, whole=10)
    assert await refused(ledger, account, lambda tx: tx.intents.insert(second)) == "one_replacement"
    async with ledger.write(account) as tx:
        await tx.intents.change(first.intent_id, NOW, state=IntentState.WITHDRAWN)
    await admitted(ledger, second)
    async with ledger.read() as tx:
        assert await tx.intents.get(second.intent_id) == second


async def test_a_cancel_of_a_number_placed_by_hand_is_kept_with_it(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    hand = broker_order(None, account, 77)
    wish = Request.of_number(hand, "r-1", "web:someone", NOW)
    async with ledger.write(account) as tx:
        assert await tx.orders.add(hand)
        assert await tx.intents.add_request(wish)
        assert not await tx.intents.add_request(wish)
    async with ledger.read() as tx:
        assert await tx.intents.requests_pending(account) == [wish]
        assert wish.target == (hand.trade_date, hand.branch, 77)


async def test_a_position_has_one_live_exit(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    first = await admitted(ledger, intent(account, 1, authority="exit", side=Side.SELL))
    second = intent(account, 2, authority="exit", side=Side.SELL)
    assert await refused(ledger, account, lambda tx: tx.intents.insert(second)) == "one_live_exit"
    await admitted(ledger, replace(second, intent_id=named(account, "of another sleeve"), sleeve="cycle"))
    await admitted(ledger, intent(account, 3, side=Side.SELL))  # an order of a person is no exit
    async with ledger.write(account) as tx:
        await tx.intents.change(first.intent_id, NOW, state=IntentState.REJECTED)
        await tx.intents.insert(replace(second, plan_id=named(account, "again")))


async def test_an_approval_is_consumed_once_also_by_two_at_the_same_time(bench: Bench, ledger: Ledger) -> None:
    one, two = await bench.opened_account(ledger), await bench.opened_account(ledger)
    approval, plan = named(one, "approval"), named(one, "plan")
    waiting = asyncio.Event()

    async def consume(account: str) -> bool:
        async with ledger.write(account) as tx:
            waiting.set()
            return await tx.intents.consume_approval(approval, account, plan, 1, NOW)

    async with ledger.write(one) as tx:
        assert await tx.intents.consume_approval(approval, one, plan, 1, NOW)
        second = asyncio.create_task(consume(two))
        await waiting.wait()
        await bench.someone_waits()
    assert not await second
    assert not await consume(one)


async def test_who_waits_for_a_key_gets_it_when_the_first_is_rolled_back(bench: Bench, ledger: Ledger) -> None:
    one, two = await bench.opened_account(ledger), await bench.opened_account(ledger)
    approval = named(one, "approval")

    async def consume() -> bool:
        async with ledger.write(two) as tx:
            return await tx.intents.consume_approval(approval, two, approval, 1, NOW)

    with pytest.raises(KeyError):
        async with ledger.write(one) as tx:
            assert await tx.intents.consume_approval(approval, one, approval, 1, NOW)
            second = asyncio.create_task(consume())
            await bench.someone_waits()
            raise KeyError
    assert await second


async def test_a_request_id_is_one_request_of_its_account(bench: Bench, ledger: Ledger) -> None:
    one, two = await bench.opened_account(ledger), await bench.opened_account(ledger)
    row, other = await admitted(ledger, intent(one, 1)), await admitted(ledger, intent(two, 1))
    async with ledger.write(one) as tx:
        assert await tx.intents.add_request(request(row, "r"))
        assert not await tx.intents.add_request(request(row, "r", kind="revise", new_price=1))
    async with ledger.write(two) as tx:
        assert await tx.intents.add_request(request(other, "r"))
    async with ledger.read() as tx:
        assert await tx.intents.requests_of(row.intent_id) == [request(row, "r")]


async def test_a_brokers_number_of_a_day_and_branch_is_one_order(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    order = broker_order(None, account, 7)
    async with ledger.write(account) as tx:
        assert await tx.orders.add(order)
        assert not await tx.orders.add(replace(order, quantity=5))
        assert await tx.orders.add(replace(order, trade_date=TODAY - timedelta(days=1)))
        assert await tx.orders.add(replace(order, branch="00951", acked_at=NOW + timedelta(seconds=1)))
    async with ledger.read() as tx:
        found = await tx.orders.get(account, TODAY, 7)
        assert found is not None
        assert found.branch == "00951"
        assert [o.quantity for o in await tx.orders.of_day(account, TODAY)] == [10, 10]


async def test_an_intent_has_one_live_order(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = await admitted(ledger, intent(account, 1))
    first, second = broker_order(row, account, 1), broker_order(row, account, 2, kind="revise", replaces=1)
    async with ledger.write(account) as tx:
        assert await tx.orders.add(first)
    assert await refused(ledger, account, lambda tx: tx.orders.add(second)) == "one_live_order_of_an_intent"
    async with ledger.write(account) as tx:
        await tx.orders.change(first, NOW, state=OrderState.REPLACED)
        assert await tx.orders.add(second)
        assert await tx.orders.add(broker_order(None, account, 3))
    foreign = broker_order(None, account, 3)
    claim = {"intent_id": row.intent_id, "state": OrderState.LIVE}
    assert (
        await refused(ledger, account, lambda tx: tx.orders.change(foreign, NOW, **claim))
        == "one_live_order_of_an_intent"
    )


async def test_a_notice_is_stored_each_time_and_known_by_its_bytes(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    async with ledger.write(None) as tx:
        first, seen = await tx.orders.store_notice(bench.environment, account, NOW, TODAY, "d", {"number": 3})
        again, seen_again = await tx.orders.store_notice(bench.environment, account, NOW, TODAY, "d", {"number": 3})
        _, seen_later = await tx.orders.store_notice(
            bench.environment, account, NOW, TODAY + timedelta(days=1), "d", {"number": 4}
        )
        assert (seen, seen_again, seen_later) == (False, True, False)
        assert again > first
        await tx.orders.notice_done(first, "matched", NOW)
        await tx.orders.notice_done(first, "something else", NOW)
    async with ledger.read() as tx:
        unworked = await tx.orders.unworked_notices(account)
        assert [notice.trade_date for notice in unworked] == [TODAY, TODAY + timedelta(days=1)]
        assert unworked[0].id == again
        assert await tx.orders.numbers_of_day(account, TODAY) == [3]


async def test_a_fill_is_counted_once(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    async with ledger.write(account) as tx:
        await tx.books.add_fill(fill(account, 1, 3, 3))
        await tx.books.add_fill(fill(account, 1, 4, 7))
        await tx.books.add_fill(fill(account, 1, 0, 3, estimated=True))
    constraint = await refused(ledger, account, lambda tx: tx.books.add_fill(fill(account, 1, 3, 3)))
    assert constraint.startswith("fills_account_ref_trade_date_branch_odno_cumulative")
    async with ledger.read() as tx:
        assert [row.quantity for row in await tx.books.fills(account)] == [3, 4, 0]


async def test_a_position_has_one_exit_mandate_and_generations(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)

    async def opened(tx: Tx, word: str) -> bool:
        return await tx.books.open_exit_mandate(
            named(account, word), account, "005930", "manual", "approval", named(account, "source"), NOW
        )

    async with ledger.write(account) as tx:
        assert await opened(tx, "first")
        assert not await opened(tx, "second")
        assert await tx.books.next_exit_generation(account, "005930", "manual") == 2
        await tx.books.close_exit_mandate(account, "005930", "manual", NOW)
        assert await tx.books.exit_mandate(named(account, "first"), account) is None
        assert await opened(tx, "third")
    async with ledger.read() as tx:
        assert await tx.books.exit_mandate(named(account, "third"), account) == (
            "005930",
            "manual",
            named(account, "source"),
        )
        assert await tx.books.exit_mandate(named(account, "third"), "another") is None
        assert await tx.books.next_exit_generation(account, "005930", "manual") == 3


async def test_a_key_and_a_number_belong_to_one_account(bench: Bench, ledger: Ledger) -> None:
    one, two = await bench.opened_account(ledger), await bench.opened_account(ledger)
    async with ledger.write(None) as tx:
        assert await tx.states.keep_credential(one, "key", "number", b"sealed", NOW)
        assert not await tx.states.keep_credential(one, "key 2", "number 2", b"other", NOW)
        assert not await tx.states.keep_credential(two, "key", "number 2", b"other", NOW)
        assert not await tx.states.keep_credential(two, "key 2", "number", b"other", NOW)
        assert await tx.states.keep_credential(two, "key 2", "number 2", b"two", NOW)
        await tx.states.replace_credential(one, "key", "number 3", b"new", NOW)
    constraint = await refused(
        ledger, two, lambda tx: tx.states.replace_credential(two, "key", "number 2", b"theft", NOW)
    )
    assert constraint == "credentials_environment_key_hash_key"
    constraint = await refused(
        ledger, two, lambda tx: tx.states.replace_credential(two, "key 2", "number 3", b"theft", NOW)
    )
    assert constraint == "credentials_environment_number_hash_key"
    async with ledger.read() as tx:
        assert await tx.states.credential(one) == b"new"
        assert await tx.states.number_hash(one) == "number 3"
        assert await tx.states.credential(two) == b"two"


async def test_of_two_accounts_that_bring_one_key_at_once_the_second_waits_and_is_refused(
    bench: Bench, ledger: Ledger
) -> None:
    one, two = await bench.opened_account(ledger), await bench.opened_account(ledger)

    async def keep() -> bool:
        async with ledger.write(None) as tx:
            return await tx.states.keep_credential(two, "key", "number 2", b"two", NOW)

    async with ledger.write(None) as tx:
        assert await tx.states.keep_credential(one, "key", "number", b"one", NOW)
        second = asyncio.create_task(keep())
        await bench.someone_waits()
        assert not second.done()
    assert not await second
