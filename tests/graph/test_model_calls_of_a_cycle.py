"""What a cycle over twenty names costs in model calls, and what it does when nothing may be spent or nothing is new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from asked_models import PATIENT
from cycle_bench import Bench
from fakes import USER, give_profile
from model_servers import openai_server
from sensible_model import SensibleModel

from domain.instruments import Instruments
from domain.strategy.spec import parse_spec
from graph.turn import TurnResult
from tools.llm.accounting import ModelCall
from tools.llm.budget import Allowance, MemoryBudget
from tools.llm.mind import configured
from tools.settings import Settings

SLOT = "2026-11-23T10:00"
NAMES = 20
MOST_CALLS = 4


@dataclass
class Counted:
    """A bench with a confirmed profile and a strategy of twenty names, and the calls that were recorded."""

    bench: Bench
    model: SensibleModel
    budget: MemoryBudget
    calls: list[ModelCall] = field(default_factory=list)

    async def cycle(self, slot: str = SLOT) -> TurnResult:
        return await self.bench.runner.run_cycle(USER, "cycle", slot)

    def called(self) -> list[tuple[str, str]]:
        return sorted((call.task, call.outcome) for call in self.calls)


@asynccontextmanager
async def counted(allowance: Allowance = Allowance()) -> AsyncIterator[Counted]:  # noqa: B008
    bench = Bench()
    await give_profile(bench.ports, capital_krw=100_000_000)
    bench.oms.cash = 100_000_000
    rows = (row for row in Instruments.load().all() if row.status == "normal" and row.product_risk >= 2)
    names = [row.ticker for row in rows][:NAMES]
    spec = parse_spec(
        {
            "metadata": {"name": "스무 종목"},
            "strategy": {"id": "twenty"},
            "universe": {"tickers": names},
            "sizing": {"method": "targets", "targets": dict.fromkeys(names, 450)},
            "constraints": {"max_positions": NAMES},
        }
    )
    now = bench.clock.now()
    await bench.desk.save_strategy(USER.user_id, UUID(int=20), spec.content_hash(), spec.to_json(), now)
    async with openai_server() as server:
        made = Counted(bench, SensibleModel().put_on(server), MemoryBudget(allowance))

        async def record(call: ModelCall) -> None:
            made.calls.append(call)

        settings = Settings(model="openai:gpt-4o-mini", model_base_url=server.url)
        async with configured(settings, record, budget=made.budget, clock=bench.clock, limits=PATIENT):
            yield made


async def test_a_cycle_over_twenty_names_asks_at_most_four_times() -> None:
    async with counted() as run:
        result = await run.cycle()
        assert result.approval is not None
        read = {row["ticker"] for row in result.values["reports"] if row["analyst"] == "technical"}
        assert len(read) == NAMES
        assert len(run.calls) <= MOST_CALLS
        assert run.called() == [(task, "ok") for task in ("macro", "portfolio", "selector", "technical")]
        told = next(each for task, each in zip(run.model.asked, run.model.told, strict=True) if task == "technical")
        assert all(f"[{ticker}]" in told["charts"] for ticker in read)
        assert "(줄임)" not in told["charts"]
        by_model = [row["text"] for row in result.notices if row["code"] == "answered_by" and row["by"] == "model"]
        assert len(by_model) == MOST_CALLS


async def test_the_next_cycle_on_the_same_material_asks_nobody_again() -> None:
    async with counted() as run:
        await run.cycle()
        asked = len(run.model.asked)
        again = await run.cycle("2026-11-23T10:30")
        assert "technical" in again.route
        assert len(run.model.asked) == asked
        assert run.called()[::2] == [(task, "cached") for task in ("macro", "portfolio", "selector", "technical")]
        assert (await run.budget.standing(USER.user_id, run.bench.clock.now())).held.tokens == 0


async def test_a_full_budget_leaves_the_cycle_to_the_rules_and_says_so() -> None:
    async with counted() as run:
        ruled = [leg["ticker"] for leg in (await run.cycle()).values["proposals"]]
    async with counted(Allowance(tokens=1)) as run:
        result = await run.cycle()
        assert run.model.asked == []
        assert [leg["ticker"] for leg in result.values["proposals"]] == ruled
        notices = [row["text"] for row in result.notices if row["code"] == "model_budget"]
        assert len(notices) == 1
        assert "다 차서 규칙으로 답했어요" in notices[0]
