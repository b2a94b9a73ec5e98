"""What is ordered at a close: exits first, then entries by rank or weights put right, then idle money parked.

Contract: sees closes and signals of this group and nothing later; what it orders can trade from the next bar of the
name on. Candidates are ranked by won traded in the signal's bar, the most first, equal ones by ticker.
"""

from __future__ import annotations

from simulation.backtest.engine import money, orders, sizing
from simulation.backtest.engine import shapes as s
from simulation.backtest.engine.jit import compiled
from simulation.backtest.engine.shapes import BUY, SELL, Book, World

WHOLE = 10_000


@compiled
def decide(world: World, book: Book, group: int) -> None:
    """All decisions of this group's close."""
    candidates = _leave(world, book, group)
    if world.plan.targets:
        _put_right(world, book, group)
    elif candidates > 0 or world.plan.parking >= 0:
        _enter(world, book, group, candidates)


@compiled
def _leave(world: World, book: Book, group: int) -> int:
    """Orders the exits; answers how many names ask to be entered, their numbers in `wanted`."""
    candidates, now = 0, world.groups[group]
    for event in range(now.first, now.end):
        name = world.events[event].name
        signal = world.events[event].signal if now.acts else 0
        position, side = book.positions[name], book.orders[name].side
        if position.quantity > 0:
            if signal & s.EXIT_BIT and position.want == 0 and name != world.plan.parking:
                position.want = s.EXIT
            if position.want != 0 and side != SELL:
                orders.write(world, book, name, SELL, position.quantity, position.want, now.time, False)
        elif signal & s.ENTRY_BIT and not signal & s.EXIT_BIT and side == 0:
            book.lists[candidates].wanted = name
            candidates += 1
    return candidates


@compiled
def _by_rank(world: World, book: Book, count: int) -> None:
    """Shell sort: by won traded, downwards; equal ones by number."""
    lists, gap = book.lists, count // 2
    while gap > 0:
        for at in range(gap, count):
            name, place = lists[at].wanted, at
            while place >= gap and _before(world, book, name, lists[place - gap].wanted):
                lists[place].wanted = lists[place - gap].wanted
                place -= gap
            lists[place].wanted = name
        gap //= 2


@compiled
def _before(world: World, book: Book, a: int, b: int) -> bool:
    first, second = world.events[book.positions[a].event], world.events[book.positions[b].event]
    won = first.close * first.volume - second.close * second.volume
    return bool(won > 0 or (won == 0 and a < b))


@compiled
def _enter(world: World, book: Book, group: int, candidates: int) -> None:
    account, day, time = book.account, world.groups[group].day, world.groups[group].time
    equity = account.cash + account.worth
    kept = money.share(equity, world.plan.reserve_bps, WHOLE)
    free = sizing.expected_cash(world, book, day) - kept
    parked = _parked(world, book, group)
    spent = 0
    if candidates > 0 and not sizing.entries_stopped(world, book):
        if candidates > 1:
            _by_rank(world, book, candidates)
        places = sizing.places_left(world, book)
        for at in range(candidates):
            name = book.lists[at].wanted
            if places < 1:
                account.refused += candidates - at
                break
            if world.names[name].allowed == 0 or name == world.plan.parking:
                continue
            price = sizing.reserve_price(world, book, name, day)
            wish = money.share(equity, world.events[book.positions[name].event].weight, WHOLE)
            wish = min(wish, sizing.before_fee(world, free + parked - spent) // price * book.positions[name].last)
            quantity = sizing.shares(world, book, group, name, wish, equity, price)
            if quantity > 0:
                orders.write(world, book, name, BUY, quantity, s.ENTRY, time, False)
                spent += quantity * price + money.fee_on(world, quantity * price)
                places -= 1
    if world.plan.parking >= 0:
        _park(world, book, group, free - spent, equity)


@compiled
def _parked(world: World, book: Book, group: int) -> int:
    """Won that the parking product would bring, where it trades now and nothing is under way."""
    if world.plan.parking < 0 or not world.plan.reuse:
        return 0
    position = book.positions[world.plan.parking]
    if position.group != group or book.orders[world.plan.parking].side != 0:
        return 0
    worth = position.quantity * position.last
    return int(worth - worth // 200)  # fees, and a little lower than the close


@compiled
def _park(world: World, book: Book, group: int, idle: int, equity: int) -> None:
    name, time = world.plan.parking, world.groups[group].time
    position = book.positions[name]
    if position.group != group or book.orders[name].side != 0 or not world.groups[group].acts:
        return
    if idle < 0 and position.quantity > 0:
        needed = min(position.quantity, -(-(-idle + -idle // 200) // position.last))
        orders.write(world, book, name, SELL, needed, s.UNPARK, time, False)
        return
    least = max(world.plan.min_order, money.share(equity, world.plan.drift_bps, WHOLE))
    if idle >= least and world.names[name].allowed == 1:
        wish = idle - idle // 100  # what a rise by the next bar and the fee may take
        price = sizing.reserve_price(world, book, name, world.groups[group].day)
        quantity = sizing.shares(world, book, group, name, wish, equity, price)
        if quantity > 0:
            orders.write(world, book, name, BUY, quantity, s.PARK, time, False)


@compiled
def _put_right(world: World, book: Book, group: int) -> None:
    """Fixed weights: sells what is too much, then buys what is missing, each from a distance of `drift_bps` on."""
    if not world.groups[group].acts:
        return
    account, time, day = book.account, world.groups[group].time, world.groups[group].day
    equity = account.cash + account.worth
    least = max(world.plan.min_order, money.share(equity, world.plan.drift_bps, WHOLE), 1)
    first, end = world.groups[group].first, world.groups[group].end
    for event in range(first, end):
        name = world.events[event].name
        position = book.positions[name]
        if position.quantity == 0 or position.want != 0 or book.orders[name].side != 0:
            continue
        most = min(world.names[name].target, world.names[name].own, world.names[name].grade)
        excess = position.quantity * position.last - money.share(equity, most, WHOLE)
        quantity = position.quantity if world.names[name].target == 0 else excess // position.last
        if quantity > 0 and (excess >= least or world.names[name].target == 0):
            orders.write(world, book, name, SELL, quantity, s.REBALANCE, time, False)
    if sizing.entries_stopped(world, book):
        return
    free = sizing.expected_cash(world, book, day) - money.share(equity, world.plan.reserve_bps, WHOLE)
    for event in range(first, end):
        name = world.events[event].name
        if world.names[name].target == 0 or world.names[name].allowed == 0 or book.orders[name].side != 0:
            continue
        missing = money.share(equity, world.names[name].target, WHOLE) - sizing.expected_worth(book, name)
        price = sizing.reserve_price(world, book, name, day)
        wish = min(missing, sizing.before_fee(world, free) // price * book.positions[name].last)
        if missing < least or book.positions[name].want != 0:
            continue
        quantity = sizing.shares(world, book, group, name, wish, equity, price)
        if quantity > 0:
            orders.write(world, book, name, BUY, quantity, s.REBALANCE, time, False)
            free -= quantity * price + money.fee_on(world, quantity * price)
