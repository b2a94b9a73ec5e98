"""`quartz chat`: the conversation in a terminal, or as JSON lines for programs.

Uses a running `quartz up`, or starts what it needs. The name typed here is trusted: whoever can read the home of this
installation can do anything in it already.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import TYPE_CHECKING

from ui.people import default_user

if TYPE_CHECKING:  # words are typed long before these are there
    from tools.embedded.services import Endpoints
    from tools.settings import Settings

HELP = """한 줄에 한 메시지예요. 승인은 카드에 적힌 ID로 해요. ID를 빼면 마지막에 본 카드예요 (--json 제외).
  /approve ID [1=5] [부적합확인]   주문을 승인해요. 1=5는 1번 주문의 수량을 5주로 줄여요
  /reject ID                       주문을 거절해요
  /sign ID · /revoke ID            위임에 서명하거나 철회해요
  /help · /quit"""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    if options.schema:
        from ui.turn import Turn

        sys.stdout.write(json.dumps(Turn.model_json_schema(), ensure_ascii=False, indent=2) + "\n")
        return 0
    return _run(options.user, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="quartz chat",
        description="터미널에서 대화해요.",
        epilog=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="한 줄에 메시지 하나를 받아 한 줄에 JSON 하나로 답해요")
    parser.add_argument("--user", default=default_user(), metavar="NAME", help="누구로 대화할지 (기본: 로그인한 이름)")
    parser.add_argument("--schema", action="store_true", help="--json의 JSON Schema를 보여 줘요")
    return parser


def _run(user: str, *, as_json: bool) -> int:
    from execution.oms.logs import configure
    from tools.settings import load_settings
    from tools.store.users import MAX_NAME, clean_name
    from ui.chat.session import NoAccountHere
    from ui.stack_use import connect

    settings = load_settings()
    configure(settings.log_level if as_json else "error")  # on stderr; a person reads there, and is told in words
    try:
        name = clean_name(user)
    except ValueError:
        return _refused(f"--user에는 1~{MAX_NAME}자 이름을 적어 주세요. 지금은 {len(user)}자예요.")
    tell = _quiet if as_json else _to_terminal
    with connect(settings, tell) as connected:
        try:
            return asyncio.run(_talk(settings, connected.endpoints, name, as_json))
        except NoAccountHere:
            return _refused(f"{name} 님은 여기({settings.broker.value})에 계좌가 없어요. 설정의 키는 주인 계정만 써요.")


def _refused(text: str) -> int:
    sys.stderr.write(f"quartz: {text}\n")
    return 2


async def _talk(settings: Settings, endpoints: Endpoints, user: str, as_json: bool) -> int:
    from ui.chat import json_lines, terminal
    from ui.chat.session import open_session

    async with open_session(settings, endpoints, user, remembers=not as_json) as session:
        if as_json:
            return await json_lines.run(session, sys.stdout)
        return await terminal.run(session)


def _quiet(text: str) -> None:
    """JSON lines own standard output, and a program does not wait for words."""


def _to_terminal(text: str) -> None:
    sys.stderr.write(text + "\n")
