"""오늘 일지: the day's diary in conversation, by the market's day, which is what slots are named by."""

from __future__ import annotations

from domain.clock import KST
from nodes.account.context import Desk, Outcome, says
from nodes.diary import diary_of, nothing


async def today(desk: Desk) -> Outcome:
    clock = await desk.ports.market.market_clock()
    day = clock.now.ToDatetime(KST).date()
    lines = await diary_of(desk.ports, desk.who.user_id, day)
    return says("\n".join([f"{day.month}월 {day.day}일 일지예요.", *lines]) if lines else nothing(day), "diary")
