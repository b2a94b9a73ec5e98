"""Where the names come from that headlines are matched against: KIS's stock master on this machine, or what is bundled.

Contract: `load_listing(home)` never fails. It takes the master files in `<home>/master` when they can be read, else the
list bundled beside this page when there is one, else the instruments that Quartz knows by name; `as_of` says which.
`keep_master` puts a file there (what KIS publishes daily, zipped or not, or a CSV); one that cannot be read is refused
and the old one stays.
"""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import structlog

from domain.instruments import Instruments
from domain.news.listing import Listed, Listing, listing_of
from domain.news.master import NotAMaster, read_csv, read_mst

log = structlog.get_logger(__name__)

BUNDLED = Path(__file__).parent / "data" / "listed.csv"
BUNDLED_AS_OF = "2026-07-24"  # when its codes and classes were looked up; a checkout's file time says nothing
FILES = {"KOSPI": "kospi_code.mst", "KOSDAQ": "kosdaq_code.mst"}
CSV = "listed.csv"
MAX_BYTES = 20_000_000


def load_listing(home: Path) -> Listing:
    """The best list there is here."""
    folder = home / "master"
    return _csv(folder / CSV) or _masters(folder) or _csv(BUNDLED, BUNDLED_AS_OF) or listing_of(Instruments.load())


def keep_master(home: Path, name: str, data: bytes) -> int:
    """Keeps a master under its own name; the number of names in it. Raises NotAMaster."""
    if len(data) > MAX_BYTES:
        raise NotAMaster(f"expected a stock master of at most {MAX_BYTES} bytes, was {len(data)}")
    if data[:2] == b"PK":
        name, data = unzipped(data)
    target = name.lower()
    market = next((market for market, file in FILES.items() if file == target), None)
    count = len(read_mst(decoded(data), market)) if market is not None else len(read_csv(decoded(data), ""))
    folder = home / "master"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (target if market is not None else CSV)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_bytes(data)
    partial.replace(path)
    return count


def unzipped(data: bytes) -> tuple[str, bytes]:
    """Name and content of the one file in an archive. Raises NotAMaster, also for one that unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = archive.infolist()[0]
            if entry.file_size > MAX_BYTES:  # a small zip may hold a very large file
                raise NotAMaster(f"expected at most {MAX_BYTES} bytes in the archive, was {entry.file_size}")
            return Path(entry.filename).name, archive.read(entry)
    except NotAMaster:
        raise
    except (zipfile.BadZipFile, zlib.error, IndexError, EOFError, RuntimeError, OSError, ValueError) as fault:
        raise NotAMaster("expected a zip file with a stock master, was broken") from fault


def _masters(folder: Path) -> Listing | None:
    rows: list[Listed] = []
    days = []
    for market, name in FILES.items():
        path = folder / name
        try:
            rows += read_mst(decoded(path.read_bytes()), market)
            days.append(datetime.fromtimestamp(path.stat().st_mtime, UTC))
        except FileNotFoundError:
            return None
        except (OSError, NotAMaster) as fault:
            log.warning("news.master_unreadable", file=name, fault=str(fault))
            return None
    return Listing(rows, f"{min(days):%Y-%m-%d}")


def _csv(path: Path, as_of: str = "") -> Listing | None:
    try:
        as_of = as_of or f"{datetime.fromtimestamp(path.stat().st_mtime, UTC):%Y-%m-%d}"
        found = read_csv(decoded(path.read_bytes()), as_of)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        log.warning("news.listing_unreadable", file=path.name, fault=str(fault))
        return None
    return found if len(found) else None


def decoded(data: bytes) -> str:
    """UTF-8 or cp949."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp949", errors="replace")
