"""From a person's 정지 to the last POST of an order that begins after it, and what was under way when it was said.

Accounts submit all the time; at a random moment the global halt goes through the door as the terminal sends it. The
clock runs from just before that call to the last order at the exchange's own arrival log, which is later than the
POST's beginning. Whatever the exchange took after the answer must be among those that the answer lists; nothing at all
may arrive in the second half of the watch. Then the desk is resumed, and the next run begins.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from benchmarks.home import ms, percentile, table
from benchmarks.orderpath import OrderPath, Person, order_path
from domain.clock import KST
from domain.proto import oms_pb2 as pb

ACCOUNTS = 8
A_RUN = 4  # plans an account and run
TOGETHER = 6  # runs with the same accounts
SPREAD_S = 0.15  # four orders of an account leave within about 0.2 s
WATCH_S = 0.8
Plans = tuple[Person, pb.SubmitRequest]
AIM_S = 0.05
SEED = 7


async def _state(path: OrderPath, state: str) -> pb.TradingStateReply:
    request = pb.TradingStateRequest(scope="global", state=state, reason="측정")
    reply: pb.TradingStateReply = await path.oms.SetTradingState(request, metadata=path.admin)
    return reply


async def _one(path: OrderPath, plans: Sequence[Plans], chance: random.Random) -> tuple[float, int]:
    """Seconds from the halt to the last order that arrived (0.0: none did), and how many were listed as under way."""
    submits = [path.oms.Submit(request, metadata=who.metadata) for who, request in plans]  # begun with the call
    before = len(await _posts(path))
    while len(await _posts(path)) == before:
        await path.core.wall.sleep(0.02)
    await asyncio.sleep(chance.uniform(0.0, SPREAD_S))  # into the middle of those that leave
    said = time.monotonic()
    reply = await _state(path, "HALTED")
    answered, listed = datetime.now(KST), {UUID(order.intent_id) for order in reply.in_flight}
    if reply.state != "HALTED":
        raise RuntimeError(f"expected everything to be halted, was {reply.state}")
    await asyncio.sleep(WATCH_S)
    late = [at - said for at in await _posts(path) if at > said]
    if late and late[-1] > WATCH_S / 2:
        raise RuntimeError(f"expected no order after a halt, was one after {late[-1]:.3f} s")
    await asyncio.gather(*submits)
    with path.database("oms") as db:
        acked = db.execute(
            "SELECT i.intent_id FROM ledger.intents i JOIN ledger.transitions t ON t.entity_id = i.intent_id::text"
            " WHERE t.event = 'REPLY_ACKED' AND t.at > %s",
            (answered,),
        ).fetchall()
    unlisted = {row[0] for row in acked} - listed
    if unlisted:
        raise RuntimeError(f"expected those under way to be listed, was without {len(unlisted)} of {len(acked)}")
    return (late[-1] if late else 0.0), len(listed)


async def _posts(path: OrderPath) -> list[float]:
    return [row["at"] for row in await path.arrivals() if row["path"].endswith("/order-cash")]


async def _ready(path: OrderPath, prices: Sequence[int]) -> list[list[Plans]]:
    """People with plans for `TOGETHER` runs, by run. New ones each time: an account may have 50 orders open."""
    people = await asyncio.gather(*(path.person() for _ in range(ACCOUNTS)))
    await asyncio.gather(*(path.opened([who]) for who in people))
    asked = await asyncio.gather(*(path.approved(who, prices) for who in people))
    return [
        [(who, one) for who, mine in zip(people, asked, strict=True) for one in mine[at : at + A_RUN]]
        for at in range(0, len(prices), A_RUN)
    ]


async def _run(rounds: int) -> int:
    chance, lasts, listed = random.Random(SEED), [], []
    async with order_path() as path:
        await path.opened([await path.person()])
        prices = await path.resting_prices(TOGETHER * A_RUN)
        ready: list[list[Plans]] = []
        for _ in range(rounds):
            ready = ready or await _ready(path, prices)
            await _state(path, "ACTIVE")
            last, under_way = await _one(path, ready.pop(), chance)
            lasts.append(last)
            listed.append(under_way)
    after = [last for last in lasts if last > 0]
    if not any(listed):
        raise RuntimeError("expected halts to meet orders on their way, was none in any run")
    table(
        f"{rounds} halts among {ACCOUNTS * A_RUN} plans each",
        ("what", "p50", "worst"),
        [
            ("halt to the last order at the exchange", ms(percentile(lasts, 0.5)), ms(max(lasts))),
            ("orders under way, listed in the answer", str(int(percentile(listed, 0.5))), str(max(listed))),
        ],
        {
            "runs with an order after the halt": f"{len(after)} of {rounds}",
            "aim": f"the last begun POST within {ms(AIM_S)}: " + ("held" if max(lasts) <= AIM_S else "not held"),
        },
    )
    return 0


def main(rounds: int) -> int:
    return asyncio.run(_run(rounds))
