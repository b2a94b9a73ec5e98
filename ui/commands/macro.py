"""`quartz macro refresh|show`: collects economic figures that are due and writes the report; shows what is known.

`refresh` asks publishers by their release rhythm and may be run as often as one likes; `--all` asks everything. `show
--at` is the sheet as it was known at a moment. Exit status 1 when nothing could be done.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from domain.macro.sheet import Sheet
    from nodes.macro.refresh import Refreshed

NO_KEYS = "지표를 받을 키가 없어 시연용 자료를 써요."
NO_DUE = "지금 물어볼 지표가 없어요. 발표 때가 되면 다시 물어봐요."
NOT_YET = "아직 받은 지표가 없어요. ./quartz macro refresh 로 받아 주세요."
_STATES = {"fresh": "", "stale": " · 새 값이 늦어요", "failed": " · 새로 받지 못했어요"}


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    from execution.oms.logs import configure
    from tools.macro.sources import HOW, has_keys
    from tools.settings import load_settings
    from ui.stack_use import connect

    settings = load_settings()
    configure("warning")
    if not has_keys(settings):
        sys.stderr.write(f"{NO_KEYS}\n{HOW}\n")
        return 1
    with connect(settings, _tell) as connected:
        work = _refresh if options.verb == "refresh" else _show
        lines, failed = asyncio.run(work(settings, connected.endpoints, options))
    (sys.stderr if failed else sys.stdout).write("\n".join(lines) + "\n")
    return int(failed)


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quartz macro", description="경제 지표를 모으고 거시 보고서를 써요.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="refresh|show")
    refresh = verbs.add_parser("refresh", help="발표된 지표를 받고, 때가 되었으면 보고서를 새로 써요")
    refresh.add_argument("--all", action="store_true", dest="everything", help="때가 되지 않은 지표도 모두 물어봐요")
    show = verbs.add_parser("show", help="지표와 보고서를 보여 줘요")
    show.add_argument("--at", type=_moment, metavar="TIME", help="그때 알려져 있던 값으로 (예: 2026-11-01T09:00)")
    return parser


def _moment(text: str) -> datetime:
    from domain.clock import KST

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"시각을 2026-11-01T09:00처럼 적어 주세요. 지금은 {text!r}예요.") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=KST)


async def _refresh(settings: Any, endpoints: Any, options: argparse.Namespace) -> tuple[list[str], bool]:
    from domain.clock import SystemClock
    from graph.macro_job import open_macro_job
    from nodes.macro.refresh import refresh
    from tools.llm.mind import Limits
    from tools.store.minds import open_mind
    from tools.store.pool import make_dict_pool
    from tools.store.roles import role_url
    from ui.wiring import system_ids

    clock, ids = SystemClock(), system_ids()
    patient = Limits(answer_seconds=90.0, answer_tokens=8_192)  # a report is long, and nobody waits for it
    async with (
        make_dict_pool(role_url(settings, "graph", endpoints), "macro", max_size=4) as pool,
        open_mind(settings, pool, clock=clock, new_id=ids, limits=patient),
        open_macro_job(settings, pool, clock, ids) as job,
    ):
        return told(await refresh(job, everything=options.everything))


async def _show(settings: Any, endpoints: Any, options: argparse.Namespace) -> tuple[list[str], bool]:
    from domain.clock import SystemClock
    from domain.macro.sheet import sheet
    from graph.macro_job import macro_port
    from tools.macro.sources import followed, serving
    from tools.store.macro import MacroTables
    from tools.store.pool import make_dict_pool
    from tools.store.roles import role_url
    from ui.wiring import system_ids

    clock = SystemClock()
    series = followed(serving(settings))
    async with make_dict_pool(role_url(settings, "graph", endpoints), "macro", max_size=2) as pool:
        tables, at = MacroTables(pool), options.at or clock.now()
        asked = {} if options.at else await tables.asked(series)
        lines = shown(sheet(series, await tables.rows(series, at), asked, at))
        if options.at is None and lines:
            snapshot = await macro_port(settings, pool, clock, system_ids()).snapshot()
            report = None if snapshot is None else snapshot.report
            if report is not None:
                lines += ["", *(f"{n}. {text}" for n, text in enumerate(report.told(report.summary), start=1))]
    return (lines, False) if lines else ([NOT_YET], True)


def shown(found: Sheet) -> list[str]:
    """A line a series, then what is old or missing."""
    lines = []
    for reading in found.readings:
        row = reading.row()
        unit = row["unit"]
        before = f" (직전 {row['previous']}{unit})" if "previous" in row else ""
        trend = f", 추세 {row['trend']}{unit}" if "trend" in row else ""
        lines.append(f"{row['name']} {row['value']}{unit}{before}{trend} · {row['period']}{_STATES[row['state']]}")
    return [*lines, *(f"! {note}" for note in found.notes)] if lines else []


def told(done: Refreshed) -> tuple[list[str], bool]:
    """What came of a refresh; failed when nothing was received and nothing written."""
    good: Sequence[Any] = [each for each in done.outcomes if not each.failure]
    lines = [f"{each.series.name}: {f'새 값 {each.learned}개' if each.learned else '그대로예요'}" for each in good]
    lines += [f"{each.series.name}: {each.message}" for each in done.outcomes if each.failure]
    if not done.outcomes and not done.why:
        lines.append(NO_DUE)
    if done.report is not None:
        writer = "언어모델" if done.report.written_by == "model" else "규칙"
        lines.append(f"보고서를 새로 썼어요({writer}). 보기: ./quartz macro show")
    if done.why:
        lines.append(done.why)
    return lines, done.report is None and (bool(done.why) or (bool(done.outcomes) and not good))
