"""The seam where a language model may help: one call, and always an answer.

Contract: `think(task, value)` never raises for a missing, silent or wrong model; `task.rules` answers then, and the
outcome says who answered and why. A node never asks which mode it is in: only this package reads QUARTZ_MODEL.
Answers of a model pass `task.check` before anybody sees them; rules are our own code and need no check.

What it does not do yet: call a model. The chain of providers joins here without a change for the nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from tools.settings import SettingsError, load_settings

InT = TypeVar("InT")
OutT = TypeVar("OutT")

By = Literal["rules", "model"]


@dataclass(frozen=True, slots=True)
class Task(Generic[InT, OutT]):
    """One question: the prompt's name, what goes in, what comes out, and the rules that can answer it alone.

    `check` returns None, or says what is wrong with an answer ("expected X, was Y").
    """

    prompt: str  # file name in prompts/ without .md
    In: type[InT]
    Out: type[OutT]
    rules: Callable[[InT], OutT]
    check: Callable[[InT, OutT], str | None] | None = None
    # With these three a model may be asked: the shape it fills, what its prompt is told, and how code takes it up.
    Reply: type[BaseModel] | None = None
    variables: Callable[[InT], Mapping[str, str]] | None = None
    merge: Callable[[InT, OutT, Any], OutT] | None = None  # (input, the rules' answer, the model's Reply) -> answer


@dataclass(frozen=True, slots=True)
class Outcome(Generic[OutT]):
    """The answer, who gave it, and why not somebody else."""

    value: OutT
    by: By
    why: str


@dataclass(frozen=True, slots=True)
class Badge:
    """What the face shows about the mind behind it. `text` is Korean."""

    by: By
    text: str


NO_MODEL = "no model configured"
MODEL_LATER = "QUARTZ_MODEL is set, but this version answers by rules only"


@cache
def configured_model() -> str | None:
    """The model's name as set, read once a process; the first call opens .env, so it belongs before the event loop."""
    try:
        return load_settings().model
    except SettingsError:
        return None  # a broken setting is reported where the process starts; here it only means "no model"


async def think(task: Task[InT, OutT], value: InT) -> Outcome[OutT]:
    """Answers by rules; `why` tells whether a model was wanted."""
    return Outcome(task.rules(value), "rules", MODEL_LATER if configured_model() else NO_MODEL)


def badge() -> Badge:
    """For the face: who answers at the moment."""
    if configured_model():
        return Badge("rules", "규칙 모드: 언어모델 설정은 있지만 이 버전은 아직 규칙으로만 답해요.")
    return Badge("rules", "규칙 모드: 언어모델 없이 정해진 규칙으로 답해요.")
