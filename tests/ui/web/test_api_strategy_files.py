"""A strategy's past and its files over HTTP: the chart, the report, `.kis.yaml` with consent; only one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import pytest
from fakes import OTHER, START, USER, FakeDesk, make_ports
from fastapi import FastAPI
from past_prices import Counted, crossing, open_backtests

from domain.clock import ManualClock
from domain.strategy.kis_yaml import import_kis, inexpressible, without
from domain.strategy.spec import StrategySpec
from graph.backtests import LATER
from nodes.strategy_architect.trials import NO_PROMISE
from tools.ports import Identity
from ui.web.api import strategies, strategy_files
from ui.web.context import Person, person, web_parts

ID = UUID(int=77)
PATH = f"/api/strategies/{ID}"


@dataclass
class Files:
    http: httpx.AsyncClient
    desk: FakeDesk
    market: Counted
    who: Identity = USER

    async def save(self, spec: StrategySpec) -> None:
        await self.desk.save_strategy(USER.user_id, ID, spec.content_hash(), spec.to_json(), START)

    async def ready(self, path: str = f"{PATH}/backtest") -> dict[str, Any]:
        """The card asks until there is an answer."""
        while (body := (await self.http.get(path)).json())["state"] == "running":
            assert body["figure"] is None
        return dict(body)


@pytest.fixture
async def files(tmp_path: Path) -> AsyncIterator[Files]:
    clock = ManualClock(START)
    market = Counted(clock)
    ports = make_ports(clock=clock, market=market)
    backtests = open_backtests(market, tmp_path)
    desk: Any = ports.desk
    app = FastAPI()
    for module in (strategies, strategy_files):
        app.include_router(module.router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
        made = Files(http, desk, market)
        parts = SimpleNamespace(assembled=SimpleNamespace(ports=ports, backtests=backtests))
        app.dependency_overrides[person] = lambda: Person(made.who, False, b"")
        app.dependency_overrides[web_parts] = lambda: parts
        yield made
        await backtests.aclose()


async def test_the_past_comes_as_a_chart_with_its_doubts_and_each_version_has_its_own(files: Files) -> None:
    await files.save(crossing())
    await files.save(crossing(risk={"stop_loss": {"enabled": True, "percent": 2}}))
    body = await files.ready()
    assert (body["state"], body["version"], body["label"]) == ("ready", 2, "모의 시세")
    names = [trace["name"] for trace in body["figure"]["data"]]
    assert names[:3] == ["자산", "코스피200 ETF", "최고 대비"]
    assert body["lines"][0].startswith("모의 시세로 검증했어요(")
    assert any("약점" in line for line in body["lines"])
    assert body["lines"][-1] == NO_PROMISE
    first = await files.ready(f"{PATH}/backtest?version=1")
    assert first["version"] == 1
    assert first["lines"] != body["lines"]


async def test_prices_that_are_not_to_be_had_are_said_instead_of_a_chart(files: Files) -> None:
    files.market.chart_down = {"005930"}
    await files.save(crossing())
    body = await files.ready()
    assert (body["state"], body["message"], body["figure"]) == ("unavailable", LATER, None)
    answer = await files.http.get(f"{PATH}/report.html")
    assert (answer.status_code, answer.json()["message"]) == (503, LATER)


async def test_the_report_is_one_file_to_keep(files: Files) -> None:
    spec = crossing()
    await files.save(spec)
    answer = await files.http.get(f"{PATH}/report.html")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == (
        f'attachment; filename="strategy-{spec.content_hash()[:12]}-v1.html"'
    )
    assert NO_PROMISE in answer.text
    assert spec.content_hash() in answer.text
    for words in ("지어낸 시세로 검증했어요", "같은 종목을 그냥 보유했다면", "평균 투자 비중(쉬는 돈", "<h2>말뜻</h2>"):
        assert words in answer.text, words


async def test_a_kis_file_leaves_out_only_what_was_named(files: Files) -> None:
    spec = crossing()
    await files.save(spec)
    told = (await files.http.get(PATH)).json()["kis"]
    assert [each["part"] for each in told["missing"]] == list(inexpressible(spec)) != []
    assert told["problems"] == []
    refused = await files.http.get(f"{PATH}/kis.yaml")
    assert refused.status_code == 409
    for each in told["missing"]:
        assert each["label"] in refused.json()["message"]
    parts = ",".join(each["part"] for each in told["missing"])
    answer = await files.http.get(f"{PATH}/kis.yaml?without={parts}")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"].endswith('v1.kis.yaml"')
    assert import_kis(answer.text).content_hash() == without(spec, parts.split(",")).content_hash()
    odd = await files.http.get(f"{PATH}/kis.yaml?without={parts},everything")
    assert odd.status_code == 409


async def test_fixed_weights_have_no_kis_file_and_say_why(files: Files) -> None:
    await files.save(crossing(strategy={"id": "held"}, sizing={"method": "targets", "targets": {"005930": 5_000}}))
    told = (await files.http.get(PATH)).json()["kis"]
    assert "빈 조건" in told["problems"][0]
    parts = ",".join(each["part"] for each in told["missing"])
    refused = await files.http.get(f"{PATH}/kis.yaml?without={parts}")
    assert (refused.status_code, refused.json()["message"]) == (409, told["problems"][0])


@pytest.mark.parametrize("file", ["backtest", "report.html", "kis.yaml?without=universe,sizing"])
async def test_another_persons_strategy_has_no_past_and_no_files(files: Files, file: str) -> None:
    await files.save(crossing())
    files.who = OTHER
    assert (await files.http.get(f"{PATH}/{file}")).status_code == 404
    assert (await files.http.get(f"/api/strategies/..%2f/{file}")).status_code == 404
    assert files.market.asked == []
