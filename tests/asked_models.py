"""A question that a model may answer, and a process that asks the servers of `model_servers`."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from model_servers import Provider
from pydantic import BaseModel, Field, SecretStr

from domain.clock import Clock
from tools.llm.accounting import ModelCall
from tools.llm.mind import Limits, Mind, configured
from tools.llm.prompts import load
from tools.llm.think import Task
from tools.settings import Settings

USER = UUID(int=7)
KEY = "sk-loopback-5ecret-5ecret-5ecret"
# Long enough for a machine under load, short enough for a test of silence.
PATIENT = Limits(answer_seconds=20, first_words_seconds=20, idle_seconds=20, write_seconds=30)
HASTY = Limits(answer_seconds=0.4, first_words_seconds=0.4, idle_seconds=0.4, write_seconds=2)


class Choice(BaseModel):
    goal: Literal["inform", "account"] = Field(description="이번 차례의 목표")
    tickers: list[str] = Field(default_factory=list, max_length=3)
    reason: str | None = None


GOOD = '{"goal": "inform", "tickers": ["005930"], "reason": null}'

TASK = Task(
    prompt="supervisor",
    In=str,
    Out=str,
    rules=lambda text: "rules",
    check=lambda text, answer: "expected another goal, was account" if answer == "account" else None,
    Reply=Choice,
    variables=lambda text: dict.fromkeys(load("supervisor").labels, text),
    merge=lambda text, ruled, reply: reply.goal,
)


def told(prompt: str, text: str) -> dict[str, str]:
    """Every variable of a prompt set to `text`."""
    return dict.fromkeys(load(prompt).labels, text)


@dataclass
class Asked:
    """What was recorded of the calls."""

    mind: Mind
    calls: list[ModelCall] = field(default_factory=list)

    @property
    def outcomes(self) -> list[str]:
        return [call.outcome for call in self.calls]


@asynccontextmanager
async def asking_models(
    *servers: tuple[str, Provider], limits: Limits = PATIENT, clock: Clock | None = None, key: str = KEY
) -> AsyncIterator[Asked]:
    """`servers` are (label, server) in the chain's order."""
    settings = Settings(
        model=",".join(label for label, _ in servers),
        model_base_url=",".join(server.url for _, server in servers),
        model_api_key=SecretStr(",".join([key] * len(servers))),
    )
    calls: list[ModelCall] = []

    async def record(call: ModelCall) -> None:
        calls.append(call)

    async with configured(settings, record, clock=clock, limits=limits) as mind:
        assert mind is not None
        yield Asked(mind, calls)
    if any(label.startswith("google_genai:") for label, _ in servers):
        gc.collect()  # what LangChain left unawaited of a refused answer goes now, while its warning is still ignored
