"""The seam where a language model may help: one call, and always an answer.

Contract: `think(task, value)` never raises for a missing, silent or wrong model. The chain is asked in order, each
model with one repair; then `task.rules` has the word, and the outcome says who answered and why. A node never asks
which mode it is in: only this package reads QUARTZ_MODEL.
A model fills `task.Reply`; figures, sizes and everything else stay code's: `task.merge(value, rules' answer, reply)`
makes the answer and `task.check` judges it before anybody sees it. Rules are our own code and need no check. A task
without Reply is never asked. One whose answer is a function of what it is told says so in `kept`: the same question is
then answered from the shelf (tools/llm/answers.py).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import structlog
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel

from domain.hangul import josa
from tools.llm.answers import Kept, key_of
from tools.llm.calls import CANCELLED, begin, complete, from_shelf, settle
from tools.llm.faults import Failed, Fault
from tools.llm.mind import Member, Mind, current
from tools.llm.prompts import MAX_VALUE, Prompt, PromptError, load
from tools.llm.rest import in_korean
from tools.llm.schema import Unreadable, read_reply, shape_of
from tools.llm.turn import Turn, this_turn

log = structlog.get_logger(__name__)

InT = TypeVar("InT")
OutT = TypeVar("OutT")

By = Literal["rules", "model"]

ATTEMPTS = 2  # an answer and one repair
MAX_QUOTED = 4_000

RULES_ONLY = "rules_only: this question is never put to a model"
NO_MODEL = "no_model: no model is configured"
SWITCHED_OFF = "off: this person switched models off"
ANSWERED = "answered"


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
    kept: Kept = Kept.NEVER
    most: int = MAX_VALUE  # characters of one variable


@dataclass(frozen=True, slots=True)
class Outcome(Generic[OutT]):
    """The answer, who gave it, and why not somebody else: a stable code, then a detail in English without secrets.

    `model` is the label of the model that answered, None when rules did.
    """

    value: OutT
    by: By
    why: str
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Badge:
    """What the face shows about the mind behind it. `text` is Korean."""

    by: By
    text: str


async def think(task: Task[InT, OutT], value: InT) -> Outcome[OutT]:
    """The answer of the first model that gives a good one, else of the rules."""
    ruled = task.rules(value)
    if task.Reply is None or task.variables is None or task.merge is None:
        return Outcome(ruled, "rules", RULES_ONLY)
    mind, turn = current(), this_turn()
    silent = why_silent(mind, turn)
    if silent is not None or mind is None:
        return Outcome(ruled, "rules", silent or NO_MODEL)
    try:
        prompt = load(task.prompt)
        told = prompt.told(task.variables(value), task.most)
    except (PromptError, ValueError, LookupError, TypeError, AttributeError) as fault:
        log.error("model.prompt_unusable", task=task.prompt, fault=type(fault).__name__)
        return Outcome(ruled, "rules", f"prompt: prompts/{task.prompt}.md cannot be filled")

    async def ask(member: Member) -> OutT:
        return await _ask(mind, member, turn, task, value, ruled, prompt, told)

    return await first_answer(mind, task.prompt, ask, ruled)


async def first_answer(
    mind: Mind,
    task: str,
    ask: Callable[[Member], Awaitable[OutT]],
    otherwise: OutT,
    on_failure: Callable[[], None] = lambda: None,
) -> Outcome[OutT]:
    """Of the first model in the chain that is not resting and does not fail; `otherwise` when none is left, or nothing
    may be spent any more."""
    why: list[str] = []
    for member in mind.members:
        resting = member.rest.why(mind.clock.monotonic())
        if resting is not None:
            why.append(f"resting: {member.link.label} after {resting}")
            continue
        try:
            answer = await ask(member)
        except Failed as failed:
            log.warning("model.failed", task=task, model=member.link.label, code=failed.fault.code)
            why.append(f"{failed.fault.code}: {member.link.label}, {failed.fault.detail}")
            on_failure()
            if failed.fault.code in ("allowance", "budget"):  # another model would be refused as well
                break
        else:
            return Outcome(answer, "model", ANSWERED, member.link.label)
    return Outcome(otherwise, "rules", "; ".join(why))


def why_silent(mind: Mind | None, turn: Turn) -> str | None:
    """Why no model is asked at all in this turn; None when one may be."""
    if mind is None:
        return NO_MODEL
    if not turn.use_model:
        return SWITCHED_OFF
    return None


async def _ask(
    mind: Mind, member: Member, turn: Turn, task: Task[InT, OutT], value: InT, ruled: OutT, prompt: Prompt, told: str
) -> OutT:
    """One model: a kept answer, or an answer and at most one repair. Raises Failed."""
    assert task.Reply is not None
    shape = shape_of(task.Reply)
    form = json.dumps(shape, ensure_ascii=False, sort_keys=True)
    key = key_of(task.kept, turn.user_id, member.link.label, prompt.system, form, told)
    kept = None if key is None else await mind.kept_answer(key)
    if kept is not None:
        taken, _ = _taken_up(task, value, ruled, kept)
        if taken is not None:
            await from_shelf(mind, member, turn, task.prompt)
            return taken[0]
    later: list[BaseMessage] = []
    fault: Fault | None = None
    attempt = 0
    while attempt < ATTEMPTS:
        attempt += 1
        plain = member.client.plain
        messages = [*_opening(prompt, form if plain else None), HumanMessage(told), *later]
        receipt = await begin(mind, member, turn, task.prompt, attempt, messages, 0 if plain else len(form))
        try:
            text = await complete(mind, member, turn, receipt, messages, {} if plain else member.client.shaped(shape))
            answer, fault = _taken_up(task, value, ruled, text)
        except asyncio.CancelledError:
            await settle(mind, member, turn, receipt, CANCELLED)
            raise
        except Failed as failed:
            await settle(mind, member, turn, receipt, failed.fault)
            if failed.fault.code == "bad_request" and not plain:
                member.client.plain = True  # a server that knows no schemas: the same question in words
                attempt -= 1
                continue
            raise
        await settle(mind, member, turn, receipt, fault)
        if fault is None:
            assert answer is not None
            if key is not None:
                await mind.keep_answer(key, text)
            return answer[0]
        later = [AIMessage(text[:MAX_QUOTED]), HumanMessage(_repair(fault))]
    assert fault is not None
    raise Failed(fault)


def _opening(prompt: Prompt, form: str | None) -> list[BaseMessage]:
    if form is None:
        return [SystemMessage(prompt.system)]
    return [
        SystemMessage(
            f"{prompt.system}\n\n출력은 이 JSON Schema에 맞는 JSON 하나뿐이다. 다른 말은 쓰지 않는다.\n{form}"
        )
    ]


def _taken_up(task: Task[InT, OutT], value: InT, ruled: OutT, text: str) -> tuple[tuple[OutT] | None, Fault | None]:
    """The answer in a tuple of one (it may be None itself), or what is wrong with it."""
    assert task.Reply is not None
    assert task.merge is not None
    try:
        answer = task.merge(value, ruled, read_reply(text, task.Reply))
        wrong = task.check(value, answer) if task.check is not None else None
    except Unreadable as fault:
        return None, Fault("bad_reply", str(fault))
    except ValueError as fault:  # a merge or a pydantic value that refuses what the model chose
        return None, Fault("check_failed", str(fault)[:500])
    except Exception as fault:
        # A model's words have reached our code: a defect that they find there costs its answer, never the turn.
        log.error("model.merge_failed", task=task.prompt, fault=type(fault).__name__)
        return None, Fault("check_failed", f"the answer could not be taken up: {type(fault).__name__}")
    return (None, Fault("check_failed", wrong[:500])) if wrong is not None else ((answer,), None)


def _repair(fault: Fault) -> str:
    return (
        f"받은 답을 쓸 수 없다. 이유: {fault.detail}\n"
        "이유에 나온 것만 고쳐서 같은 형식의 JSON 하나를 다시 쓴다. 다른 말은 쓰지 않는다."
    )


def badge() -> Badge:
    """For the face: who answers at the moment, in this turn if there is one."""
    mind = current()
    if mind is None:
        return Badge("rules", "규칙 모드: 언어모델 없이 정해진 규칙으로 답해요.")
    if not this_turn().use_model:
        return Badge("rules", "규칙 모드: 언어모델을 꺼 두셔서 정해진 규칙으로 답해요.")
    spent = _spent()
    if spent is not None:
        return Badge("rules", spent)
    now = mind.clock.monotonic()
    awake = next((member for member in mind.members if member.rest.why(now) is None), None)
    if awake is None:
        reason = in_korean(mind.members[0].rest.why(now) or "")
        return Badge("rules", f"규칙 모드: 언어모델이 쉬고 있어요({reason}). 정해진 규칙으로 답해요.")
    return Badge("model", f"언어모델 {josa(awake.link.name, '이/가')} 도와요. 숫자와 주문은 코드가 정해요.")


def _spent() -> str | None:
    """Why the day's budget keeps this turn to rules; None when it does not."""
    turn = this_turn()
    if turn.unreadable:
        return "규칙 모드: 언어모델 예산을 확인할 수 없어서 정해진 규칙으로 답해요."
    if turn.standing is not None and (turn.refused or turn.standing.is_used_up):
        return f"규칙 모드: 오늘 언어모델 예산({turn.standing.limit_text})이 다 차서 정해진 규칙으로 답해요."
    return None
