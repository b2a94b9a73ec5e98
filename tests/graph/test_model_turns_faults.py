"""Every fault of a provider at every task of a turn: the turn ends, says who answered, and shows nothing half-made."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from asked_models import KEY, PATIENT
from fakes import make_ports
from model_servers import Body, Drop, Hang, Refuse, Say, Step, Trickle, google_server, openai_server
from sensible_model import SensibleModel
from talking_runner import Conversation, open_conversation, profiled_ports

from graph.turn import TurnResult
from tools.llm.mind import Limits

SERVERS = {"openai:m": openai_server, "google_genai:m": google_server}
HASTY = Limits(answer_seconds=1.0, first_words_seconds=1.0, idle_seconds=0.5, write_seconds=1.5)
SLOW = ("silence", "a trickle")  # only these need the short limits
BOUND = 30.0  # seconds for one turn on a machine under load; what is measured is that it ends

HALF = "살펴보면, 거시 지표가 {{f:w0}"
FAULTS: dict[str, Step] = {
    "429 with Retry-After": Refuse(429, {"Retry-After": "7"}),
    "500": Refuse(500),
    "malformed": Body('{"choices": [{"mess'),
    "not the schema": Say('{"goal": 7, "stance": "up", "tickers": "005930", "preset": null, "leans": 1, "value": 3}'),
    "empty": Say(""),
    "silence": Hang(),
    "reset": Drop(),
    "half a stream": Drop(HALF),
    "a polite half": Drop(HALF, politely=True),
    "a trickle": Trickle("가"),
}


@dataclass(frozen=True)
class Moment:
    """A turn in which the task is asked, and what it is called in the notices."""

    does: str
    text: str
    profiled: bool = False
    before: tuple[str, ...] = ()


ANSWERS = ("2천만원", "2", "4", "4", "2", "2", "1", "3")
MOMENTS = {
    "supervisor": Moment("말씀 이해", "내 곳간 좀 들여다봐"),
    "user_profile": Moment("답변 이해", "아장아장 걸음마 수준", before=("성향 알아보기", "2천만원", "2", "5", "4")),
    "strategy_architect": Moment("전략", "맞아요", before=("성향 알아보기", *ANSWERS)),
    "macro": Moment("거시 분석", "시장 어때"),
    "technical": Moment("기술적 분석", "삼성전자 분석해줘"),
    "selector": Moment("종목 선별", "추천해줘", profiled=True),
    "portfolio": Moment("비중", "추천해줘", profiled=True),
    "respond": Moment("설명", "시장 어때"),
}


# Whole answers of both providers are read by the same code, and so are their streams: one task of each for Google.
CASES = [(task, "openai:m") for task in MOMENTS] + [("macro", "google_genai:m"), ("respond", "google_genai:m")]


@asynccontextmanager
async def at(label: str, moment: Moment, model: SensibleModel, limits: Limits = PATIENT) -> AsyncIterator[Conversation]:
    ports = await profiled_ports() if moment.profiled else make_ports()
    if moment.does == "비중":  # no charts, so that the weights are asked about soon
        ports.market.chart_down = {row.ticker for row in ports.instruments.all()}
    async with SERVERS[label]() as server, open_conversation((label, server), ports=ports, limits=limits) as talk:
        model.put_on(server)
        await talk.say("안녕", *moment.before)
        yield talk


async def ended(talk: Conversation, text: str) -> TurnResult:
    return await asyncio.wait_for(talk.say(text), BOUND)


def is_presentable(talk: Conversation, result: TurnResult) -> None:
    """Whole Korean sentences, no placeholder, nothing of the machinery."""
    shown = "\n".join([result.reply, *(row["text"] for row in result.notices)])
    assert not result.failed, result.reply
    assert result.reply
    for each in (shown, talk.streamed):
        assert "{" not in each
        assert "}" not in each
        assert not re.search(r"Traceback|Error|expected|http|refused|loopback|timeout", each)
        assert KEY not in each
    assert all(len(piece["text"].splitlines()) <= 6 for piece in result.pieces)


@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize(("task", "label"), CASES)
async def test_a_fault_at_one_task_ends_by_the_rules_there(task: str, fault: str, label: str) -> None:
    moment = MOMENTS[task]
    model = SensibleModel({task: FAULTS[fault]})
    async with at(label, moment, model, HASTY if fault in SLOW else PATIENT) as talk:
        result = await ended(talk, moment.text)
    assert task in model.asked
    is_presentable(talk, result)
    assert talk.told_in(result)[moment.does] == "rules"
    outcomes = {call.outcome for call in talk.calls if call.task == task}
    assert outcomes
    assert "ok" not in outcomes
    if task == "respond" and talk.words:  # what was half written is void, and the rules' words stand in its place
        assert talk.words[-1].restart
        assert talk.streamed.strip() in result.reply


# Google says these in words of its own.
SPOKEN = [(fault, "openai:m") for fault in FAULTS]
SPOKEN += [(fault, "google_genai:m") for fault in ("429 with Retry-After", "malformed", "half a stream", "silence")]
TURNS = ("시장 어때", "삼성전자 분석해줘", "추천해줘", "내 곳간 좀 들여다봐")


@pytest.mark.parametrize(("fault", "label"), SPOKEN)
async def test_a_model_that_fails_at_everything_leaves_the_words_of_the_rules(fault: str, label: str) -> None:
    ruled = Conversation(await profiled_ports())
    await ruled.say("안녕", *TURNS)
    model = SensibleModel(dict.fromkeys(MOMENTS, FAULTS[fault]))
    async with at(label, MOMENTS["selector"], model, HASTY if fault in SLOW else PATIENT) as talk:
        for text, expected in zip(TURNS, ruled.results[1:], strict=True):
            result = await ended(talk, text)
            is_presentable(talk, result)
            assert result.reply == expected.reply
            assert set(talk.told_in(result).values()) == {"rules"}
    assert talk.calls
    assert all(call.outcome != "ok" for call in talk.calls)


async def test_a_limited_model_is_not_asked_again_while_it_rests() -> None:
    model = SensibleModel({"macro": Refuse(429, {"Retry-After": "60"})})
    async with at("openai:m", MOMENTS["macro"], model) as talk:
        first = await ended(talk, "시장 어때")
        second = await ended(talk, "삼성전자 분석해줘")
    assert model.asked == ["macro"]
    assert set(talk.told_in(first).values()) == set(talk.told_in(second).values()) == {"rules"}


async def test_the_next_model_of_the_chain_takes_over_in_the_middle_of_a_turn() -> None:
    broken = SensibleModel(dict.fromkeys(MOMENTS, Refuse(500)))
    async with openai_server() as first, google_server() as second:
        broken.put_on(first)
        SensibleModel().put_on(second)
        async with open_conversation(("openai:m", first), ("google_genai:m", second)) as talk:
            result = await ended(talk, "시장 어때")
    assert talk.told_in(result) == {"거시 분석": "model", "설명": "model"}
    assert {(call.model, call.outcome) for call in talk.calls} == {
        ("openai:m", "server_error"),
        ("google_genai:m", "ok"),
    }


async def test_a_stream_that_breaks_is_replaced_by_the_next_models_words() -> None:
    async with openai_server() as first, google_server() as second:
        good = "{{f:macro.base_rate}}"
        SensibleModel({"respond": Drop("살펴보면, 흐름이 편안해요. 그리고 ")}).put_on(first)
        SensibleModel().put_on(second)
        async with open_conversation(("openai:m", first), ("google_genai:m", second)) as talk:
            result: Any = await ended(talk, "시장 어때")
    assert good not in result.reply
    assert [words.restart for words in talk.words][:2] == [False, True]
    assert "편안해요" not in talk.streamed
    assert talk.streamed in result.reply
    assert talk.told_in(result)["설명"] == "model"
