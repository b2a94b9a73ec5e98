"""`quartz guard` runs the guard; `quartz guard --check` says whether one lives here, by its exit status."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tools.settings import load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="quartz guard", description="보유 종목의 손절·익절 기준을 지켜봐요.")
    parser.add_argument("--check", action="store_true", help="켜져 있고 준비됐는지만 확인해요")
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    settings = load_settings()
    if options.check:
        from tools.life import read_note

        note = read_note(settings, "guard")
        ready = note is not None and bool(note["ready"])
        sys.stdout.write("손절 지킴이가 지켜보고 있어요.\n" if ready else "손절 지킴이가 준비되지 않았어요.\n")
        return 0 if ready else 1
    from execution.guard.process import serve
    from execution.oms.logs import configure

    configure(settings.log_level)
    return serve(settings)
