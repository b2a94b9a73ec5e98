"""`quartz cycle --user NAME`: one portfolio check by hand, and what came of it in a few Korean lines.

Under a signed mandate its orders go out; without one they wait for an approval, whose ID is printed: the conversation
answers it. Each minute is a slot of its own, and the same slot again only shows what it led to.
"""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any

from domain.clock import KST
from ui.commands.by_name import Lines, add_user, run_for

WAITS = "승인을 기다려요. ./quartz chat --user {name} 에서 아래처럼 답해 주세요.\n  /approve {id}\n  /reject {id}"
SLOT = "%Y-%m-%dT%H:%M"
SHOWN_BEFORE = "(이 시각의 점검은 이미 했어요. 그때의 결과예요.)"


def main(arguments: list[str]) -> int:
    return run_by_hand("cycle", "잔고를 점검하고 필요하면 주문을 제안하거나, 위임 안에서 주문해요.", arguments)


def run_by_hand(kind: str, text: str, arguments: list[str]) -> int:
    """One run of the cycle graph of that kind. Exit status 1 when nothing could be done."""
    options = _parser(kind, text).parse_args(arguments)

    async def work(parts: Any, who: Any) -> Lines:
        return await check(parts.runner, who, kind, options.slot, report_only=options.report_only)

    return run_for(options.user, work)


def _parser(kind: str, text: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"quartz {kind}", description=text)
    add_user(parser, "누구의 계좌인지")
    parser.add_argument("--report-only", action="store_true", help="점검만 하고 주문하지 않아요")
    parser.add_argument("--slot", default=None, metavar="YYYY-MM-DDTHH:MM", type=_slot, help="점검 시각 (기본: 지금)")
    return parser


def _slot(text: str) -> str:
    return datetime.fromisoformat(text).strftime(SLOT)


async def check(runner: Any, who: Any, kind: str, slot: str | None, *, report_only: bool = False) -> Lines:
    """The lines to show, and whether it failed. `slot` None is this minute of the market's clock, KST."""
    from domain.calendar import calendar_named
    from domain.slots import moment_of, reports_only
    from tools.ports import PortUnavailable

    try:
        market = await runner.ports.market.market_clock()
    except PortUnavailable as gone:
        return [gone.message], True
    at = slot or market.now.ToDatetime(KST).strftime(SLOT)
    late = reports_only(calendar_named(market.calendar or "krx"), moment_of(at))
    result = await runner.run_cycle(who, kind, at, report_only=report_only or late)
    lines = [] if result.fresh else [SHOWN_BEFORE]
    if result.approval is not None:
        reasons = result.values.get("reasons") or []
        lines += [f"{at} 점검: {'; '.join(reasons)}."] if reasons else []
    lines.append(result.reply)
    if result.approval is not None:
        lines.append(WAITS.format(name=who.name, id=result.approval.approval_id))
    return lines, result.failed
