"""The cycle graphs behind a runner, over fakes, in one process."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from fakes import USER, FakeDesk, FakeOms, make_ports
from langgraph.checkpoint.memory import InMemorySaver
from scripted_rooms import scripted

from graph.assistant import build_assistant
from graph.identity import runner_identity
from graph.portfolio_cycle import build_portfolio_cycle
from graph.rebalance import build_rebalance
from graph.runner import Runner
from tools.ports import StoredMandate


class Unlocked:
    """Locks for one process and one test."""

    def hold(self, thread: str) -> Any:
        from contextlib import nullcontext

        return nullcontext()


class Bench:
    def __init__(self) -> None:
        self.ports = replace(make_ports(), identity=runner_identity)
        self.desk: FakeDesk = self.ports.desk  # type: ignore[assignment]
        self.oms: FakeOms = self.ports.oms  # type: ignore[assignment]
        self.clock: Any = self.ports.clock
        self.runner = Runner(
            self.ports,
            InMemorySaver(),
            Unlocked(),  # type: ignore[arg-type]
            self.desk,
            assistant=build_assistant(self.ports, nodes=scripted()),
            aside=build_assistant(self.ports, nodes=scripted(), with_orders=False),
            cycles={"cycle": build_portfolio_cycle(self.ports), "rebalance": build_rebalance(self.ports)},
        )

    def sign(self) -> None:
        self.desk.sign(
            StoredMandate(
                UUID(int=9), USER.account_ref, "cycle", None, {}, None, self.clock.now() + timedelta(days=9), None
            )
        )
