"""The macro job on real tables, a real folder as lake and publishers on loopback: collect, write, keep, show; and what
happens when a publisher, the lake or a kept document is not what it was."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from macro_servers import ECOS_KEY, FRED_KEY, Publishers, publishers
from pydantic import SecretStr

from domain.clock import KST, ManualClock
from domain.ids import seeded_ids
from domain.macro.series import Source, catalogue
from graph.macro_job import macro_port, open_macro_job
from nodes.macro.features import read_macro
from nodes.macro.node import kept_report
from nodes.macro.refresh import BUSY, NO_LAKE, NOTHING, MacroJob, refresh
from tools.lake import LakeUnavailable, folder_lake
from tools.macro.demo import DemoMacro
from tools.macro.ecos import Ecos
from tools.macro.fred import Fred
from tools.macro.shelf import FOLDER, Shelf
from tools.macro.stored import StoredMacro
from tools.macro.worldbank import WorldBank
from tools.ports import MacroSnapshot, PortUnavailable
from tools.settings import Broker, Settings
from tools.store.macro import MacroTables
from tools.store.pool import make_dict_pool
from ui.commands.macro import NO_DUE, shown, told

NOON = datetime(2026, 11, 20, 12, tzinfo=KST)


def figures_of(world: Publishers) -> None:
    """Two calm years and a cut in October; the rest stays as it is."""
    months = [(2024 + at // 12, at % 12 + 1) for at in range(4, 34)]
    for series in catalogue():
        rows: dict[str, Any] = {str(year): "2.0" for year in range(2014, 2026)}
        if series.cycle == "M":
            form = "{}{:02d}" if series.source is Source.ECOS else "{}-{:02d}-01"
            rows = {form.format(*month): "2.75" for month in months}
        world.figures[(series.source.value, series.key)] = rows
    world.figures[("ecos", "722Y001/0101000")]["202610"] = "2.5"


class Gone:
    """A lake that is away."""

    def list(self, folder: str) -> list[str]:
        raise LakeUnavailable("expected the lake to answer")

    def read(self, path: str) -> bytes:
        raise LakeUnavailable("expected the lake to answer")

    def write(self, path: str, data: bytes) -> None:
        raise LakeUnavailable("expected the lake to answer")

    def delete(self, path: str) -> None:
        raise LakeUnavailable("expected the lake to answer")


@dataclass
class Bench:
    job: MacroJob
    clock: ManualClock
    world: Publishers
    lake: Path

    def fresh(self, **changed: Any) -> MacroJob:
        """The job of another process: nothing remembered."""
        lake = changed.pop("lake", partial(folder_lake, self.lake))
        shelf = Shelf(lake, self.job.tables, seeded_ids(7))
        port = StoredMacro(self.job.tables, shelf, list(Source), self.clock)
        return MacroJob(self.job.sources, self.job.tables, shelf, port, self.clock)

    async def snapshot(self) -> MacroSnapshot:
        found = await self.fresh().port.snapshot()
        assert found is not None
        return found

    def documents(self) -> list[Path]:
        return sorted((self.lake / FOLDER).rglob("report.json"))


@asynccontextmanager
async def bench_on(database: Any, lake: Path) -> AsyncIterator[Bench]:
    clock = ManualClock(NOON)
    async with publishers() as world, make_dict_pool(database.url("graph"), "test-macro-job", max_size=6) as pool:
        figures_of(world)
        sources = (
            Ecos(SecretStr(ECOS_KEY), clock, base_url=world.ecos),
            Fred(SecretStr(FRED_KEY), clock, base_url=world.fred),
            WorldBank(clock, base_url=world.bank),
        )
        tables = MacroTables(pool)
        shelf = Shelf(partial(folder_lake, lake), tables, seeded_ids(1))
        port = StoredMacro(tables, shelf, list(Source), clock)
        try:
            yield Bench(MacroJob(sources, tables, shelf, port, clock), clock, world, lake)
        finally:
            for source in sources:
                await source.aclose()


@pytest.fixture
async def bench(database: Any, tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench_on(database, tmp_path / "lake") as made:
        yield made


async def test_a_refresh_collects_writes_and_keeps_a_report_that_the_next_process_reads(bench: Bench) -> None:
    assert await bench.job.port.snapshot() is None
    done = await refresh(bench.job)
    assert done.report is not None
    assert (len(done.outcomes), done.why, done.report.written_by) == (len(catalogue()), "", "rules")
    (document,) = bench.documents()
    assert {file.name for file in document.parent.iterdir()} == {
        *("report.json", "positive.md", "negative.md", "summary.md")
    }
    assert document.parent.parent.name == "2026-11-20"
    found = await bench.snapshot()
    assert kept_report(found) == done.report
    assert "기준금리 2.75% → 2.5%" in (document.parent / "positive.md").read_text("utf-8")
    lines, failed = told(done)
    assert (failed, "보고서를 새로 썼어요(규칙)" in lines[-1]) == (False, True)


async def test_a_second_refresh_does_nothing_until_twelve_hours_or_new_figures(bench: Bench) -> None:
    await refresh(bench.job)
    again = await refresh(bench.job)
    assert (again.outcomes, again.report, told(again)) == ((), None, ([NO_DUE], False))
    bench.clock.advance(12 * 3600)
    assert (await refresh(bench.job)).report is not None
    bench.clock.advance(7 * 24 * 3600)
    bench.world.figures[("ecos", "722Y001/0101000")]["202610"] = "2.25"
    revised = await refresh(bench.job)
    assert revised.report is not None
    assert "2.25%" in "".join(revised.report.told(revised.report.summary))
    assert len(bench.documents()) == 3


async def test_while_one_refreshes_another_leaves_it_at_that(bench: Bench) -> None:
    async with bench.job.tables.turn():
        done = await refresh(bench.fresh())
    assert (done.why, done.outcomes, bench.world.asked) == (BUSY, (), [])


async def test_a_publisher_that_is_down_leaves_last_values_and_no_direction(bench: Bench) -> None:
    await refresh(bench.job)
    bench.clock.advance(8 * 24 * 3600)
    bench.world.down.update({"ecos", "fred"})
    done = await refresh(bench.job)
    assert done.report is not None
    assert (done.report.market_bias_hint, done.report.view.status.value) == ("uncertain", "stale")
    assert done.report.notes[0] == "한국은행 ECOS에서 새 값을 받지 못해 8일 전에 받은 값이에요."
    found = await bench.snapshot()
    assert {row["value"] for row in found.series if row["code"] == "base_rate"} == {"2.5"}
    lines, failed = told(done)
    assert not failed
    assert any("서버에 문제가 있어요" in line for line in lines)


async def test_a_publisher_that_never_answered_is_missing_and_said(bench: Bench) -> None:
    bench.world.down.update({"ecos", "fred", "worldbank"})
    done = await refresh(bench.job)
    assert (done.report, done.why) == (None, NOTHING)
    assert told(done)[1] is True
    bench.world.down.discard("ecos")
    bench.clock.advance(3600)
    partly = await refresh(bench.job)
    assert partly.report is not None
    assert partly.report.market_bias_hint == "uncertain"
    assert any("아직 받지 못했어요" in note for note in partly.report.notes)


async def test_a_lake_that_is_away_costs_the_report_and_not_the_figures(bench: Bench) -> None:
    done = await refresh(bench.fresh(lake=Gone))
    assert (done.report, done.why) == (None, NO_LAKE)
    assert (await bench.snapshot()).report is None
    await refresh(bench.job)
    away = await bench.fresh(lake=Gone).port.snapshot()
    assert away is not None
    assert (away.report, read_macro(away, bench.clock.now()).status.value) == (None, "ok")


async def test_a_document_that_somebody_changed_is_not_shown(bench: Bench) -> None:
    await refresh(bench.job)
    (document,) = bench.documents()
    content = json.loads(document.read_text("utf-8"))
    content["summary"][0]["text"] = "전 재산을 넣어도 좋아요."
    document.write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    assert (await bench.snapshot()).report is None
    document.unlink()
    assert (await bench.snapshot()).report is None


async def test_the_terminal_shows_the_sheet_with_what_is_old(bench: Bench) -> None:
    from domain.macro.sheet import sheet

    assert shown(sheet(catalogue(), {}, {}, NOON)) == []
    await refresh(bench.job)
    rows = await bench.job.tables.rows(catalogue())
    lines = shown(sheet(catalogue(), rows, await bench.job.tables.asked(catalogue()), NOON))
    assert lines[0] == "기준금리 2.5% (직전 2.75%), 추세 2.75% · 2026년 10월"
    assert shown(sheet(catalogue(), rows, {}, NOON.replace(year=2025))) == []


async def test_settings_decide_between_demonstration_and_the_store(database: Any) -> None:
    clock = ManualClock(NOON)
    keyed = database.settings.model_copy(update={"fred_api_key": SecretStr(FRED_KEY)})
    async with make_dict_pool(database.url("graph"), "test-macro-port", max_size=2) as pool:
        assert isinstance(macro_port(Settings(), pool, clock, seeded_ids(1)), DemoMacro)
        assert await macro_port(keyed, pool, clock, seeded_ids(1)).snapshot() is None
        paper = Settings().model_copy(update={"broker": Broker.PAPER})  # beside real orders nothing is made up
        with pytest.raises(PortUnavailable, match="거시 지표를 받을 키"):
            await macro_port(paper, pool, clock, seeded_ids(1)).snapshot()
        async with open_macro_job(keyed, pool, clock, seeded_ids(1)) as job:
            assert [source.source for source in job.sources] == [Source.FRED, Source.WORLD_BANK]
