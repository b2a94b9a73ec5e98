"""Orders: written, queued, ended.

Contract: a name has one order at a time; a new one takes the place of the old. An order is good for the day in which it
can first trade. Rank in the queue is rank of claim on the cash.
"""

from __future__ import annotations

from simulation.backtest.engine import draws
from simulation.backtest.engine.jit import compiled
from simulation.backtest.engine.shapes import Book, World


@compiled
def write(world: World, book: Book, name: int, side: int, quantity: int, reason: int, time: int, at_once: bool) -> None:
    """An order decided at `time`; `at_once`: it is in the market already, as a stop is."""
    order, account = book.orders[name], book.account
    if order.side != 0:
        account.lapsed += 1
    number = account.orders
    account.orders += 1
    order.side, order.left, order.reason, order.number = side, quantity, reason, number
    order.done_won, order.done_fee, order.done_tax, order.limit, order.parts = 0, 0, 0, 0, 0
    late = 0 if at_once else draws.draw(world.plan.latency_ms, world.plan.seed, number, 0, draws.LATENCY)
    order.arrives_ms = time * 1000 + late
    if order.queued == 0:
        order.queued = 1
        book.lists[account.queued].queue = name
        account.queued += 1


@compiled
def end_day(book: Book, time: int) -> None:
    """What was in the market lapses with the day."""
    account = book.account
    for at in range(account.queued):
        order = book.orders[book.lists[at].queue]
        if order.side != 0 and order.arrives_ms <= time * 1000:
            order.side = 0
            account.lapsed += 1


@compiled
def tidy(book: Book) -> None:
    """Takes what is done out of the queue; the rest keeps its rank."""
    account, kept = book.account, 0
    for at in range(account.queued):
        name = book.lists[at].queue
        if book.orders[name].side == 0:
            book.orders[name].queued = 0
        else:
            book.lists[kept].queue = name
            kept += 1
    account.queued = kept
