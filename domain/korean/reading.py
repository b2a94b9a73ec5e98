"""Reads one message: what it does, about what, with which numbers, and whether it answers the question we asked.

Contract: `read` never raises on any text and knows no model; the result is frozen and plain JSON (`to_json`, `from_json`).
A pending question is answered first; then the text is read for everything else it may be. Orders come only from the
user's own plain words: quoted and pasted text commands nothing, and text that tries to command the program is no order at all.
Does not decide what happens next (nodes/supervisor) and does not compute quantities (nodes/account).
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as default
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from domain.instruments import Instrument, Instruments, sectors_in
from domain.korean import answers, names, periods, quantities
from domain.korean.acts import Act, acts_in
from domain.korean.facts import Facts, facts_in
from domain.korean.numbers import ordinal
from domain.korean.text import Plain, clean, language, plain, unquoted
from domain.mentions import Finder
from domain.suitability import ANSWERS, Item, options

_FACT_FIELDS = frozenset({*(item.value for item in Item), "capital_krw"})


@dataclass(frozen=True, slots=True)
class Order:
    """What is said about an order; None where nothing is said. Nothing is filled in."""

    side: str | None = None  # buy | sell
    tickers: tuple[str, ...] = ()
    shares: int | None = None
    amount: int | None = None
    portion_bps: int | None = None
    price: int | None = None
    market: bool = False
    conditional: bool = False  # "7만원 되면"
    deferred: bool = False  # "내일 아침에"
    several: bool = False  # more than one instrument or both sides in one sentence


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
class Reading:
    """One message, understood as far as rules go."""

    text: str
    acts: tuple[str, ...]
    tickers: tuple[str, ...] = ()
    avoided_tickers: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    unknown_names: tuple[str, ...] = ()
    near: tuple[str, ...] = ()  # tickers a misspelt name may have meant
    sectors: tuple[str, ...] = ()
    facts: Facts = default(default_factory=Facts)
    order: Order = default(default_factory=Order)
    answer: Answer | None = None
    ordinal: int | None = None
    stretch_days: int | None = None
    language: str = "ko"
    quoted: bool = False  # something was cut out as quotation or paste
    act: str = ""  # what the supervisor took it for

    def does(self, *acts: Act) -> bool:
        """Whether one of these acts is among its acts."""
        return any(act.value in self.acts for act in acts)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON for the graph's state."""
        return dict(_READING.dump_python(self, mode="json"))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reading:
        """The reading that `to_json` wrote; an empty mapping is an empty reading."""
        return _READING.validate_python(dict(data)) if data else cls(text="", acts=())


_READING: TypeAdapter[Reading] = TypeAdapter(Reading)


def read(text: str, *, pending: Mapping[str, Any] | None = None, now: datetime) -> Reading:
    """Understands `text`; `pending` is the question we asked last ({owner, field, options, …}), `now` an aware time."""
    source = clean(text)
    own, cut = unquoted(source)
    said = plain(own)
    asked = str(pending["field"]) if pending and pending.get("field") in _FACT_FIELDS else None
    acts = list(acts_in(said.text))
    whole_acts = acts_in(plain(source).text) if cut else tuple(acts)
    if Act.INJECTION in whole_acts and Act.INJECTION not in acts:
        acts.insert(0, Act.INJECTION)
    found = _finder().find(own)
    avoided = tuple(dict.fromkeys(m.value.ticker for m in found if _avoids(own, m.end)))
    wanted = tuple(dict.fromkeys(m.value.ticker for m in found if m.value.ticker not in avoided))
    foreign = names.foreign_in(own)
    ordering = Act.BUY in acts or Act.SELL in acts or Act.ORDER_SIDELESS in acts
    numbers = quantities.order_numbers(said)
    is_order = ordering and bool(wanted or numbers.shares or numbers.portion_bps or foreign)
    spoken = len(own) > 1 and not wanted and not foreign and not avoided
    unknown = (
        names.leftover(own)
        if spoken
        and language(own) != "en"
        and (ordering or Act.PRICE in acts or Act.CHART in acts or Act.ANALYSE in acts)
        else ()
    )
    unknown = tuple(word for word in unknown if not sectors_in(word))
    near = tuple(dict.fromkeys(row.ticker for word in unknown for row in names.nearest(word)))
    facts = facts_in(said, now.date(), asked=asked, order=is_order or (ordering and bool(unknown)))
    if Act.BUY in acts and Act.PROPOSE not in acts and not is_order and not unknown and facts.any():
        acts.remove(Act.BUY)  # "반도체 위주로 사고 싶어요" speaks of wishes, not of an order
        acts.append(Act.PROPOSE)
    if any(act in acts for act in _NOT_ABOUT_ME):
        facts = Facts(sectors=facts.sectors)
    elif facts.any() and not is_order:
        acts.append(Act.PROFILE_FACTS)
    if answers.is_yes(said.text) and Act.GREET not in acts:
        acts.append(Act.YES)
    elif answers.is_no(said.text):
        acts.append(Act.NO)
    if answers.is_unsure(said.text):
        acts.append(Act.UNSURE)
    if Act.EXPLAIN in acts and not wanted:
        acts = [act for act in acts if act not in _COMMANDS]  # "매수 매도가 뭐야" asks
    if Act.INJECTION in acts:
        acts = [act for act in acts if act in _HARMLESS]
    tongue = language(source)
    if tongue == "en":
        acts.append(Act.ENGLISH)
    ordered = tuple(act.value for act in Act if act in acts)
    answer = (
        None
        if Act.INJECTION in acts
        else _answer(
            said, pending, facts, ordered, wanted, near, sized=_sized(numbers), unlisted=bool(unknown or foreign)
        )
    )
    if not ordered and answer is None and not wanted and not facts.sectors:
        ordered = (Act.NONSENSE.value,)
    return Reading(
        text=source,
        acts=ordered,
        tickers=wanted,
        avoided_tickers=avoided,
        foreign=foreign,
        unknown_names=unknown,
        near=near,
        sectors=facts.sectors,
        facts=facts,
        order=_order(said.text, acts, wanted, numbers) if is_order or ordering else Order(),
        answer=answer,
        ordinal=ordinal(said.text) or _inner_ordinal(said.text),
        stretch_days=periods.stretch_days(said.text),
        language=tongue,
        quoted=cut,
    )


