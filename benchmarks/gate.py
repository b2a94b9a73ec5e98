"""The pre-trade gate over a million mixed orders, in thread CPU time.

Small accounts (one holding, one open order) and large ones (12 and 10) of several grades; buys, sales and cancels,
limit and market, by approval, mandate and exit mandate, at all three stages; a part of them wrong in one way. Every
order has views of its own, made outside the clock as the OMS makes them: nothing is kept from one check to the next but
what the process keeps. The peer is a plain gate of 16 comparisons on figures that were summed for it, the floor a call
of nothing; both are timed for the same orders in the same loop. The seed fixes the digest of all verdicts.
"""

from __future__ import annotations

import gc
import hashlib
import random
import time
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from datetime import time as clock_time
from uuid import UUID

from benchmarks.home import table
from domain.calendar import Phase
from domain.clock import KST
from domain.gate.cancel import check_cancel
from domain.gate.check import check
from domain.gate.config import gate_config
from domain.gate.finding import Verdict
from domain.gate.order import GateCancel, GateOrder, Stage
from domain.gate.view import (
    AccountView,
    Approval,
    Authority,
    Cash,
    Exiting,
    GateView,
    Holding,
    IdsView,
    Mandated,
    MarketView,
    OpenOrder,
    Signature,
    SuitabilityView,
)
from domain.instruments import Instrument, Instruments
from domain.limits import limits_for
from domain.mandate import ExitMandate, Mandate, MandateKind, Usage, bounds_hash
from domain.orders.types import Initiative, IntentState, OrderType, Side, TradingState
from domain.suitability import Grade
from domain.ticks import round_to_tick

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
SEED = 20261123
A_ROUND = 50_000
ACCOUNTS = 64
WARM_UP = 5_000
SHARES = (0.5, 0.99, 0.9999)
AIM_NS = {0.99: 20_000, 0.9999: 200_000}


@dataclass(frozen=True, slots=True)
class Plain:
    """The peer's figures: what an account adds up to, once for all its orders."""

    cash: int
    limit: int
    loss: int
    gross: int
    resting: int
    halted: bool
    positions: dict[str, int]
    recent: frozenset[tuple[str, Side, int, int]]


def plain_gate(ticker: str, side: Side, quantity: int, price: int, base: int, known: Instruments, own: Plain) -> str:
    """16 comparisons, no words, no clamps, no ages: what a pre-trade check costs at the least."""
    value = quantity * price
    if own.halted:
        return "HALT"
    if known.get(ticker) is None:
        return "INSTRUMENT"
    if quantity <= 0:
        return "QUANTITY"
    if quantity > 1_000_000:
        return "QUANTITY_MOST"
    if price <= 0:
        return "PRICE"
    if price % (5 if price < 20_000 else 10):
        return "TICK"
    if price > base * 13 // 10:
        return "BAND_TOP"
    if price < base * 7 // 10:
        return "BAND_BOTTOM"
    if side is Side.BUY and price > base * 105 // 100:
        return "COLLAR"
    if value > own.limit:
        return "ORDER_VALUE"
    if (ticker, side, quantity, price) in own.recent:
        return "DUPLICATE"
    if side is Side.BUY and value > own.cash:
        return "CASH"
    if side is Side.SELL and quantity > own.positions.get(ticker, 0):
        return "SELLABLE"
    if own.loss > own.limit:
        return "LOSS"
    if own.gross + value > own.limit * 10:
        return "EXPOSURE"
    if own.resting + value > own.limit * 5:
        return "UNEXECUTED"
    return ""


def nothing(order: GateOrder | GateCancel, view: GateView) -> None:
    """The floor: a call and the two clocks around it."""


