"""`quartz diary [--user NAME] [--day YYYY-MM-DD]`: what the regular checks of an account saw and did on a day."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from domain.clock import KST
from ui.commands.by_name import Lines, add_user, run_for

TOO_OLD = "{days}일보다 오래된 일지는 여기에서 보여 드리지 못해요. 기록은 그대로 남아 있어요."


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="quartz diary", description="정기 점검이 하루 동안 보고 한 일을 보여 줘요.")
    add_user(parser, "누구의 일지인지")
    parser.add_argument("--day", type=date.fromisoformat, default=None, metavar="YYYY-MM-DD", help="날짜 (기본: 오늘)")
    options = parser.parse_args(arguments)

    async def work(parts: Any, who: Any) -> Lines:
        return await shown(parts.ports, who, options.day)

    return run_for(options.user, work)


async def shown(ports: Any, who: Any, day: date | None) -> Lines:
    """The lines of a day, today's by the market's clock."""
    from nodes.diary import FURTHEST, diary_of, nothing
    from tools.ports import PortUnavailable

    try:
        if day is None:
            day = (await ports.market.market_clock()).now.ToDatetime(KST).date()
        if (ports.clock.now().date() - day).days > FURTHEST:
            return [TOO_OLD.format(days=FURTHEST)], True
        lines = await diary_of(ports, who.user_id, day)
    except PortUnavailable as gone:
        return [gone.message], True
    return lines or [nothing(day)], False