# Numbers in these sentences are about a chart, a strategy or an order, not about the person.
_NOT_ABOUT_ME = frozenset(
    {
        Act.CHART,
        Act.STRATEGY_EDIT,
        Act.REVISE_ORDER,
        Act.CANCEL_ORDER,
        Act.CANCEL_LAST,
        Act.HISTORY,
        Act.OPEN_ORDERS,
        Act.INJECTION,
        Act.MANDATE_REVOKE,
    }
)
_COMMANDS = frozenset({Act.BUY, Act.SELL, Act.ORDER_SIDELESS, Act.SEND_PROPOSALS})
_HARMLESS = frozenset({Act.INJECTION, Act.HALT, Act.ENGLISH, Act.GREET, Act.HELP, Act.ABUSE})

_AVOIDS = re.compile(r"^(?:주식|은|는|이|가|을|를|도|만|랑|\s|,)*(?:말고|말구|빼고|빼|제외|대신|싫|아니고|아니라)")
_CONDITIONAL = re.compile(
    r"(?:되|떨어지|내리|내려가|내려오|오르|올라가|넘으|넘어가|넘|도달하|찍으|찍|가|오|빠지|하락하|상승하|돌파하|붕괴되|깨지|깨|닿으|맞으)면(?!서)"
)
_DEFERRED = re.compile(
    r"내일|모레|다음주|담주|다음달|이따가|이따|나중에|장(?:이)?(?:열리|시작하|개장하|시작되)면|개장(?:하면|때)|월요일|화요일|수요일|목요일|금요일|예약(?:주문|매수|매도)|아침에|점심에|(?:오전|오후)?\d{1,2}시에"
)
_INNER_ORDINAL = re.compile(r"(\d)번(?:째)?(?=$|[가-힣]|[,.!?])|(첫|두|세|네)번째")


def _order(text: str, acts: list[Act], tickers: tuple[str, ...], numbers: quantities.OrderNumbers) -> Order:
    buys, sells = Act.BUY in acts, Act.SELL in acts
    return Order(
        side="buy" if buys and not sells else "sell" if sells and not buys else None,
        tickers=tickers,
        shares=numbers.shares,
        amount=numbers.amount,
        portion_bps=numbers.portion_bps,
        price=numbers.price,
        market=numbers.market,
        conditional=bool(_CONDITIONAL.search(text)),
        deferred=bool(_DEFERRED.search(text)),
        several=len(tickers) > 1 or (buys and sells),
    )


def _inner_ordinal(text: str) -> int | None:
    hit = _INNER_ORDINAL.search(text)
    if hit is None:
        return None
    return int(hit[1]) if hit[1] else {"첫": 1, "두": 2, "세": 3, "네": 4}[hit[2]]


_finder_cache: list[Finder[Instrument]] = []


