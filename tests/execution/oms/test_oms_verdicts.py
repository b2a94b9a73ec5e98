"""What a person may say of an order that nothing could settle, and what needs no person although it looks like it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from oms_room import SAMSUNG, Room, open_room

from domain.book import OUTSIDE
from domain.orders.types import IntentState, Side
from domain.orders.words import OrderState
from execution.oms import manual
from execution.oms.errors import CommitInDoubt, Refusal
from execution.oms.ledger.rows import Intent
from execution.oms.sessions import Channel
from tools.kis.budget import Priority
from tools.kis.deadline import Deadline
from tools.kis.orders import BrokerOrder as BrokerNumber

_NEVER = Deadline.after(1e9, lambda: 0.0)


async def _judged(room: Room, intent: Intent, number: int | None) -> Intent:
    after: Intent = await room.resolver.resolve(
        room.session,
        intent.intent_id,
        adopt=None if number is None else str(number),
        absent=number is None,
        reason="증권사 앱에서 봤어요",
        confirmation=str(intent.intent_id)[:8],
        by="web:test",
    )
    return after


async def _revised_without_reply(room: Room, intent: Intent, fault: str) -> None:
    room.broker.faults = [fault]
    revised, code = await room.reviser.revise(room.session, intent.intent_id, 61_000, "r-1", "web:test")
    assert (revised.state, code) == (IntentState.REVISE_UNKNOWN, "REVISE_UNKNOWN")


async def test_an_order_by_hand_that_is_in_the_book_already_is_not_adopted() -> None:
    """Its shares stand outside the intent's sleeve; adopting it would have them counted for the intent as well."""
    room = await open_room()
    before = room.broker.by_hand(Side.BUY, 10, 60_000)
    room.broker.fill(before, 10)
    await room.look()
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    room.clock.advance(1.0)
    after = room.broker.by_hand(Side.BUY, 10, 60_000, entry="OpnAPI")
    other = room.broker.by_hand(Side.BUY, 10, 60_000, entry="OpnAPI")
    await room.settle()
    assert await room.state(intent) is IntentState.MANUAL
    with pytest.raises(Refusal, match="NUMBER_COUNTED"):
        await _judged(room, intent, before.number)
    assert await room.state(intent) is IntentState.MANUAL
    assert (await _judged(room, intent, after.number)).state is IntentState.ACKED
    assert other.remaining == 10


async def test_the_number_that_a_revision_brought_waits_for_the_person_and_then_counts() -> None:
    room = await open_room()
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await _revised_without_reply(room, intent, "lost")
    room.broker.hides = True
    await room.look(room.core.timing.settle_s * 6)
    assert await room.state(intent) is IntentState.MANUAL
    room.broker.hides = False
    (moved,) = room.broker.live()
    room.broker.fill(moved, 4)
    await room.look(1.0)
    assert {order.state for order in await room.numbers()} == {OrderState.REVISE_UNKNOWN}  # nobody's yet
    adopted = await _judged(room, intent, moved.number)
    await room.look(1.0)
    room.broker.fill(moved, 6)
    await room.look(1.0)
    known = await room.intent(adopted)
    assert (known.state, known.filled) == (IntentState.FILLED, 10)
    async with room.core.ledger.read() as tx:
        assert OUTSIDE not in {sleeve.sleeve for sleeve in await tx.books.sleeves(room.account, SAMSUNG)}


@pytest.mark.parametrize("fault", ["lost", "never"])
async def test_a_revision_in_doubt_when_its_day_ends_has_lapsed_and_is_nobodys_question(fault: str) -> None:
    room = await open_room()
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await _revised_without_reply(room, intent, fault)
    (live,) = room.broker.live()
    room.broker.fill(live, 3)
    await room.next_day()
    room.clock.advance(timedelta(hours=1).total_seconds())
    await room.look()
    await room.look(1.0)
    known = await room.intent(intent)
    assert (known.state, known.filled) == (IntentState.EXPIRED, 3)
    assert all(not order.live for order in await room.numbers())


async def test_what_lapsed_without_a_list_is_counted_when_the_list_is_back() -> None:
    """Shares moved, and an order by hand may have moved them: on the evening nobody can say whose they are."""
    room = await open_room("paper", hides=True)
    room.broker.by_hand(Side.BUY, 50, 50_000)
    await room.hear()
    await room.look()
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await room.hear()
    ours = next(placed for placed in room.broker.live() if placed.quantity == 10)
    room.broker.fill(ours, 4)
    await room.look(room.core.timing.lag_s + 1)
    await room.next_day()
    await room.look()
    known = await room.intent(intent)
    assert (known.state, known.filled) == (IntentState.EXPIRED, 0)
    room.broker.hides = False
    await room.look(60.0)
    known = await room.intent(intent)
    assert (known.state, known.filled) == (IntentState.EXPIRED, 4)
    await room.compare()
    assert await room.booked() == {SAMSUNG: 4}
    await room.look(60.0)
    assert room.broker.asked_days[-1][0] == room.core.market.trade_date  # the old day is not asked for any more


async def test_yesterdays_order_of_the_same_number_says_nothing_about_a_revision() -> None:
    """Numbers begin anew every day, and the first question of a process covers more than one."""
    room = await open_room()
    before = await room.place(SAMSUNG, Side.BUY, 7, 60_000)
    await room.cancel(before)
    await room.look(1.0)
    assert await room.state(before) is IntentState.CANCELLED
    await room.next_day()
    await room.compare()
    room.broker._numbers = 1000
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    assert [order.odno for order in await room.numbers()] == [1001]
    await _revised_without_reply(room, intent, "never")
    room.session.last_inquiry = float("-inf")
    await room.look(room.core.timing.settle_s + room.core.timing.deadline_s + 1)
    assert len({day for day, _ in room.broker.orders}) == 2
    assert await room.state(intent) is IntentState.ACKED


