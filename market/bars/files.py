"""Bars as Parquet files of the lake: names, columns, and what a file says of itself.

A folder a ticker: `bars/market=…/timeframe=…/ticker=…`, minutes with a `year=…` below. A file is never changed. Its
name is `generation-written-random.parquet`: the newest generation alone counts (a new one begins when the basis of
adjusted prices changed), and of two files the one written later wins, bar by bar. So writers need no lock, in a folder
or in S3.
"""

from __future__ import annotations

import io
import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from domain.bars import Bars, bars_of

COLUMNS = ("time", "open", "high", "low", "close", "volume")
_NAME = re.compile(r"(\d{20})-(\d{20})-[0-9a-f]{8}\.parquet")
_META = b"quartz"
_SAFE = re.compile(r"[0-9A-Za-z_-]{1,32}")


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where bars come from. `asked_from`..`asked_to` were asked for in full: a day in there without a bar had none."""

    source: str  # sim | paper | live | folder | ticks
    fetched_at: str  # ISO 8601, UTC
    adjusted: str  # what prices are adjusted for: "splits" as the broker does, "" for not at all
    asked_from: str = ""  # YYYY-MM-DD; "" when the file proves nothing but its own bars
    asked_to: str = ""


@dataclass(frozen=True, slots=True)
class FileName:
    path: str
    generation: int
    written: int


def folder_of(market: str, timeframe: str, ticker: str) -> str:
    for what, text in (("market", market), ("timeframe", timeframe), ("ticker", ticker)):
        if not _SAFE.fullmatch(text):
            raise ValueError(f"expected a {what} of letters and digits, was {text!r}")
    return f"bars/market={market}/timeframe={timeframe}/ticker={ticker}"


def new_path(folder: str, year: int | None, generation: int, written: int) -> str:
    below = folder if year is None else f"{folder}/year={year:04d}"
    return f"{below}/{generation:020d}-{written:020d}-{secrets.token_hex(4)}.parquet"


def named(paths: Iterable[str]) -> list[FileName]:
    """Ours among them, oldest written first."""
    found = []
    for path in paths:
        match = _NAME.fullmatch(path.rpartition("/")[2])
        if match:
            found.append(FileName(path, int(match[1]), int(match[2])))
    return sorted(found, key=lambda name: (name.written, name.path))


def encoded(bars: Bars, provenances: Sequence[Provenance]) -> bytes:
    """One Parquet file. After a merge a file tells of everything that went into it."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({name: pa.array(getattr(bars, name), type=pa.int64()) for name in COLUMNS})
    told = json.dumps([asdict(each) for each in provenances]).encode()
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({_META: told}), sink, compression="zstd")
    return sink.getvalue()


def decoded(data: bytes) -> tuple[Bars, tuple[Provenance, ...]]:
    """Raises ValueError for a file that is not of ours."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(io.BytesIO(data), use_threads=False)
        told = json.loads((table.schema.metadata or {})[_META])
        bars = bars_of(*(table[name].to_numpy() for name in COLUMNS))
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise ValueError(f"expected a Parquet file of bars, was unreadable: {type(error).__name__}") from error
    return bars, tuple(Provenance(**each) for each in told)


def merged(parts: Sequence[Bars]) -> Bars:
    """One series, oldest first; where a time comes twice the later part's bar stays."""
    stacked: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS}
    backwards = stacked["time"][::-1]
    _, first = np.unique(backwards, return_index=True)
    keep = len(backwards) - 1 - first
    return bars_of(*(stacked[name][keep] for name in COLUMNS))


def of_rows(rows: Iterable[tuple[int, ...]]) -> Bars:
    """From (time, open, high, low, close, volume), oldest first."""
    table = np.array(list(rows), dtype=np.int64).reshape(-1, len(COLUMNS))
    return bars_of(*table.T)


def now_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def days_of(provenance: Provenance) -> tuple[date, date] | None:
    if not provenance.asked_from:
        return None
    return date.fromisoformat(provenance.asked_from), date.fromisoformat(provenance.asked_to)
