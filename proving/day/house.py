"""The house's brain as a process of a rehearsed day: the real runner over the real graphs, in memory.

Contract: what `ui.wiring.assemble` puts together, with the world's clock, ids and wires; conversations are kept by
LangGraph's own saver in memory and outlive nothing. Calls from outside (a person's click, the scheduler's minute) run
inside the process, so they are its own in the order of the world.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TypeVar

from langgraph.checkpoint.memory import InMemorySaver

from execution.desk.options import DeskOptions
from graph.identity import runner_identity
from graph.locks import WAIT_SECONDS
from graph.portfolio_cycle import build_portfolio_cycle
from graph.rebalance import build_rebalance
from graph.runner import Runner
from graph.standing_orders import OmsByAuthority
from proving.day.papers import Papers
from proving.loop import WorldLoop
from proving.network import Network
from proving.processes import Process
from tools.ports import OmsPort, Ports, PortUnavailable

Answer = TypeVar("Answer")
OPTIONS = DeskOptions()


class Locks:
    """`graph.locks.ThreadLocks` of one process that has no neighbours."""

    def __init__(self) -> None:
        self._held: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def hold(self, thread: str) -> AsyncIterator[None]:
        lock = self._held.setdefault(thread, asyncio.Lock())
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await lock.acquire()
        except TimeoutError:
            raise PortUnavailable("앞의 요청을 아직 처리하고 있어요.", where="thread") from None
        try:
            yield
        finally:
            lock.release()


class House(Process):
    """One program; `worker` is the OMS's door for orders under a mandate."""

    def __init__(self, loop: WorldLoop, network: Network, ports: Ports, worker: OmsPort, papers: Papers) -> None:
        super().__init__("house", loop, network)
        self._ports = replace(ports, identity=runner_identity)
        self._worker = worker
        self._papers = papers
        self._stop: asyncio.Event | None = None
        self.runner: Runner | None = None

    async def main(self) -> None:
        self._stop = asyncio.Event()
        standing = replace(self._ports, oms=OmsByAuthority(self._ports.oms, self._worker))
        self.runner = Runner(
            self._ports,
            InMemorySaver(),
            Locks(),  # type: ignore[arg-type]
            self._papers,
            options=OPTIONS,
            cycles={
                "cycle": build_portfolio_cycle(standing, OPTIONS),
                "rebalance": build_rebalance(standing, OPTIONS),
            },
        )
        await self._stop.wait()

    async def does(self, work: Callable[[Runner], Awaitable[Answer]]) -> Answer:
        """What somebody outside asks of it, inside."""
        runner = self.runner
        assert runner is not None, "expected a running house"

        async def inside() -> Answer:
            return await work(runner)

        answer: Answer = await self.call(inside)
        return answer

    def told_to_end(self) -> None:
        if self._stop is not None:
            self._stop.set()

    def ended(self) -> None:
        self.runner = None
