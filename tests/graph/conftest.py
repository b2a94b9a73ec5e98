"""A runner on a real PostgreSQL with fake ports and scripted rooms for the conversation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes import FakeDesk, FakeMarket, FakeOms, make_ports
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
from scripted_rooms import scripted

from execution.desk.options import DeskOptions
from graph.assistant import build_assistant
from graph.identity import runner_identity
from graph.locks import ThreadLocks
from graph.runner import Runner
from tools.ports import Ports
from tools.store.pool import make_dict_pool


@dataclass
class RunnerBench:
    """Fakes that outlive a runner, and runners that can die."""

    url: str
    saver: Any
    ports: Ports = field(default_factory=lambda: make_ports())

    def __post_init__(self) -> None:
        from dataclasses import replace

        self.ports = replace(self.ports, identity=runner_identity)
        self.desk: FakeDesk = self.ports.desk  # type: ignore[assignment]
        self.oms: FakeOms = self.ports.oms  # type: ignore[assignment]
        self.market: FakeMarket = self.ports.market  # type: ignore[assignment]
        self.clock: Any = self.ports.clock
        self.locks: list[ThreadLocks] = []

    def runner(self, **options: Any) -> Runner:
        """A new process, as far as the tables can tell."""
        self.locks.append(ThreadLocks(self.url, wait_seconds=20))
        ask = DeskOptions(**options)
        return Runner(
            self.ports,
            self.saver,
            self.locks[-1],
            self.desk,
            options=ask,
            assistant=build_assistant(self.ports, nodes=scripted(), options=ask),
            aside=build_assistant(self.ports, nodes=scripted(), with_orders=False),
        )


@pytest.fixture
async def bench(database: Any) -> AsyncIterator[RunnerBench]:
    """Checkpoints and locks on PostgreSQL as quartz_graph."""
    url = database.url("graph")
    async with make_dict_pool(url, "quartz-graph-test", search_path="desk", max_size=6) as pool:
        made = RunnerBench(url, AsyncPostgresSaver(pool))  # type: ignore[arg-type]
        yield made
        await asyncio.gather(*(locks.close() for locks in made.locks))
