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
import time
from array import array
from collections import Counter

from benchmarks.gate_orders import Plain, World
from benchmarks.home import table
from domain.gate.cancel import check_cancel
from domain.gate.check import check
from domain.gate.finding import Verdict
from domain.gate.order import GateCancel, GateOrder
from domain.gate.view import GateView
from domain.instruments import Instruments
from domain.orders.types import Side

SEED = 20261123
A_ROUND = 50_000
WARM_UP = 5_000
PEER = "plain gate of 16 checks"
SHARES = (0.5, 0.99, 0.9999)
AIM_NS = {0.99: 20_000, 0.9999: 200_000}


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


def _told(verdict: Verdict) -> bytes:
    order = verdict.order
    after = None if order is None else (order.quantity, order.limit_price)
    said = [(f.code, f.effect.value, f.was, f.limit) for f in verdict.findings]
    return repr((said, after, verdict.value, verdict.reserve, verdict.fee, verdict.tax)).encode()


def main(rounds: int) -> int:
    count, world, digest, seen = rounds * A_ROUND, World(SEED), hashlib.sha256(), Counter[str]()
    cpu, base, peer = (array("q", bytes(8 * count)) for _ in range(3))
    worst, admitted = 0, array("b", bytes(count))
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
        admitted[n] = verdict.admissible
        seen["admitted"] += verdict.admissible
        seen["clamped"] += any(f.effect == "clamp" for f in verdict.findings)
        digest.update(_told(verdict))
    collected = sum(generation["collections"] for generation in gc.get_stats()) - before
    gc.unfreeze()
    if not 0.5 < seen["admitted"] / count < 0.95:
        raise RuntimeError(f"expected most orders to pass and some not, was {dict(seen)}")
    measured = {
        "gate": cpu,
        "  orders that it let through": array("q", (took for took, well in zip(cpu, admitted, strict=True) if well)),
        "  orders that it refused": array("q", (took for took, well in zip(cpu, admitted, strict=True) if not well)),
        PEER: array("q", filter(None, peer)),
        "a call of nothing": base,
    }
    _report(count, measured, worst, collected, seen, digest.hexdigest())
    return 0


def _report(
    count: int, measured: dict[str, array[int]], worst: int, collected: int, seen: Counter[str], digest: str
) -> None:
    def at(values: list[int], share: float) -> int:
        return values[min(len(values) - 1, int(share * len(values)))]

    rows, sums = [], {}
    for name, values in measured.items():
        ordered = sorted(values)
        sums[name] = [at(ordered, share) for share in SHARES]
        rows.append((name, *(f"{ns / 1000:.2f} µs" for ns in sums[name]), f"{ordered[-1] / 1000:,.0f} µs"))
    ours, plain = sums["gate"], sums[PEER]
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
