"""Exits by rule inside a bar: stop-loss, trailing stop, take-profit, time.

Contract: levels are those of `domain.exits`. A gap fills at the open; then the bar is taken to fall before it rises,
so a stop comes before a take-profit; the high of a trailing stop is that of the bars before, unless the close proves
that the bar came down to the level after its own high. A share bought within a bar may be stopped in it and never
profits from its high; one bought at the close knows the close alone.
"""

from __future__ import annotations

from simulation.backtest.engine import fills, money, orders
from simulation.backtest.engine import shapes as s
from simulation.backtest.engine.jit import compiled
from simulation.backtest.engine.shapes import SELL, Book, Record, World

WHOLE = 10_000


@compiled
def guard(world: World, book: Book, group: int, name: int) -> None:
    """Sells the name's position where one of the plan's rules is met in its bar of this group."""
    position = book.positions[name]
    event = position.event
    if world.events[event].volume <= 0 or position.opened == s.AT_CLOSE:
        return
    reference, reason = met(world, position, event, world.groups[group].day)
    if reference > 0:
        position.want = reason
        orders.write(world, book, name, SELL, position.quantity, reason, world.groups[group].time, True)
        gapped = position.opened == 0 and reference == world.events[event].open
        fills.fill(world, book, group, name, reference, s.AT_OPEN if gapped else s.WITHIN)


@compiled
def met(world: World, position: Record, event: int, day: int) -> tuple[int, int]:
    """Price at which a rule sells and the rule; 0 and nothing where none does."""
    opened, opening = world.events[event].open, position.opened
    quantity, cost = position.quantity, money.cost_left(position)
    stop = cost * (WHOLE - world.plan.stop_bps) // (quantity * WHOLE) if world.plan.stop_bps > 0 else 0
    take = -(-cost * (WHOLE + world.plan.take_bps) // (quantity * WHOLE)) if world.plan.take_bps > 0 else s.NEVER
    top = max(position.high, cost // quantity)
    trailing = top * (WHOLE - world.plan.trailing_bps) // WHOLE if world.plan.trailing_bps > 0 else 0
    floor, falling = (stop, s.STOP) if stop >= trailing else (trailing, s.TRAILING)
    if opening == 0:
        if opened <= floor:
            return opened, s.STOP if opened <= stop else s.TRAILING
        if opened >= take:
            return opened, s.TAKE
        if _time_is_up(world, position, day):
            return opened, s.TIME
    if world.events[event].low <= floor:
        return min(floor, world.events[event].high if opening == s.WITHIN else opened), falling
    if opening == s.WITHIN:
        return 0, s.NONE
    if world.events[event].high >= take:
        return max(take, world.events[event].low), s.TAKE
    if world.plan.trailing_bps > 0:
        level = max(top, world.events[event].high) * (WHOLE - world.plan.trailing_bps) // WHOLE
        if world.events[event].close <= level:
            return level, s.TRAILING
    return 0, s.NONE


@compiled
def _time_is_up(world: World, position: Record, day: int) -> bool:
    if world.plan.time_sessions > 0 and day >= position.entered + world.plan.time_sessions:
        return True
    return bool(world.plan.time_bars > 0 and position.bars >= world.plan.time_bars)