class World:
    """Accounts and orders from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.instruments = Instruments.load()
        self.names = self.instruments.all()
        self.accounts = [self._view(large=n % 2 == 1) for n in range(ACCOUNTS)]
        self.plain = [plain_of(view) for view in self.accounts]

    def _id(self) -> UUID:
        return UUID(int=self.random.getrandbits(128))

    def _price(self, of: Instrument) -> int:
        return round_to_tick(max(of.level, 1_000), Side.BUY, of.kind, NOW.date())

    def _view(self, *, large: bool) -> GateView:
        pick = self.random
        held = pick.sample(self.names, 12 if large else 1)
        capital = 300_000_000 if large else 5_000_000
        holdings = []
        for name in held:
            shares = max(1, capital // 25 // self._price(name))
            holdings.append(Holding(name.ticker, shares, self._price(name), shares, {"manual": shares}))
        resting = [self._resting(pick.choice(self.names), capital) for _ in range(10 if large else 1)]
        grade = pick.choice([Grade.AGGRESSIVE, Grade.AGGRESSIVE, Grade.ACTIVE, Grade.NEUTRAL])
        return GateView(
            account=AccountView(
                TradingState.ACTIVE, NOW, Cash(capital // 2, NOW), capital, tuple(holdings), tuple(resting),
                traded_today=capital // 20, day_start_value=capital, high_water=capital, day_profit=-capital // 500,
                messages_last_minute=4, rejections_in_row=0,
            ),
            market={name.ticker: self._market(name) for name in self.names},
            suitability=SuitabilityView(grade, 1, NOW + timedelta(days=200)),
            authority=None,
            ids=IdsView({self._id(): "hash" for _ in range(4)}, self._recent()),
            limits=limits_for(grade, capital),
            instruments=self.instruments,
            config=gate_config("sim"),
            wall=NOW,
        )  # fmt: skip

    def _recent(self) -> tuple[Signature, ...]:
        pick = self.random
        return tuple(
            Signature(
                pick.choice(self.names).ticker, Side.BUY, pick.randrange(1, 9), 10_000, NOW - timedelta(minutes=1)
            )
            for _ in range(5)
        )

    def _market(self, name: Instrument) -> MarketView:
        price = self._price(name)
        return MarketView(
            NOW,
            Phase.CONTINUOUS,
            price,
            NOW - timedelta(seconds=1),
            "stream",
            price,
            interrupted=False,
            average_volume=2_000_000,
        )

    def _resting(self, name: Instrument, capital: int) -> OpenOrder:
        price = round_to_tick(self._price(name) * 97 // 100, Side.BUY, name.kind, NOW.date())
        shares = max(1, capital // 200 // price)
        state = IntentState.NEW if self.random.random() < 0.1 else IntentState.ACKED
        at = None if state is IntentState.NEW else NOW - timedelta(minutes=5)
        return OpenOrder(
            self._id(),
            name.ticker,
            Side.BUY,
            shares,
            price,
            state,
            reserved=shares * price,
            acked_at=at,
            sleeve="manual",
        )

    def orders(self, count: int) -> Iterator[tuple[GateOrder | GateCancel, GateView, Stage, bool, Plain]]:
        for _ in range(count):
            at = self.random.randrange(ACCOUNTS)
            order, view, stage, clamp = self._case(self.accounts[at])
            yield order, view, stage, clamp, self.plain[at]

    def _case(self, view: GateView) -> tuple[GateOrder | GateCancel, GateView, Stage, bool]:
        pick, account = self.random, replace(view.account)
        if pick.random() < 0.1:
            return GateCancel(self._id(), pick.choice(account.open_orders).order_id), view, Stage.ADMIT, False
        side = Side.SELL if pick.random() < 0.3 else Side.BUY
        holding = pick.choice(account.holdings)
        name = pick.choice(self.names)
        if side is Side.SELL:
            name = self.instruments.get(holding.ticker) or name
        price: int | None = self._limit(name, side)
        if pick.random() < 0.1:
            price = None
        most = holding.quantity if side is Side.SELL else (account.equity or 0) // 40 // self._price(name)
        quantity = max(1, int(most * pick.random()))
        stage = pick.choice([Stage.PREVIEW, Stage.ADMIT, Stage.RELEASE])
        order = GateOrder(
            intent_id=self._id(), ticker=name.ticker, side=side, quantity=quantity,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT, limit_price=price,
            not_after=NOW + timedelta(minutes=3), sleeve="manual",
            initiative=pick.choice([Initiative.AGENT, Initiative.USER]), payload_hash="hash",
        )  # fmt: skip
        order, account = self._wrong(order, account)
        own = replace(view, account=account, authority=self._authority(order, stage))
        return order, own, stage, stage is Stage.PREVIEW

    def _limit(self, name: Instrument, side: Side) -> int:
        away = self.random.randrange(0, 300)
        bps = 10_000 - away if side is Side.BUY else 10_000 + away
        return round_to_tick(self._price(name) * bps // 10_000, side, name.kind, NOW.date())

    def _wrong(self, order: GateOrder, account: AccountView) -> tuple[GateOrder, AccountView]:
        """One order in five breaks something."""
        kind, price = self.random.randrange(40), order.limit_price
        if kind == 0:
            return replace(order, quantity=order.quantity * 1_000), account
        if kind == 1 and price is not None:
            return replace(order, limit_price=price * 2), account
        if kind in (2, 3) and price is not None:
            return replace(order, limit_price=price + 1), account
        if kind == 4:
            return replace(order, not_after=NOW - timedelta(seconds=1)), account
        if kind == 5:
            return order, replace(account, cash=None)
        if kind == 6:
            return order, replace(account, trading_state=TradingState.REDUCING)
        if kind == 7:
            return order, replace(account, frozen_tickers=frozenset({order.ticker}))
        return order, account

    def _authority(self, order: GateOrder, stage: Stage) -> Authority | None:
        if stage is Stage.PREVIEW:
            return None
        if order.side is Side.SELL and self.random.random() < 0.3:
            return Exiting(ExitMandate(self._id(), "sim-1", order.ticker, "manual", self._id()), order.quantity)
        if self.random.random() < 0.2:
            return self._mandated(order.ticker)
        return Approval("plan", "plan", {1: order.quantity}, NOW + timedelta(minutes=5))

    def _mandated(self, ticker: str) -> Mandated:
        mandate = Mandate(
            UUID(int=hash_of(ticker)), "sim-1", MandateKind.CYCLE, frozenset({ticker}), frozenset(),
            10_000_000, 50_000_000, clock_time(9), clock_time(15, 20), NOW + timedelta(days=30),
        )  # fmt: skip
        return Mandated(mandate, Usage(), bounds_hash(mandate))


def hash_of(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def plain_of(view: GateView) -> Plain:
    account = view.account
    positions = {holding.ticker: holding.quantity for holding in account.holdings}
    gross = sum(holding.quantity * holding.price for holding in account.holdings)
    resting = sum(order.remaining * order.price for order in account.open_orders)
    return Plain(10**8, 10**8, 0, gross, resting, False, positions, frozenset())


def _told(verdict: Verdict) -> bytes:
    order = verdict.order
    after = None if order is None else (order.quantity, order.limit_price)
    said = [(f.code, f.effect.value, f.was, f.limit) for f in verdict.findings]
    return repr((said, after, verdict.value, verdict.reserve, verdict.fee, verdict.tax)).encode()


def main(rounds: int) -> int:
    count, world, digest, seen = rounds * A_ROUND, World(SEED), hashlib.sha256(), Counter[str]()
    cpu, base, peer = (array("q", bytes(8 * count)) for _ in range(3))
    worst = 0
    gc.collect()
    gc.freeze()  # what start-up left would be walked by every full collection, in a pause that no order has earned
    before = sum(generation["collections"] for generation in gc.get_stats())
    clock, wall = time.thread_time_ns, time.perf_counter_ns
    get = world.instruments.get
    for n, (order, view, stage, clamp, own) in enumerate(world.orders(WARM_UP + count), start=-WARM_UP):
        if isinstance(order, GateCancel):
            began = clock()
            nothing(order, view)
            floor_ns = clock() - began
            peer_ns, began_wall, began = 0, wall(), clock()
            verdict = check_cancel(order, view)
        else:
            began = clock()
            nothing(order, view)
            floor_ns = clock() - began
            found = get(order.ticker)
            level = 0 if found is None else found.level
            price = level if order.limit_price is None else order.limit_price
            began = clock()
            plain_gate(order.ticker, order.side, order.quantity, price, level, world.instruments, own)
            peer_ns = clock() - began
            began_wall, began = wall(), clock()
            verdict = check(order, view, stage, clamp_allowed=clamp)
        took, took_wall = clock() - began, wall() - began_wall
        if n < 0:
            continue
        cpu[n], base[n], peer[n] = took, floor_ns, peer_ns
        worst = max(worst, took_wall)
        seen[verdict.order_class.value] += 1
        seen["admitted"] += verdict.admissible
        seen["clamped"] += any(f.effect == "clamp" for f in verdict.findings)
        digest.update(_told(verdict))
    collected = sum(generation["collections"] for generation in gc.get_stats()) - before
    gc.unfreeze()
    if not 0.5 < seen["admitted"] / count < 0.95:
        raise RuntimeError(f"expected most orders to pass and some not, was {dict(seen)}")
    _report(count, cpu, base, array("q", filter(None, peer)), worst, collected, seen, digest.hexdigest())
    return 0


def _report(
    count: int, cpu: array[int], base: array[int], peer: array[int], worst: int, collected: int,
    seen: Counter[str], digest: str,
) -> None:  # fmt: skip
    def at(values: list[int], share: float) -> int:
        return values[min(len(values) - 1, int(share * len(values)))]

    rows, sums = [], {}
    for name, values in (("gate", cpu), ("plain gate of 16 checks", peer), ("a call of nothing", base)):
        ordered = sorted(values)
        sums[name] = [at(ordered, share) for share in SHARES]
        rows.append((name, *(f"{ns / 1000:.2f} µs" for ns in sums[name]), f"{ordered[-1] / 1000:,.0f} µs"))
    ours, plain = sums["gate"], sums["plain gate of 16 checks"]
    table(
        f"{count:,} orders: {dict(seen)}",
        ("thread CPU time", "p50", "p99", "p99.99", "most"),
        rows,
        {
            "gate to the plain gate, p50 and p99": f"{ours[0] / plain[0]:.1f} and {ours[1] / plain[1]:.1f} times",
            "aim": ", ".join(f"p{share * 100:g} ≤ {ns / 1000:.0f} µs" for share, ns in AIM_NS.items()),
            "worst wall time": f"{worst / 1000:,.0f} µs, {collected:,} garbage collections in the run",
            "verdicts": digest[:16],
        },
    )
