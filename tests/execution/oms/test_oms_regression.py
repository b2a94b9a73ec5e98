"""A ledger that has gone back in time: halted, everything the broker knows imported, nothing sent a second time."""

from __future__ import annotations

from oms_room import KODEX200, SAMSUNG, Room, open_room

from domain.orders.types import IntentState, Side, TradingState
from domain.orders.words import Event
from execution.oms.recovery import check_witness, recover
from execution.oms.sessions import AccountSession

BUY, SELL = Side.BUY, Side.SELL


async def _restarted(room: Room) -> None:
    """As a process that starts on the ledger as it stands now."""
    core, old = room.core, room.session
    core.states.global_state = type(core.states.global_state)(TradingState.ACTIVE, "")
    async with core.ledger.read() as tx:
        await core.states.load(tx)
    await check_witness(core)
    await recover(core)
    room.session = AccountSession(old.account_ref, old.client, old.budget, None, room.clock, core.market, core.timing)
    await room.parts.inquiry.ask(room.session)
    await room.compare()


async def _explained(room: Room) -> int:
    """Cash that no order explains, won, the opening left out."""
    async with room.core.ledger.read() as tx:
        flows = await tx.books.cash_flow_total(room.account)
        totals = await tx.books.totals(room.account)
    assert flows + totals.sold - totals.bought - totals.fee - totals.tax == room.broker.settled
    return flows - 100_000_000


async def test_a_younger_ledger_halts_everything_and_imports_positions_orders_and_fills() -> None:
    room = await open_room()
    await room.place(KODEX200, BUY, 1, 29_000)
    copy = room.database.copy()
    lost = await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.fill(room.broker.live(SAMSUNG)[0], 10)
    resting = await room.place(SAMSUNG, BUY, 5, 68_000)
    await room.look(1)
    assert await room.state(lost) is IntentState.FILLED
    room.database.flush_regression(copy)
    await _restarted(room)
    assert room.core.states.effective(room.account).state is TradingState.HALTED
    assert "돌아간" in room.core.states.effective(room.account).reason
    imported = {order.odno: (order.state.value, order.filled) for order in await room.numbers() if not order.intent_id}
    (alive,) = [placed for placed in room.broker.live(SAMSUNG)]
    assert imported == {alive.number: ("FOREIGN", 0), alive.number - 1: ("FOREIGN_ENDED", 10)}
    assert await room.booked() == {SAMSUNG: 10}
    assert await _explained(room) == 0
    # A person unlocks; what lives at the broker counts as one placed by hand.
    await room.parts.resumer.write("global", None, TradingState.HALTED, Event.PERSON_RESUMED, "확인", "test")
    await room.parts.resumer.write("global", None, TradingState.REDUCING, Event.CAUSES_CLEARED, "확인", "test")
    assert room.core.states.effective(room.account).state is TradingState.ACTIVE
    posts = room.broker.posts
    await room.send()
    assert room.broker.posts == posts
    assert resting.intent_id


async def test_a_ledger_that_has_forgotten_a_halt_is_found_out_though_nothing_was_sent_since() -> None:
    room = await open_room()
    await room.place(KODEX200, BUY, 1, 29_000)
    copy = room.database.copy()
    await room.parts.resumer.write("account", room.account, TradingState.ACTIVE, Event.PERSON_HALTED, "정지", "test")
    room.database.flush_regression(copy)
    room.core.states.set("account", room.account, TradingState.ACTIVE, "")
    await _restarted(room)
    assert room.core.states.effective(room.account).state is TradingState.HALTED
    assert "돌아간" in room.core.states.effective(room.account).reason


async def test_what_the_old_ledger_thinks_unsent_never_leaves() -> None:
    """It had left and filled; the copy still shows it waiting."""
    room = await open_room()
    (waiting,) = await room.submit((SAMSUNG, BUY, 10, 70_000), seconds=100_000)
    copy = room.database.copy()
    await room.send()
    room.broker.fill(room.broker.live()[0], 10)
    room.database.flush_regression(copy)
    await _restarted(room)
    await room.parts.resumer.write("global", None, TradingState.HALTED, Event.PERSON_RESUMED, "확인", "test")
    await room.parts.resumer.write("global", None, TradingState.REDUCING, Event.CAUSES_CLEARED, "확인", "test")
    await room.send()
    assert room.broker.posts == 1
    after = await room.intent(waiting)
    assert after.state is IntentState.WITHDRAWN
    assert "예전 상태" in after.state_note
    assert await room.booked() == {SAMSUNG: 10}
    assert await _explained(room) == 0


async def test_days_that_the_ledger_has_lost_are_imported_with_their_own_dates() -> None:
    room = await open_room()
    await room.compare()
    first = room.core.market.trade_date
    copy = room.database.copy()
    await room.next_day()
    await room.compare()
    await room.place(SAMSUNG, BUY, 10, 70_000)
    room.broker.fill(room.broker.live(SAMSUNG)[0], 10)
    await room.look(1)
    await room.next_day()
    await room.compare()
    await room.place(SAMSUNG, SELL, 4, 71_000)
    room.broker.fill(room.broker.live(SAMSUNG)[0], 4)
    await room.look(1)
    room.database.flush_regression(copy)
    await _restarted(room)
    assert room.broker.asked_days[-1] == (first, room.core.market.trade_date)
    assert await room.booked() == {SAMSUNG: 6}
    async with room.core.ledger.read() as tx:
        fills = await tx.books.fills(room.account)
    assert [(fill.side, fill.quantity, (fill.trade_date - first).days) for fill in fills] == [
        (BUY, 10, 1),
        (SELL, 4, 2),
    ]
    assert await _explained(room) == 0


async def test_another_server_is_a_regression_and_the_same_one_further_on_is_not() -> None:
    room = await open_room()
    await room.place(SAMSUNG, BUY, 1, 69_000)
    await _restarted(room)
    assert room.core.states.effective(room.account).state is TradingState.ACTIVE
    room.database.flush_regression(room.database.copy(), other_system=True)
    await _restarted(room)
    assert room.core.states.effective(room.account).state is TradingState.HALTED
