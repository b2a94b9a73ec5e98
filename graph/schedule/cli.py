"""`quartz scheduler` runs what is due, when it is due; `--once` what is due now; `--check` says whether one lives."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence

from tools.settings import load_settings

NOTHING = "지금 할 일이 없어요."


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="quartz scheduler", description="장중 정기 점검과 거시·뉴스 조사를 때맞춰 돌려요."
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--once", action="store_true", help="지금 때가 된 것만 하고 한 줄씩 보여 줘요")
    only.add_argument("--check", action="store_true", help="켜져 있고 준비됐는지만 확인해요")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings()
    if options.check:
        from tools.life import read_note

        note = read_note(settings, "scheduler")
        ready = note is not None and bool(note["ready"])
        count = (note or {}).get("accounts", 0)
        said = f"계좌 {count}개를 정기 점검해요." if ready else "스케줄러가 준비되지 않았어요."
        sys.stdout.write(said + "\n")
        return 0 if ready else 1
    from execution.oms.logs import configure
    from graph.schedule.process import once, serve
    from tools.embedded.services import endpoints

    if not options.once:
        configure(settings.log_level)
        return serve(settings)
    configure("warning")
    lines: list[str] = []

    def show(line: str) -> None:
        lines.append(line)
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    asyncio.run(once(settings, endpoints(settings), show))
    if not lines:
        sys.stdout.write(NOTHING + "\n")
    return 0
