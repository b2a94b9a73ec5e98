"""Bars from a folder: one CSV or Parquet file a ticker, named by it (005930.csv).

Contract: columns `date` (YYYY-MM-DD or YYYYMMDD; daily bars) or `time` (ISO 8601, Korea unless it says otherwise, or
epoch seconds; a bar's end), and open, high, low, close, volume; more columns are ignored, order does not matter, Korean
names will do. Whole won. A day without trading (open, high and low 0, as public files write it) becomes a bar at the
close before it with volume 0. Whatever else is wrong raises FolderError, which names file, line and remedy in Korean.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from domain.bars import Bars
from domain.clock import KST
from market.bars.public import adjusted_bars
from market.bars.times import day_end

_PRICES = ("open", "high", "low", "close")
_KOREAN = {
    "날짜": "date",
    "일자": "date",
    "시간": "time",
    "시가": "open",
    "고가": "high",
    "저가": "low",
    "종가": "close",
    "거래량": "volume",
    "datetime": "time",
    "timestamp": "time",
}


class FolderError(ValueError):
    """A folder or file of bars that cannot be read; the text is Korean and may be shown."""


def tickers_in(folder: Path) -> list[str]:
    """Raises FolderError when there is no such folder or nothing in it."""
    if not folder.is_dir():
        raise FolderError(f"{folder} 폴더를 찾을 수 없어요.")
    found = sorted({path.stem for path in folder.iterdir() if path.suffix.lower() in (".csv", ".parquet")})
    if not found:
        raise FolderError(f"{folder} 폴더에 종목별 CSV나 Parquet 파일이 없어요. 예: 005930.csv")
    return found


def read_folder(folder: Path, tickers: Iterable[str] | None = None) -> dict[str, Bars]:
    """Bars by ticker; all files when no ticker is named. Raises FolderError."""
    there = tickers_in(folder)
    wanted = list(dict.fromkeys(tickers)) if tickers is not None else there
    absent = [ticker for ticker in wanted if ticker not in there]
    if absent:
        raise FolderError(f"{folder} 폴더에 {', '.join(absent)} 파일이 없어요. 있는 종목: {', '.join(there[:20])}")
    out = {}
    for ticker in wanted:
        csv = folder / f"{ticker}.csv"
        out[ticker] = read_file(csv if csv.exists() else folder / f"{ticker}.parquet")
    return out


def read_file(path: Path) -> Bars:
    """One file. Raises FolderError."""
    import pyarrow as pa

    try:
        table = _table(path)
    except FileNotFoundError:
        raise FolderError(f"{path} 파일을 찾을 수 없어요.") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{path.name}: 읽을 수 없는 파일이에요 ({type(error).__name__}).") from error
    columns = {_name(name): table[name] for name in table.column_names}
    lacking = [name for name in (*_PRICES, "volume") if name not in columns]
    if "date" not in columns and "time" not in columns:
        lacking.insert(0, "date")
    if lacking:
        raise FolderError(f"{path.name}: {', '.join(lacking)} 열이 필요해요. 있는 열: {', '.join(table.column_names)}")
    numbers = {name: _whole(path, name, columns[name]) for name in (*_PRICES, "volume")}
    if "time" in columns:
        times = _moments(path, columns["time"])
    else:
        times = np.array([day_end(day) for day in _days(path, columns["date"])], dtype=np.int64)
    return _checked(path, times, numbers)


def read_closes(path: Path) -> dict[date, float]:
    """Closes of an index by day, in points. Days without one are left out. Raises FolderError."""
    import pyarrow as pa

    try:
        table = _table(path)
        columns = {_name(name): table[name] for name in table.column_names}
        days, texts = _days(path, columns["date"]), columns["close"].to_pylist()
        values = [float(text) if text not in (None, "") else 0.0 for text in texts]
    except FileNotFoundError:
        raise FolderError(f"{path} 파일을 찾을 수 없어요.") from None
    except KeyError as lacking:
        raise FolderError(f"{path.name}: {lacking.args[0]} 열이 필요해요. date와 close 열이 있어야 해요.") from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{path.name}: 읽을 수 없는 파일이에요 ({type(error).__name__}).") from error
    except ValueError as error:
        if isinstance(error, FolderError):
            raise
        raise FolderError(f"{path.name}: close 값이 숫자가 아니에요 ({error}).") from None
    return {day: value for day, value in zip(days, values, strict=True) if value > 0}


def _table(path: Path) -> Any:
    if path.suffix.lower() == ".parquet":
        import pyarrow.parquet as pq

        return pq.read_table(path)
    import pyarrow as pa
    from pyarrow import csv

    with path.open("rb") as file:
        names = file.readline().decode("utf-8-sig").strip().split(",")
    texts = {name.strip().strip('"'): pa.string() for name in names}
    return csv.read_csv(path, convert_options=csv.ConvertOptions(column_types=texts))


def _name(column: str) -> str:
    plain = column.strip().lstrip("\ufeff").lower()
    return _KOREAN.get(plain, plain)


def _whole(path: Path, name: str, column: Any) -> Any:
    """A column as int64."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = pc.cast(column, pa.float64())
    except pa.ArrowException:
        values = None
    if values is None or values.null_count:
        for at, text in enumerate(column.to_pylist()):
            try:
                float(text)
            except (TypeError, ValueError):
                raise FolderError(f"{path.name} {at + 2}번째 줄: {name} 값이 숫자가 아니에요 ({text!r}).") from None
    assert values is not None
    numbers = np.asarray(values.to_numpy())
    bad = np.flatnonzero(~np.isfinite(numbers) | (numbers != np.rint(numbers)) | (numbers < 0))
    if len(bad):
        line, value = int(bad[0]) + 2, numbers[bad[0]]
        raise FolderError(f"{path.name} {line}번째 줄: {name} 값은 0 이상의 정수여야 해요 ({value:g}).")
    return numbers.astype(np.int64)


