"""What ledger and broker tell the gate: rejections, messages, interruptions, usual volumes, stopped strategies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from oms_room import KODEX200, SAMSUNG, Refused, Room, open_room

from domain.gate.finding import Effect
from domain.orders.types import IntentState, Side, TradingState
from tools.kis.charts import Bar, Chart
from tools.kis.errors import ReadFailed
from tools.kis.quotes import Quote

BUY, SELL = Side.BUY, Side.SELL


async def _refusals(room: Room, *legs: Any, **options: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        await room.submit(*legs, **options)
    return [f.code for f in refused.value.findings if f.effect is Effect.REFUSE]


async def test_five_rejections_in_a_row_stop_buying_until_an_order_is_taken() -> None:
    room = await open_room(held={SAMSUNG: 100})
    for n in range(5):
        room.broker.faults = ["rejected"]
        order = await room.place(KODEX200, BUY, n + 1, 29_000)
        assert order.state is IntentState.REJECTED
        room.clock.advance(1)
    assert await _refusals(room, (KODEX200, BUY, 9, 29_000)) == ["REJECTIONS"]
    sale = await room.place(SAMSUNG, SELL, 1, 71_000)  # cuts risk, so nothing holds it; it was taken
    assert sale.state is IntentState.ACKED
    await room.submit((KODEX200, BUY, 9, 29_000))


async def test_what_is_in_question_neither_lengthens_nor_ends_the_row() -> None:
    room = await open_room()
    for n, fault in enumerate(("rejected", "rejected", "never", "rejected", "rejected", "rejected")):
        room.broker.faults = [fault]
        await room.place(KODEX200, BUY, n + 1, 29_000)
        await room.settle()
    assert await _refusals(room, (KODEX200, BUY, 9, 29_000)) == ["REJECTIONS"]


async def test_tomorrow_the_row_begins_anew() -> None:
    room = await open_room()
    for n in range(5):
        room.broker.faults = ["rejected"]
        await room.place(KODEX200, BUY, n + 1, 29_000)
    await room.next_day()
    await room.compare()
    await room.submit((KODEX200, BUY, 9, 29_000))


async def test_orders_revisions_and_cancels_of_the_last_minute_are_counted_and_a_queue_waits() -> None:
    room = await open_room()
    room.core.views.config = replace(room.core.views.config, max_messages_per_minute=3)
    first = await room.place(KODEX200, BUY, 1, 29_000)
    await room.reviser.revise(room.session, first.intent_id, 29_100, "r-1", "test")
    (waiting,) = await room.submit((SAMSUNG, BUY, 2, 69_000))
    await room.cancel(await room.intent(first))
    assert await _refusals(room, (SAMSUNG, BUY, 1, 68_000)) == ["MESSAGE_RATE"]
    await room.send()
    assert await room.state(waiting) is IntentState.NEW  # admitted in time: it waits its turn
    room.clock.advance(61)
    await room.send()
    assert await room.state(waiting) is IntentState.ACKED


async def test_an_interrupted_name_is_not_bought_and_can_be_sold() -> None:
    room = await open_room(held={SAMSUNG: 100})
    calm = room.broker.price

    async def interrupted(ticker: str, **options: Any) -> Quote | None:
        quote = await calm(ticker, **options)
        return replace(quote, vi_code="Y") if quote is not None and ticker == SAMSUNG else quote

    setattr(room.broker, "price", interrupted)  # noqa: B010
    assert await _refusals(room, (SAMSUNG, BUY, 1, 69_000)) == ["INTERRUPTION"]
    await room.submit((KODEX200, BUY, 1, 29_000))
    await room.submit((SAMSUNG, SELL, 1, 70_000))


async def test_a_share_of_the_usual_volume_binds_and_is_asked_once_a_trade_date() -> None:
    room = await open_room()
    asked: list[tuple[str, date]] = []
    twenty = room.broker.bars

    async def thin(ticker: str, start: date, end: date, **options: Any) -> Chart:
        asked.append((ticker, end))
        chart = await twenty(ticker, start, end, **options)
        older = Bar(date(2026, 10, 1), 1, 1, 1, 1, 10**9, None, None)  # the twenty-first is no part of it
        return replace(chart, bars=(older, *(replace(bar, volume=1_000) for bar in chart.bars)))

    setattr(room.broker, "bars", thin)  # noqa: B010
    fetch = room.core.views.fetch
    for shares, refused in ((10, []), (11, ["VOLUME_SHARE"])):
        fetched = await fetch(room.session, [SAMSUNG], buying=[SAMSUNG])
        assert fetched.volumes == {SAMSUNG: 1_000}
        plan = await room.plan((SAMSUNG, BUY, shares, 69_000))
        assert await room.judged(plan, fetched) == refused
    assert (await fetch(room.session, [KODEX200])).volumes == {}  # what is only sold is not asked for
    assert asked == [(SAMSUNG, date(2026, 11, 22))]
    await room.next_day()
    await fetch(room.session, [SAMSUNG], buying=[SAMSUNG])
    assert asked[1:] == [(SAMSUNG, date(2026, 11, 23))]


async def test_a_volume_that_nobody_tells_is_asked_again_after_a_minute_only() -> None:
    room = await open_room()
    asked = []

    async def silent(ticker: str, *days: Any, **options: Any) -> Chart:
        asked.append(ticker)
        raise ReadFailed("no answer")

    setattr(room.broker, "bars", silent)  # noqa: B010
    for pause in (0, 30, 31, 0):
        room.clock.advance(pause)
        assert (await room.core.views.fetch(room.session, [SAMSUNG], buying=[SAMSUNG])).volumes == {}
    assert len(asked) == 2


async def test_a_strategy_that_is_stopped_while_its_order_waits_sends_nothing() -> None:
    room = await open_room()
    (mine,) = await room.submit((SAMSUNG, BUY, 1, 69_000), sleeve="strategy:a")
    (other,) = await room.submit((KODEX200, BUY, 1, 29_000), sleeve="strategy:b")
    room.core.states.set("strategy", room.account, TradingState.HALTED, "시험", "strategy:a")
    await room.send()
    assert [await room.state(mine), await room.state(other)] == [IntentState.REFUSED, IntentState.ACKED]


async def test_a_stop_after_sending_was_committed_keeps_the_first_byte_back() -> None:
    room = await open_room()
    (mine,) = await room.submit((SAMSUNG, BUY, 1, 69_000), sleeve="strategy:a")
    place = room.broker.place

    async def late(order: Any, **options: Any) -> Any:
        """As while the connection is being made."""
        room.core.states.set("strategy", room.account, TradingState.HALTED, "시험", "strategy:a")
        assert options["deadline"].stopped()
        return await place(order, **options)

    setattr(room.broker, "place", late)  # noqa: B010
    await room.send()
    assert room.broker.live() == []
    assert room.moves(mine) == ["admitted", "send_started", "not_sent"]


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ({"status_code": "51"}, "관리종목"),
        ({"status_code": "53"}, "투자경고"),
        ({"warning_code": "02"}, "투자경고"),
        ({"warning_code": "03"}, "투자경고"),
    ],
)
async def test_what_the_venue_designates_today_counts_though_the_bundled_table_is_older(
    told: dict[str, str], word: str
) -> None:
    room = await open_room(held={SAMSUNG: 100})
    plain = room.broker.price

    async def designated(ticker: str, **options: Any) -> Quote | None:
        quote = await plain(ticker, **options)
        return replace(quote, **told) if quote is not None and ticker == SAMSUNG else quote

    setattr(room.broker, "price", designated)  # noqa: B010
    with pytest.raises(Refused) as refused:
        await room.submit((SAMSUNG, BUY, 1, 69_000))
    assert [(f.code, word in f.message) for f in refused.value.findings] == [("INSTRUMENT", True)]
    await room.submit((SAMSUNG, SELL, 1, 70_000))


async def test_a_name_that_is_only_watched_may_be_bought() -> None:
    room = await open_room()
    plain = room.broker.price

    async def watched(ticker: str, **options: Any) -> Quote | None:
        quote = await plain(ticker, **options)
        return replace(quote, status_code="54", warning_code="01") if quote is not None else None

    setattr(room.broker, "price", watched)  # noqa: B010
    await room.submit((SAMSUNG, BUY, 1, 69_000))


async def test_many_names_looked_at_together_are_one_question_on_which_no_order_is_decided() -> None:
    room = await open_room()
    asked: list[Any] = []
    one, many = room.broker.price, room.broker.many

    async def price(ticker: str, **options: Any) -> Quote | None:
        asked.append(ticker)
        return await one(ticker, **options)

    async def together(tickers: list[str], **options: Any) -> Any:
        asked.append(sorted(tickers))
        return await many(tickers, **options)

    setattr(room.broker, "price", price)  # noqa: B010
    setattr(room.broker, "many", together)  # noqa: B010
    data = room.core.data
    await data.snapshots([SAMSUNG, KODEX200])  # the day's band and base, name by name
    assert asked == [SAMSUNG, KODEX200]
    room.clock.advance(60)
    found = await data.snapshots([SAMSUNG, KODEX200])
    assert asked[2:] == [sorted([SAMSUNG, KODEX200])]
    assert [snapshot.whole for snapshot in found.values()] == [False, False]
    assert found[SAMSUNG].upper == 91_000
    await room.core.views.fetch(room.session, [SAMSUNG])  # a halt or an interruption would not be in it
    assert asked[3:] == [SAMSUNG]
