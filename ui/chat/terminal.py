"""The conversation for a person at a terminal: a prompt, replies as they are, and news above the prompt.

Widths of Korean are the terminal library's business. Without a terminal (a pipe) lines are read and answered plainly.
"""

from __future__ import annotations

import asyncio
import sys

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from ui.chat.command import HELP
from ui.chat.session import ChatSession
from ui.turn import NoticeCode, Turn

# Said in the reply already, or of no use to somebody who reads it.
_IN_REPLY = frozenset({NoticeCode.RULES_MODE, NoticeCode.BAD_INPUT, NoticeCode.DEMO_DATA})


async def run(session: ChatSession) -> int:
    console = Console(highlight=False, soft_wrap=False)
    show(console, await session.greet())
    if not sys.stdin.isatty():
        return await _plain(session, console)
    prompt: PromptSession[str] = PromptSession()
    with patch_stdout(raw=True):
        follower = asyncio.create_task(_follow(session, console))
        try:
            while not session.ended:
                try:
                    line = await prompt.prompt_async("나> ")
                except (EOFError, KeyboardInterrupt):
                    break
                await _answer(session, console, line)
        finally:
            follower.cancel()
    return 0


async def _plain(session: ChatSession, console: Console) -> int:
    while not session.ended:
        line = await asyncio.to_thread(sys.stdin.readline)
        if not line:
            break
        await _answer(session, console, line)
    return 0


async def _answer(session: ChatSession, console: Console, line: str) -> None:
    if line.strip() in ("/help", "/도움말"):
        console.print(Padding(HELP, (0, 1)))
        return
    with console.status("생각하고 있어요…"):
        turn = await session.handle(line)
    if turn is not None:
        show(console, turn)


async def _follow(session: ChatSession, console: Console) -> None:
    """Fills and other news while the prompt waits."""
    async for text in session.news():
        console.print(Text(f"  • {text}", style="dim"))


def show(console: Console, turn: Turn) -> None:
    """The reply, then an approval panel's last line says how to answer it."""
    if turn.approval is not None:
        console.print(
            Panel(
                Text(turn.reply),
                title="주문 승인",
                subtitle="[승인] /approve  ·  [거절] /reject",
                title_align="left",
                subtitle_align="left",
                padding=(0, 1),
            )
        )
        console.print(Text(f"  ID {turn.approval.id}", style="bold"))
    elif turn.reply:
        console.print(Padding(Text(turn.reply), (0, 0, 0, 1)))
    for notice in turn.notices:
        if notice.code not in _IN_REPLY and notice.text not in turn.reply:
            console.print(Text(f"  • {notice.text}", style="dim"))
