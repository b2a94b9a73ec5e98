"""Whether an order trades in a bar, at which price and how much of it.

Contract: pessimistic. No volume, no fill; a lock at the limit on our side, no fill; at most `share_bps` of the bar's
volume. The price is the bar's open (its close with `fill_close`) moved against us by chance and to the next tick
against us. An order that arrives within the bar meets a price between the open and the bar's worst, by the part that
had passed. A limit order never trades beyond its limit; it is met there only when the bar trades through it.
"""

from __future__ import annotations

from simulation.backtest.engine import draws, money, prices
from simulation.backtest.engine import shapes as s
from simulation.backtest.engine.jit import compiled, inlined
from simulation.backtest.engine.shapes import BUY, Book, Ints, Record, World

PPM = 1_000_000


@compiled
def attempt(world: World, book: Book, group: int, name: int) -> None:
    """The name's order against its bar of this group."""
    order, event = book.orders[name], book.positions[name].event
    end = world.groups[group].time * 1000
    begin = end - world.plan.span_ms
    arrives = order.arrives_ms
    if arrives > end:
        return
    if world.plan.fill_close:
        fill(world, book, group, name, world.events[event].close, s.AT_CLOSE)
    elif arrives <= begin:
        fill(world, book, group, name, world.events[event].open, s.AT_OPEN)
    else:
        worst = world.events[event].high if order.side == BUY else world.events[event].low
        opened = world.events[event].open
        reference = opened + money.share(worst - opened, arrives - begin, world.plan.span_ms)
        fill(world, book, group, name, reference, s.WITHIN)


@compiled
def fill(world: World, book: Book, group: int, name: int, reference: int, when: int) -> None:
    """The name's order at a price that the market had at `when` in its bar of this group."""
    order, position, account = book.orders[name], book.positions[name], book.account
    event, side = position.event, order.side
    if world.events[event].volume <= 0:
        return
    rule = world.rules[world.groups[group].day]
    steps = rule.steps[world.names[name].kind]
    drawn = draws.draw(world.plan.slippage_ppm, world.plan.seed, order.number, order.parts, draws.SLIPPAGE)
    worse = -(-reference * drawn // PPM)
    price = prices.paid(steps, max(1, reference + side * worse), side)
    percent = rule.percent * world.names[name].leverage
    price = within_band(world, steps, percent, position, event, side, reference, price, when)
    if price == 0:
        account.locked += 1
        return
    if not world.plan.market and order.reason not in (s.STOP, s.TRAILING, s.TAKE, s.TIME):
        if order.limit == 0:
            order.limit = prices.orderable(steps, reference + side * (reference * world.plan.bound_bps // 10_000), side)
        limit = order.limit
        if side * (price - limit) > 0:
            if not _through(world, event, side, limit, when):
                return
            price = reference = limit
    quantity = _quantity(world, book, name, event, side, price)
    if quantity < 1:
        return
    if side == BUY and position.quantity == 0:
        position.opened = when
    money.enter_fill(world, book, group, name, side * quantity, price, reference)
    position.used += quantity
    order.left -= quantity
    order.parts += 1
    if order.left == 0:
        order.side = 0


@inlined
def within_band(
    world: World, steps: Ints, percent: int, position: Record, event: int, side: int, reference: int,
    price: int, when: int,
) -> int:  # fmt: skip
    """The price inside the day's limits; 0 where the other side is missing. A bar outside of its limits (a new listing,
    adjusted prices) has none."""
    base = position.base
    if base <= 0:
        return price
    low, high = world.events[event].low, world.events[event].high
    upper, lower = prices.upper_limit(steps, base, percent), prices.lower_limit(steps, base, percent)
    unit = prices.tick(steps, upper)
    if high > upper + unit or low < lower - unit:
        return price
    slack = unit if high == low and world.plan.span_ms > 0 else 0  # adjusted prices miss the limit by less than a tick
    if side == BUY:
        if low >= upper - slack or (reference >= upper and when != s.AT_OPEN):
            return 0
        return min(price, max(upper, reference))
    if high <= lower + slack or (reference <= lower and when != s.AT_OPEN):
        return 0
    return max(price, min(lower, reference))


@inlined
def _through(world: World, event: int, side: int, limit: int, when: int) -> bool:
    """Did the bar trade beyond the limit after the order was there?"""
    if when == s.AT_CLOSE:
        return False
    if when == s.WITHIN:
        return bool(side * (limit - world.events[event].close) > 0)
    return bool(world.events[event].low < limit if side == BUY else world.events[event].high > limit)


@inlined
def _quantity(world: World, book: Book, name: int, event: int, side: int, price: int) -> int:
    """Shares of the order that this bar's volume and, for a purchase, the purse have room for."""
    order, quantity = book.orders[name], book.orders[name].left
    room = money.share(world.events[event].volume, world.plan.share_bps, 10_000) - book.positions[name].used
    if room < quantity:
        book.account.thin += 1
        quantity = room
    if side == BUY:
        purse = money.spendable(world, book)
        quantity = min(quantity, purse // price)
        while quantity > 0:
            amount = quantity * price
            need = amount + money.fee_on(world, order.done_won + amount) - order.done_fee
            if need <= purse:
                break
            quantity -= -(-(need - purse) // price)
    return int(quantity)
