"""The loop: group by group, what trades, what the exits sell, what the closes are worth, what is decided.

Contract: within a group sales come before purchases (their proceeds can be spent at once, as at KRX), purchases in rank
order, exits by rule after both. Decisions come last and trade in a later group.
"""

from __future__ import annotations

from simulation.backtest.engine import decide, exits, fills, money, orders
from simulation.backtest.engine import shapes as s
from simulation.backtest.engine.jit import compiled, inlined, kept
from simulation.backtest.engine.shapes import BUY, SELL, Book, Record, Records, World


@kept
def run(
    events: Records, groups: Records, names: Records, rules: Records, plan: Records,
    positions: Records, orders_: Records, lists: Records, account: Records, fills_: Records, trades: Records,
    days: Records,
) -> None:  # fmt: skip
    """Lives through all events; everything that remains is in the last seven. `plan` and `account` have one element."""
    world = World(events, groups, names, rules, plan[0])
    book = Book(positions, orders_, lists, account[0], fills_, trades, days)
    begin(world, book)
    today = -1
    always = world.plan.targets != 0 or world.plan.parking >= 0
    for group in range(len(groups)):
        now = groups[group]
        if now.day != today:
            today = now.day
            begin_day(book, now)
        arrive(world, book, group)
        if book.account.queued > 0:
            trade(world, book, group, SELL)
            trade(world, book, group, BUY)
        if book.account.held > 0 and guarded(world):
            guard_all(world, book, group)
        asked = mark(world, book, group)
        if now.ends_day:
            orders.end_day(book, now.time)
        if book.account.queued > 0:
            orders.tidy(book)
        if (asked or always) and group >= world.plan.from_group:
            decide.decide(world, book, group)
        if now.ends_day:
            end_day(book, today)
    for at in range(book.account.held):  # what is still held becomes a trade that has not ended
        money.end_trade(book, lists[at].held, groups[-1].time, s.NONE)


@inlined
def begin(world: World, book: Book) -> None:
    account, cash = book.account, world.plan.cash
    account.cash, account.settled, account.opening, account.highest = cash, cash, cash, cash


@inlined
def guarded(world: World) -> bool:
    plan = world.plan
    return bool(plan.stop_bps + plan.take_bps + plan.trailing_bps + plan.time_sessions + plan.time_bars > 0)


@inlined
def begin_day(book: Book, now: Record) -> None:
    """What is due is paid; the day's bounds start from its opening worth."""
    account, row = book.account, book.days[now.day]
    account.settled += row.payments
    account.unsettled -= row.proceeds
    account.opening, account.traded, account.purchased = account.cash + account.worth, 0, 0
    if now.week != account.week:
        account.week, account.entered = now.week, 0
    row.highest, row.lowest = account.opening, account.opening


@inlined
def arrive(world: World, book: Book, group: int) -> None:
    """The group's bars are there: each name knows its own."""
    now = world.groups[group]
    for event in range(now.first, now.end):
        position = book.positions[world.events[event].name]
        position.event, position.group, position.used, position.opened = event, group, 0, 0
        if position.day != now.day:
            position.day, position.base = now.day, position.last


@compiled
def trade(world: World, book: Book, group: int, side: int) -> None:
    """The orders of one side whose names have a bar in this group."""
    for at in range(book.account.queued):
        name = book.lists[at].queue
        if book.orders[name].side == side and book.positions[name].group == group:
            fills.attempt(world, book, group, name)


@compiled
def guard_all(world: World, book: Book, group: int) -> None:
    now = world.groups[group]
    for event in range(now.first, now.end):
        name = world.events[event].name
        if book.positions[name].quantity > 0 and name != world.plan.parking:
            exits.guard(world, book, group, name)


@inlined
def mark(world: World, book: Book, group: int) -> bool:
    """Closes: what the positions are worth, how high they were. Whether any name here asks for a decision."""
    account, now = book.account, world.groups[group]
    asks = 0
    for at in range(now.first, now.end):
        event = world.events[at]
        position = book.positions[event.name]
        if position.quantity > 0:
            account.worth += position.quantity * (event.close - position.last)
            known = event.high if position.opened <= s.AT_OPEN else event.close
            position.high = max(position.high, known)
            position.bars += (event.signal & s.BAR_BIT) // s.BAR_BIT
            asks |= event.signal & s.EXIT_BIT | position.want
        else:
            asks |= event.signal & s.ENTRY_BIT
        position.last = event.close
    equity = account.cash + account.worth
    account.highest = max(account.highest, equity)
    row = book.days[now.day]
    row.highest, row.lowest = max(row.highest, equity), min(row.lowest, equity)
    return asks != 0


@inlined
def end_day(book: Book, day: int) -> None:
    account, row = book.account, book.days[day]
    row.equity, row.cash, row.settled, row.worth = (
        account.cash + account.worth, account.cash, account.settled, account.worth,
    )  # fmt: skip
    row.positions, row.traded = account.held, account.traded
    row.fee, row.tax, row.slippage = account.fees, account.taxes, account.slippage
