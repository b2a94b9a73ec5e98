"""What a strategy may reckon with: the investor's limits, the account as it stands, its own part of it. Pure.

Contract: `equity` is what weights are shares of, the smaller of the declared capital and the account's value, so that a
decision stays inside the gate whichever it counts. Nor is there more money than what of it is not invested yet: an
account may hold more than its owner has declared. What is under way, unknown or not answered makes a name busy.
Without a confirmed profile in force there are no means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from domain.clock import KST
from domain.mandate import Mandate, MandateKind
from domain.means import Means, means_of
from domain.orders.types import TERMINAL, IntentState, Side
from domain.proto import oms_pb2 as pb
from domain.strategy.running import RunState, StrategyRun, sleeve_of
from domain.suitability import Grade
from execution.worker.seeing import View
from tools.ports import StoredMandate, StoredProfile
from tools.store.worker_memory import Asked


def means_now(profile: StoredProfile | None, now: datetime, account_value: int) -> Means | None:
    """`now` wall time, `account_value` in won."""
    if profile is None or profile.expires_at <= now:
        return None
    return means_of(Grade(profile.grade), profile.content, account_value)


def view_of(
    run: StrategyRun,
    means: Means,
    book: pb.BookReply,
    orders: Iterable[pb.Order],
    today: Iterable[pb.Order],
    asks: Sequence[Asked],
    market_now: datetime,
    mandate: Mandate,
    *,
    may_buy: bool,
    unparked: bool = False,
) -> View:
    """`orders`: the account's open ones, `today`: those of the day; `asks`: the strategy's since Monday and those
    without an answer."""
    orders, today = list(orders), list(today)
    sleeve = sleeve_of(run.strategy_id)
    own = {each.ticker: each.sleeves[sleeve] for each in book.positions if each.sleeves.get(sleeve, 0) > 0}
    live = [one for one in orders if one.sleeve == sleeve and IntentState(one.state) not in TERMINAL]
    open_asks = [one for one in asks if not one.answer]
    buying = {one.ticker for one in live if one.side == Side.BUY.value}
    buying |= {one.ticker for one in open_asks if one.side == Side.BUY.value}
    selling = {one.ticker for one in live if one.side == Side.SELL.value}
    selling |= {one.ticker for one in open_asks if one.side == Side.SELL.value}
    bought = [one for one in asks if one.side == Side.BUY.value and one.answer != "refused"]
    monday = monday_of(market_now)
    known = {one.intent_id: one for one in (*today, *orders)}.values()
    silent = [one for one in open_asks if str(one.plan_id) not in {each.plan_id for each in known}]
    values = {str(one.plan_id): one.value for one in asks}
    bought_today = sum(won_of(one, values) for one in known if one.sleeve == sleeve and one.side == Side.BUY.value)
    bought_today += sum(one.value for one in silent if one.side == Side.BUY.value)
    return View(
        equity=means.base,
        cash=max(0, min(book.buying_power, means.base - _invested(book, orders, silent, values))),
        own=own,
        whole={each.ticker: each.quantity for each in book.positions if each.quantity > 0},
        prices={each.ticker: each.price for each in book.positions},
        busy=frozenset(buying | selling),
        buying=frozenset(buying),
        selling=frozenset(selling),
        entries_this_week=sum(one.why == "entry" and _day(one) >= monday for one in bought),
        traded_today=sum(won_of(one, values) for one in known) + sum(one.value for one in silent),
        bought_today=bought_today,
        mandate_order=mandate.max_per_order,
        mandate_day=mandate.max_per_day - bought_today,
        unparked=unparked,
        state=run.state,
        may_buy=may_buy and run.state is RunState.ACTIVE,
    )


def won_of(order: pb.Order, values: Mapping[str, int]) -> int:
    """What an order counts for in a day's trading: what it has traded, and while it is open what it still may. A market
    order names no price; `values` has the questions' by plan."""
    return order.filled_amount + _open_value(order, values)


def _open_value(order: pb.Order, values: Mapping[str, int]) -> int:
    if IntentState(order.state) in TERMINAL:
        return 0
    left = order.quantity - order.filled
    return left * order.price if order.price else values.get(order.plan_id, 0) * left // max(1, order.quantity)


def _invested(
    book: pb.BookReply, orders: Iterable[pb.Order], silent: Iterable[Asked], values: Mapping[str, int]
) -> int:
    """Won that the account's holdings are worth, everybody's, and what is being bought for it."""
    held = sum(each.quantity * each.price for each in book.positions)
    coming = sum(_open_value(one, values) for one in orders if one.side == Side.BUY.value)
    return held + coming + sum(one.value for one in silent if one.side == Side.BUY.value)


def monday_of(at: datetime) -> date:
    today = at.astimezone(KST).date()
    return today - timedelta(days=today.weekday())


def _day(asked: Asked) -> date:
    return asked.asked_at.astimezone(KST).date()


def mandate_in_force(mandates: Iterable[StoredMandate], hash_: str, now: datetime) -> Mandate | None:
    """The signed mandate of exactly this text: one that still allows purchases before one that has run out, under
    which the own shares may still be sold; the newest first. `now` wall time."""
    signed = [
        found.read()
        for found in mandates
        if found.kind == MandateKind.STRATEGY and found.strategy_hash == hash_ and found.is_signed
    ]
    return max(signed, key=lambda one: (one.expires_at > now, one.expires_at), default=None)


def is_open(mandate: Mandate, market_now: datetime) -> bool:
    """Whether its hours hold now."""
    return mandate.from_time <= market_now.astimezone(KST).time() < mandate.until_time
