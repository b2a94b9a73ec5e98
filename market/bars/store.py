"""The store of bars: the only one. Parquet in the lake, int won, adjusted daily bars and minutes.

Contract: `read` gives what is there, oldest first, and never asks anybody; `missing` says which days nobody has asked
for yet; `write` adds or replaces by time, is atomic a file, may be repeated, and may run beside other writers. Bars of
two bases of adjustment never meet: `write(anew=True)` starts a generation, and what was written before is out of sight
at once and cleared away later. `market` keeps prices that are not of one world apart ("krx", "sim-1").
Blocking; raises LakeUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np

from domain.bars import Bars
from domain.clock import KST, Clock
from market.bars.files import (
    FileName,
    Provenance,
    days_of,
    decoded,
    encoded,
    folder_of,
    merged,
    named,
    new_path,
    now_text,
    of_rows,
)
from tools.lake import Lake

DAY = "1d"
MINUTE = "1m"
_MOST_FILES = 16  # of one ticker and year; more are made one
_TRIES = 40  # a rewrite between list and read is rare, forty in a row are a fault
Days = tuple[date, date]


class BarStore:
    """See the module's contract."""

    def __init__(self, lake: Lake, market: str, clock: Clock) -> None:
        self._lake = lake
        self.market = market
        self._clock = clock

    # Reading --------------------------------------------------------------------------------------------------------

    def read(self, ticker: str, timeframe: str, start: date, end: date) -> Bars:
        """Bars whose KST date is start..end, both included; `timeframe` as stored: 1d or 1m."""
        parts = [bars for bars, _ in self._parts(ticker, timeframe, start, end)]
        return merged(parts).between(_begins(start), _begins(end + timedelta(days=1))) if parts else of_rows(())

    def covered(self, ticker: str, timeframe: str) -> list[Days]:
        """Stretches of days that were asked for in full, joined, oldest first."""
        found = [days for _, told in self._parts(ticker, timeframe) for each in told if (days := days_of(each))]
        return joined(found)

    def missing(self, ticker: str, timeframe: str, start: date, end: date) -> list[Days]:
        """What of start..end nobody has asked for."""
        return missing_of(self.covered(ticker, timeframe), start, end)

    def provenance(self, ticker: str, timeframe: str) -> list[Provenance]:
        """Of every file that counts, oldest written first."""
        return [each for _, told in self._parts(ticker, timeframe) for each in told]

    def tickers(self, timeframe: str) -> list[str]:
        """Of which anything is stored."""
        marker = f"bars/market={self.market}/timeframe={timeframe}/ticker="
        paths = self._lake.list(f"bars/market={self.market}/timeframe={timeframe}")
        return sorted({path[len(marker) :].partition("/")[0] for path in paths if path.startswith(marker)})

    # Writing --------------------------------------------------------------------------------------------------------

    def write(
        self,
        ticker: str,
        timeframe: str,
        bars: Bars,
        *,
        source: str,
        adjusted: str = "",
        asked: Days | None = None,
        anew: bool = False,
    ) -> None:
        """Adds or replaces bars by time. `asked`: these days are known in full now. `anew`: everything that was stored
        of this ticker and timeframe is on another basis and counts no more."""
        folder = folder_of(self.market, timeframe, ticker)
        names = named(self._lake.list(folder))
        written = max(_nanoseconds(self._clock.now()), *(name.written + 1 for name in names), 1)
        generation = written if anew else max((name.generation for name in names), default=0)
        told = Provenance(
            source,
            now_text(self._clock.now()),
            adjusted,
            asked[0].isoformat() if asked else "",
            asked[1].isoformat() if asked else "",
        )
        for year, part in _by_year(bars, timeframe, asked):
            self._lake.write(new_path(folder, year, generation, written), encoded(part, [told]))
        self._tidy(folder, names, generation)

    def _tidy(self, folder: str, names: Sequence[FileName], generation: int) -> None:
        """Clears what does not count and makes many files one. Whoever reads meanwhile looks again."""
        for name in names:
            if name.generation < generation:
                self._lake.delete(name.path)
        places: dict[str, list[FileName]] = {}
        for name in named(self._lake.list(folder)):
            if name.generation == generation:
                places.setdefault(name.path.rpartition("/")[0], []).append(name)
        for place, parts in places.items():
            if len(parts) > _MOST_FILES:
                self._make_one(place, parts)

    def _make_one(self, place: str, parts: Sequence[FileName]) -> None:
        try:
            read = [decoded(self._lake.read(name.path)) for name in parts]
        except FileNotFoundError:
            return  # somebody else does it
        told = _condensed([each for _, more in read for each in more])
        last = parts[-1]
        data = encoded(merged([bars for bars, _ in read]), told)
        self._lake.write(new_path(place, None, last.generation, last.written), data)
        for name in parts:
            self._lake.delete(name.path)

    def _parts(
        self, ticker: str, timeframe: str, start: date | None = None, end: date | None = None
    ) -> list[tuple[Bars, tuple[Provenance, ...]]]:
        folder = folder_of(self.market, timeframe, ticker)
        for _ in range(_TRIES):
            names = named(self._lake.list(folder))
            newest = max((name.generation for name in names), default=0)
            wanted = [name for name in names if name.generation == newest and _overlaps(name.path, start, end)]
            try:
                return [decoded(self._lake.read(name.path)) for name in wanted]
            except FileNotFoundError:
                continue  # made one meanwhile
        raise FileNotFoundError(f"expected the bars of {ticker} to hold still, were rewritten {_TRIES} times")


