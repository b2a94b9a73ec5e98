"""Which publishers are asked on this machine: those that the settings hold keys for, and the World Bank beside them.

Contract: without any key there is none, and the macro view is demonstration data. `open_sources` closes what it opened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager

from domain.clock import Clock
from domain.macro.series import Series, Source, of_source
from tools.macro.ecos import Ecos
from tools.macro.fred import Fred
from tools.macro.port import MacroSource
from tools.macro.worldbank import WorldBank
from tools.settings import Settings

HOW = "QUARTZ_ECOS_API_KEY(한국은행)나 QUARTZ_FRED_API_KEY(미국 연준)를 넣으면 실제 지표로 봐요."
_WITHOUT = {
    Source.ECOS: "한국은행 ECOS 키가 없어 국내 지표는 빼고 봤어요.",
    Source.FRED: "미국 FRED 키가 없어 미국 금리와 물가는 빼고 봤어요.",
}


def has_keys(settings: Settings) -> bool:
    """Whether real figures are collected here."""
    return settings.ecos_api_key is not None or settings.fred_api_key is not None


def serving(settings: Settings) -> tuple[Source, ...]:
    """The publishers that are asked."""
    if not has_keys(settings):
        return ()
    keys = {Source.ECOS: settings.ecos_api_key, Source.FRED: settings.fred_api_key}
    return tuple(source for source in Source if source is Source.WORLD_BANK or keys[source] is not None)


def followed(sources: Iterable[Source]) -> tuple[Series, ...]:
    """All series of these publishers, in the catalogue's order."""
    return tuple(series for source in Source if source in set(sources) for series in of_source(source))


def left_out(sources: Iterable[Source]) -> tuple[str, ...]:
    """Korean: what a view from these publishers lacks."""
    given = set(sources)
    return tuple(text for source, text in _WITHOUT.items() if source not in given)


@asynccontextmanager
async def open_sources(settings: Settings, clock: Clock) -> AsyncIterator[tuple[MacroSource, ...]]:
    """Clients of the publishers that are asked."""
    async with AsyncExitStack() as stack:
        made: list[MacroSource] = []
        for source in serving(settings):
            client = _client(source, settings, clock)
            stack.push_async_callback(client.aclose)
            made.append(client)
        yield tuple(made)


def _client(source: Source, settings: Settings, clock: Clock) -> MacroSource:
    if source is Source.ECOS and settings.ecos_api_key is not None:
        return Ecos(settings.ecos_api_key, clock)
    if source is Source.FRED and settings.fred_api_key is not None:
        return Fred(settings.fred_api_key, clock)
    return WorldBank(clock)
