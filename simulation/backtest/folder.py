"""Bars from a folder: one CSV or Parquet file a name, called by its ticker.

Contract: columns date (or time, datetime), open, high, low, close, volume, in any order and with any others beside
them; oldest first or not. A plain date is a session and becomes its close in KST; a moment without a zone is KST; a
whole number of ten digits is epoch seconds. A day without trading (open 0) keeps the close of the day before and has
no volume. FolderError names the file and what was expected, in Korean. Reads what is asked for and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from domain.bars import Bars, bars_of
from domain.calendar import KrxCalendar
from domain.clock import KST
from simulation.backtest.engine.shapes import Flags, Ints
from simulation.backtest.errors import BacktestError

ENDINGS = (".csv", ".parquet")
_TIMES = ("date", "time", "datetime", "timestamp")
_PRICES = ("open", "high", "low", "close", "volume")
_CLOSE = time(15, 30)
_NAME_LENGTHS = range(1, 13)
_ROUNDING = 500  # adjusting rounds each price by itself: a high may miss its close by a part of this many


class FolderError(BacktestError):
    """A folder or file that is not what it should be."""


def tickers_in(folder: Path) -> tuple[str, ...]:
    """Names that the folder has a file for."""
    if not folder.is_dir():
        raise FolderError(
            f"자료 폴더를 찾을 수 없어요: {folder}. 종목마다 CSV나 Parquet 파일이 하나씩 있는 폴더를 주세요."
        )
    found = {path.stem for path in folder.iterdir() if path.suffix in ENDINGS and len(path.stem) in _NAME_LENGTHS}
    if not found:
        raise FolderError(f"{folder} 폴더에 005930.csv처럼 종목코드로 된 CSV나 Parquet 파일이 없어요.")
    return tuple(sorted(found))


def read_folder(folder: Path, tickers: Iterable[str], first: date | None = None) -> dict[str, Bars]:
    """Bars of these names, from `first` on."""
    known = set(tickers_in(folder))
    missing = [ticker for ticker in tickers if ticker not in known]
    if missing:
        raise FolderError(f"{folder} 폴더에 이 종목의 파일이 없어요: {', '.join(missing)}.")
    found: dict[str, Bars] = {}
    for ticker in tickers:
        path = next(folder / f"{ticker}{ending}" for ending in ENDINGS if (folder / f"{ticker}{ending}").is_file())
        found[ticker] = _from(read_bars(path), first)
    return found


def read_closes(path: Path) -> dict[date, float]:
    """Closes by day of an index; points, so they may be broken numbers."""
    table = _table(path)
    times, close = _column(path, table, _TIMES), _numbers(path, table, "close")
    days = [datetime.fromtimestamp(int(at), KST).date() for at in _seconds(path, times)]
    return {day: float(value) for day, value in zip(days, close, strict=True) if np.isfinite(value) and value > 0}


def read_bars(path: Path) -> Bars:
    """One file."""
    table = _table(path)
    times = _seconds(path, _column(path, table, _TIMES))
    columns = [_numbers(path, table, name) for name in _PRICES]
    if not all(np.isfinite(column).all() for column in columns):
        raise FolderError(f"{path.name}: 비어 있거나 숫자가 아닌 값이 있어요. {', '.join(_PRICES)} 열을 확인해 주세요.")
    order = np.argsort(times, kind="stable")
    times = times[order]
    if len(times) == 0:
        raise FolderError(f"{path.name}: 자료가 한 줄도 없어요.")
    if (times[1:] == times[:-1]).any():
        raise FolderError(f"{path.name}: 같은 시각이 두 번 나와요.")
    opens, high, low, close, volume = (np.rint(column[order]).astype(np.int64) for column in columns)
    return _traded(path, times, opens, high, low, close, volume)


def _traded(path: Path, times: Ints, opens: Ints, high: Ints, low: Ints, close: Ints, volume: Ints) -> Bars:
    """Idle days carry the close before; idle days before the first trade are left out."""
    idle: Flags = (opens <= 0) | (close <= 0)
    if idle.any():
        place = np.maximum.accumulate(np.where(idle, -1, np.arange(len(idle))))
        before = close[np.maximum(place, 0)]
        opens, high, low, close = (np.where(idle, before, column) for column in (opens, high, low, close))
        volume = np.where(idle, 0, volume)
        known = place >= 0
        times, opens, high, low, close, volume = (column[known] for column in (times, opens, high, low, close, volume))
    low = np.where(low <= 0, np.minimum(opens, close), low)
    least, most = np.minimum(opens, close), np.maximum(opens, close)
    wrong = np.maximum(low - least, most - high) > np.maximum(close // _ROUNDING, 2)
    if wrong.any():
        day = datetime.fromtimestamp(int(times[np.flatnonzero(wrong)[0]]), KST).date()
        raise FolderError(f"{path.name}: {day}의 고가나 저가가 시가·종가와 맞지 않아요.")
    return bars_of(times, opens, np.maximum(high, most), np.minimum(low, least), close, volume)


def _from(bars: Bars, first: date | None) -> Bars:
    if first is None:
        return bars
    start = int(np.searchsorted(bars.time, int(datetime.combine(first, time.min, KST).timestamp())))
    return bars.part(start, len(bars))


def _table(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv, parquet

    try:
        if path.suffix == ".parquet":
            return parquet.read_table(path)
        return csv.read_csv(path)
    except FileNotFoundError:
        raise FolderError(f"파일을 찾을 수 없어요: {path}") from None
    except pa.ArrowException as error:
        raise FolderError(
            f"{path.name}: 표로 읽을 수 없어요. 첫 줄에 열 이름이 있는 CSV인지 확인해 주세요. ({error})"
        ) from None


def _column(path: Path, table: Any, names: Iterable[str]) -> Any:
    by_name = {name.strip().lower(): name for name in table.column_names}
    for name in names:
        if name in by_name:
            return table.column(by_name[name])
    raise FolderError(
        f"{path.name}: {'/'.join(names)} 열이 없어요. date, open, high, low, close, volume 열이 있어야 해요. "
        f"있는 열: {', '.join(table.column_names)}."
    )


def _numbers(path: Path, table: Any, name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    import pyarrow as pa

    try:
        column = _column(path, table, (name,)).cast(pa.float64())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise FolderError(f"{path.name}: {name} 열에 숫자가 아닌 값이 있어요.") from None
    return np.asarray(column.to_numpy(), np.float64)


def _seconds(path: Path, column: Any) -> Ints:
    """Ends of the bars, epoch seconds."""
    try:
        return np.array([_second(value) for value in column.to_pylist()], np.int64)
    except (ValueError, TypeError):
        raise FolderError(
            f"{path.name}: 날짜를 읽을 수 없어요. 2024-03-15나 2024-03-15 09:30 꼴로 적어 주세요."
        ) from None


def _second(value: object) -> int:
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
        if (value.hour, value.minute, value.second) == (0, 0, 0) and value.tzinfo is None:
            value = value.date()
    if isinstance(value, int):
        return value if value > 10**9 else _closing(datetime.strptime(str(value), "%Y%m%d").replace(tzinfo=KST).date())
    if isinstance(value, datetime):
        if value.tzinfo is None and (value.hour, value.minute, value.second) == (0, 0, 0):
            return _closing(value.date())
        return int((value if value.tzinfo else value.replace(tzinfo=KST)).timestamp())
    if isinstance(value, date):
        return _closing(value)
    raise TypeError(f"expected a date or a moment, was {value!r}")


@lru_cache(maxsize=16_384)
def _closing(day: date) -> int:
    try:
        hours = KrxCalendar().hours(day)
    except ValueError:  # before the table of hours begins
        hours = None
    return int(datetime.combine(day, hours.close if hours else _CLOSE, KST).timestamp())
