"""What a command does in the name of a user of this instance: services brought up, the account found, lines printed.

Contract: the lines are the answer and go to standard output, or to standard error where it failed; whatever is told on
the way goes to standard error. Exit status 1 when nothing could be done.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any

Lines = tuple[list[str], bool]  # what is shown, and whether it failed
UNKNOWN_USER = "'{name}' 님의 계좌가 없어요. 먼저 ./quartz chat --user {name} 으로 대화를 시작해 주세요."


def add_user(parser: argparse.ArgumentParser, help_: str) -> None:
    from ui.people import default_user

    parser.add_argument("--user", default=default_user(), metavar="NAME", help=f"{help_} (기본: 로그인한 이름)")


def run_for(name: str, work: Callable[[Any, Any], Awaitable[Lines]]) -> int:
    """`work(parts, who)` with the assembled parts and the `Identity` of `name`; the exit status."""
    from execution.oms.logs import configure
    from tools.settings import load_settings
    from ui.stack_use import connect

    settings = load_settings()
    configure("warning")
    with connect(settings, _tell) as connected:
        lines, failed = asyncio.run(_run(settings, connected.endpoints, name, work))
    (sys.stderr if failed else sys.stdout).write("\n".join(lines) + "\n")
    return int(failed)


async def _run(settings: Any, endpoints: Any, name: str, work: Callable[[Any, Any], Awaitable[Lines]]) -> Lines:
    from tools.ports import Identity
    from tools.store.users import find_user
    from ui.wiring import assemble

    async with assemble(settings, endpoints) as parts:
        async with parts.people.connection() as connection:
            user = await find_user(connection, name)
        account = None if user is None else user.account(settings.broker.value)
        if user is None or account is None:
            return [UNKNOWN_USER.format(name=name)], True
        return await work(parts, Identity(user.user_id, user.name, account.account_ref, account.venue))


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
