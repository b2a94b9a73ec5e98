"""Real prices: an order in a replayed day fills inside that day's own range, at any replay speed."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest
from oms_path import SAMSUNG, Path_

from domain.orders.types import Side
from domain.proto import oms_pb2 as pb

DAY = "2026-03-03"


@pytest.fixture(scope="module")
def exchange_options(shared_dir: Path) -> tuple[str, ...]:
    return ("--replay", str(shared_dir / "data" / "krx" / "daily"), "--from", DAY, "--speed", "60")


async def test_an_order_in_a_fast_replay_fills_inside_the_days_real_range(path: Path_, shared_dir: Path) -> None:
    who = path.person()
    for _ in range(120):
        clock = await path.market.market_clock()
        if clock.phase == "continuous":
            break
        await asyncio.sleep(0.5)
    assert (clock.trade_date, clock.phase) == (DAY, "continuous")
    plan = who.plan((SAMSUNG, Side.BUY, 10, await path.marketable(SAMSUNG)))
    ref = pb.PlanRef(plan_id=str(plan.plan_id), version=1, account_ref=who.account)
    assert (await path.client.preview(who.identity, ref)).admissible
    assert (await path.market.market_clock()).speed == "1"  # the market waits for the person
    request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, approval_id=who.approve(plan))
    reply = await path.client.submit(who.identity, request)
    assert reply.outcome == pb.SubmitReply.ADMITTED, reply
    (order,) = await path.until(who, "FILLED")
    rows = (shared_dir / "data" / "krx" / "daily" / f"{SAMSUNG}.csv").read_text(encoding="utf-8").splitlines()
    bar = next(row for row in csv.DictReader(rows) if row["date"] == DAY)
    assert int(bar["low"]) <= order.filled_amount // order.filled <= int(bar["high"])
    await path.agrees(who)
