"""What the benchmarks share: a home that lasts as long as one of them, people with a profile, numbers and tables."""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from graph.turn import TurnResult
from tools.embedded.locks import held, wait
from tools.ports import Identity
from tools.settings import Settings, load_settings
from tools.store.users import get_or_create
from ui.stack import up_lock
from ui.stack_use import connect
from ui.wiring import Assembled, assemble

# One answer to each question of the profile, by field.
ANSWERS = {
    "capital_krw": "3천만원",
    "age": "30대",
    "horizon": "3년 이상이요",
    "experience": "선물옵션 해봤어요",
    "knowledge": "아주 잘 알아요",
    "asset_share": "10% 이하예요",
    "income": "꾸준해요",
    "loss_tolerance": "수익을 위해 큰 손실도 감수해요",
}
MAX_ANSWERS = 20


@contextmanager
def home() -> Iterator[Settings]:
    """An empty home in rules mode, removed afterwards with everything that served it."""
    path = Path(tempfile.mkdtemp(prefix="quartz-bench-", dir="/tmp"))
    path.chmod(0o711)
    for name in Settings.model_fields:
        os.environ.pop(f"QUARTZ_{name.upper()}", None)  # a person's keys and model are not for this
    os.environ |= {"QUARTZ_HOME": str(path), "QUARTZ_ENV_FILE": ""}
    settings = load_settings()
    try:
        yield settings
    finally:
        while held(up_lock(settings)):  # the stack in the background goes soon after its last user
            wait(0.2)
        shutil.rmtree(path, ignore_errors=True)


@asynccontextmanager
async def assembled() -> AsyncIterator[Assembled]:
    """Ports and runner as the faces have them, on a stack of their own."""
    with home() as settings, connect(settings) as connected:
        async with assemble(settings, connected.endpoints) as parts:
            yield parts


async def person(parts: Assembled, name: str) -> Identity:
    """A user with a simulated account."""
    async with parts.people.connection() as connection:
        user = await get_or_create(
            connection, name, parts.settings, now=parts.clock.now(), new_id=parts.new_id, local_terminal=True
        )
    who = user.identity("sim")
    assert who is not None
    return who


async def say(parts: Assembled, who: Identity, text: str, thread: str = "bench") -> TurnResult:
    """One message; a turn that failed ends the benchmark."""
    result = await parts.runner.say(who, thread, text, str(parts.new_id()))
    if result.failed:
        raise RuntimeError(f"expected an answer to {text!r}, was {result.reply!r}")
    return result


async def profiled(parts: Assembled, who: Identity) -> int:
    """Answers whatever is asked until the profile is confirmed. Returns the number of turns."""
    result = await say(parts, who, "투자성향 알아보고 싶어요")
    for turns in range(1, MAX_ANSWERS):
        asked = result.values.get("pending_question") or {}
        if await parts.ports.desk.latest_profile(who.user_id) is not None:
            return turns
        result = await say(parts, who, ANSWERS.get(asked.get("field", ""), "맞아요"))
    raise RuntimeError(f"expected a confirmed profile after {MAX_ANSWERS} turns, was {result.reply!r}")


async def same_profile(parts: Assembled, of: Identity, who: Identity) -> None:
    """What `of` was found to be holds for `who`, without the questions."""
    known = await parts.ports.desk.latest_profile(of.user_id)
    assert known is not None
    await parts.ports.desk.save_profile(
        who.user_id, known.grade, known.score, known.content, known.confirmed_at, known.expires_at
    )


def rss() -> int:
    """The most memory that this process has held, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def ms(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def spread(values: Sequence[float]) -> tuple[str, str]:
    """Median and 95th percentile, as text."""
    return ms(statistics.median(values)), ms(percentile(values, 0.95))


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], closing: Mapping[str, str]) -> None:
    """A table for a terminal, and a line for each closing figure."""
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    lines.insert(1, "  ".join("-" * width for width in widths))
    sys.stdout.write("\n".join([title, *lines, *(f"{name}: {text}" for name, text in closing.items())]) + "\n")
