"""A second backtest engine, slow and plain: what the compiled one has to equal to the won on small cases.

Written from docs/backtest.md over the domain's own costs, ticks, positions and cash, with none of the engine's code:
bars of days or several a day, entries and exits by signal, fixed weights a signal, stops, limits on positions, on one
order, and on what a day may buy and trade.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from domain.book import CashBook, Fill, Position, settlement_of
from domain.calendar import KrxCalendar
from domain.costs import fee, sell_tax
from domain.exits import ExitRule, Held, levels
from domain.instruments import Kind, Market
from domain.orders.types import Side
from domain.ticks import price_band, round_to_tick, tick_size

MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Bar:
    open: int
    high: int
    low: int
    close: int
    volume: int
    entry: bool = False
    exit: bool = False


@dataclass(frozen=True)
class Terms:
    cash: int
    weight_bps: int
    market: bool = False
    bound_bps: int = 30
    share_bps: int = 1_000
    stop_bps: int = 0
    take_bps: int = 0
    trailing_bps: int = 0
    sessions: int = 0
    max_positions: int = 20
    min_order: int = 0
    seed: int = 0
    slippage: tuple[int, ...] = (0,) * 1024
    kind: Kind = Kind.STOCK
    reuse: bool = True
    own_bps: int = 10_000  # of one name, by the strategy
    grade_bps: int = 10_000  # of one name, by the grade
    order_cap: int = 10**15
    bought_bps: int = 0  # of a day's purchases; 0: none
    turnover_bps: int = 0  # of a day's purchases and sales


@dataclass
class Order:
    number: int
    side: Side
    left: int
    why: str
    limit: int | None = None
    done: int = 0
    parts: int = 0


@dataclass
class Line:
    """One name's own: what it holds, wants and knows."""

    position: Position = field(default_factory=Position)
    last: int = 0
    base: int = 0
    high: int = 0
    entered: int = 0
    want: str = ""
    order: Order | None = None
    used: int = 0
    fresh: str = ""


def draw(table: tuple[int, ...], seed: int, number: int, part: int, which: int) -> int:
    mixed = seed
    for word in (number, part, which):
        mixed = ((mixed + word) * 0xBF58476D1CE4E5B9 + 0x9E3779B97F4A7C15) & MASK
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        mixed ^= mixed >> 31
    return table[mixed >> 54]


