"""The sources of headlines as doctor tries them: one page each, over the true network.

Contract: see `tools.probes`. Places that terms keep us away from are `off`, with the reason, and are not asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.clock import Clock
from tools.news.faults import SourceFailed
from tools.news.polite import CACHE, Polite
from tools.news.sources import NewsSource, places, web_sources
from tools.probes import CHECK_NETWORK, Probe, Probed
from tools.settings import Settings

SECONDS = 8.0


@dataclass(frozen=True)
class NewsProbe:
    """`source` is read once; what it gives is counted and forgotten."""

    source: NewsSource
    guest: Polite
    clock: Clock

    @property
    def name(self) -> str:
        return self.source.name

    async def probe(self) -> Probe:
        try:
            found = await self.source.read(self.clock.now())
        except SourceFailed as failed:
            if failed.code in ("terms", "robots"):
                return Probe("off", failed.message)
            return Probe("bad", failed.message, CHECK_NETWORK if failed.code in ("timeout", "unreachable") else "")
        finally:
            await self.guest.aclose()
        if not found:
            return Probe("bad", "답은 하지만 사흘 안의 기사가 없어요", "주소가 바뀌었을 수 있어요")
        return Probe("good", f"기사 제목 {len(found)}개", "키가 필요 없어요")


def probes(settings: Settings, clock: Clock) -> list[Probed]:
    """All places of the table, each with a guest of its own. The memory on disk is that of the true runs, so that a
    probe asks whether a page changed and does not carry it home again."""
    found: list[Probed] = []
    for row in places():
        guest = Polite(settings.home / CACHE, clock, seconds=SECONDS, fresh_s=0)
        [source] = web_sources(guest, [row])
        found.append(NewsProbe(source, guest, clock))
    return found
