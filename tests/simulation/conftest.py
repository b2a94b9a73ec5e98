"""Fixtures of the exchange tests: a virtual market in process, and real server processes on free ports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiohttp.test_utils import TestServer

from domain.clock import KST, ManualClock
from simulation.exchange.app import HUB, make_app
from simulation.exchange.config import Environment, ExchangeConfig, Limits
from simulation.exchange.exchange import Exchange, build
from simulation.exchange.ws import Hub

ROOT = Path(__file__).resolve().parents[2]
PREFIX = "/uapi/domestic-stock/v1/"
MONDAY_MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
KEY, SECRET = "K" * 36, "s" * 180


class Wire:
    """A bare KIS caller: knows headers and nothing else."""

    def __init__(self, url: str, key: str = KEY, secret: str = SECRET, account: str = "1234567801") -> None:
        self.url = url
        self.key, self.secret = key, secret
        self.account = {"CANO": account[:8], "ACNT_PRDT_CD": account[8:]}
        self.http = httpx.AsyncClient(base_url=url, timeout=10)
        self.token = ""

    async def login(self) -> Wire:
        body = {"grant_type": "client_credentials", "appkey": self.key, "appsecret": self.secret}
        answer = await self.http.post("/oauth2/tokenP", content=json.dumps(body))
        self.token = answer.json()["access_token"]
        return self

    def headers(self, tr_id: str) -> dict[str, str]:
        return {
            "authorization": f"Bearer {self.token}",
            "appkey": self.key,
            "appsecret": self.secret,
            "tr_id": tr_id,
            "custtype": "P",
        }

    async def get(self, path: str, tr_id: str, **query: str) -> httpx.Response:
        return await self.http.get(PREFIX + path, params=query, headers=self.headers(tr_id))

    async def post(self, path: str, tr_id: str, **body: str) -> httpx.Response:
        return await self.http.post(PREFIX + path, content=json.dumps(body), headers=self.headers(tr_id))

    async def quote(self, ticker: str = "005930") -> dict[str, str]:
        query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": ticker}
        output: dict[str, str] = (await self.get("quotations/inquire-price", "FHKST01010100", **query)).json()["output"]
        return output

    async def order(self, side: str, quantity: int, price: int = 0, ticker: str = "005930", **more: str) -> Any:
        tr_id = "TTTC0012U" if side == "buy" else "TTTC0011U"
        body = {
            **self.account,
            "PDNO": ticker,
            "ORD_DVSN": "00" if price else "01",
            "ORD_QTY": str(quantity),
            "ORD_UNPR": str(price),
            **more,
        }
        return (await self.post("trading/order-cash", tr_id, **body)).json()

    async def cancel(self, odno: str, quantity: int = 0, **more: str) -> Any:
        body = {
            **self.account,
            "KRX_FWDG_ORD_ORGNO": "06010",
            "ORGN_ODNO": odno,
            "ORD_DVSN": "00",
            "RVSE_CNCL_DVSN_CD": "02",
            "ORD_QTY": str(quantity),
            "ORD_UNPR": "0",
            "QTY_ALL_ORD_YN": "N" if quantity else "Y",
            **more,
        }
        return (await self.post("trading/order-rvsecncl", "TTTC0013U", **body)).json()

    async def balance(self, tr_id: str = "TTTC8434R", **more: str) -> httpx.Response:
        query = {
            **self.account,
            "AFHR_FLPR_YN": "N",
            "OFL_YN": "",
            "INQR_DVSN": "02",
            "UNPR_DVSN": "01",
            "FUND_STTL_ICLD_YN": "N",
            "FNCG_AMT_AUTO_RDPT_YN": "N",
            "PRCS_DVSN": "00",
            "CTX_AREA_FK100": "",
            "CTX_AREA_NK100": "",
        }
        return await self.get("trading/inquire-balance", tr_id, **(query | more))

    async def executions(self, day: datetime, tr_id: str = "TTTC0081R", **more: str) -> httpx.Response:
        query = {
            **self.account,
            "INQR_STRT_DT": f"{day:%Y%m%d}",
            "INQR_END_DT": f"{day:%Y%m%d}",
            "SLL_BUY_DVSN_CD": "00",
            "INQR_DVSN": "00",
            "PDNO": "",
            "CCLD_DVSN": "00",
            "ORD_GNO_BRNO": "",
            "ODNO": "",
            "INQR_DVSN_3": "00",
            "INQR_DVSN_1": "",
            "CTX_AREA_FK100": "",
            "CTX_AREA_NK100": "",
        }
        return await self.get("trading/inquire-daily-ccld", tr_id, **(query | more))


class Bench:
    """An exchange in this process on a clock that moves only when told, and callers for it."""

    def __init__(self, exchange: Exchange, clock: ManualClock, url: str, hub: Hub) -> None:
        self.exchange = exchange
        self.hub = hub
        self.clock = clock
        self.url = url
        self._callers: list[Wire] = []

    def caller(self, **arguments: str) -> Wire:
        self._callers.append(Wire(self.url, **arguments))
        return self._callers[-1]

    def move(self, **ahead: float) -> None:
        """Let market time pass and the market with it."""
        self.clock.advance(timedelta(**ahead).total_seconds())
        self.exchange.venue.advance()

    async def close(self) -> None:
        for caller in self._callers:
            await caller.http.aclose()


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Any]]:
    """Factory: `await bench(env=…, at=…)` → Bench."""
    benches: list[Bench] = []
    servers: list[TestServer] = []

    async def make(at: datetime = MONDAY_MORNING, **config: Any) -> Bench:
        clock = ManualClock(at)
        settings: dict[str, Any] = {
            "env": Environment.REAL,
            "any_account": True,
            "limits": Limits.OFF,
            "pingpong_seconds": 30.0,
        }
        exchange = build(ExchangeConfig(**(settings | config)), clock)
        app = make_app(exchange)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        benches.append(Bench(exchange, clock, str(server.make_url("")).rstrip("/"), app[HUB]))
        return benches[-1]

    yield make
    for one in benches:
        await one.close()
    for server in servers:
        await server.close()


class Process:
    """A server process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "simulation.exchange", "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        assert line, self.child.stderr.read() if self.child.stderr else ""
        self.hello: dict[str, Any] = json.loads(line)
        self.url: str = self.hello["url"]

    def kill(self) -> None:
        """As a power cut: no clean-up."""
        self.child.kill()
        self._reap()

    def stop(self) -> int:
        self.child.terminate()
        self._reap()
        return self.child.returncode

    def _reap(self) -> None:
        self.child.wait(timeout=15)
        for pipe in (self.child.stdout, self.child.stderr):
            if pipe is not None:
                pipe.close()


@pytest.fixture
def server() -> Iterator[Callable[..., Process]]:
    """Factory: `server("--always-open", …)` → a running process, killed at the end of the test."""
    running: list[Process] = []

    def start(*arguments: str) -> Process:
        running.append(Process(*arguments))
        return running[-1]

    yield start
    for process in running:
        if process.child.poll() is None:
            process.kill()
