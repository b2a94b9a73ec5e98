"""What a fill does to the purse and to the position: fee, tax, payment in two sessions, cost of what is sold.

Contract: fee and tax are taken on an order's cumulative amount and cut towards zero (domain.costs, domain.book); the
cost of sold shares is a difference of floors, so that it conserves to the won however a sale is cut into fills.
"""

from __future__ import annotations

from simulation.backtest.engine.jit import compiled, inlined
from simulation.backtest.engine.shapes import Book, Record, World


@inlined
def fee_on(world: World, amount: int) -> int:
    plan = world.plan
    return int(amount * plan.fee_numerator // plan.fee_denominator // plan.fee_unit * plan.fee_unit)


@inlined
def tax_on(world: World, name: int, day: int, amount: int) -> int:
    rates, row = world.rules[day].tax, world.names[name].tax
    return int(amount * rates[row, 0] // rates[row, 1])


@inlined
def share(whole: int, part: int, parts: int) -> int:
    """floor(whole * part / parts) without leaving 64 bits."""
    return whole // parts * part + whole % parts * part // parts


@inlined
def cost_left(position: Record) -> int:
    """Won that the shares held have cost, buy fees included."""
    if position.basis == 0:
        return 0
    return int(position.cost - share(position.cost, position.sold, position.basis))


@inlined
def pay(world: World, book: Book, day: int, amount: int) -> None:
    """Signed won that move in two sessions."""
    account = book.account
    account.cash += amount
    due = book.days[world.rules[day].settles]
    due.payments += amount
    if amount > 0:
        due.proceeds += amount
        account.unsettled += amount


@inlined
def spendable(world: World, book: Book) -> int:
    account = book.account
    return int(account.cash if world.plan.reuse else account.cash - account.unsettled)


@compiled
def enter_fill(world: World, book: Book, group: int, name: int, bought: int, price: int, reference: int) -> None:
    """`bought` shares of the name's order (sold where negative) at `price`; `reference` is the price without chance."""
    order, position, account = book.orders[name], book.positions[name], book.account
    quantity, day = abs(bought), world.groups[group].day
    amount = quantity * price
    order.done_won += amount
    fee = fee_on(world, order.done_won) - order.done_fee
    order.done_fee += fee
    tax = 0
    if bought > 0:
        slip = quantity * (price - reference)
        if position.quantity == 0:
            _begin(book, name, world.groups[group], world.plan.parking)
        left = cost_left(position)
        position.basis = position.quantity + quantity
        position.cost = left + amount + fee
        position.sold = 0
        position.bought += quantity
        position.bought_won += amount
        pay(world, book, day, -amount - fee)
    else:
        slip = quantity * (reference - price)
        tax = tax_on(world, name, day, order.done_won) - order.done_tax
        order.done_tax += tax
        position.sold += quantity
        position.sold_won += amount
        pay(world, book, day, amount - fee - tax)
    position.quantity += bought
    position.fee += fee
    position.tax += tax
    position.slip += slip
    account.worth += bought * position.last
    account.traded += amount
    account.purchased += amount if bought > 0 else 0
    account.fees += fee
    account.taxes += tax
    account.slippage += slip
    row = book.fills[account.fills]
    account.fills += 1
    row.time, row.name, row.side, row.quantity = world.groups[group].time, name, order.side, quantity
    row.price, row.reference, row.fee, row.tax = price, reference, fee, tax
    row.reason, row.order = order.reason, order.number
    if position.quantity == 0:
        end_trade(book, name, world.groups[group].time, order.reason)


@inlined
def _begin(book: Book, name: int, now: Record, parking: int) -> None:
    position, account = book.positions[name], book.account
    position.entered, position.bars, position.high, position.want = now.day, 0, 0, 0
    position.trade_time = now.time
    position.bought, position.bought_won, position.sold_won = 0, 0, 0
    position.fee, position.tax, position.slip = 0, 0, 0
    position.place = account.held
    book.lists[account.held].held = name
    account.held += 1
    account.entered += name != parking


@compiled
def end_trade(book: Book, name: int, time: int, reason: int) -> None:
    """From the first share to the last; called with shares left only at the end of history."""
    position, account = book.positions[name], book.account
    row = book.trades[account.trades]
    account.trades += 1
    row.name, row.entered, row.left, row.quantity = name, position.trade_time, time, position.bought
    row.bought, row.sold, row.fee, row.tax = position.bought_won, position.sold_won, position.fee, position.tax
    row.slippage, row.reason, row.bars, row.held = position.slip, reason, position.bars, position.quantity
    if position.quantity == 0:
        account.held -= 1
        moved = book.lists[account.held].held
        book.lists[position.place].held = moved
        book.positions[moved].place = position.place
        position.basis, position.cost, position.sold, position.want = 0, 0, 0, 0
