"""Models of a rehearsed day: members of the real chain whose clients are a script instead of a socket.

Contract: `minded(...)` enters the product's own `configured` with two models and puts scripted clients in the places of
theirs, so the chain, its repair, rests, allowances, budget and bookkeeping are the product's. A client answers after a
seeded while; while `down` says so it fails as a provider does: no answer in time, HTTP 5xx or 429.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import SecretStr

from domain.clock import Clock
from domain.ids import NewId
from proving.day.misbehaving import spoilt
from proving.day.shaping import Told, filled
from proving.oms import INSTANCE_SECRET
from tools.llm.accounting import ModelCall
from tools.llm.budget import MemoryBudget, Wishes
from tools.llm.mind import Mind, allowance_of, configured
from tools.settings import Broker, Settings

NAMES = ("openai:gpt-4o-mini", "openai:gpt-4.1-mini")  # of the price table, so that calls cost something
_PROBABLY_FINE = 0.25  # share of a misbehaving model's answers that are as they should be
_TOKENS = 0.7  # a sign of Korean, about


class Failing(Exception):
    """What a provider's client raises; `status_code` as theirs have it."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}")
        self.status_code = status


@dataclass
class Model:
    """What `init_chat_model` would give. `vices` counts what it did wrong."""

    rng: random.Random
    misbehaves: bool
    down: Callable[[], bool]
    vices: Counter[str] = field(default_factory=Counter)

    async def ainvoke(self, messages: Sequence[BaseMessage], config: Any = None, **how: Any) -> AIMessage:
        await asyncio.sleep(self.rng.uniform(0.4, 3.0))
        if self.down():
            await self._fails()
        asked = "\n".join(str(message.content) for message in messages)
        schema = how["response_format"]["json_schema"]["schema"]
        reply = filled(schema, Told.of(str(messages[1].content)))
        text = json.dumps(reply, ensure_ascii=False)
        if self.misbehaves and self.rng.random() > _PROBABLY_FINE:
            text, vice = spoilt(self.rng, reply)
            self.vices[vice] += 1
        given, made = int(len(asked) * _TOKENS), int(len(text) * _TOKENS)
        usage = {"input_tokens": given, "output_tokens": made, "total_tokens": given + made}
        return AIMessage(text, usage_metadata=usage, response_metadata={"finish_reason": "stop"})

    async def _fails(self) -> None:
        how = self.rng.choice(("timeout", 500, 503, 429))
        if isinstance(how, int):
            raise Failing(how)
        await asyncio.sleep(3_600)


@dataclass
class ScriptedClient:
    """`tools.llm.clients.Client` as a member uses it."""

    chat: Model
    plain: bool = False

    async def model(self) -> Any:
        return self.chat

    def shaped(self, shape: dict[str, Any]) -> dict[str, Any]:
        return {"response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": shape}}}

    async def close(self) -> None:
        return None


def settings_with_models() -> Settings:
    return Settings(
        home=Path("/nonexistent"),
        secret_key=SecretStr(INSTANCE_SECRET.hex()),
        broker=Broker.SIM,
        model=",".join(NAMES),
        model_api_key=SecretStr("scripted"),
    )


@asynccontextmanager
async def minded(
    kind: str,
    seed: int,
    clock: Clock,
    new_id: NewId,
    down: Callable[[], bool],
    wishes: Wishes,
    calls: list[ModelCall],
) -> AsyncIterator[list[Model]]:
    """Inside, rooms find the models of that kind; none for `none`. `wishes`: what a person wants to spend a day."""
    if kind == "none":
        yield []
        return

    async def kept(call: ModelCall) -> None:
        calls.append(call)

    settings = settings_with_models()
    budget = MemoryBudget(allowance_of(settings), wishes)
    async with configured(settings, kept, budget=budget, clock=clock, new_id=new_id) as mind:
        assert isinstance(mind, Mind)
        models = [
            Model(random.Random(f"model:{seed}:{number}"), kind == "misbehaving", down)
            for number in range(len(mind.members))
        ]
        mind.members = tuple(
            replace(member, client=ScriptedClient(model))  # type: ignore[arg-type]
            for member, model in zip(mind.members, models, strict=True)
        )
        yield models
