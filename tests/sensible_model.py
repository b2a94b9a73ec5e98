"""A plausible good model on the loopback servers of `model_servers`: it reads what it was sent, as a provider would see
it, and gives a sensible Korean answer for every task of a turn.

`SensibleModel.put_on(server)` answers both protocols. A task named in `instead` gets that step, or whatever that
function makes of the prompt's variables. `asked` says which tasks were put to it, in order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_servers import Provider, Say, Step

from domain.hangul import josa
from tools.llm.prompts import load, load_all

TASKS = (
    "supervisor",
    "user_profile",
    "strategy_architect",
    "macro",
    "technical",
    "selector",
    "portfolio",
    "respond",
)
TRIED = "살펴보면, "
_DATA = re.compile(r'<data name="(\w+)">\n(.*?)\n</data>', re.DOTALL)
_FIGURE = re.compile(r"^\{\{f:([^}]+)\}\} = (.*)$", re.MULTILINE)

Variables = Mapping[str, str]
Instead = Step | Callable[[Variables], Any]


@dataclass
class SensibleModel:
    """What was put to it, and what it says in place of the sensible answer."""

    instead: dict[str, Instead] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    told: list[Variables] = field(default_factory=list)
    signs: dict[str, list[int]] = field(default_factory=dict)  # characters of each request, a task

    def put_on(self, server: Provider) -> SensibleModel:
        server.otherwise = self.answer
        return self

    def answer(self, body: dict[str, Any]) -> Step:
        system, human = _said(body)
        task = next(name for name in load_all() if system.startswith(load(name).system))
        variables = dict(_DATA.findall(human))
        assert set(variables) == set(load(task).labels), f"{task} was told {sorted(variables)}"
        self.asked.append(task)
        self.told.append(variables)
        self.signs.setdefault(task, []).append(len(system) + len(human))
        instead = self.instead.get(task)
        if instead is not None and not callable(instead):
            return instead
        reply = SENSIBLE[task](variables) if instead is None else instead(variables)
        text = reply if isinstance(reply, str) else json.dumps(reply, ensure_ascii=False)
        # Tokens as OpenAI's newer encodings count Korean: somewhat less than one a character.
        return Say(text, tokens=((len(system) + len(human)) * 7 // 10, 0, len(text) * 7 // 10))


def _said(body: Mapping[str, Any]) -> tuple[str, str]:
    """The system text and the first message of either protocol."""
    if "messages" in body:
        return str(body["messages"][0]["content"]), str(body["messages"][1]["content"])
    system = "".join(part["text"] for part in body["systemInstruction"]["parts"])
    return system, "".join(part["text"] for part in body["contents"][0]["parts"])


def _route(told: Variables) -> Any:
    if "곳간" in told["text"]:
        return {"goal": "account", "page": "balance", "sectors": []}
    return {"goal": "inform", "page": "none", "sectors": ["반도체"] if "칩" in told["text"] else []}


def _hear(told: Variables) -> Any:
    first = told["options"].splitlines()[0].partition(":")[0]
    if "걸음마" in told["text"]:
        return {"value": first, "quote": "걸음마 수준", "confidence": 90}
    return {"value": "", "quote": "", "confidence": 0}


def _read(told: Variables) -> Any:
    """The rules' stance with sentences of its own about the first figures."""
    stance, _, confidence = told["rules"].splitlines()[0].partition(", ")
    sentences = []
    for key, rest in _FIGURE.findall(told["figures"]):
        label = re.sub(r"[^가-힣 ]", "", rest).strip().split(" ")[0]
        if label and len(sentences) < 2:
            sentences.append(f"{josa(label, '은/는')} {{{{f:{key}}}}} 수준이라 눈여겨봤어요.")
    return {"stance": stance, "confidence": int(confidence), "drivers": sentences, "risks": []}


def _read_charts(told: Variables) -> Any:
    """A view on every name, of the rules' stance, with sentences of its own about its first figures."""
    labels = dict(_FIGURE.findall(told["labels"]))
    views = []
    for block in told["charts"].split("\n\n"):
        values = re.search(r"^값: (.*)$", block, re.MULTILINE)
        assert values is not None
        keys = [each.split(" ")[0] for each in values[1].split(" | ")]
        figures = "\n".join(f"{{{{f:{key}}}}} = {labels[key]}" for key in keys)
        rules = block.splitlines()[1].removeprefix("규칙: ")
        views.append({"ticker": block[1 : block.index("]")], **_read({"rules": rules, "figures": figures})})
    return {"views": views}


def _pick(told: Variables) -> Any:
    return {"tickers": [line.split(" ")[0] for line in told["candidates"].splitlines()]}


def _fit(told: Variables) -> Any:
    return {"preset": told["ruled"], "caution": "same"}


def _lean(told: Variables) -> Any:
    found = [row["ticker"] for row in json.loads(told["universe"]) if row["action"] == "BUY"]
    return {"leans": [{"ticker": ticker, "lean": "less"} for ticker in found[:1]]}


SENSIBLE: dict[str, Callable[[Variables], Any]] = {
    "supervisor": _route,
    "user_profile": _hear,
    "strategy_architect": _fit,
    "macro": _read,
    "technical": _read_charts,
    "selector": _pick,
    "portfolio": _lean,
    "respond": lambda told: TRIED + told["text"],
}
