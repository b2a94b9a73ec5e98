"""Price-time matching of user orders, against the background book and against each other. Pure.

Contract: nobody trades outside his limit nor outside [floor, ceiling]; better prices first, then earlier orders; at
one price an order waits for the shares that stood there before it (`ahead`). An incoming order pays the prices of
the levels it takes; a resting one gets its own price when the market passes it, the single price in an auction.
Only `ahead` of resting orders is changed here; everything else is returned as executions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.orders.types import Side
from simulation.exchange.book import Ladder
from simulation.exchange.orders import Order


@dataclass(frozen=True, slots=True)
class Execution:
    """`order` trades `quantity` at `price`; `taker` when it took from the book (volume on top of the tape)."""

    order: Order
    quantity: int
    price: int
    taker: bool


@dataclass(frozen=True, slots=True)
class Sweep:
    """What an incoming order met: executions in order, and what it took from the background by price."""

    executions: tuple[Execution, ...]
    taken: dict[int, int]


def sweep(incoming: Order, background: Ladder, resting: Sequence[Order], floor: int, ceiling: int) -> Sweep:
    """Match an incoming order at once, as far as it goes."""
    levels = background.asks if incoming.side is Side.BUY else background.bids
    shares = {level.price: level.quantity for level in levels}
    others: dict[int, list[Order]] = {}
    for order in resting:
        if order.side is not incoming.side and not order.at_any_price and order is not incoming:
            others.setdefault(order.price, []).append(order)
    prices = sorted({*shares, *others}, reverse=incoming.side is Side.SELL)
    need = incoming.open
    executions: list[Execution] = []
    taken: dict[int, int] = {}
    for price in prices:
        if need == 0 or not incoming.accepts(price) or not floor <= price <= ceiling:
            break
        left = shares.get(price, 0)
        passed = 0  # background shares taken at this price so far: the queue before later orders shrinks with it
        for order in sorted(others.get(price, ()), key=lambda o: o.number):
            step = min(need, left, max(0, order.ahead - passed))
            if step:
                executions.append(Execution(incoming, step, price, taker=True))
                need, left, passed = need - step, left - step, passed + step
            step = min(need, order.open)
            if step and order.ahead <= passed:
                executions.append(Execution(incoming, step, price, taker=True))
                executions.append(Execution(order, step, price, taker=False))
                need -= step
        step = min(need, left)
        if step:
            executions.append(Execution(incoming, step, price, taker=True))
            need, passed = need - step, passed + step
        if passed:
            taken[price] = passed
            for order in others.get(price, ()):
                order.ahead = max(0, order.ahead - passed)
    return Sweep(tuple(executions), taken)


def pass_by(
    orders: Sequence[Order], price: int, volume: int, book: Ladder, floor: int, ceiling: int, *, auction: bool
) -> tuple[list[Execution], dict[int, int]]:
    """Resting orders when `volume` shares trade at `price`; also what they took from a book that came towards them."""
    executions: list[Execution] = []
    taken: dict[int, int] = {}
    for side in (Side.BUY, Side.SELL):
        pool = volume
        levels = {level.price: level.quantity for level in (book.asks if side is Side.BUY else book.bids)}
        for order in sorted((o for o in orders if o.side is side), key=_priority):
            if not order.accepts(price) or order.open == 0:
                continue
            at_touch = order.price == price
            if at_touch and not auction and order.ahead:
                waits = min(order.ahead, pool)
                order.ahead -= waits
                pool -= waits
                if order.ahead:
                    continue
            deal = price if auction or order.at_any_price else min(max(order.price, floor), ceiling)
            quantity = min(order.open, pool)
            pool -= quantity
            if not auction:  # the other side's book has reached this order's price: it trades with it as well
                for level in [p for p in levels if order.accepts(p)]:
                    more = min(order.open - quantity, levels[level])
                    if more:
                        levels[level] -= more
                        taken[level] = taken.get(level, 0) + more
                        quantity += more
            if quantity:
                executions.append(Execution(order, quantity, deal, taker=False))
    return executions, taken


def _priority(order: Order) -> tuple[int, int, int]:
    """Market orders first, then the better price, then the earlier number."""
    if order.at_any_price:
        return (0, 0, order.number)
    return (1, -order.price if order.side is Side.BUY else order.price, order.number)
