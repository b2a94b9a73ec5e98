"""What an admission asks and writes at once: the same as asked and written one by one, on both ledgers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from ledger_bench import Bench
from ledger_rows import NOW, TODAY, broker_order, intent, named, reservation

from domain.book import Position
from domain.orders.types import Initiative, IntentState, Leg, OrderType, Plan, Side
from domain.proto import oms_pb2 as pb
from execution.oms.errors import LedgerError, StorageFault
from execution.oms.ledger.desk import DeskAccount
from execution.oms.ledger.port import Ledger
from execution.oms.ledger.rows import Intent, Pace, Placed, Sleeve
from execution.oms.ledger.standing import ByHand, OfPlan, Recent, Standing, StandingOf, Submitted, Word, Working

LATER = NOW + timedelta(hours=1)


def standing_of(account: str, owner: UUID, plan: UUID | None = None) -> StandingOf:
    minutes = timedelta(minutes=1)
    return StandingOf(account, owner, TODAY, NOW - 5 * minutes, NOW - minutes, 3, NOW - minutes, plan)


def working_of(row: Intent, cash: int | None, acked_at: datetime | None) -> Working:
    return Working(
        row.intent_id, row.plan_id, row.leg, row.after_leg, row.ticker, row.side, row.order_type, row.limit_price,
        row.quantity, row.filled, row.state, row.sleeve, cash, acked_at,
    )  # fmt: skip


async def test_an_account_stands_as_its_rows_say(bench: Bench, ledger: Ledger) -> None:
    user, account = await bench.person()
    await bench.people.profile(user, 1, "공격투자형", 90, {"capital_krw": 5_000_000}, NOW, LATER)
    bought = intent(account, 1, state=IntentState.PARTIAL, sent_at=NOW, filled=3, filled_amount=210_000, fee=30)
    waiting = intent(account, 2, created_at=NOW + timedelta(seconds=1), limit_price=71_000)
    old = intent(account, 3, created_at=NOW - timedelta(hours=1), state=IntentState.FILLED, filled=10)
    by_hand = broker_order(None, account, 7, filled=2)
    sleeve = Sleeve("005930", "manual", Position(10, 700_000, 4, 500, 30, 12))
    async with ledger.write(None) as tx:
        await tx.states.open_account(account, NOW)
    async with ledger.write(account) as tx:
        for row in (bought, waiting, old):
            await tx.intents.insert(row)
        for row in (bought, old):
            await tx.intents.reserve(reservation(row, 700_000))
            await tx.intents.reservation_acked(row.intent_id, NOW)
        await tx.intents.release(old.intent_id, NOW)
        await tx.orders.add(broker_order(bought, account, 1))
        await tx.orders.add(by_hand)
        await tx.books.put_sleeve(account, sleeve, NOW)
        await tx.books.put_mark(account, TODAY - timedelta(days=1), 9_000_000)
        await tx.books.put_mark(account, TODAY, 8_000_000)
    async with ledger.read() as tx:
        found = await tx.standing(standing_of(account, user, bought.plan_id))
        profile, totals = await tx.desk.profile(user), await tx.books.totals(account, TODAY)
    assert found == Standing(
        working=(working_of(bought, 700_000, NOW), working_of(waiting, None, None)),
        by_hand=(ByHand(TODAY, "00950", 7, "005930", Side.BUY, 70_000, 10, 2, NOW),),
        recent=(Recent("005930", Side.BUY, 10, 71_000, waiting.created_at),),
        of_plan=(OfPlan(bought.intent_id, 1, "hash"),),
        sleeves=(sleeve,),
        profile=profile,
        day_start=8_000_000,
        high_water=9_000_000,
        traded=totals.bought + totals.sold,
        pace=Pace(1, (IntentState.PARTIAL,)),
        spent=210_030,
        word=Word(0, None),
    )
    assert profile is not None


async def test_of_a_crowd_of_orders_only_the_newest_are_told(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    async with ledger.write(account) as tx:
        for which in range(52):
            moment = NOW + timedelta(seconds=which)
            await tx.intents.insert(intent(account, which, created_at=moment, limit_price=1_000 + which))
    async with ledger.read() as tx:
        found = await tx.standing(standing_of(account, named("nobody")))
    assert [one.limit_price for one in found.recent] == list(range(1_051, 1_001, -1))
    assert len(found.working) == 52
    assert found.profile is found.day_start is found.high_water is None


async def test_a_submitted_plan_comes_with_its_account_its_word_and_its_queue(bench: Bench, ledger: Ledger) -> None:
    user, account = await bench.person()
    plan_id, approval = named(account, "plan"), named(account, "approval")
    for version in (1, 2):
        await bench.people.plan(plan_of(plan_id, user, account, version), f"hash {version}")
    await bench.people.question(approval, plan_id, 1, "hash 1", account, user, LATER)
    await bench.people.answer(approval, user, "hash 1", "approve", NOW, {1: 2}, unsuitable_ack=False)
    async with ledger.write(None) as tx:
        await tx.states.open_account(account, NOW)
    async with ledger.write(account) as tx:
        for which, state in enumerate((IntentState.NEW, IntentState.NOT_SENT, IntentState.ACKED)):
            await tx.intents.insert(intent(account, which, state=state))
    async with ledger.read() as tx:
        decision = await tx.desk.decision(approval)
        assert await tx.desk.word(plan_id, approval) == Word(2, decision)
        assert await tx.desk.word(plan_id, None) == Word(2, None)
        assert await tx.desk.word(named("nobody's"), named("nobody's")) == Word(0, None)
        found = await tx.desk.submitted(plan_id, 1, approval)
        assert await tx.desk.submitted(plan_id, 3, approval) is None
        assert await tx.desk.plan(plan_id, 1) == (plan_of(plan_id, user, account, 1), "hash 1")
    async with ledger.write(account) as tx:
        await tx.intents.insert(intent(account, 4, plan_id=plan_id))
    async with ledger.read() as tx:
        begun = await tx.desk.submitted(plan_id, 1, approval)
    assert begun is not None
    assert (begun.started, begun.queued) == (True, 3)
    whose = DeskAccount(account, user, "sim")
    assert found == Submitted(plan_of(plan_id, user, account, 1), "hash 1", whose, Word(2, decision), False, 2)
    assert decision is not None


def plan_of(plan_id: UUID, user: UUID, account: str, version: int) -> Plan:
    legs = (
        Leg(1, "005930", Side.SELL, 3, OrderType.MARKET, None, LATER, Initiative.USER, None, "까닭"),
        Leg(2, "000660", Side.BUY, 1, OrderType.LIMIT, 100_000, LATER, Initiative.AGENT, 1, ""),
    )
    return Plan(plan_id, version, account, user, "manual", ("thread", 7), legs, 1, None, NOW, LATER)


async def test_an_admitted_order_leaves_its_four_rows(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = intent(account, 1, state_note="접수했어요.")
    order = pb.Order(intent_id=str(row.intent_id), reason="까닭")
    async with ledger.write(account) as tx:
        await tx.admitted([Placed(row, reservation(row, 700_105), {"by": "web"}, order)], "ADMITTED", consumes=False)
    async with ledger.read() as tx:
        assert await tx.intents.get(row.intent_id) == row
        assert await tx.intents.held(account) == [reservation(row, 700_105)]
        assert await tx.journal.transitions_of(str(row.intent_id)) == [("START", "ADMITTED", "NEW")]
        (event,) = await tx.journal.events_after(account, 0)
    assert (event.seq, event.kind, event.message, event.order.reason) == (1, "order", "접수했어요.", "까닭")
    assert bench.announced == [account]


def ended(account: str) -> Intent:
    return intent(account, "old", state=IntentState.WITHDRAWN)


def legs_of(account: str) -> list[Placed]:
    """Four orders of one plan that differ in all that orders differ in, not in the order of their ids."""
    plan, approval, old = named(account, "plan"), named(account, "approval"), ended(account).intent_id
    rows = [
        intent(account, n, plan_id=plan, leg=n, authority_id=approval, ticker=f"00000{n}", reason=f'까닭 "{n}"\\\n')
        for n in (2, 1, 4, 3)
    ]
    market: dict[str, Any] = {"order_type": OrderType.MARKET, "limit_price": None, "side": Side.SELL}
    rows[1] = replace(rows[1], **market, after_leg=2, initiative=Initiative.AGENT, profile_version=None)
    rows[2] = replace(rows[2], replaces=old, whole=30, strategy_id=named("strategy"))
    rows[3] = replace(rows[3], state_note="접수했어요.", payload_hash="another", not_after=NOW.astimezone(UTC))
    rows[3] = replace(rows[3], authority="exit", stop_price=60_000)
    return [
        Placed(row, reservation(row, 1_000 + n, n), {"n": n, "said": ["값"]}, pb.Order(intent_id=str(row.intent_id)))
        for n, row in enumerate(rows)
    ]


async def test_the_legs_of_a_plan_are_written_at_once_and_numbered_in_their_order(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    legs = legs_of(account)
    async with ledger.write(account) as tx:
        await tx.intents.insert(ended(account))
        await tx.journal.event(NOW, account, "notice", "before")
        before = await tx.mark()
        assert await tx.admitted(legs, "ADMITTED", consumes=True)
    async with ledger.read() as tx:
        for leg in legs:
            assert await tx.intents.get(leg.intent.intent_id) == leg.intent
            assert await tx.journal.transitions_of(str(leg.intent.intent_id)) == [("START", "ADMITTED", "NEW")]
        held = {row.intent_id: row for row in await tx.intents.held(account)}
        events = await tx.journal.events_after(account, 1)
        assert (await tx.mark()).seq == before.seq + len(legs)
    assert held == {leg.intent.intent_id: leg.reservation for leg in legs}
    assert [(e.seq, e.order.intent_id, e.message) for e in events] == [
        (seq, str(leg.intent.intent_id), leg.intent.state_note) for seq, leg in enumerate(legs, start=2)
    ]
    async with ledger.write(account) as tx:
        own = legs[0].intent
        assert not await tx.intents.consume_approval(own.authority_id, account, own.plan_id, 1, NOW)


async def test_legs_whose_approval_or_id_is_taken_leave_nothing(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    legs = legs_of(account)
    first = legs[0].intent
    async with ledger.write(account) as tx:
        await tx.intents.insert(ended(account))
        await tx.intents.consume_approval(first.authority_id, account, first.plan_id, 1, NOW)

    async def admit(*, consumes: bool) -> None:
        async with ledger.write(account) as tx:
            if not await tx.admitted(legs, "ADMITTED", consumes=consumes):
                raise StorageFault("consumed before")

    with pytest.raises(StorageFault, match="consumed before"):
        await admit(consumes=True)
    async with ledger.write(account) as tx:
        await tx.intents.insert(legs[2].intent)
    with pytest.raises((LookupError, LedgerError)):
        await admit(consumes=False)
    async with ledger.read() as tx:
        assert await tx.intents.open(account) == [legs[2].intent]
        assert await tx.intents.held(account) == []
        assert await tx.journal.events_after(account, 0) == []


@pytest.mark.parametrize("earlier", [IntentState.NEW, IntentState.WITHDRAWN])
async def test_an_admitted_order_takes_over_only_a_withdrawn_older_version(
    bench: Bench, ledger: Ledger, earlier: IntentState
) -> None:
    account = await bench.opened_account(ledger)
    first, second = intent(account, 1, state=earlier), intent(account, 1, version=2, quantity=4)

    async def admit() -> None:
        async with ledger.write(account) as tx:
            order = pb.Order(intent_id=str(second.intent_id))
            await tx.admitted([Placed(second, reservation(second, 280_000), {}, order)], "ADMITTED", consumes=False)

    async with ledger.write(account) as tx:
        await tx.intents.insert(first)
        await tx.intents.reserve(reservation(first))
        await tx.intents.release(first.intent_id, NOW)
    if earlier is IntentState.NEW:
        with pytest.raises((LookupError, LedgerError)):
            await admit()
    else:
        await admit()
    async with ledger.read() as tx:
        assert await tx.intents.get(first.intent_id) == (first if earlier is IntentState.NEW else second)
        held = [] if earlier is IntentState.NEW else [reservation(second, 280_000)]
        assert await tx.intents.held(account) == held
        assert len(await tx.journal.events_after(account, 0)) == (earlier is IntentState.WITHDRAWN)
