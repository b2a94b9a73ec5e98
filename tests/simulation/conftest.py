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

import pytest
from aiohttp.test_utils import TestServer
from wire_caller import Wire

from domain.clock import KST, ManualClock
from simulation.exchange.app import HUB, make_app
from simulation.exchange.config import Environment, ExchangeConfig, Limits
from simulation.exchange.exchange import Exchange, build
from simulation.exchange.ws import Hub

ROOT = Path(__file__).resolve().parents[2]
MONDAY_MORNING = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


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
