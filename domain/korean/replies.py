"""Whether a message answers the question we asked last, and with which value.

Contract: pure; an answer in the user's own words wins over the keywords in it ("수익을 위해 큰 손실도 감수" answers about
losses and is no wish to see results), unless the message plainly asks or orders something else. None leaves the
question open.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any

from domain.korean import answers
from domain.korean.acts import CHECKS, WATCHING, Act
from domain.korean.facts import Facts
from domain.korean.text import Plain
from domain.suitability import ANSWERS, Item, options


@dataclass(frozen=True, slots=True)
class Answer:
    """The pending question answered. `value` is an option's label, an answer key, 'yes', 'no' or 'unsure'."""

    owner: str
    field: str
    value: str
    index: int | None  # option picked
    quote: str
    confidence: int
    about: dict[str, Any] = default(default_factory=dict)
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What is already known about the message when its answer is looked for."""

    acts: tuple[str, ...]
    facts: Facts
    tickers: tuple[str, ...]
    near: tuple[str, ...]
    sized: bool  # holds a quantity, an amount or a price
    unlisted: bool  # names something we do not trade or know

    def does(self, *acts: Act) -> bool:
        return any(act.value in self.acts for act in acts)


# These are never an answer: they act at once or are about the conversation itself.
_ALWAYS = (
    *(
        Act.HALT,
        Act.WHY_HALTED,
        Act.RESUME,
        Act.START_OVER,
        Act.BACK,
        Act.RECEIPT,
        Act.WHY,
        Act.MANDATE_SHOW,
        Act.CANCEL_LAST,
    ),
    *(Act.MANDATE_OFFER, Act.MANDATE_REVOKE),
    *(Act.STRATEGY_START, Act.STRATEGY_PAUSE, Act.STRATEGY_STOP, Act.STRATEGY_STATUS),
    *(Act.STOPS, Act.STRATEGY_SHOW, Act.PROFILE_SHOW, Act.GRADE_UP, Act.GRADE_DOWN, Act.DISTRESS),
    *(act for act in WATCHING if act is not Act.SAVINGS_MAKE),
    *CHECKS,
)
# These hide in answers as mere words; they lead away only when the message asks for something or names a stock.
_BY_THE_WAY = (
    *(Act.OPEN_ORDERS, Act.HISTORY, Act.BALANCE, Act.PNL, Act.PRICE, Act.CHART, Act.NEWS, Act.MACRO, Act.HELP),
    *(Act.EXPLAIN, Act.ASIDE, Act.EQUITY),
)
_ASKS = re.compile(
    r"보여|알려|조회|확인해|궁금|설명|뭐(?:야|예요|에요|임|니|냐|죠|지|가)|뭔가|무슨|뜻|어때|어떤가|어떻게|언제|몇(?:이|시|원)|얼마(?:야|예요|에요|임|니|지|죠|인|나|\?|$)|왜|볼래|볼게|보고싶|[?]$"
)
_VIEWS = re.compile(
    r"^(?:내|지금|오늘|현재|좀)*(?:잔고|잔액|예수금|손익|수익률?|미체결|뉴스|시황|시세|차트|도움말|주문내역|내역|포트폴리오)(?:은|는|좀|요|만|확인|현황|그래프|차트|추이|흐름)*[.!?]*$"
)
_SIZE = re.compile(r"\d|전량|전부|절반|반만|[한두세네열백천]주|다섯|여섯|일곱|여덟|아홉|만원|어치|올인|다팔")


def resolve(said: Plain, pending: Mapping[str, Any] | None, heard: Heard) -> Answer | None:
    """`pending` is {owner, field, options, about}; None when it was no answer."""
    if not pending or not said.text:
        return None
    owner, name = str(pending["owner"]), str(pending["field"])
    labels = [str(label) for label in pending.get("options") or []]
    about = dict(pending.get("about") or {})

    def given(value: str, quote: str, confidence: int, index: int | None = None) -> Answer:
        return Answer(owner, name, value, index, quote, confidence, about, tuple(labels))

    digression = _leads_away(said.text, name, heard)
    if heard.does(Act.NO_ANSWER) and not digression:
        return given("no_answer", said.source, 95)
    index = answers.choose(said.text, labels) if len(said.text) <= 40 else None
    if index is None and len(labels) == 1 and answers.means_that_one(said.text):
        index = 0
    if index is None and owner == "account" and _another_order(name, about, heard):
        return None
    if index is None and name not in heard.facts.answers and not digression and len(said.text) <= 40:
        index = answers.choose_loosely(said.text, labels)
    if index is None and name.startswith("contradiction:") and not digression and len(said.text) <= 40:
        index = answers.choose_by_wording(said.text, labels)
    if index is not None:
        value = options(Item(name))[index][0] if name in ANSWERS and index < len(options(Item(name))) else labels[index]
        return given(value, said.source, 100, index)
    if digression:
        return None
    return _in_words(said, name, heard, given)


def _in_words(said: Plain, name: str, heard: Heard, given: Callable[[str, str, int], Answer]) -> Answer | None:
    facts = heard.facts
    taken = (
        (name == "quantity" and _SIZE.search(said.text))
        or (name == "ticker" and (heard.tickers or heard.near))
        or (name == "side" and heard.does(Act.BUY) != heard.does(Act.SELL))
        or (name == "max_loss" and (facts.max_loss_bps is not None or re.search(r"\d", said.text)))
    )
    if taken:
        return given(said.source, said.source, 90)
    if name in facts.answers:
        fact = facts.answers[name]
        return given(fact.value, fact.quote, fact.confidence)
    if name == "capital_krw" and facts.capital_krw is not None:
        return given(str(facts.capital_krw), said.source, 95)
    if heard.does(Act.LOOK_AROUND):
        return given("later", said.source, 90)
    for word, act in (("yes", Act.YES), ("no", Act.NO), ("unsure", Act.UNSURE)):
        if heard.does(act) and not heard.does(Act.IMPATIENT):
            return given(word, said.source, 90)
    return None


def _leads_away(text: str, name: str, heard: Heard) -> bool:
    """Whether the message clearly wants something else, whatever stray yes or number it holds."""
    if heard.does(*_ALWAYS):
        return True
    if not heard.does(*_BY_THE_WAY):
        return False
    if heard.tickers or _VIEWS.match(text):
        return True
    fits = name in heard.facts.answers or (name == "capital_krw" and heard.facts.capital_krw is not None)
    return not fits or bool(_ASKS.search(text))


def _another_order(name: str, about: Mapping[str, Any], heard: Heard) -> bool:
    """Whether an order sentence starts afresh instead of completing the one we asked about."""
    buys, sells = heard.does(Act.BUY), heard.does(Act.SELL)
    if not (buys or sells or heard.does(Act.ORDER_SIDELESS)):
        return False
    side = (about.get("order") or {}).get("side")
    if (side == "buy" and sells) or (side == "sell" and buys):
        return True
    if name == "ticker":
        return heard.sized
    return bool(heard.tickers or heard.near or heard.unlisted)
