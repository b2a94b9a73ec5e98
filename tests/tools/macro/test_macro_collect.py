"""Collecting: by rhythm, once, with the moment each figure was learned; a failing publisher costs its own series."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from macro_servers import BROKEN, ECOS_KEY, FRED_KEY, Fault, Publishers
from pydantic import SecretStr

from domain.clock import KST, ManualClock
from domain.macro.due import Why
from domain.macro.series import Source, catalogue, of_source
from domain.macro.sheet import State, sheet
from domain.macro.vintage import Published, known
from tools.macro.collect import Outcome, collect
from tools.macro.ecos import Ecos
from tools.macro.fred import Fred
from tools.macro.port import MacroSource
from tools.macro.sources import followed, has_keys, left_out, open_sources, serving
from tools.macro.worldbank import WorldBank
from tools.ports import PortUnavailable
from tools.settings import Settings
from tools.store.macro import MacroTables
from tools.store.pool import make_dict_pool

NOON = datetime(2026, 11, 20, 12, tzinfo=KST)
BASE_RATE = next(series for series in catalogue() if series.code == "base_rate")


def figures_of(world: Publishers) -> None:
    """Thirty months up to October and twelve years of everything; customs and loans lag a month behind."""
    for series in catalogue():
        if series.cycle == "A":
            rows: dict[str, Any] = {str(year): 2 + (year % 3) / 10 for year in range(2014, 2026)}
        else:
            late = series.rhythm.lag > 16
            months = [date(2024 + at // 12, at % 12 + 1, 1) for at in range(4 - late, 34 - late)]
            form = "%Y%m" if series.source is Source.ECOS else "%Y-%m-%d"
            rows = {month.strftime(form): 100 + at for at, month in enumerate(months)}
        world.figures[(series.source.value, series.key)] = rows


@dataclass
class Bench:
    tables: MacroTables
    sources: Sequence[MacroSource]
    clock: ManualClock
    world: Publishers

    async def run(self, **how: Any) -> tuple[Outcome, ...]:
        return await collect(self.sources, self.tables, self.clock, **how)


@asynccontextmanager
async def bench_on(database: Any, world: Publishers) -> AsyncIterator[Bench]:
    clock = ManualClock(NOON)
    figures_of(world)
    sources: list[Any] = [
        Ecos(SecretStr(ECOS_KEY), clock, base_url=world.ecos),
        Fred(SecretStr(FRED_KEY), clock, base_url=world.fred),
        WorldBank(clock, base_url=world.bank),
    ]
    async with make_dict_pool(database.url("graph"), "test-macro", max_size=4) as pool:
        try:
            yield Bench(MacroTables(pool), sources, clock, world)
        finally:
            for source in sources:
                await source.aclose()


@pytest.fixture
async def bench(database: Any, world: Publishers) -> AsyncIterator[Bench]:
    async with bench_on(database, world) as made:
        yield made


async def test_everything_is_asked_once_and_then_by_its_rhythm(bench: Bench) -> None:
    first = await bench.run()
    assert [outcome.why for outcome in first] == [Why.FIRST] * len(catalogue())
    assert all(outcome.learned > 10 and not outcome.failure for outcome in first)
    asked = len(bench.world.asked)
    assert await bench.run() == ()
    bench.clock.advance(12 * 3600)
    again = await bench.run()
    # only October's customs figures are out and not here; everything else waits for its next month
    assert {(outcome.series.code, outcome.why) for outcome in again} == {
        ("exports_yoy", Why.RELEASE),
        ("imports_yoy", Why.RELEASE),
    }
    assert len(bench.world.asked) == asked + len(again)
    assert all(outcome.learned == 0 for outcome in again)


async def test_two_collectors_at_once_keep_each_figure_once(bench: Bench) -> None:
    await asyncio.gather(bench.run(everything=True), bench.run(everything=True))
    rows = await bench.tables.rows(catalogue())
    assert {row.revision for found in rows.values() for row in found} == {1}
    assert len(rows["base_rate"]) == 30


async def test_a_revised_figure_is_a_new_row_and_the_old_one_stays_known_for_its_time(bench: Bench) -> None:
    await bench.run()
    before = bench.clock.now()
    bench.clock.advance(7 * 24 * 3600)
    bench.world.figures[("ecos", BASE_RATE.key)]["202610"] = "2.5"
    outcome = next(each for each in await bench.run() if each.series is BASE_RATE)
    assert (outcome.why, outcome.learned) == (Why.REVISION, 1)
    then = known((await bench.tables.rows([BASE_RATE], before))["base_rate"])[-1]
    now = known((await bench.tables.rows([BASE_RATE]))["base_rate"])[-1]
    assert (then.value, then.revision, now.value, now.revision) == (129, 1, Decimal("2.5"), 2)
    assert now.as_of >= before + timedelta(days=7)
    assert (await bench.tables.rows([BASE_RATE], before - timedelta(days=1)))["base_rate"] == []


async def test_a_value_that_returns_to_what_it_was_is_a_third_row(bench: Bench) -> None:
    october = date(2026, 10, 1)
    for at, value in enumerate(("2.75", "2.5", "2.5", "2.75")):
        await bench.tables.learn(BASE_RATE, [Published(october, Decimal(value))], NOON + timedelta(days=at), "first")
    rows = (await bench.tables.rows([BASE_RATE]))["base_rate"]
    assert [(row.revision, str(row.value)) for row in rows] == [(1, "2.75"), (2, "2.5"), (3, "2.75")]
    (last,) = (await bench.tables.asked([BASE_RATE])).values()
    assert (last.newest, last.failed, last.good_at) == (october, False, NOON + timedelta(days=3))


async def test_a_publisher_that_is_down_is_left_alone_and_the_others_go_on(bench: Bench) -> None:
    await bench.run()
    bench.clock.advance(8 * 24 * 3600)
    bench.world.asked.clear()
    bench.world.down.add("ecos")
    outcomes = await bench.run()
    failed = [outcome for outcome in outcomes if outcome.failure]
    assert {outcome.series.source for outcome in failed} == {Source.ECOS}
    assert {outcome.failure for outcome in failed} == {"server_error"}
    assert sum(path.startswith("/ecos") for path in bench.world.asked) == 3  # one question with its retries
    assert any(not outcome.failure and outcome.series.source is Source.FRED for outcome in outcomes)
    asked = await bench.tables.asked(catalogue())
    now = bench.clock.now()
    found = sheet(catalogue(), await bench.tables.rows(catalogue()), asked, now)
    rate = next(reading for reading in found.readings if reading.series is BASE_RATE)
    assert (rate.state, rate.value, rate.age_days) == (State.FAILED, 129, 8)
    assert found.notes[0] == "한국은행 ECOS에서 새 값을 받지 못해 8일 전에 받은 값이에요."


async def test_a_failed_series_is_asked_again_after_an_hour(bench: Bench) -> None:
    bench.world.down.add("worldbank")
    await bench.run()
    bench.world.down.clear()
    assert await bench.run() == ()
    bench.clock.advance(3600)
    again = await bench.run()
    assert {(outcome.series.source, outcome.why, outcome.failure) for outcome in again} == {
        (Source.WORLD_BANK, Why.RETRY, "")
    }


async def test_one_series_without_sense_does_not_cost_its_neighbours(bench: Bench) -> None:
    bench.world.then("ecos", *[Fault(body=b"<html>")] * 3)
    outcomes = [outcome for outcome in await bench.run() if outcome.series.source is Source.ECOS]
    assert [outcome.failure for outcome in outcomes] == ["not_data", *[""] * 5]


async def test_a_refused_key_ends_that_publishers_turn_at_once(bench: Bench) -> None:
    refused = '{"RESULT":{"CODE":"INFO-100","MESSAGE":"인증키가 유효하지 않습니다."}}'.encode()
    bench.world.then("ecos", Fault(body=refused))
    outcomes = [outcome for outcome in await bench.run() if outcome.series.source is Source.ECOS]
    assert {outcome.failure for outcome in outcomes} == {"key"}
    assert sum(path.startswith("/ecos") for path in bench.world.asked) == 1
    assert "키를 확인해 주세요" in outcomes[0].message


async def test_a_single_failure_that_passes_is_no_failure(bench: Bench) -> None:
    bench.world.then("fred", BROKEN)
    assert not any(outcome.failure for outcome in await bench.run())


async def test_only_one_collector_has_the_turn(bench: Bench) -> None:
    async with bench.tables.turn() as mine, bench.tables.turn() as second:
        assert (mine, second) == (True, False)
    async with bench.tables.turn() as later:
        assert later


async def test_figures_can_be_changed_by_nobody_and_added_by_one_role(bench: Bench, database: Any) -> None:
    await bench.run()
    with psycopg.connect(database.url("graph"), autocommit=True) as graph:
        for statement in ("UPDATE market.macro_observations SET value = 1", "DELETE FROM market.macro_asks"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                graph.execute(statement)
    async with make_dict_pool(database.url("ui"), "test-macro-ui", max_size=1) as pool:
        reader = MacroTables(pool)
        assert len((await reader.rows([BASE_RATE]))["base_rate"]) == 30
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await reader.failed(BASE_RATE, NOON, "first", "key")


async def test_a_database_that_is_away_is_said(database: Any) -> None:
    pool = make_dict_pool(database.url("graph"), "test-macro-closed", max_size=1)
    with pytest.raises(PortUnavailable, match="기록 저장소"):
        await MacroTables(pool).asked(catalogue())


async def test_keys_decide_who_is_asked() -> None:
    nobody, ours = Settings(), Settings(ecos_api_key=SecretStr("sample"))
    assert (has_keys(nobody), serving(nobody)) == (False, ())
    assert serving(ours) == (Source.ECOS, Source.WORLD_BANK)
    assert followed(serving(ours)) == (*of_source(Source.ECOS), *of_source(Source.WORLD_BANK))
    assert left_out(serving(ours)) == ("미국 FRED 키가 없어 미국 금리와 물가는 빼고 봤어요.",)
    both = Settings(ecos_api_key=SecretStr("a" * 20), fred_api_key=SecretStr("b" * 32))
    async with open_sources(both, ManualClock(NOON)) as sources:
        assert [source.source for source in sources] == list(Source)