async def test_a_paper_list_that_shows_others_of_the_day_proves_an_absence_before_any_notice_came() -> None:
    room = await open_room("paper")
    other = await room.place(SAMSUNG, Side.BUY, 3, 60_000)
    await room.look(1.0)
    await room.cancel(other)
    await room.look(1.0)
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await room.settle()
    assert room.session.channel is Channel.UNPROVEN
    assert await room.state(intent) is IntentState.ABSENT


async def test_what_filled_before_a_cancel_by_hand_is_counted_although_a_revision_is_in_doubt() -> None:
    """No list and the fill's notice lost: the cancel's notice names the old number, so no revision has replaced it."""
    room = await open_room("paper", hides=True)
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await room.hear()
    await _revised_without_reply(room, intent, "never")
    (ours,) = room.broker.live()
    room.broker.fill(ours, 4)
    fill = len(room.broker.notices)
    await room.broker.cancel(BrokerNumber("06010", ours.number), deadline=_NEVER)
    await room.hear(lost=lambda number: number == fill)
    await room.settle()
    known = await room.intent(intent)
    assert (known.state, known.filled) == (IntentState.CANCELLED, 4)
    assert await room.booked() == {SAMSUNG: 4}


async def test_what_a_revision_in_doubt_had_brought_is_counted_when_the_list_shows_it_days_later() -> None:
    room = await open_room("paper", hides=True)
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await _revised_without_reply(room, intent, "lost")
    (moved,) = room.broker.live()
    room.broker.fill(moved, 7)
    await room.next_day()
    async with room.core.ledger.write(room.account) as tx:  # a successor has just found it
        await tx.intents.change(intent.intent_id, tx.now, uncertain_since=tx.now)
    await room.look()
    assert await room.state(intent) is IntentState.EXPIRED
    room.broker.hides = False
    await room.look(60.0)
    known = await room.intent(intent)
    assert (known.state, known.filled) == (IntentState.EXPIRED, 7)
    assert await room.booked() == {SAMSUNG: 7}


async def test_a_cancel_that_no_figure_could_confirm_lapses_with_its_day() -> None:
    """The process lives through the night, which no deterministic world does: see `proving.coverage`."""
    room = await open_room("paper", hides=True)
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    other = room.broker.by_hand(Side.BUY, 50, 55_000)
    await room.hear()
    await room.look(1.0)
    room.broker.fill(other, 5)
    await room.cancel(intent)
    await room.look(room.core.timing.settle_s + room.core.timing.lag_s)
    assert await room.state(intent) is IntentState.CANCEL_PENDING
    await room.next_day()
    await room.look()
    assert room.moves(intent)[-2:] == ["cancel_requested", "expired"]
    assert await room.state(intent) is IntentState.EXPIRED


async def test_shares_that_moved_belong_to_neither_number_until_the_person_has_said_which() -> None:
    room = await open_room("paper", hides=True)
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await _revised_without_reply(room, intent, "lost")
    await room.settle()
    assert await room.state(intent) is IntentState.MANUAL
    (moved,) = room.broker.live()
    room.broker.fill(moved, 10)
    await room.settle()
    assert (await room.intent(intent)).filled == 0
    room.broker.hides = False
    await _judged(room, intent, moved.number)
    await room.look(1.0)
    known = await room.intent(intent)
    assert (known.state, known.filled) == (IntentState.FILLED, 10)
    assert await room.booked() == {SAMSUNG: 10}


async def test_a_cancel_of_an_order_whose_numbers_have_all_ended_takes_no_request_from_the_question_that_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cancel goes before everything: one that asks for its turn and has nothing to send would let nobody else ask."""
    room = await open_room("paper", hides=True)
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    (number,) = [order.odno for order in await room.numbers()]
    await _revised_without_reply(room, intent, "never")
    await room.cancel(intent)
    await room.settle()
    assert await room.state(intent) is IntentState.MANUAL
    await room.next_day()
    await room.look()
    room.broker.hides = False
    assert (await _judged(room, intent, number)).state is IntentState.ACKED
    grants: list[Priority] = []
    grant = room.session.budget.grant

    async def counted(priority: Priority) -> None:
        grants.append(priority)
        await grant(priority)

    monkeypatch.setattr(room.session.budget, "grant", counted)
    for _ in range(3):
        await room.parts.canceller._pass(room.session)
    assert grants == []
    assert room.session.ask_hint.is_set()  # by the verdict: only a question can tell what became of it
    await room.look()
    assert await room.state(intent) is IntentState.EXPIRED
    await room.parts.canceller._pass(room.session)
    async with room.core.ledger.read() as tx:
        assert await tx.intents.requests_pending(room.account) == []
    assert grants == []


@pytest.mark.parametrize(("kept", "waits"), [("lost", True), ("applied", False)])
async def test_a_verdict_whose_commit_gave_no_answer_frees_the_account_only_if_it_was_kept(
    kept: str, waits: bool
) -> None:
    room = await open_room("paper", hides=True)
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await room.settle()
    assert manual.CAUSE in room.core.states.causes[room.account]
    room.database.in_doubt(kept)  # type: ignore[arg-type]
    with pytest.raises(CommitInDoubt):
        await _judged(room, intent, None)
    assert manual.CAUSE in room.core.states.causes[room.account]  # nobody knows yet
    await manual.review(room.core, room.account)
    assert (manual.CAUSE in room.core.states.causes[room.account]) is waits
    assert (await room.state(intent) is IntentState.MANUAL) is waits
