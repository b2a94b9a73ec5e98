"""The publishers of statistics as doctor tries them: one small question to each, over the true network.

Contract: see `tools.probes`. ECOS is asked with the public key `sample` where none is set, to tell a network that does
not let us out from a key that is missing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import SecretStr

from domain.clock import KST, Clock
from domain.macro.periods import containing, named, shifted
from domain.macro.series import SOURCE_NAMES, Cycle, Source, of_source
from tools.macro.ecos import SAMPLE_KEY, Ecos
from tools.macro.errors import KeyRefused, SourceFailed, TooManyCalls
from tools.macro.fred import Fred
from tools.macro.port import MacroSource
from tools.macro.worldbank import WorldBank
from tools.probes import CHECK_NETWORK, Probe, Probed
from tools.settings import Settings

SECONDS = 8.0
_LOOK_BACK = {Cycle.MONTH: 8, Cycle.YEAR: 6}  # periods; fewer than the ten rows of the sample key


@dataclass(frozen=True)
class SourceProbe:
    """`open_` makes a client; None when there is no key for it. `advice` is what a good answer leaves to be said."""

    source: Source
    clock: Clock
    open_: Callable[[], MacroSource] | None
    missing: str = ""
    advice: str = ""

    @property
    def name(self) -> str:
        return SOURCE_NAMES[self.source]

    async def probe(self) -> Probe:
        if self.open_ is None:
            return Probe("off", "키가 없어요", self.missing)
        series = of_source(self.source)[0]
        last = containing(self.clock.now().astimezone(KST).date(), series.cycle)
        first = shifted(last, series.cycle, -_LOOK_BACK[series.cycle])
        client = self.open_()
        try:
            figures = await client.published(series, first, last)
        except SourceFailed as failed:
            is_ours = isinstance(failed, KeyRefused | TooManyCalls)
            return Probe("bad", failed.message, "" if is_ours else CHECK_NETWORK)
        finally:
            await client.aclose()
        if not figures:
            return Probe("bad", f"답은 하지만 {series.name} 값이 없어요", "지표 코드가 바뀌었을 수 있어요")
        newest = figures[-1]
        return Probe("good", f"{series.name} {newest.value} ({named(newest.period, series.cycle)})", self.advice)


def probes(settings: Settings, clock: Clock) -> list[Probed]:
    """All publishers, with or without a key."""
    ecos, fred = settings.ecos_api_key, settings.fred_api_key
    without = "" if ecos is not None else "공개 시험 키로 물어봤어요. QUARTZ_ECOS_API_KEY를 넣으면 지표를 모아요"
    return [
        SourceProbe(
            Source.ECOS,
            clock,
            lambda: Ecos(ecos or SecretStr(SAMPLE_KEY), clock, seconds=SECONDS),
            advice=without,
        ),
        SourceProbe(
            Source.FRED,
            clock,
            None if fred is None else lambda: Fred(fred, clock, seconds=SECONDS),
            missing="QUARTZ_FRED_API_KEY를 넣으면 미국 금리와 물가를 모아요",
        ),
        SourceProbe(Source.WORLD_BANK, clock, lambda: WorldBank(clock, seconds=SECONDS), advice="키가 필요 없어요"),
    ]
