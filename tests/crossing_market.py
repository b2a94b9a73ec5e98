"""A market whose days are known: every name falls for months, then rises until one average crosses another.

Contract: the paper exchange of `crossing_market` replays these days, from the session after the one whose close brought
the crossing, at the speed of the wall: a golden cross of 20 and 60 days is fresh as long as a test can take. What idle
money rests in stands still. Nothing of it depends on the day on which a test runs.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from domain.calendar import KrxCalendar
from domain.instruments import Asset, Instruments
from tools.settings import ROOT

_BEFORE = date(2025, 1, 2)
_FALLING, _ROWS = 100, 130
_FAST, _SLOW = 20, 60
_UNIT = 50


def _days() -> list[date]:
    days = [KrxCalendar().next_session(_BEFORE)]
    while len(days) < _ROWS:
        days.append(KrxCalendar().next_session(days[-1]))
    return days


def _closes() -> list[int]:
    closes = [40_000]
    while len(closes) < _ROWS:
        step = 0.998 if len(closes) < _FALLING else 1.004
        closes.append(round(closes[-1] * step / _UNIT) * _UNIT)
    return closes


def _crossing(closes: list[int]) -> int:
    """The row at whose close the fast average is above the slow one for the first time."""

    def above(at: int) -> bool:
        fast, slow = closes[at + 1 - _FAST : at + 1], closes[at + 1 - _SLOW : at + 1]
        return sum(fast) * _SLOW > sum(slow) * _FAST

    return next(at for at in range(_SLOW, _ROWS) if above(at) and not above(at - 1))


CROSSED = _days()[_crossing(_closes()) + 1]
"""The session that the replay begins with: the crossing is known, and nobody has traded on it."""


def write_days(folder: Path) -> None:
    """One file a name, as the exchange replays them."""
    days, closes = _days(), _closes()
    for row in Instruments.load().all():
        lines = ["date,open,high,low,close,volume"]
        course = [100_000] * _ROWS if row.asset in (Asset.CASH, Asset.BOND) else closes
        for day, opened, closed in zip(days, [course[0], *course], course, strict=False):
            high, low = max(opened, closed) + _UNIT, min(opened, closed) - _UNIT
            lines.append(f"{day},{opened},{high},{low},{closed},5000000")
        (folder / f"{row.ticker}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def crossing_market(home: Path) -> Iterator[str]:
    """The address of a paper exchange that lives through these days; its journal is that of `home`."""
    days = home / "days"
    days.mkdir()
    write_days(days)
    words = ["--port", "0", "--any-account", "--data-dir", str(home / "exchange")]
    words += ["--replay", str(days), "--from", CROSSED.isoformat(), "--speed", "1"]
    with (home / "exchange.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulation.exchange", *words], stdout=subprocess.PIPE, stderr=log, cwd=ROOT
        )
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        assert first, f"expected the exchange to listen, was: {(home / 'exchange.log').read_text()[-800:]}"
        yield str(json.loads(first)["url"])
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()