def _finder() -> Finder[Instrument]:
    if not _finder_cache:
        rows = Instruments.load().all()
        _finder_cache.append(Finder({name: row for row in rows for name in (row.ticker, row.name, *row.aliases)}))
    return _finder_cache[0]


def _avoids(source: str, end: int) -> bool:
    return bool(_AVOIDS.match(source[end : end + 16]))


# A message that clearly wants something else is no answer, whatever stray yes or number it holds.
_DIGRESSIONS = frozenset(
    {
        Act.HALT, Act.RESUME, Act.START_OVER, Act.BACK, Act.OPEN_ORDERS, Act.HISTORY, Act.BALANCE, Act.PNL, Act.PRICE, Act.CHART, Act.NEWS, Act.MACRO,
        Act.WHY, Act.MANDATE_SHOW, Act.MANDATE_REVOKE, Act.STRATEGY_SHOW, Act.PROFILE_SHOW, Act.HELP, Act.EXPLAIN, Act.GRADE_UP, Act.GRADE_DOWN, Act.CANCEL_LAST,
    }
)  # fmt: skip


def _sized(numbers: quantities.OrderNumbers) -> bool:
    return (numbers.shares, numbers.amount, numbers.portion_bps, numbers.price) != (None,) * 4


def _another_order(
    name: str,
    about: Mapping[str, Any],
    acts: tuple[str, ...],
    tickers: tuple[str, ...],
    near: tuple[str, ...],
    *,
    sized: bool,
    unlisted: bool,
) -> bool:
    """Whether an order sentence starts afresh instead of completing the one we asked about."""
    buys, sells = Act.BUY.value in acts, Act.SELL.value in acts
    if not (buys or sells or Act.ORDER_SIDELESS.value in acts):
        return False
    side = (about.get("order") or {}).get("side")
    if (side == "buy" and sells) or (side == "sell" and buys):
        return True
    if name == "ticker":
        return sized
    return bool(tickers or near or unlisted)


_SIZE = re.compile(r"\d|전량|전부|절반|반만|[한두세네열백천]주|다섯|여섯|일곱|여덟|아홉|만원|어치|올인|다팔")


def _answer(
    said: Plain,
    pending: Mapping[str, Any] | None,
    facts: Facts,
    acts: tuple[str, ...],
    tickers: tuple[str, ...],
    near: tuple[str, ...],
    *,
    sized: bool,
    unlisted: bool,
) -> Answer | None:
    if not pending or not said.text:
        return None
    owner, name = str(pending["owner"]), str(pending["field"])
    labels = [str(label) for label in pending.get("options") or []]
    about = dict(pending.get("about") or {})

    def given(value: str, quote: str, confidence: int, index: int | None = None) -> Answer:
        return Answer(owner, name, value, index, quote, confidence, about, tuple(labels))

    digression = any(act.value in acts for act in _DIGRESSIONS)
    if Act.NO_ANSWER.value in acts and not digression:
        return given("no_answer", said.source, 95)
    index = answers.choose(said.text, labels) if len(said.text) <= 40 else None
    if index is None and len(labels) == 1 and answers.means_that_one(said.text):
        index = 0
    another = owner == "account" and _another_order(name, about, acts, tickers, near, sized=sized, unlisted=unlisted)
    if index is None and another:
        return None
    if index is None and name not in facts.answers and not digression and len(said.text) <= 40:
        index = answers.choose_loosely(said.text, labels)
    if index is not None:
        value = options(Item(name))[index][0] if name in ANSWERS and index < len(options(Item(name))) else labels[index]
        return given(value, said.source, 100, index)
    if digression:
        return None
    if name == "quantity" and _SIZE.search(said.text):
        return given(said.source, said.source, 90)
    if name == "ticker" and (tickers or near):
        return given(said.source, said.source, 90)
    if name == "side" and (Act.BUY.value in acts) != (Act.SELL.value in acts):
        return given(said.source, said.source, 90)
    if name == "max_loss" and (facts.max_loss_bps is not None or re.search(r"\d", said.text)):
        return given(said.source, said.source, 90)
    if name in facts.answers:
        fact = facts.answers[name]
        return given(fact.value, fact.quote, fact.confidence)
    if name == "capital_krw" and facts.capital_krw is not None:
        return given(str(facts.capital_krw), said.source, 95)
    if Act.LOOK_AROUND.value in acts:
        return given("later", said.source, 90)
    for word, act in (("yes", Act.YES), ("no", Act.NO), ("unsure", Act.UNSURE)):
        if act.value in acts:
            return given(word, said.source, 90)
    return None
