"""`quartz strategy activate|pause|stop|status --user NAME`: running strategies from a terminal, in Korean lines.

Activation prints the mandate's bounds and its id; it is signed in a conversation (/sign) or on the desk page, because a
command line proves nobody. Exit status 1 when nothing could be done.
"""

from __future__ import annotations

import argparse
import re
from typing import Any

from ui.commands.by_name import Lines, add_user, run_for

ACTIONS = ("activate", "pause", "stop", "status")
HELP = {
    "activate": "가장 최근 전략을 켜고 위임을 제안해요",
    "pause": "새로 사지 않고 팔기만 해요",
    "stop": "판단을 멈춰요 (손절·익절은 계속 지켜봐요)",
    "status": "전략이 어떻게 되고 있는지 보여 줘요",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=f"quartz strategy {arguments[0]}", description=HELP[arguments[0]])
    parser.add_argument("action", choices=ACTIONS)
    add_user(parser, "누구의 전략인지")
    options = parser.parse_args(arguments)
    return run_for(options.user, lambda parts, who: act(parts.ports, who, options.action))


async def act(ports: Any, who: Any, action: str) -> Lines:
    """The lines to show, and whether it failed."""
    from domain.evidence import render
    from domain.strategy.running import RunState
    from nodes.account.context import Sheet
    from nodes.account.strategies import NONE, NotStarted, change, start, status_lines
    from tools.ports import PortUnavailable

    try:
        if action == "activate":
            made = await start(ports, who, ("terminal", str(ports.new_id())), "terminal")
            return list(made.lines), False
        if action == "status":
            sheet = Sheet("OMS 장부", ports.clock.now())
            lines = await status_lines(ports, who, sheet)
            return [render(line, sheet.figures) for line in lines] or [NONE], False
        lines = await change(ports, who, RunState.PAUSED if action == "pause" else RunState.STOPPED, "terminal")
        return (lines, False) if lines else ([NONE], True)
    except NotStarted as missing:
        return [
            re.sub(r" 먼저 전략을 만들까요\?| 지금 알아볼까요\?", " ./quartz chat에서 할 수 있어요.", missing.text)
        ], True
    except PortUnavailable as gone:
        return [gone.message], True
