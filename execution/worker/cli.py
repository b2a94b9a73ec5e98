"""`quartz worker` trades active strategies; `quartz worker --check` says whether one lives here, by its exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tools.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="quartz worker", description="켜 둔 전략을 지켜보고 위임 안에서 거래해요.")
    parser.add_argument("--check", action="store_true", help="켜져 있고 준비됐는지만 확인해요")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings()
    if options.check:
        from tools.life import read_note

        note = read_note(settings, "worker")
        ready = note is not None and bool(note["ready"])
        count = len((note or {}).get("strategies", ()))
        said = f"전략 {count}개를 지켜보고 있어요." if ready else "전략 일꾼이 준비되지 않았어요."
        sys.stdout.write(said + "\n")
        return 0 if ready else 1
    from execution.oms.logs import configure
    from execution.worker.process import serve

    configure(settings.log_level)
    return serve(settings)
