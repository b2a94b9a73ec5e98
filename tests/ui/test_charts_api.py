"""Charts over HTTP: figures of the session's person, Korean reasons and refusals, and plotly's script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace

import httpx
import plotly.graph_objects as go
import pytest
from fakes import OTHER, USER, FakeOms, make_ports
from fastapi import FastAPI

from domain.proto import oms_pb2 as pb
from tools.ports import Identity, Ports
from ui.web import charts_api
from ui.web.context import Person, person, web_parts


class Days(FakeOms):
    """An OMS with two days for one person and none for anybody else."""

    async def days(self, who: Identity, limit: int = 0) -> list[pb.Day]:
        self._check()
        if who != USER:
            return []
        return [pb.Day(date=f"2026-11-{day}", start_value=100_000_000, high_water=100_000_000) for day in (19, 20)]


@pytest.fixture
def ports() -> Ports:
    made = make_ports()
    return make_ports(clock=made.clock, market=made.market, oms=Days(made.clock, made.desk, made.market))


async def _client(ports: Ports, who: Identity) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(charts_api.router)
    app.dependency_overrides[person] = lambda: Person(who, False, b"")
    app.dependency_overrides[web_parts] = lambda: SimpleNamespace(assembled=SimpleNamespace(ports=ports))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def client(ports: Ports) -> AsyncIterator[httpx.AsyncClient]:
    async for made in _client(ports, USER):
        yield made


@pytest.fixture
async def stranger(ports: Ports) -> AsyncIterator[httpx.AsyncClient]:
    async for made in _client(ports, OTHER):
        yield made


@pytest.mark.parametrize("period", ["D", "W", "M"])
async def test_a_price_chart_comes_with_its_label_and_its_sentence(client: httpx.AsyncClient, period: str) -> None:
    answer = await client.get(f"/api/charts/price/005930?period={period}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.content) < 150_000
    body = answer.json()
    assert (body["label"], body["empty"], body["name"]) == ("모의 시세", None, "삼성전자")
    assert body["as_of"].startswith("2026-11-23T10:00")
    assert body["summary"].startswith("삼성전자 최근")
    go.Figure(body["figure"])


async def test_panels_are_chosen_by_the_address(client: httpx.AsyncClient) -> None:
    bare = (await client.get("/api/charts/price/005930?panels=")).json()["figure"]
    assert {trace["name"] for trace in bare["data"]}.isdisjoint({"MACD", "RSI"})
    odd = await client.get("/api/charts/price/005930?panels=rsi,<script>")
    assert odd.status_code == 200


@pytest.mark.parametrize("ticker", ["999999", "00593", "삼성전자", "..%2F..%2Fetc", "005930'--"])
async def test_an_unknown_ticker_is_404_in_korean(client: httpx.AsyncClient, ticker: str) -> None:
    answer = await client.get(f"/api/charts/price/{ticker}")
    assert answer.status_code == 404
    if ticker.isalnum():
        assert answer.json()["message"] == "그런 종목을 찾지 못했어요."


async def test_a_period_that_is_none_is_422(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/charts/price/005930?period=Y")
    assert answer.status_code == 422
    assert answer.json()["message"].endswith("요.")


async def test_a_listed_name_without_bars_is_a_reason(client: httpx.AsyncClient, ports: Ports) -> None:
    ports.market.bars["005930"] = []  # type: ignore[attr-defined]
    body = (await client.get("/api/charts/price/005930")).json()
    assert body["figure"] is None
    assert "삼성전자" in body["empty"]


@pytest.mark.parametrize("path", ["price/005930", "equity", "pnl"])
async def test_a_silent_oms_is_503_in_korean(client: httpx.AsyncClient, ports: Ports, path: str) -> None:
    ports.market.down = ports.oms.down = True  # type: ignore[attr-defined]
    answer = await client.get(f"/api/charts/{path}")
    assert answer.status_code == 503
    assert answer.json()["message"].endswith("요.")


async def test_assets_are_the_persons_own(client: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    mine = (await client.get("/api/charts/equity")).json()
    assert mine["figure"]["data"][0]["y"] == [100_000_000, 100_000_000, 100_000_000]
    assert mine["label"] == "모의 시세"
    assert mine["as_of"]
    theirs = (await stranger.get("/api/charts/equity")).json()
    assert theirs["figure"] is None
    assert theirs["empty"]


async def test_results_without_any_say_so(client: httpx.AsyncClient, ports: Ports) -> None:
    assert (await client.get("/api/charts/pnl")).json()["empty"]
    ports.oms.hold("005930", 10, 72_000, 700_000)  # type: ignore[attr-defined]
    body = (await client.get("/api/charts/pnl")).json()
    assert body["summary"] == "평가손익 +20,000원(보유 1종목)"
    go.Figure(body["figure"])


async def test_plotlys_script_is_served_packed_and_asked_for_once(client: httpx.AsyncClient) -> None:
    packed = await client.get("/static/plotly.min.js", headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"].startswith("text/javascript")
    plain = await client.get("/static/plotly.min.js", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content  # unpacked by the client
    assert b"plotly.js v" in plain.content[:100]
    assert int(packed.headers["content-length"]) < 2_000_000 < int(plain.headers["content-length"])
    assert packed.headers["etag"] != plain.headers["etag"]
    again = await client.get(
        "/static/plotly.min.js", headers={"if-none-match": plain.headers["etag"], "accept-encoding": "identity"}
    )
    assert (again.status_code, again.content) == (304, b"")
