"""`quartz parity --data DIR`: does a strategy trade live what its backtest says? Presets on real series, by replay.

Contract: exit status 0 when signals, intents, fills and cash were equal in every world, 1 otherwise. Each difference is
said with the command that lives through that world again. DIR holds one CSV of daily bars a ticker.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from proving.parity.compare import Compared
from proving.parity.documents import DAY, MINUTES, presets
from proving.parity.runs import run
from proving.parity.world import Case, series

_START = date(2026, 1, 8)  # of a stretch in which every preset trades on most of the twelve series
_SESSIONS = 40
_EVERY_S = 20.0
_COLUMNS = ("bars", "incomplete", "values", "entries", "exits", "intents", "fills")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="quartz parity", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="<ticker>.csv with daily bars")
    parser.add_argument("--presets", default="", metavar="A,B", help=f"of {', '.join(presets())} (default: all)")
    parser.add_argument("--tickers", default="", metavar="A,B", help="series of DIR (default: all)")
    parser.add_argument(
        "--from", dest="first", type=date.fromisoformat, metavar="DATE", help=f"first session (default: {_START})"
    )
    parser.add_argument("--sessions", type=int, metavar="N", help=f"default: {_SESSIONS}, of minutes 1")
    parser.add_argument(
        "--minutes", type=int, default=0, metavar="N", help="trade bars of minutes, N minutes a session"
    )
    parser.add_argument(
        "--timeframe",
        choices=MINUTES,
        default=MINUTES[0],
        help=f"with --minutes: length of a bar (default: {MINUTES[0]})",
    )
    parser.add_argument("--gaps", type=int, default=0, metavar="N", help="with --minutes: the feed breaks N times")
    parser.add_argument("--seed", type=int, default=0, help="of chance in the worlds: when the feed breaks, who dies")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    options = parser.parse_args(arguments)
    found = series(options.data)
    if not found:
        parser.error(f"expected a folder with <ticker>.csv files, was {options.data}")
    first = options.first or _START
    sessions = options.sessions or (1 if options.minutes else _SESSIONS)
    timeframe = options.timeframe if options.minutes else DAY
    cases = [
        Case(
            preset, ticker, first, sessions, options.seed, timeframe, options.minutes, options.gaps,
        )
        for ticker in _chosen(parser, "ticker", options.tickers, found)
        for preset in _chosen(parser, "preset", options.presets, presets())
    ]  # fmt: skip
    return _lived(cases, options.data, max(1, options.workers))


def _chosen(parser: argparse.ArgumentParser, what: str, text: str, known: Sequence[str]) -> Sequence[str]:
    wanted = [word for word in text.split(",") if word]
    for word in wanted:
        if word not in known:
            parser.error(f"expected a {what} of {', '.join(known)}, was {word}")
    return wanted or known


def _lived(cases: Sequence[Case], folder: Path, workers: int) -> int:
    begun = said = time.monotonic()
    done: list[Compared] = []
    for one in run(cases, folder, workers):
        done.append(one)
        if not one.good:
            _complain(one, folder)
        if time.monotonic() - said >= _EVERY_S:
            said = time.monotonic()
            _say(f"{len(done)}/{len(cases)} worlds")
    _table(done)
    took = time.monotonic() - begun
    bad = sum(not one.good for one in done)
    sessions = sum(one.case.sessions for one in done)
    _say(
        f"{len(done)} worlds, {len({one.case.preset for one in done})} strategies, "
        f"{len({one.case.ticker for one in done})} series, {sessions} sessions in {took:.0f} s "
        f"({sum(one.real_s for one in done):.0f} s of CPU): {bad} with a difference"
    )
    return 1 if bad else 0


def _table(done: Sequence[Compared]) -> None:
    _say(f"{'preset':22}{'worlds':>8}" + "".join(f"{name:>12}" for name in _COLUMNS))
    for preset in dict.fromkeys(one.case.preset for one in done):
        _row(preset, [one for one in done if one.case.preset == preset])
    _row("all", done)


def _row(name: str, rows: Sequence[Compared]) -> None:
    sums = (sum(getattr(one, column) for one in rows) for column in _COLUMNS)
    _say(f"{name:22}{len(rows):>8}" + "".join(f"{total:>12,}" for total in sums))


def _complain(one: Compared, folder: Path) -> None:
    case = one.case
    for what in one.breaks:
        _say(f"{case}: {what}")
    minutes = f" --timeframe {case.timeframe} --minutes {case.minutes} --gaps {case.gaps}" if case.minutes else ""
    _say(
        f"  again: ./quartz parity --data {folder} --presets {case.preset} --tickers {case.ticker} "
        f"--from {case.first} --sessions {case.sessions}{minutes} --seed {case.seed} --workers 1"
    )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
