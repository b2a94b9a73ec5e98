"""The desk's tables on a real PostgreSQL, as the roles that use them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fakes import START, USER

from domain import ids
from domain.clock import ManualClock
from domain.evidence import Figure, Unit
from domain.mandate import Mandate, MandateKind
from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.reports import Analyst, AnalystReport, Stance
from tools.ports import ApprovalRequest, JournalEntry, PortUnavailable, StoredMandate
from tools.store.decisions import Decisions, Recorded
from tools.store.desk import Desk
from tools.store.pool import make_dict_pool

STRANGER = UUID(int=99)


@dataclass
class Tables:
    desk: Desk
    decisions: Decisions
    clock: ManualClock
    database: Any


@pytest.fixture
async def tables(database: Any) -> AsyncIterator[Tables]:
    with psycopg.connect(database.url("ui"), autocommit=True) as ui:
        ui.execute("INSERT INTO chat.users VALUES (%s, %s, true, %s)", (USER.user_id, USER.name, START))
        ui.execute("INSERT INTO chat.users VALUES (%s, '다른 사람', false, %s)", (STRANGER, START))
        ui.execute(
            "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '모의', %s)", (USER.account_ref, USER.user_id, START)
        )
    clock = ManualClock(START)
    async with (
        make_dict_pool(database.url("graph"), "test-desk") as pool,
        make_dict_pool(database.url("ui"), "test-decisions") as deciding,
    ):
        yield Tables(Desk(pool), Decisions(deciding, clock), clock, database)


def plan(version: int = 1, **changes: Any) -> Plan:
    origin = ("chat", "t", "m")
    legs = (
        Leg(
            1,
            "005930",
            Side.SELL,
            3,
            OrderType.MARKET,
            None,
            START + timedelta(minutes=30),
            Initiative.USER,
            None,
            "팔기",
        ),
        Leg(2, "000660", Side.BUY, 2, OrderType.LIMIT, 180_000, START + timedelta(hours=5), after_leg=1, reason="사기"),
    )
    made = Plan(
        plan_id=ids.plan_id(USER.account_ref, origin),
        version=version,
        account_ref=USER.account_ref,
        user_id=USER.user_id,
        sleeve="manual",
        origin=origin,
        legs=legs,
        profile_version=2,
        strategy_id=UUID(int=4),
        created_at=START,
        expires_at=START + timedelta(minutes=10),
    )
    return replace(made, **changes)


def question(made: Plan, **card: Any) -> ApprovalRequest:
    shown = {
        "legs": [{"leg": leg.leg, "qty": leg.quantity} for leg in made.legs],
        "needs_unsuitable_ack": False,
        **card,
    }
    return ApprovalRequest(
        approval_id=ids.approval_id(made.plan_id, made.version),
        plan_id=made.plan_id,
        version=made.version,
        plan_hash=plan_hash(made),
        account_ref=made.account_ref,
        user_id=made.user_id,
        thread_id="chat:x:t",
        card=shown,
        created_at=START,
        expires_at=made.expires_at,
    )


async def asked(tables: Tables, **card: Any) -> ApprovalRequest:
    made = plan()
    await tables.desk.save_plan(made)
    request = question(made, **card)
    await tables.desk.ask_approval(request)
    return request


async def test_a_plan_comes_back_as_it_was_with_the_same_hash(tables: Tables) -> None:
    assert await tables.desk.save_plan(plan()) == plan_hash(plan())
    found = await tables.desk.plan(plan().plan_id)
    assert found is not None
    assert found.legs == plan().legs
    assert plan_hash(found) == plan_hash(plan())


async def test_the_same_version_again_changes_nothing(tables: Tables) -> None:
    first = await tables.desk.save_plan(plan())
    other = plan(legs=plan().legs[:1])
    assert await tables.desk.save_plan(other) == first
    found = await tables.desk.plan(plan().plan_id, 1)
    assert found is not None
    assert len(found.legs) == 2


async def test_the_newest_version_is_found_without_a_number(tables: Tables) -> None:
    await tables.desk.save_plan(plan())
    await tables.desk.save_plan(plan(2))
    assert (await tables.desk.plan(plan().plan_id)) == plan(2)
    assert (await tables.desk.plan(plan().plan_id, 1)) == plan()
    assert await tables.desk.plan(UUID(int=1)) is None


async def test_ten_writers_of_one_version_write_it_once(tables: Tables) -> None:
    hashes = await asyncio.gather(*(tables.desk.save_plan(plan()) for _ in range(10)))
    assert set(hashes) == {plan_hash(plan())}


async def test_profiles_are_numbered_and_the_last_is_in_force(tables: Tables) -> None:
    later = START + timedelta(days=365)
    saved = await asyncio.gather(
        *(tables.desk.save_profile(USER.user_id, "위험중립형", 50, {"n": n}, START, later) for n in range(4))
    )
    assert sorted(each.version for each in saved) == [1, 2, 3, 4]
    found = await tables.desk.latest_profile(USER.user_id)
    assert found is not None
    assert found.version == 4
    assert found.expires_at == later
    assert await tables.desk.latest_profile(STRANGER) is None


async def test_assessments_are_counted_since_a_moment(tables: Tables) -> None:
    await tables.desk.record_assessment(USER.user_id, START, {"age": "to_40"}, 50, "위험중립형")
    await tables.desk.record_assessment(USER.user_id, START, {"age": "to_40"}, 50, "위험중립형")
    assert len(await tables.desk.assessments_since(USER.user_id, START)) == 1
    assert await tables.desk.assessments_since(USER.user_id, START + timedelta(seconds=1)) == []


async def test_strategies_come_newest_first_with_versions(tables: Tables) -> None:
    await tables.desk.save_strategy(USER.user_id, UUID(int=1), "h1", {"a": 1}, START)
    await tables.desk.save_strategy(USER.user_id, UUID(int=1), "h2", {"a": 2}, START + timedelta(minutes=1))
    found = await tables.desk.strategies(USER.user_id)
    assert [(each.version, each.hash) for each in found] == [(2, "h2"), (1, "h1")]
    assert len(await tables.desk.strategies(USER.user_id, 1)) == 1


async def test_a_report_comes_back_with_its_figures(tables: Tables) -> None:
    figure = Figure(id="x", value=3, unit=Unit.WON, source="시험", as_of=START)
    report = AnalystReport(
        analyst=Analyst.TECHNICAL,
        ticker="005930",
        stance=Stance.BULLISH,
        confidence=60,
        drivers=("값 {{f:x}}",),
        figures=(figure,),
        as_of=START,
    )
    other = report.model_copy(update={"ticker": "000660"})
    for _ in range(2):
        await tables.desk.save_reports(USER.user_id, {UUID(int=1): report, UUID(int=2): other})
    assert await tables.desk.latest_report("technical", "005930") == report
    assert await tables.desk.latest_report("technical", "000660") == other
    assert await tables.desk.latest_report("technical", None) is None


async def test_a_question_is_one_row_and_its_answer_one_more(tables: Tables) -> None:
    request = await asked(tables)
    await tables.desk.ask_approval(request)
    assert await tables.desk.approval_request(request.approval_id) == request
    assert [each.approval_id for each in await tables.desk.pending_approvals(USER.user_id, START)] == [
        request.approval_id
    ]
    approve = tables.decisions.decide(USER.user_id, request.approval_id, "approve", channel="test", quantities={2: 1})
    assert await approve is Recorded.RECORDED
    decision = await tables.desk.approval_decision(request.approval_id)
    assert decision is not None
    assert decision.decision == "approve"
    assert decision.quantities == {2: 1}
    assert await tables.desk.pending_approvals(USER.user_id, START) == []
    assert [each.approval_id for each in await tables.desk.undelivered_approvals(START)] == [request.approval_id]


async def test_ten_clicks_at_once_are_one_decision(tables: Tables) -> None:
    request = await asked(tables)
    clicks = [
        tables.decisions.decide(USER.user_id, request.approval_id, "approve" if n % 2 else "reject", channel="test")
        for n in range(10)
    ]
    results = await asyncio.gather(*clicks)
    assert results.count(Recorded.RECORDED) == 1
    assert results.count(Recorded.ALREADY) == 9


async def test_an_expired_card_cannot_be_approved_and_can_be_rejected(tables: Tables) -> None:
    request = await asked(tables)
    tables.clock.advance(10 * 60)
    decide = tables.decisions.decide
    assert await decide(USER.user_id, request.approval_id, "approve", channel="test") is Recorded.EXPIRED
    assert [each.approval_id for each in await tables.desk.lapsed_approvals(START, tables.clock.now())] == [
        request.approval_id
    ]
    assert await decide(USER.user_id, request.approval_id, "reject", channel="test") is Recorded.RECORDED


async def test_a_superseded_card_cannot_be_approved(tables: Tables) -> None:
    request = await asked(tables)
    await tables.desk.save_plan(plan(2))
    found = await tables.decisions.decide(USER.user_id, request.approval_id, "approve", channel="test")
    assert found is Recorded.SUPERSEDED
    assert await tables.desk.pending_approvals(USER.user_id, START) == []


@pytest.mark.parametrize("quantities", [{1: 4}, {1: 0}, {1: -1}, {3: 1}])
async def test_a_quantity_is_only_ever_lowered(tables: Tables, quantities: dict[int, int]) -> None:
    request = await asked(tables)
    found = await tables.decisions.decide(
        USER.user_id, request.approval_id, "approve", channel="test", quantities=quantities
    )
    assert found is Recorded.BAD_QUANTITY


async def test_above_the_grade_the_confirmation_is_needed(tables: Tables) -> None:
    request = await asked(tables, needs_unsuitable_ack=True)
    decide = tables.decisions.decide
    assert await decide(USER.user_id, request.approval_id, "approve", channel="test") is Recorded.NEEDS_ACK
    done = await decide(USER.user_id, request.approval_id, "approve", channel="test", unsuitable_ack=True)
    assert done is Recorded.RECORDED


async def test_somebody_elses_card_does_not_exist(tables: Tables) -> None:
    request = await asked(tables)
    assert await tables.decisions.decide(STRANGER, request.approval_id, "approve", channel="t") is Recorded.UNKNOWN


def mandate(clock: ManualClock) -> StoredMandate:
    from datetime import time

    made = Mandate(
        mandate_id=UUID(int=5),
        account_ref=USER.account_ref,
        kind=MandateKind.CYCLE,
        tickers=frozenset({"005930"}),
        sectors=frozenset(),
        max_per_order=1_000_000,
        max_per_day=2_000_000,
        from_time=time(9, 0),
        until_time=time(15, 20),
        expires_at=clock.now() + timedelta(days=30),
    )
    return StoredMandate.offer(made)


async def test_a_mandate_is_offered_signed_and_revoked_once_each(tables: Tables) -> None:
    offer = mandate(tables.clock)
    await tables.desk.offer_mandate(USER, offer)
    await tables.desk.offer_mandate(USER, offer)
    (found,) = await tables.desk.mandates(USER.account_ref)
    assert found == offer
    sign, revoke = tables.decisions.sign_mandate, tables.decisions.revoke_mandate
    assert await revoke(USER.user_id, offer.mandate_id, channel="t") is Recorded.UNKNOWN
    assert await sign(STRANGER, offer.mandate_id, channel="t") is Recorded.UNKNOWN
    assert await sign(USER.user_id, offer.mandate_id, channel="t") is Recorded.RECORDED
    assert await sign(USER.user_id, offer.mandate_id, channel="t") is Recorded.ALREADY
    assert (await tables.desk.mandates(USER.account_ref))[0].signed_at is not None
    assert await revoke(USER.user_id, offer.mandate_id, channel="t") is Recorded.RECORDED
    assert await revoke(USER.user_id, offer.mandate_id, channel="t") is Recorded.ALREADY
    assert (await tables.desk.mandates(USER.account_ref))[0].revoked_at is not None


async def test_an_expired_offer_cannot_be_signed(tables: Tables) -> None:
    offer = mandate(tables.clock)
    await tables.desk.offer_mandate(USER, offer)
    tables.clock.advance(31 * 86_400)
    assert await tables.decisions.sign_mandate(USER.user_id, offer.mandate_id, channel="t") is Recorded.EXPIRED


async def test_the_journal_is_read_newest_first_and_by_kind(tables: Tables) -> None:
    for kind in ("proposal", "refusal", "order"):
        await tables.desk.note(USER.user_id, JournalEntry(START, kind, "005930", kind, {"n": 1}))
    assert [entry.kind for entry in await tables.desk.journal(USER.user_id)] == ["order", "refusal", "proposal"]
    assert [entry.kind for entry in await tables.desk.journal(USER.user_id, ["refusal"])] == ["refusal"]
    assert await tables.desk.journal(STRANGER) == []


async def test_who_owns_an_account_is_known(tables: Tables) -> None:
    assert await tables.desk.identity_of(USER.account_ref) == USER
    assert await tables.desk.identity_of("nobody") is None
    assert await tables.desk.identity_named(USER.name, "sim") == USER
    assert await tables.desk.identity_named(USER.name, "live") is None


async def test_the_graph_cannot_approve_and_the_web_cannot_plan(tables: Tables) -> None:
    request = await asked(tables)
    row = (request.approval_id, USER.user_id, request.plan_hash)
    statement = "INSERT INTO desk.approvals VALUES (%s, %s, %s, 'approve', '{}', false, 'x')"
    with (
        psycopg.connect(tables.database.url("graph"), autocommit=True) as graph,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        graph.execute(statement, row)
    with (
        psycopg.connect(tables.database.url("ui"), autocommit=True) as ui,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        ui.execute("DELETE FROM desk.plans")


async def test_a_database_that_does_not_answer_is_said_in_korean() -> None:
    pool = make_dict_pool("postgresql://nobody@127.0.0.1:1/none", "test-down", min_size=0)
    pool.timeout = 0.2
    await pool.open()
    try:
        with pytest.raises(PortUnavailable, match="연결하지 못했어요"):
            await Desk(pool).latest_profile(USER.user_id)
    finally:
        await pool.close()
