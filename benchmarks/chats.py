"""Many conversations at once in one process, in rules mode: how long a turn takes, what a session weighs,
and no cross-talk.

Everybody has an own account and orders an own number of shares, approves it, and asks for the balance, which must show
that number and nobody else's. Twice the same talk: as people talk, a message every `PAUSE` seconds each, and without
a pause, where everybody always waits for an answer and a turn takes what its share of the machine takes. The floor is
one conversation alone in the same process. Each part says that it began and how long it took.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field

from benchmarks.home import assembled, ms, percentile, person, profiled, rss, same_profile, say, spread, table
from tools.ports import Identity
from ui.wiring import Assembled

TALK = ("안녕하세요", "시장 어때?", "삼성전자 어때?", "잔고", "미체결 보여줘", "예수금 얼마야?")
TICKER, NAME = "035720", "카카오"  # fifty shares of it stay under every limit
PAUSE = 10.0
FILL_SECONDS = 60.0


@dataclass
class Clocked:
    """Seconds of each kind of turn."""

    talk: list[float] = field(default_factory=list)
    calm: list[float] = field(default_factory=list)
    order: list[float] = field(default_factory=list)


async def _talk(parts: Assembled, who: Identity, times: Clocked) -> None:
    for text in TALK:
        began = time.perf_counter()
        await say(parts, who, text)
        times.talk.append(time.perf_counter() - began)


async def _calm(parts: Assembled, who: Identity, times: Clocked, chance: random.Random) -> None:
    """As `_talk`, with a pause before each message; nobody writes in step with the others."""
    for text in TALK:
        await asyncio.sleep(chance.uniform(0.0, 2 * PAUSE))
        began = time.perf_counter()
        await say(parts, who, text)
        times.calm.append(time.perf_counter() - began)


async def _all(what: str, work: Iterable[Awaitable[object]]) -> float:
    """Everybody at once; how long it took is said on standard error."""
    sys.stderr.write(f"{what} … ")
    sys.stderr.flush()
    began = time.perf_counter()
    await asyncio.gather(*work)
    took = time.perf_counter() - began
    sys.stderr.write(f"{took:.1f} s\n")
    return took


async def _order(parts: Assembled, who: Identity, shares: int, times: Clocked) -> None:
    began = time.perf_counter()
    card = await say(parts, who, f"{NAME} {shares}주 시장가 매수")
    if card.approval is None:
        raise RuntimeError(f"expected a card for {shares} shares, was {card.reply!r}")
    approval = card.approval.approval_id
    await parts.decisions.decide(who.user_id, approval, "approve", channel="benchmark")
    await parts.runner.resume(who, approval)
    times.order.append(time.perf_counter() - began)


async def _check(parts: Assembled, who: Identity, shares: int) -> None:
    """The balance, in the ledger and in the words, is this person's."""
    until = time.monotonic() + FILL_SECONDS
    while True:
        held = [(each.ticker, each.quantity) for each in (await parts.ports.oms.book(who)).positions]
        if held == [(TICKER, shares)] or time.monotonic() > until:
            break
        await asyncio.sleep(0.5)
    reply = (await say(parts, who, "잔고")).reply
    if held != [(TICKER, shares)] or f"{NAME} {shares}주" not in reply:
        raise RuntimeError(f"expected {shares} shares of {who.name}, was {held} and {reply!r}")


async def _run(people: int) -> int:
    async with assembled() as parts:
        alone, together = Clocked(), Clocked()
        first = await person(parts, "chat-0")
        await profiled(parts, first)
        await _talk(parts, first, Clocked())  # warm
        await _talk(parts, first, alone)
        await _order(parts, first, 1, alone)
        before = rss()
        others = [await person(parts, f"chat-{number}") for number in range(1, people + 1)]
        await _all("profiles", (same_profile(parts, first, who) for who in others))
        chance = random.Random(1)
        await _all("talk, with pauses", (_calm(parts, who, together, chance) for who in others))
        took = await _all("talk, without pause", (_talk(parts, who, together) for who in others))
        weight = (rss() - before) / people
        await _all("orders", (_order(parts, who, 2 + at, together) for at, who in enumerate(others)))
        for at, who in enumerate(others):  # one after another: asking for fifty books all the time would starve the OMS
            await _all(f"balance {at + 1} of {people}", [_check(parts, who, 2 + at)])
        _show(people, alone, together, took, weight)
    return 0


def _show(people: int, alone: Clocked, together: Clocked, took: float, weight: float) -> None:
    rows = [
        ("one chat alone: a turn", *spread(alone.talk)),
        (f"{people} chats, a message every {PAUSE:.0f} s each: a turn", *spread(together.calm)),
        (f"{people} chats without pause: a turn", *spread(together.talk)),
        ("one chat alone: order, approve, first word", *spread(alone.order)),
        (f"{people} chats at once: order, approve, first word", *spread(together.order)),
    ]
    each = took / len(together.talk)
    floor = sum(alone.talk) / len(alone.talk)
    fair = each * people
    closing = {
        "turns a second": f"{1 / each:,.0f} together, {1 / floor:,.0f} alone; ratio {floor / each:.2f} (floor 1)",
        "p50 as people talk over alone": f"{statistics.median(together.calm) / statistics.median(alone.talk):.2f}",
        "p95 without pause over a fair share": f"{percentile(together.talk, 0.95) / fair:.2f} of {ms(fair)}",
        "memory a session": f"{weight / 1024:,.0f} KiB",
        "cross-talk": f"none in {people} balances",
    }
    table("chats at once, rules mode", ("what", "p50", "p95"), rows, closing)


def main(people: int) -> int:
    return asyncio.run(_run(people))
