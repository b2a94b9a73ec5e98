"""The bundled demonstration data: labelled, usable, about names that exist."""

from __future__ import annotations

from fakes import START

from domain.clock import ManualClock
from domain.instruments import Instruments
from domain.reports import Status
from nodes.macro.features import read_macro
from tools.macro.demo import DemoMacro
from tools.news.demo import DemoNews


async def test_demonstration_series_are_labelled_and_readable() -> None:
    snapshot = await DemoMacro(ManualClock(START)).snapshot()
    assert snapshot is not None
    assert snapshot.demo
    assert "시연" in snapshot.source
    report = read_macro(snapshot, START)
    assert report.status is Status.OK
    assert len(report.drivers) + len(report.risks) == len(snapshot.series)
    assert report.lines()


async def test_demonstration_headlines_are_labelled_dated_and_about_known_names() -> None:
    headlines = await DemoNews(ManualClock(START)).headlines()
    assert len(headlines) >= 20
    assert all(headline.demo and "시연" in headline.source and headline.at < START for headline in headlines)
    table = Instruments.load()
    assert all(table.get(ticker) for headline in headlines for ticker in headline.tickers)


async def test_headlines_keep_to_the_limit() -> None:
    assert len(await DemoNews(ManualClock(START)).headlines(3)) == 3
