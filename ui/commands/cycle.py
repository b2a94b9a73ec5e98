"""`quartz cycle --user NAME`: one portfolio check by hand, and what came of it in a few Korean lines.

Under a signed mandate its orders go out; without one they wait for an approval, whose ID is printed: the conversation
answers it. Each minute is a slot of its own, and the same slot again only shows what it led to.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import datetime
from typing import Any

from domain.clock import KST

UNKNOWN_USER = "'{name}' 님의 계좌가 없어요. 먼저 ./quartz chat --user {name} 으로 대화를 시작해 주세요."
WAITS = "승인을 기다려요. ./quartz chat --user {name} 에서 아래처럼 답해 주세요.\n  /approve {id}\n  /reject {id}"
SLOT = "%Y-%m-%dT%H:%M"
SHOWN_BEFORE = "(이 시각의 점검은 이미 했어요. 그때의 결과예요.)"


def main(arguments: list[str]) -> int:
    return run_by_hand("cycle", "잔고를 점검하고 필요하면 주문을 제안하거나, 위임 안에서 주문해요.", arguments)


def run_by_hand(kind: str, text: str, arguments: list[str]) -> int:
    """One run of the cycle graph of that kind. Exit status 1 when nothing could be done."""
    options = _parser(kind, text).parse_args(arguments)
    from execution.oms.logs import configure
    from tools.settings import load_settings
    from ui.stack import connect

    settings = load_settings()
    configure("warning")  # on stderr: standard output is the answer
    with connect(settings, _tell) as connected:
        lines, failed = asyncio.run(_run(settings, connected.endpoints, kind, options))
    (sys.stderr if failed else sys.stdout).write("\n".join(lines) + "\n")
    return int(failed)


def _parser(kind: str, text: str) -> argparse.ArgumentParser:
    from ui.people import default_user

    parser = argparse.ArgumentParser(prog=f"quartz {kind}", description=text)
    parser.add_argument("--user", default=default_user(), metavar="NAME", help="누구의 계좌인지 (기본: 로그인한 이름)")
    parser.add_argument("--report-only", action="store_true", help="점검만 하고 주문하지 않아요")
    parser.add_argument("--slot", default=None, metavar="YYYY-MM-DDTHH:MM", type=_slot, help="점검 시각 (기본: 지금)")
    return parser


def _slot(text: str) -> str:
    return datetime.fromisoformat(text).strftime(SLOT)


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


async def _run(settings: Any, endpoints: Any, kind: str, options: argparse.Namespace) -> tuple[list[str], bool]:
    from tools.store.users import find_user
    from ui.wiring import assemble

    async with assemble(settings, endpoints) as parts:
        async with parts.people.connection() as connection:
            user = await find_user(connection, options.user)
        account = None if user is None else user.account(settings.broker.value)
        if user is None or account is None:
            return [UNKNOWN_USER.format(name=options.user)], True
        from tools.ports import Identity

        who = Identity(user.user_id, user.name, account.account_ref, account.venue)
        return await check(parts.runner, who, kind, options.slot, report_only=options.report_only)


async def check(
    runner: Any, who: Any, kind: str, slot: str | None, *, report_only: bool = False
) -> tuple[list[str], bool]:
    """The lines to show, and whether it failed. `slot` None is this minute of the market's clock, KST."""
    from graph.portfolio_cycle import reports_only
    from tools.ports import PortUnavailable

    try:
        market = await runner.ports.market.market_clock()
    except PortUnavailable as gone:
        return [gone.message], True
    at = slot or market.now.ToDatetime(KST).strftime(SLOT)
    late = market.calendar != "always" and reports_only(at)
    result = await runner.run_cycle(who, kind, at, report_only=report_only or late)
    lines = [] if result.fresh else [SHOWN_BEFORE]
    if result.approval is not None:
        reasons = result.values.get("reasons") or []
        lines += [f"{at} 점검: {'; '.join(reasons)}."] if reasons else []
    lines.append(result.reply)
    if result.approval is not None:
        lines.append(WAITS.format(name=who.name, id=result.approval.approval_id))
    return lines, result.failed
