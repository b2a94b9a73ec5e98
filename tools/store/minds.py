"""A process's models with what is theirs in PostgreSQL: rows of calls, preferences, the budget, kept answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from psycopg_pool import AsyncConnectionPool

from domain.clock import Clock
from domain.ids import NewId
from tools.llm.mind import DEFAULT_LIMITS, Limits, Mind, allowance_of, configured
from tools.settings import Settings
from tools.store.model_answers import ModelAnswers
from tools.store.model_budget import ModelBudget
from tools.store.model_calls import ModelCalls


@asynccontextmanager
async def open_mind(
    settings: Settings, pool: AsyncConnectionPool[Any], *, clock: Clock, new_id: NewId, limits: Limits = DEFAULT_LIMITS
) -> AsyncIterator[Mind | None]:
    """`pool` logs in as quartz_graph. None without a model. Raises SettingsError."""
    calls = ModelCalls(pool)
    async with configured(
        settings,
        calls.record,
        calls.wants_model,
        budget=ModelBudget(pool, allowance_of(settings)),
        answers=ModelAnswers(pool),
        clock=clock,
        new_id=new_id,
        limits=limits,
    ) as mind:
        yield mind