class Plain:
    """Lives through `moments`, the ends of bars; afterwards `fills` and, by day, `course` (equity, cash, settled) can
    be compared."""

    def __init__(self, terms: Terms, moments: list[datetime], bars: Mapping[str, Mapping[datetime, Bar]]) -> None:
        self.terms, self.moments, self.bars = terms, moments, bars
        self.days = sorted({moment.date() for moment in moments})
        self.lines = {name: Line() for name in sorted(bars)}
        self.book, self.calendar = CashBook(terms.cash), KrxCalendar()
        self.queue: list[str] = []
        self.fills: list[tuple[datetime, str, str, int, int, int, int, str]] = []
        self.course: list[tuple[int, int, int]] = []
        self.numbers = 0
        self.incoming: list[tuple[date, int]] = []
        self.traded = {Side.BUY: 0, Side.SELL: 0}  # won, in the day that an order of now can trade in
        self.seen: dict[str, date] = {}
        self.now = moments[0]

    def run(self) -> Plain:
        for number, moment in enumerate(self.moments):
            day, self.now = moment.date(), moment
            at = self.days.index(day)
            closes = number + 1 == len(self.moments) or self.moments[number + 1].date() > day
            self.book = self.book.settled(day)
            here = {name: self.bars[name][moment] for name in self.lines if moment in self.bars[name]}
            for name in here:
                line = self.lines[name]
                line.used, line.fresh = 0, ""
                if self.seen.get(name) != day:
                    line.base, self.seen[name] = line.last, day
            for side in (Side.SELL, Side.BUY):
                for name in list(self.queue):
                    order = self.lines[name].order
                    if name in here and order is not None and order.side is side:
                        self.fill(at, name, here[name], here[name].open, "open")
            for name, bar in here.items():
                if self.lines[name].position.quantity and bar.volume > 0:
                    self.guard(at, name, bar)
            for name, bar in here.items():
                line = self.lines[name]
                if line.position.quantity:
                    line.high = max(line.high, bar.high)
                line.last = bar.close
            if closes:
                self.traded = {Side.BUY: 0, Side.SELL: 0}
                for line in self.lines.values():
                    line.order = None  # good for one day
            self.queue = [name for name in self.queue if self.lines[name].order is not None]
            self.decide(here, day)
            if closes:
                self.course.append((self.equity(), self.book.d2, self.book.deposit))
        return self

    def equity(self) -> int:
        return self.book.d2 + sum(line.position.quantity * line.last for line in self.lines.values())

    def purse(self, day: date) -> int:
        late = sum(won for due, won in self.incoming if due > day)
        return self.book.d2 - (0 if self.terms.reuse else late)

    def write(self, name: str, side: Side, quantity: int, why: str) -> None:
        self.lines[name].order = Order(self.numbers, side, quantity, why)
        self.numbers += 1
        if name not in self.queue:
            self.queue.append(name)

    def fill(self, at: int, name: str, bar: Bar, reference: int, when: str) -> None:
        line, day, kind, terms = self.lines[name], self.days[at], self.terms.kind, self.terms
        order = line.order
        assert order is not None
        if bar.volume <= 0:
            return
        buys = order.side is Side.BUY
        slip = Fraction(reference * draw(terms.slippage, terms.seed, order.number, order.parts, 2), 1_000_000)
        worse = -(-slip.numerator // slip.denominator)
        price = max(1, reference + worse if buys else reference - worse)
        price = round_to_tick(price, Side.SELL if buys else Side.BUY, kind, day)  # the other way: against us
        if line.base:
            band = price_band(line.base, kind, day)
            unit = tick_size(band.upper, kind, day)
            if band.lower - unit <= bar.low and bar.high <= band.upper + unit:
                slack = unit if bar.high == bar.low else 0
                if buys and (bar.low >= band.upper - slack or (reference >= band.upper and when != "open")):
                    return
                if not buys and (bar.high <= band.lower + slack or (reference <= band.lower and when != "open")):
                    return
                price = min(price, max(band.upper, reference)) if buys else max(price, min(band.lower, reference))
        if not terms.market and order.why in ("entry", "exit"):
            if order.limit is None:
                step = reference * terms.bound_bps // 10_000
                order.limit = round_to_tick(reference + step if buys else reference - step, order.side, kind, day)
            if (price > order.limit) if buys else (price < order.limit):
                if not (bar.low < order.limit if buys else bar.high > order.limit):
                    return
                price = order.limit
        quantity = min(order.left, bar.volume * terms.share_bps // 10_000 - line.used)
        paid = fee(order.done)
        if buys:
            while quantity > 0 and quantity * price + fee(order.done + quantity * price) - paid > self.purse(day):
                quantity -= 1
        if quantity < 1:
            return
        amount = quantity * price
        cost = fee(order.done + amount) - paid
        tax = 0
        if not buys:
            tax = sell_tax(order.done + amount, Market.KOSPI, kind, day)
            tax -= sell_tax(order.done, Market.KOSPI, kind, day) if order.done else 0
        if buys and not line.position.quantity:
            line.fresh, line.entered, line.high, line.want = when, at, 0, ""
        done = Fill(order.side, quantity, amount, cost, tax)
        line.position = line.position.apply(done)
        flow = settlement_of(done, day, self.calendar)
        self.book = self.book.expect(flow)
        if flow.amount > 0:
            self.incoming.append((flow.settles, flow.amount))
        order.done, order.left, order.parts = order.done + amount, order.left - quantity, order.parts + 1
        line.used += quantity
        self.traded[order.side] += amount
        self.fills.append((self.now, name, order.side.value, quantity, price, cost, tax, order.why))
        if not order.left:
            line.order = None
        if not line.position.quantity:
            line.want = ""

    def guard(self, at: int, name: str, bar: Bar) -> None:
        line, terms = self.lines[name], self.terms
        rule = ExitRule(terms.stop_bps or None, terms.take_bps or None, terms.trailing_bps or None)
        held = Held(line.position.quantity, line.position.cost, self.days[line.entered])
        now = levels(rule, held, line.high)
        hit: tuple[int, str] | None = None
        if not line.fresh:
            if now.stop is not None and bar.open <= now.stop:
                hit = bar.open, "stop_loss"
            elif now.trailing is not None and bar.open <= now.trailing:
                hit = bar.open, "trailing"
            elif now.take is not None and bar.open >= now.take:
                hit = bar.open, "take_profit"
            elif terms.sessions and at >= line.entered + terms.sessions:
                hit = bar.open, "time"
        if hit is None and now.floor is not None and bar.low <= now.floor:
            why = "stop_loss" if now.stop is not None and now.stop >= (now.trailing or 0) else "trailing"
            hit = min(now.floor, bar.open), why
        if hit is None and now.take is not None and bar.high >= now.take:
            hit = max(now.take, bar.low), "take_profit"
        if hit is None and rule.trailing_bps is not None:
            after = levels(rule, held, max(line.high, bar.high)).trailing
            if after is not None and bar.close <= after:
                hit = after, "trailing"
        if hit is not None:
            line.want = hit[1]
            self.write(name, Side.SELL, line.position.quantity, hit[1])
            gap = not line.fresh and hit[0] == bar.open
            self.fill(at, name, bar, hit[0], "open" if gap else "within")

    def reserved(self, name: str, day: date) -> int:
        """What a share of a purchase is held back for."""
        last = self.lines[name].last
        if self.terms.market:
            return price_band(last, self.terms.kind, day).upper
        return last + last * self.terms.bound_bps // 10_000

    def of_the_day(self, day: date) -> tuple[int, int]:
        """Won bought and sold, with what waits."""
        won = dict(self.traded)
        for name in self.queue:
            order = self.lines[name].order
            assert order is not None
            price = self.lines[name].last if order.side is Side.SELL else self.reserved(name, day)
            won[order.side] += order.left * (order.limit or price)
        return won[Side.BUY], won[Side.SELL]

    def decide(self, here: Mapping[str, Bar], day: date) -> None:
        terms = self.terms
        wanted = []
        for name, bar in here.items():
            line = self.lines[name]
            if line.position.quantity:
                if bar.exit and not line.want:
                    line.want = "exit"
                if line.want and not (line.order is not None and line.order.side is Side.SELL):
                    self.write(name, Side.SELL, line.position.quantity, line.want)
            elif bar.entry and not bar.exit and line.order is None:
                wanted.append(name)
        wanted.sort(key=lambda name: (-here[name].close * here[name].volume, name))
        equity, free = self.equity(), self.purse(day)
        places = terms.max_positions - sum(line.position.quantity > 0 for line in self.lines.values())
        for name in self.queue:
            line, order = self.lines[name], self.lines[name].order
            assert order is not None
            if order.side is Side.BUY:
                amount = order.left * self.reserved(name, day)
                free -= amount + fee(amount)
                places -= line.position.quantity == 0
                continue
            amount = order.left * line.last
            places += order.left >= line.position.quantity
            if terms.reuse:
                free += amount - fee(amount) - sell_tax(amount, Market.KOSPI, terms.kind, day)
        for name in wanted:
            if places < 1:
                break
            last, reserved = self.lines[name].last, self.reserved(name, day)
            affordable = max(0, free) * 100_000 // 100_015 // reserved
            quantity = min(equity * terms.weight_bps // 10_000 // last, affordable)
            bought, sold = self.of_the_day(day)
            for bps, counted, price in (
                (terms.own_bps, 0, last),
                (terms.grade_bps, 0, reserved),
                (terms.bought_bps, bought, last),
                (terms.turnover_bps, bought + sold, reserved),
            ):
                if bps:
                    quantity = min(quantity, max(0, equity * bps // 10_000 - counted) // price)
            quantity = min(quantity, terms.order_cap // reserved)
            if quantity < 1 or quantity * last < terms.min_order:
                continue
            self.write(name, Side.BUY, quantity, "entry")
            free -= quantity * reserved + fee(quantity * reserved)
            places -= 1