def missing_of(covered: Sequence[Days], start: date, end: date) -> list[Days]:
    """What of start..end lies in none of the stretches, which are apart and in order."""
    out, at = [], start
    for since, until in covered:
        if until < at or since > end:
            continue
        if since > at:
            out.append((at, since - timedelta(days=1)))
        at = max(at, until + timedelta(days=1))
    return [*out, (at, end)] if at <= end else out


def joined(stretches: Sequence[Days]) -> list[Days]:
    """Overlapping and neighbouring stretches of days as one."""
    out: list[Days] = []
    for since, until in sorted(stretches):
        if out and since <= out[-1][1] + timedelta(days=1):
            out[-1] = (out[-1][0], max(out[-1][1], until))
        else:
            out.append((since, until))
    return out


def _condensed(told: Sequence[Provenance]) -> list[Provenance]:
    """One entry a source and basis and stretch of days, each with its newest date of fetching."""
    found: dict[tuple[str, str], list[Provenance]] = {}
    for each in told:
        found.setdefault((each.source, each.adjusted), []).append(each)
    out = []
    for (source, adjusted), entries in found.items():
        at = max(each.fetched_at for each in entries)
        stretches = joined([days for each in entries if (days := days_of(each)) is not None])
        out += [Provenance(source, at, adjusted, since.isoformat(), until.isoformat()) for since, until in stretches]
        if not stretches:
            out.append(Provenance(source, at, adjusted))
    return out


def _by_year(bars: Bars, timeframe: str, asked: Days | None) -> list[tuple[int | None, Bars]]:
    if timeframe != MINUTE:
        return [(None, bars)]
    years = np.array([datetime.fromtimestamp(int(at) - 1, KST).year for at in bars.time], dtype=np.int64)
    out: list[tuple[int | None, Bars]] = []
    for year in np.unique(years).tolist():
        begin, end = int(np.searchsorted(years, year, "left")), int(np.searchsorted(years, year, "right"))
        out.append((year, bars.part(begin, end)))
    if not out and asked is not None:
        out.append((asked[1].year, of_rows(())))
    return out


def _overlaps(path: str, start: date | None, end: date | None) -> bool:
    marker = "/year="
    if marker not in path or start is None or end is None:
        return True
    year = int(path.partition(marker)[2][:4])
    return start.year <= year <= end.year


def _begins(day: date) -> int:
    """Epoch seconds of the day's first moment in Korea. A bar's time is its end: one that ends at midnight belongs to
    the day that is over."""
    return int(datetime(day.year, day.month, day.day, tzinfo=KST).timestamp())


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1_000_000) * 1_000
