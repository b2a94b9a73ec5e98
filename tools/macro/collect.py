"""Collecting the economy's figures: whoever is due is asked, what is new or revised is kept with the moment.

Contract: safe to run twice and from two processes: rows are unique, and what is not due is not asked. Publishers are
asked side by side, each one's series one after the other with a pause. A publisher that cannot be reached, counts our
calls or refuses our key is left alone for the rest of the run, and every series of it that was due counts as failed.
The database's silence is the caller's to handle (PortUnavailable).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from domain.clock import KST, Clock
from domain.macro.due import Why, due
from domain.macro.periods import containing, shifted
from domain.macro.series import Cycle, Series, of_source
from tools.macro.errors import AskedWrongly, SourceDown, SourceFailed
from tools.macro.port import MacroSource
from tools.store.macro import MacroTables

log = structlog.get_logger(__name__)

PAUSE = 0.5  # seconds between two questions to one publisher: 120 a minute is FRED's limit
WINDOW = {Cycle.MONTH: 72, Cycle.YEAR: 24}  # periods that are read: trends, year-on-year figures, revisions


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one series. `learned` figures were new or revised; `failure` is a code, empty when it went well."""

    series: Series
    why: Why
    learned: int
    failure: str = ""
    message: str = ""  # Korean, of a failure


async def collect(
    sources: Sequence[MacroSource], tables: MacroTables, clock: Clock, *, everything: bool = False
) -> tuple[Outcome, ...]:
    """Asks what is due; `everything` asks all, as a person who says so."""
    work = (_of(source, tables, clock, everything) for source in sources)
    outcomes: list[Outcome] = []
    for made in await asyncio.gather(*work, return_exceptions=True):  # nobody is left working when this is over
        if isinstance(made, BaseException):
            raise made
        outcomes += made
    return tuple(outcomes)


async def _of(source: MacroSource, tables: MacroTables, clock: Clock, everything: bool) -> list[Outcome]:
    series = of_source(source.source)
    asked = await tables.asked(series)
    waiting = [
        (each, why)
        for each in series
        if (why := due(clock.now(), each, asked.get(each.code)) or (Why.REVISION if everything else None)) is not None
    ]
    outcomes: list[Outcome] = []
    over: SourceFailed | None = None
    for at, (each, why) in enumerate(waiting):
        if over is None and at:
            await clock.sleep(PAUSE)
        if over is None:
            try:
                outcomes.append(await _one(source, each, why, tables, clock))
                continue
            except SourceFailed as failed:
                fault = failed
                over = None if _is_of_one_series(failed) else failed
        else:
            fault = over
        await tables.failed(each, clock.now(), why.value, fault.code)
        log.warning("macro.failed", source=source.source.value, series=each.code, code=fault.code)
        outcomes.append(Outcome(each, why, 0, fault.code, fault.message))
    return outcomes


async def _one(source: MacroSource, series: Series, why: Why, tables: MacroTables, clock: Clock) -> Outcome:
    first, last = window(series, clock.now())
    figures = await source.published(series, first, last)
    learned = await tables.learn(series, figures, clock.now(), why.value)
    log.info("macro.learned", source=source.source.value, series=series.code, figures=len(figures), learned=learned)
    return Outcome(series, why, learned)


def window(series: Series, now: datetime) -> tuple[date, date]:
    """The periods that are read: up to the one that `now` is in."""
    last = containing(now.astimezone(KST).date(), series.cycle)
    return shifted(last, series.cycle, -WINDOW[series.cycle]), last


def _is_of_one_series(failed: SourceFailed) -> bool:
    return isinstance(failed, AskedWrongly) or (isinstance(failed, SourceDown) and failed.code == "not_data")
