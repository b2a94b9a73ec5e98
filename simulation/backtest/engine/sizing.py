"""How much may be bought: the wish, cut to every limit that stands in its way.

Contract: shares of the account are basis points of cash (with what is still to be paid) plus positions at their last
close; what is about to be sold is counted as gone and what is about to be bought as held. Whole shares, rounded down.
"""

from __future__ import annotations

from simulation.backtest.engine import money, prices
from simulation.backtest.engine.jit import compiled, inlined
from simulation.backtest.engine.shapes import BUY, SELL, Book, World

WHOLE = 10_000


@inlined
def expected_worth(book: Book, name: int) -> int:
    """Won in the name once its order is done."""
    order, position = book.orders[name], book.positions[name]
    return int((position.quantity + order.side * order.left) * position.last)


@compiled
def expected_cash(world: World, book: Book, day: int) -> int:
    """Won that can be spent once every order is done, sales at the last close."""
    cash = money.spendable(world, book)
    for at in range(book.account.queued):
        name = book.lists[at].queue
        order = book.orders[name]
        amount = order.left * book.positions[name].last
        if order.side == SELL and world.plan.reuse:
            cash += amount - money.fee_on(world, amount) - money.tax_on(world, name, day, amount)
        elif order.side == BUY:
            amount = order.left * reserve_price(world, book, name, day)
            cash -= amount + money.fee_on(world, amount)
    return int(cash)


@inlined
def before_fee(world: World, won: int) -> int:
    """Won that can be spent on shares out of so much with the fee; nothing for less than nothing."""
    plan = world.plan
    return int(max(0, won) * plan.fee_denominator // (plan.fee_denominator + plan.fee_numerator))


@compiled
def reserve_price(world: World, book: Book, name: int, day: int) -> int:
    """What a share is reserved at: a market order at the upper limit, as the broker does it, else the bound."""
    last = book.positions[name].last
    if world.plan.market:
        rule, kind = world.rules[day], world.names[name].kind
        return prices.upper_limit(rule.steps[kind], last, rule.percent * world.names[name].leverage)
    return int(last + last * world.plan.bound_bps // WHOLE)


@compiled
def room(world: World, book: Book, group: int, name: int, equity: int, price: int) -> int:
    """Shares by which the name may grow. What the gate judges counts them at `price`, the most that one may cost; the
    strategy's own bounds on a name and on a day's purchases count them at the last close."""
    here, last = expected_worth(book, name), book.positions[name].last
    left = min(money.share(equity, world.names[name].grade, WHOLE) - here, world.names[name].order_cap)
    if world.plan.max_equity_bps < WHOLE or world.plan.max_sector_bps < WHOLE:
        stocks, sector, place = _exposed(world, book, name, world.groups[group].day)
        if world.names[name].exposure > 0:
            free = money.share(equity, world.plan.max_equity_bps, WHOLE) - stocks
            left = min(left, money.share(free, WHOLE, world.names[name].exposure))
        if place >= 0:
            left = min(left, money.share(equity, world.plan.max_sector_bps, WHOLE) - sector)
    own = money.share(equity, world.names[name].own, WHOLE) - here
    if world.plan.turnover_bps > 0 or world.plan.bought_bps > 0:
        bought, sold = _of_the_day(world, book, group)
        if world.plan.turnover_bps > 0:
            left = min(left, money.share(equity, world.plan.turnover_bps, WHOLE) - bought - sold)
        if world.plan.bought_bps > 0:
            own = min(own, money.share(equity, world.plan.bought_bps, WHOLE) - bought)
    return int(min(max(0, left) // price, max(0, own) // last))


@compiled
def _exposed(world: World, book: Book, name: int, day: int) -> tuple[int, int, int]:
    """Won in stocks, won in the name's sector, the sector's number (-1: counts to none); purchases that wait at the
    most they may come to."""
    stocks, sector, place = 0, 0, world.names[name].sector
    for at in range(book.account.held):
        other = book.lists[at].held
        worth = expected_worth(book, other)
        stocks += money.share(worth, world.names[other].exposure, WHOLE)
        sector += worth if world.names[other].sector == place else 0
    for at in range(book.account.queued):
        other = book.lists[at].queue
        if book.positions[other].quantity == 0 and book.orders[other].side == BUY:
            worth = book.orders[other].left * _asked_price(world, book, other, day)
            stocks += money.share(worth, world.names[other].exposure, WHOLE)
            sector += worth if world.names[other].sector == place else 0
    return stocks, sector, place


@compiled
def _of_the_day(world: World, book: Book, group: int) -> tuple[int, int]:
    """Won bought and sold in the day in which an order of this group's close can trade, what waits counted at the most
    it may come to. After a day's last close that is the next day, which begins with nothing."""
    account, now = book.account, world.groups[group]
    bought, sold = 0, 0
    if not now.ends_day:
        bought, sold = account.purchased, account.traded - account.purchased
    for at in range(account.queued):
        name = book.lists[at].queue
        order = book.orders[name]
        if order.side == BUY:
            bought += order.left * _asked_price(world, book, name, now.day)
        elif order.side == SELL:
            sold += order.left * _asked_price(world, book, name, now.day)
    return bought, sold


@compiled
def _asked_price(world: World, book: Book, name: int, day: int) -> int:
    """What a share of the name's order counts for: its limit; before it has one a purchase the most it may cost."""
    order = book.orders[name]
    if order.limit > 0:
        return int(order.limit)
    return reserve_price(world, book, name, day) if order.side == BUY else int(book.positions[name].last)


@compiled
def places_left(world: World, book: Book) -> int:
    """Names that may still be added; the parking product is none."""
    taken, waiting = 0, 0
    for at in range(book.account.held):
        name = book.lists[at].held
        order = book.orders[name]
        leaves = order.side == SELL and order.left >= book.positions[name].quantity
        taken += name != world.plan.parking and not leaves
    for at in range(book.account.queued):
        name = book.lists[at].queue
        waiting += book.orders[name].side == BUY and book.positions[name].quantity == 0 and name != world.plan.parking
    left = world.plan.max_positions - taken - waiting
    if world.plan.entries_a_week > 0:
        left = min(left, world.plan.entries_a_week - book.account.entered - waiting)
    return int(left)


@compiled
def entries_stopped(world: World, book: Book) -> bool:
    """The day's loss or the drawdown forbids new risk."""
    account = book.account
    equity = account.cash + account.worth
    loss = world.plan.daily_loss_bps
    if loss > 0 and account.opening - equity >= money.share(account.opening, loss, WHOLE):
        account.loss_stops += 1
        return True
    deep = world.plan.drawdown_bps
    if deep > 0 and account.highest - equity >= money.share(account.highest, deep, WHOLE):
        account.drawdown_stops += 1
        return True
    return False


@compiled
def shares(world: World, book: Book, group: int, name: int, wish: int, equity: int, price: int) -> int:
    """Shares for a wish in won under the limits, reserved at `price` each; 0 and counted where nothing is left of
    it."""
    account, last = book.account, book.positions[name].last
    if last <= 0 or price <= 0:
        account.small += 1
        return 0
    wanted = max(0, wish) // last
    left = room(world, book, group, name, equity, price)
    quantity = min(wanted, left)
    if quantity < 1 or quantity * last < world.plan.min_order:
        if left < wanted and left < 1:
            account.refused += 1
        else:
            account.small += 1
        return 0
    return int(quantity)
