"""KIS's public stock masters, fetched from where KIS publishes them each morning: which names are listed, and as what.

Contract: `download(home, clock)` asks for each of the two files once, as the guest of the news does (robots.txt, a gap
between requests, bounded bodies, only what has changed), unpacks within a bound, reads it whole, and only then puts it
in the old one's place. What cannot be had or read, names another market, or has lost a fifth of its names changes
nothing and is said. Never raises for the network's sake. `due` says whether what is kept is from before today's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from domain.clock import Clock
from domain.news.master import NotAMaster, read_mst
from tools.news.faults import SourceFailed
from tools.news.listings import FILES, decoded, keep_master, unzipped
from tools.news.polite import CACHE, Polite

log = structlog.get_logger(__name__)

ADDRESS = "https://new.real.download.dws.co.kr/common/master"  # as KIS's public samples name it
OLD = timedelta(hours=20)  # a daily call at about the same time finds yesterday's older than this
FEWEST = 300  # names of a market; the smaller one has well over a thousand
SHARE = 0.8  # of the names before that must still be there

NOT_A_MASTER = "받은 파일이 종목 마스터가 아니라서 쓰지 않았어요."
TOO_FEW = "받은 종목 마스터에 종목이 너무 적어서 쓰지 않았어요."
NOT_KEPT = "종목 마스터를 디스크에 쓰지 못했어요."


@dataclass(frozen=True, slots=True)
class Downloaded:
    """One market's file: `names` in it, or in Korean why the old one stays."""

    market: str
    names: int = 0
    why: str = ""

    @property
    def good(self) -> bool:
        return not self.why


def due(home: Path, now: datetime) -> bool:
    """Whether either file is missing or old. Blocking."""
    for file in FILES.values():
        try:
            kept = datetime.fromtimestamp((home / "master" / file).stat().st_mtime, UTC)
        except OSError:
            return True
        if now - kept >= OLD:
            return True
    return False


async def download(home: Path, clock: Clock, address: str = ADDRESS, *, fewest: int = FEWEST) -> Sequence[Downloaded]:
    """Both markets, one after the other."""
    guest = Polite(home / CACHE, clock)
    try:
        return [await _one(guest, home, market, address, fewest) for market in FILES]
    finally:
        await guest.aclose()


async def _one(guest: Polite, home: Path, market: str, address: str, fewest: int) -> Downloaded:
    try:
        page = await guest.get(f"{address}/{FILES[market]}.zip")
        names = await asyncio.to_thread(_kept, home, market, page.body, fewest)
    except SourceFailed as failed:
        return _failed(market, failed.message, failed.code)
    except NotAMaster as fault:
        return _failed(market, TOO_FEW if isinstance(fault, _TooFew) else NOT_A_MASTER, str(fault))
    except OSError as fault:
        return _failed(market, NOT_KEPT, type(fault).__name__)
    log.info("news.master_kept", market=market, names=names)
    return Downloaded(market, names)


def _failed(market: str, why: str, reason: str) -> Downloaded:
    log.warning("news.master_not_kept", market=market, reason=reason)
    return Downloaded(market, why=why)


class _TooFew(NotAMaster):
    """A file that is shorter than it can be."""


def _kept(home: Path, market: str, data: bytes, fewest: int) -> int:
    """Raises NotAMaster before anything is touched."""
    file = FILES[market]
    name, text = unzipped(data)
    if name.lower() != file:
        raise NotAMaster(f"expected {file} in the archive, was {name[:40]!r}")
    names = len(read_mst(decoded(text), market))
    least = max(fewest, int(SHARE * _before(home / "master" / file, market)))
    if names < least:
        raise _TooFew(f"expected at least {least} names of {market}, was {names}")
    return keep_master(home, file, text)


def _before(path: Path, market: str) -> int:
    """Names in the file that is kept; 0 without a readable one."""
    try:
        return len(read_mst(decoded(path.read_bytes()), market))
    except (OSError, NotAMaster):
        return 0
