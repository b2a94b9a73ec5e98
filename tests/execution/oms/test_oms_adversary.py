"""A broker that loses, hides and trails: by evidence alone the ledger reaches the truth, or it asks a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from oms_room import KODEX200, SAMSUNG, Refused, Room, open_room

from domain.gate.finding import Effect
from domain.orders.types import IntentState, Side, TradingState
from execution.oms.errors import Refusal
from execution.oms.ledger.rows import Intent
from execution.oms.sessions import Channel

BUY, SELL = Side.BUY, Side.SELL


async def _agrees(room: Room) -> None:
    """Shares and cash of the ledger are the broker's, to the won."""
    assert await room.compare()
    held = {ticker: count for ticker, count in room.broker.held.items() if count}
    assert await room.booked() == held
    async with room.core.ledger.read() as tx:
        flows = await tx.books.cash_flow_total(room.account)
        totals = await tx.books.totals(room.account)
    cash = flows + totals.sold - totals.bought - totals.fee - totals.tax
    assert cash == room.broker.settled
    assert flows == 100_000_000, "expected every won to be explained by orders"


async def _refusals(room: Room, *legs: Any, **options: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        await room.submit(*legs, **options)
    return [f.code for f in refused.value.findings if f.effect is Effect.REFUSE]


async def _resolve(room: Room, intent: Intent, adopt: str | None = None) -> Intent:
    after: Intent = await room.resolver.resolve(
        room.session, intent.intent_id, adopt=adopt, absent=adopt is None, reason="앱에서 확인",
        confirmation=str(intent.intent_id)[:8], by="test",
    )  # fmt: skip
    return after


# UNKNOWN where the broker shows its list ----------------------------------------------------------------------------


async def test_one_number_keyed_in_elsewhere_is_not_taken_for_ours() -> None:
    """Ours never arrived, and somebody gave the same order by hand in the same second: one candidate, not ours."""
    room = await open_room()
    await room.place(KODEX200, BUY, 1, 29_000)  # what our own orders look like is known
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    room.broker.by_hand(BUY, 10, 69_000)
    await room.settle()
    assert await room.state(intent) is IntentState.MANUAL
    assert room.core.states.effective(room.account).state is TradingState.REDUCING
    after = await _resolve(room, intent)
    assert after.state is IntentState.ABSENT
    await room.look(1)
    assert [order.state.value for order in await room.numbers() if order.ticker == SAMSUNG] == ["FOREIGN"]


async def test_a_number_seen_before_the_send_is_never_ours() -> None:
    room = await open_room()
    room.broker.by_hand(BUY, 10, 69_000, entry="OpnAPI")
    await room.look(1)
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.settle()
    assert await room.state(intent) is IntentState.ABSENT


async def test_a_number_that_only_a_notice_named_before_the_send_is_never_ours() -> None:
    room = await open_room()
    room.broker.by_hand(BUY, 10, 69_000, entry="OpnAPI")
    await room.hear()
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.settle()
    assert await room.state(intent) is IntentState.ABSENT


async def test_nothing_is_concluded_before_settle() -> None:
    room = await open_room()
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.look(room.core.timing.settle_s - 1)
    assert await room.state(intent) is IntentState.UNKNOWN
    await room.settle()
    assert await room.state(intent) is IntentState.ABSENT
    assert room.broker.posts == 1


async def test_an_unknown_of_yesterday_is_asked_with_yesterdays_date_and_ends_with_its_day() -> None:
    room = await open_room()
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    (placed,) = room.broker.live()
    room.broker.fill(placed, 3)
    day = room.core.market.trade_date
    await room.next_day()
    await room.settle()
    assert room.broker.asked_days[-2][0] == day
    after = await room.intent(intent)
    assert (after.state, after.filled) == (IntentState.EXPIRED, 3)
    assert room.moves(intent)[2:] == ["reply_unknown", "found_one", "fill_partial", "expired"]
    await _agrees(room)


async def test_what_was_never_sent_is_withdrawn_with_its_day_and_what_rested_expires() -> None:
    room = await open_room()
    rest = await room.place(SAMSUNG, BUY, 10, 69_000)
    room.broker.fill(room.broker.live()[0], 4)
    (queued,) = await room.submit((KODEX200, BUY, 1, 29_000), seconds=100_000)
    await room.next_day()
    await room.settle()
    assert await room.state(queued) is IntentState.WITHDRAWN
    after = await room.intent(rest)
    assert (after.state, after.filled) == (IntentState.EXPIRED, 4)
    await _agrees(room)


# Cancels, revisions, chains -----------------------------------------------------------------------------------------


async def test_nothing_to_cancel_asks_and_finds_the_fill() -> None:
    room = await open_room()
    intent = await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.fill(room.broker.live()[0], 10)
    after = await room.cancel(intent)
    assert after.state is IntentState.CANCEL_UNKNOWN
    await room.settle()
    after = await room.intent(intent)
    assert (after.state, after.filled) == (IntentState.FILLED, 10)
    await _agrees(room)


async def test_fills_between_two_looks_do_not_make_the_revised_link_too_large() -> None:
    """Three fill unseen, then the remainder is moved: the new number is for seven."""
    room = await open_room()
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    (placed,) = room.broker.live()
    room.broker.fill(placed, 3)
    await room.reviser.revise(room.session, intent.intent_id, 69_500, "r-1", "test")
    await room.look(1)
    chain = [(order.quantity, order.filled, order.state.value) for order in await room.numbers()]
    assert chain == [(10, 3, "REPLACED"), (7, 0, "LIVE")]
    after = await room.intent(intent)
    assert (after.state, after.filled, after.limit_price) == (IntentState.PARTIAL, 3, 69_500)
    (link,) = room.broker.live()
    room.broker.fill(link, 7)
    await room.look(1)
    assert await room.state(intent) is IntentState.FILLED
    assert [order.state.value for order in await room.numbers()] == ["REPLACED", "FILLED"]
    await _agrees(room)


@pytest.mark.parametrize("fault", ["lost", "never"])
async def test_no_other_change_leaves_while_a_revision_is_in_question_but_a_cancel_does(fault: str) -> None:
    room = await open_room()
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    room.broker.faults = [fault]
    await room.reviser.revise(room.session, intent.intent_id, 69_500, "r-1", "test")
    assert await room.state(intent) is IntentState.REVISE_UNKNOWN
    with pytest.raises(Refusal, match="NOT_REVISABLE"):
        await room.reviser.revise(room.session, intent.intent_id, 69_900, "r-2", "test")
    (other,) = await room.submit((SAMSUNG, BUY, 1, 68_000))
    await room.send()
    assert await room.state(other) is IntentState.NEW
    await room.settle()
    after = await room.intent(intent)
    assert (after.state, after.limit_price) == (IntentState.ACKED, 69_500 if fault == "lost" else 69_000)
    assert await room.cancel(after)
    await room.settle()
    assert await room.state(intent) is IntentState.CANCELLED
    assert [placed.remaining for placed in room.broker.live()] == []


async def test_a_cancel_is_not_held_up_by_an_unknown_of_its_name() -> None:
    room = await open_room()
    first = await room.place(SAMSUNG, BUY, 10, 69_000)
    room.broker.faults = ["lost"]
    unknown = await room.place(SAMSUNG, BUY, 5, 68_000)
    assert await room.state(unknown) is IntentState.UNKNOWN
    await room.cancel(first)
    assert [placed.quantity for placed in room.broker.live()] == [5]
    await room.look(1)
    assert await room.state(first) is IntentState.CANCELLED


async def test_a_waiting_buy_is_funded_by_what_the_sale_really_brought() -> None:
    room = await open_room(cash=100_000, held={SAMSUNG: 1_000})
    sale, buy = await room.submit((SAMSUNG, SELL, 10, 70_000), (KODEX200, BUY, 20, 30_000), after={2: 1})
    await room.send()
    (placed,) = room.broker.live(SAMSUNG)
    room.broker.fill(placed, 3)  # 210,000 of 700,000
    await room.look(1)
    await room.cancel(await room.intent(sale))
    await room.settle()
    assert await room.state(sale) is IntentState.CANCELLED
    room.clock.advance(room.core.timing.lag_s + 1)
    await room.send()
    assert await room.state(buy) is IntentState.REFUSED
    assert room.broker.live(KODEX200) == []


async def test_a_waiting_leg_whose_sale_brought_nothing_is_withdrawn() -> None:
    room = await open_room(cash=100_000, held={SAMSUNG: 100})
    sale, buy = await room.submit((SAMSUNG, SELL, 10, 70_000), (KODEX200, BUY, 20, 30_000), after={2: 1})
    await room.send()
    room.broker.end(room.broker.live(SAMSUNG)[0], rejected=True)
    await room.look(1)
    await room.send()
    assert [await room.state(sale), await room.state(buy)] == [IntentState.REJECTED, IntentState.WITHDRAWN]


# Orders by hand -----------------------------------------------------------------------------------------------------


async def test_an_order_by_hand_counts_in_what_can_be_sold_in_weights_and_against_ourselves() -> None:
    room = await open_room(held={SAMSUNG: 100})
    room.broker.by_hand(SELL, 60, 72_000)
    await room.look(1)
    assert await _refusals(room, (SAMSUNG, SELL, 41, 70_000)) == ["SELLABLE", "SLEEVE"]
    assert await _refusals(room, (SAMSUNG, BUY, 1, 72_000)) == ["SELF_TRADE"]
    room.broker.by_hand(BUY, 3_000, 29_000, ticker=KODEX200)
    await room.look(1)
    assert "WEIGHT_NAME" in await _refusals(room, (KODEX200, BUY, 300, 29_500))
    await room.submit((SAMSUNG, SELL, 40, 70_000))


async def test_a_person_adopts_a_number_that_had_passed_for_foreign() -> None:
    room = await open_room()
    await room.place(KODEX200, BUY, 1, 29_000)
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    room.broker.by_hand(BUY, 10, 69_000)
    await room.settle()
    assert await room.state(intent) is IntentState.MANUAL
    ours = next(placed for placed in room.broker.live() if placed.entry == "OpnAPI")
    after = await _resolve(room, intent, adopt=str(ours.number))
    assert after.state is IntentState.ACKED
    room.broker.fill(ours, 10)
    await room.look(1)
    assert await room.state(intent) is IntentState.FILLED
    assert room.core.states.effective(room.account).state is TradingState.ACTIVE


# Cash and shares from outside ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [30_000_000, -60_000_000])
@pytest.mark.parametrize("resting", [False, True])
async def test_money_that_moved_outside_is_a_flow_and_no_loss(amount: int, resting: bool) -> None:
    """Also while an order rests all day."""
    room = await open_room()
    await room.compare()
    if resting:
        await room.place(KODEX200, BUY, 1, 29_000)
    room.broker.settled += amount
    room.broker._note()
    for _ in range(3):
        await room.compare()
    async with room.core.ledger.read() as tx:
        assert await tx.books.base_capital(room.account) == 100_000_000 + amount
        assert await tx.books.high_water(room.account) == 100_000_000 + amount
    room.session.forget_figures()
    await room.submit((SAMSUNG, BUY, 1, 69_000))


async def test_a_fill_that_nobody_has_counted_yet_is_no_flow() -> None:
    room = await open_room()
    await room.compare()
    intent = await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.fill(room.broker.live()[0], 4)
    for _ in range(3):
        await room.compare()
    async with room.core.ledger.read() as tx:
        assert await tx.books.cash_flow_total(room.account) == 100_000_000
    await room.look(1)
    assert (await room.intent(intent)).filled == 4


async def test_a_row_of_the_balance_that_comes_twice_buys_nothing() -> None:
    room = await open_room(held={SAMSUNG: 100})
    single = room.broker.balance

    async def twice(**options: Any) -> Any:
        balance = await single(**options)
        return replace(balance, holdings=balance.holdings * 2, duplicated=(SAMSUNG,))

    setattr(room.broker, "balance", twice)  # noqa: B010
    await room.compare()
    assert await room.booked() == {SAMSUNG: 100}


async def test_rows_of_one_name_that_disagree_change_nothing() -> None:
    room = await open_room(held={SAMSUNG: 100})
    single = room.broker.balance

    async def torn(**options: Any) -> Any:
        balance = await single(**options)
        other = replace(balance.holdings[0], quantity=30)
        return replace(balance, holdings=(balance.holdings[0], other), duplicated=(SAMSUNG,))

    setattr(room.broker, "balance", torn)  # noqa: B010
    await room.compare()
    assert await room.booked() == {SAMSUNG: 100}


# KIS paper, which shows no list -------------------------------------------------------------------------------------


async def _paper() -> Room:
    room = await open_room("paper", hides=True)
    await room.compare()
    return room


async def _proven(room: Room) -> None:
    """The first order proves the channel."""
    first = await room.place(KODEX200, BUY, 1, 30_000)
    room.broker.fill(room.broker.live(KODEX200)[0], 1)
    await room.hear()
    await room.look(20)
    assert await room.state(first) is IntentState.FILLED
    assert room.session.channel is Channel.PROVEN


async def test_on_paper_a_fill_without_a_notice_is_counted_by_the_holdings() -> None:
    room = await _paper()
    await _proven(room)
    intent = await room.place(SAMSUNG, BUY, 10, 70_000)
    (placed,) = room.broker.live()
    room.broker.fill(placed, 4)
    await room.look(20)
    partly = await room.intent(intent)
    assert (partly.state, partly.filled, partly.amount_estimated) == (IntentState.PARTIAL, 4, True)
    room.broker.fill(placed, 6)
    await room.hear()
    await room.look(20)
    after = await room.intent(intent)
    assert (after.state, after.filled, after.filled_amount) == (IntentState.FILLED, 10, 700_000)
    await _agrees(room)


async def test_on_paper_a_lost_reply_and_a_lost_notice_leave_the_holdings_to_say_that_it_filled() -> None:
    room = await _paper()
    await _proven(room)
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.fill(room.broker.live()[0], 10)
    await room.hear(lost=lambda number: True)
    await room.settle()
    after = await room.intent(intent)
    assert (after.state, after.filled) == (IntentState.FILLED, 10)
    await _agrees(room)
    # Its number turns up late: it is the same order and no other.
    room.told -= 2
    await room.hear()
    await room.look(20)
    assert [o.state.value for o in await room.numbers() if o.ticker == SAMSUNG] == ["FILLED"]
    await _agrees(room)


async def test_on_paper_a_resting_order_that_nobody_names_ends_with_a_person_whose_word_is_taken() -> None:
    room = await _paper()
    await _proven(room)
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.hear(lost=lambda number: True)
    await room.settle()
    assert await room.state(intent) is IntentState.MANUAL
    (placed,) = room.broker.live()
    after = await _resolve(room, await room.intent(intent), adopt=str(placed.number))
    assert after.state is IntentState.ACKED
    after = await room.cancel(after)
    assert after.state is IntentState.CANCEL_PENDING
    await room.hear(lost=lambda number: True)
    await room.settle()
    assert await room.state(intent) is IntentState.CANCELLED, room.moves(intent)
    await _agrees(room)


async def test_on_paper_a_lost_reply_is_found_by_the_notice() -> None:
    room = await _paper()
    await _proven(room)
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.hear()
    await room.settle()
    assert await room.state(intent) is IntentState.ACKED
    (order,) = [order for order in await room.numbers() if order.ticker == SAMSUNG]
    assert (order.odno, order.branch, order.how) == (room.broker.live()[0].number, "06010", "notice")


async def test_a_notice_has_no_mark_and_is_not_held_against_the_order_for_it() -> None:
    """The list was there in the morning and told how our orders are marked; then it went away."""
    room = await open_room("paper")
    await _proven(room)
    assert room.session.marks == {"OpnAPI"}
    room.broker.hides = True
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.hear()
    await room.settle()
    assert await room.state(intent) is IntentState.ACKED


async def test_on_paper_an_order_that_never_arrived_is_absent_only_on_a_channel_that_has_spoken() -> None:
    for proven, verdict in ((True, IntentState.ABSENT), (False, IntentState.MANUAL)):
        room = await _paper()
        if proven:
            await _proven(room)
        room.broker.faults = ["never"]
        intent = await room.place(SAMSUNG, BUY, 10, 69_000)
        await room.settle()
        assert await room.state(intent) is verdict


async def test_on_paper_a_trade_elsewhere_does_not_hide_an_absence() -> None:
    """Another order fills meanwhile: cash and buying power move, and by no won for ours."""
    room = await _paper()
    await _proven(room)
    other = await room.place(KODEX200, BUY, 10, 30_000)
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    room.broker.fill(room.broker.live(KODEX200)[0], 10)
    await room.hear()
    await room.settle()
    assert await room.state(other) is IntentState.FILLED
    assert await room.state(intent) is IntentState.ABSENT
    await _agrees(room)


async def test_on_paper_a_cancel_is_confirmed_by_cash_let_go_when_its_notice_is_lost() -> None:
    room = await _paper()
    await _proven(room)
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.hear()
    assert (await room.cancel(intent)).state is IntentState.CANCEL_PENDING
    await room.hear(lost=lambda number: True)
    await room.settle()
    assert await room.state(intent) is IntentState.CANCELLED


async def test_on_paper_a_cancel_that_was_refused_leaves_the_order_alive() -> None:
    room = await _paper()
    await _proven(room)
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.hear()
    room.broker.faults = ["rejected"]
    assert (await room.cancel(intent)).state is IntentState.CANCEL_UNKNOWN
    await room.settle()
    assert await room.state(intent) is IntentState.ACKED
    await room.cancel(await room.intent(intent), "c-2")
    await room.hear()
    await room.settle()
    assert await room.state(intent) is IntentState.CANCELLED


async def test_on_paper_the_day_ends_for_orders_that_no_list_shows() -> None:
    room = await _paper()
    await _proven(room)
    intent = await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.fill(room.broker.live()[0], 4)
    await room.next_day()
    await room.settle()
    after = await room.intent(intent)
    assert (after.state, after.filled) == (IntentState.EXPIRED, 4)
    await _agrees(room)


async def test_on_paper_an_order_by_hand_is_known_by_its_notices() -> None:
    room = await _paper()
    await _proven(room)
    hand = room.broker.by_hand(BUY, 3, 70_000)
    await room.hear()
    await room.look(20)
    assert [o.state.value for o in await room.numbers() if o.ticker == SAMSUNG] == ["FOREIGN"]
    room.broker.fill(hand, 3)
    await room.hear()
    await room.look(20)
    assert [o.state.value for o in await room.numbers() if o.ticker == SAMSUNG] == ["FOREIGN_ENDED"]
    await _agrees(room)


async def test_on_paper_one_order_a_side_is_out_at_a_time() -> None:
    room = await _paper()
    await _proven(room)
    first = await room.place(SAMSUNG, BUY, 10, 69_000)
    second = await room.place(SAMSUNG, BUY, 5, 68_000)
    assert [first.state, second.state] == [IntentState.ACKED, IntentState.NEW]
    await room.hear()
    await room.cancel(first)
    await room.hear()
    await room.settle()
    await room.send()
    assert await room.state(second) is IntentState.ACKED


async def test_a_day_that_begins_with_an_order_out_can_still_be_bought_on() -> None:
    room = await open_room()
    await room.compare()
    await room.next_day()
    room.broker.by_hand(BUY, 1, 60_000)
    await room.look(1)
    await room.compare()
    await room.submit((KODEX200, BUY, 1, 29_000))


async def test_on_paper_a_price_that_nobody_told_is_no_deposit() -> None:
    """Filled better than the limit, and the notice was lost: the amount is an estimate, the cash corrects it."""
    room = await _paper()
    await _proven(room)
    intent = await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.fill(room.broker.live()[0], 10, price=69_500)
    await room.hear(lost=lambda number: True)
    await room.look(20)
    after = await room.intent(intent)
    assert (after.state, after.filled_amount, after.amount_estimated) == (IntentState.FILLED, 700_000, True)
    await room.compare()
    async with room.core.ledger.read() as tx:
        assert await tx.books.base_capital(room.account) == 100_000_000
        assert await tx.books.cash_flow_total(room.account) == 100_000_000 + 10 * 500 + 1  # and its fee
        assert [day.flow for day in await tx.books.days(room.account, 5)] == [0]


async def test_a_balance_row_that_comes_twice_stops_no_buying() -> None:
    room = await open_room(held={SAMSUNG: 100})
    single = room.broker.balance

    async def twice(**options: Any) -> Any:
        balance = await single(**options)
        return replace(balance, holdings=balance.holdings * 2, duplicated=(SAMSUNG,))

    setattr(room.broker, "balance", twice)  # noqa: B010
    room.session.forget_figures()
    await room.submit((KODEX200, BUY, 1, 29_000), (SAMSUNG, SELL, 100, 70_000))


@pytest.mark.parametrize("fills", [0, 4, 10])
async def test_an_order_that_never_arrived_yesterday_is_asked_for_once_more_in_the_morning(fills: int) -> None:
    room = await open_room("live")
    room.broker.faults = ["lost"]
    room.broker.hidden = lambda placed: True  # the list trails for longer than anybody thought
    intent = await room.place(SAMSUNG, Side.BUY, 10, 70_000)
    await room.settle()
    assert await room.state(intent) is IntentState.ABSENT
    (placed,) = room.broker.live()
    if fills:
        room.broker.fill(placed, fills)
    room.broker.hidden = lambda placed: False
    yesterday = intent.trade_date
    await room.next_day()
    await room.look()
    assert room.broker.asked_days[-1][0] == yesterday
    assert await room.state(intent) is (IntentState.FILLED if fills == 10 else IntentState.EXPIRED)
    assert await room.booked() == ({SAMSUNG: fills} if fills else {})
    await room.look()
    assert room.broker.asked_days[-1][0] > yesterday  # once a day is enough


async def test_what_an_absent_order_of_last_month_might_have_been_is_asked_for_no_more() -> None:
    room = await open_room("live")
    room.broker.faults = ["never"]
    intent = await room.place(SAMSUNG, Side.BUY, 10, 70_000)
    await room.settle()
    assert await room.state(intent) is IntentState.ABSENT
    for _ in range(30):
        await room.next_day()
    await room.look()
    assert room.broker.asked_days[-1][0] > intent.trade_date


async def test_on_paper_a_day_counted_without_a_list_is_asked_for_by_the_next_oms_too() -> None:
    """Eight filled beside an order by hand of three: holdings prove five. A list shown days later says eight."""
    room = await _paper()
    await _proven(room)
    intent = await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.by_hand(BUY, 3, 69_000)
    await room.hear()
    ours = next(placed for placed in room.broker.live() if placed.entry == "OpnAPI")
    room.broker.fill(ours, 8)
    await room.hear(lost=lambda number: True)
    await room.look(20)
    await room.next_day()
    await room.settle()
    before = await room.intent(intent)
    assert (before.state, before.filled) == (IntentState.EXPIRED, 5)
    for _ in range(3):
        await room.next_day()
        await room.look(20)
        await room.compare()  # and with it that day's mark
    room.session.last_inquiry, room.session.unseen = float("-inf"), None  # an OMS that has only its ledger
    room.broker.hides = False
    await room.look()
    assert room.broker.asked_days[-1][0] == intent.trade_date
    assert (await room.intent(intent)).filled == 8
    await room.compare()
    await _agrees(room)