def _days(path: Path, column: Any) -> list[date]:
    out = []
    for at, value in enumerate(column.to_pylist()):
        text = value.isoformat()[:10] if isinstance(value, date) else str(value).strip()
        try:
            out.append(date.fromisoformat(text))
        except ValueError:
            raise FolderError(
                f"{path.name} {at + 2}번째 줄: 날짜는 2025-01-02 모양이어야 해요 ({text[:20]!r}). "
                "분봉이라면 열 이름을 time으로 바꿔 주세요."
            ) from None
    return out


def _moments(path: Path, column: Any) -> Any:
    out = []
    for at, value in enumerate(column.to_pylist()):
        try:
            out.append(_moment(value))
        except ValueError:
            raise FolderError(
                f"{path.name} {at + 2}번째 줄: 시각은 2025-01-02T09:01:00 모양이어야 해요 ({str(value)[:30]!r})."
            ) from None
    return np.array(out, dtype=np.int64)


def _moment(value: Any) -> int:
    if isinstance(value, int):
        return value
    if not isinstance(value, datetime):
        text = str(value).strip()
        if text.isdigit() and len(text) <= 11:
            return int(text)
        value = datetime.fromisoformat(text)
    return int((value if value.tzinfo is not None else value.replace(tzinfo=KST)).timestamp())


def _checked(path: Path, times: Any, numbers: dict[str, Any]) -> Bars:
    order = np.argsort(times, kind="stable")
    times = times[order]
    columns = {name: values[order] for name, values in numbers.items()}
    twice = np.flatnonzero(np.diff(times) == 0)
    if len(twice):
        at = datetime.fromtimestamp(int(times[twice[0]]), KST)
        raise FolderError(f"{path.name}: {at:%Y-%m-%d %H:%M} 봉이 두 번 나와요.")
    try:
        return adjusted_bars([times, *(columns[name] for name in (*_PRICES, "volume"))])
    except ValueError as error:
        found = re.search(r"ends (\d+)$", str(error))
        where = f" {datetime.fromtimestamp(int(found[1]), KST):%Y-%m-%d %H:%M} 봉의" if found else ""
        raise FolderError(
            f"{path.name}:{where} 가격이 맞지 않아요. 저가 ≤ 시가·종가 ≤ 고가여야 해요 ({error})."
        ) from error
