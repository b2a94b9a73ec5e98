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
from domain.korean.acts import WATCHING, Act, acts_in
from domain.korean.facts import Facts, facts_in
from domain.korean.numbers import ordinal
from domain.korean.replies import Answer, Heard, resolve
from domain.korean.text import clean, language, plain, unquoted
from domain.mentions import Finder
from domain.suitability import Item

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
    if pending and str(pending.get("field", "")).endswith("_and_loss") and _PERCENT.search(said.text):
        asked = Item.LOSS_TOLERANCE.value  # '10%' to "5 %까지만과 부딪쳐요" is a new tolerated loss
    acts = list(acts_in(said.text))
    whole_acts = acts_in(plain(source).text) if cut else tuple(acts)
    if Act.INJECTION in whole_acts and Act.INJECTION not in acts:
        acts.insert(0, Act.INJECTION)
    named = _named(own)
    numbers = quantities.order_numbers(plain(named.masked))
    sized = (numbers.shares, numbers.amount, numbers.portion_bps, numbers.price) != (None,) * 4
    if asked is None and _bare_order(said.text, acts, named, numbers):
        acts.append(Act.ORDER_SIDELESS)
    ordering = Act.BUY in acts or Act.SELL in acts or Act.ORDER_SIDELESS in acts
    is_order = ordering and bool(named.wanted or numbers.shares or numbers.portion_bps or named.foreign)
    unknown = _unknown(own, acts, named, ordering=ordering)
    near = tuple(dict.fromkeys(row.ticker for word in unknown for row in names.nearest(word)))
    speaks_of_order = is_order or (ordering and bool(unknown) and asked is None)
    facts = facts_in(said, now.date(), asked=asked, order=speaks_of_order)
    if Act.BUY in acts and Act.PROPOSE not in acts and not is_order and not unknown and facts.any():
        acts.remove(Act.BUY)  # "반도체 위주로 사고 싶어요" speaks of wishes, not of an order
        acts.append(Act.PROPOSE)
    if Act.INJECTION in acts or (asked not in facts.answers and any(act in acts for act in _NOT_ABOUT_ME)):
        facts = Facts(sectors=facts.sectors)
    elif facts.any() and not is_order:
        acts.append(Act.PROFILE_FACTS)
    acts = _with_short_answers(said.text, acts, about_a_name=bool(named.wanted))
    tongue = language(source)
    if tongue == "en":
        acts.append(Act.ENGLISH)
    ordered = tuple(act.value for act in Act if act in acts)
    heard = Heard(ordered, facts, named.wanted, near, sized, bool(unknown or named.foreign))
    answer = None if Act.INJECTION in acts else resolve(said, pending, heard)
    if answer is not None and answers.label_of(said.text, answer.options) is not None:
        # the words of a button are ours: '원금비보장 ELS' is no wish for a guarantee
        facts = Facts(capital_krw=facts.capital_krw, horizon_months=facts.horizon_months)
        ordered = tuple(act for act in ordered if act not in (Act.PROFILE_FACTS, Act.GUARANTEE))
    if not ordered and answer is None and not named.wanted and not facts.sectors:
        ordered = (Act.NONSENSE.value,)
    return Reading(
        text=source,
        acts=ordered,
        tickers=named.wanted,
        avoided_tickers=named.avoided,
        foreign=named.foreign,
        unknown_names=unknown,
        near=near,
        sectors=facts.sectors,
        facts=facts,
        order=_order(said.text, acts, named.wanted, numbers) if is_order or ordering else Order(),
        answer=answer,
        ordinal=ordinal(said.text) or _inner_ordinal(said.text),
        stretch_days=periods.stretch_days(said.text),
        language=tongue,
        quoted=cut,
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """Instruments wanted and avoided, things we do not trade, and the text without the instruments' names."""

    wanted: tuple[str, ...]
    avoided: tuple[str, ...]
    foreign: tuple[str, ...]
    masked: str


def _named(own: str) -> _Names:
    found = _finder().find(own)
    avoided = tuple(dict.fromkeys(m.value.ticker for m in found if _avoids(own, m.end)))
    wanted = tuple(dict.fromkeys(m.value.ticker for m in found if m.value.ticker not in avoided))
    masked = own
    for m in found:  # a name's own digits are no quantity, and '삼성전자십주' holds a numeral
        masked = masked[: m.start] + "·" * (m.end - m.start) + masked[m.end :]
    return _Names(wanted, avoided, names.foreign_in(own), masked)


def _bare_order(text: str, acts: list[Act], named: _Names, numbers: quantities.OrderNumbers) -> bool:
    """'삼성전자 10주', '카카오 100만원어치': an order that does not say which way."""
    if len(named.wanted) != 1 or len(text) > 30 or _HELD.search(text):
        return False
    return bool(numbers.shares or (numbers.amount and _WORTH.search(text))) and not any(
        act in _SAY_MORE for act in acts
    )


def _unknown(own: str, acts: list[Act], named: _Names, *, ordering: bool) -> tuple[str, ...]:
    """Words that may be a name we do not know, where the sentence would need one."""
    if len(own) <= 1 or named.wanted or named.foreign or named.avoided:
        return ()
    if Act.MACRO in acts and not ordering:
        return ()
    if not (ordering or Act.PRICE in acts or Act.CHART in acts or Act.ANALYSE in acts):
        return ()
    return tuple(word for word in names.leftover(own) if not sectors_in(word))


def _with_short_answers(text: str, acts: list[Act], *, about_a_name: bool) -> list[Act]:
    if answers.is_yes(text) and Act.GREET not in acts:
        acts.append(Act.YES)
    elif answers.is_no(text):
        acts.append(Act.NO)
    if answers.is_unsure(text):
        acts.append(Act.UNSURE)
    if Act.EXPLAIN in acts and not about_a_name:
        acts = [act for act in acts if act not in _COMMANDS]  # "매수 매도가 뭐야" asks
    if Act.INJECTION in acts:
        acts = [act for act in acts if act in _HARMLESS]
    return acts


# Numbers in these sentences are about a chart, a strategy or an order, not about the person.
_NOT_ABOUT_ME = frozenset(
    {
        Act.CHART,
        Act.EQUITY,
        Act.STRATEGY_EDIT,
        Act.REVISE_ORDER,
        Act.CANCEL_ORDER,
        Act.CANCEL_LAST,
        Act.HISTORY,
        Act.OPEN_ORDERS,
        Act.INJECTION,
        Act.MANDATE_REVOKE,
        *(act for act in WATCHING if act is not Act.SAVINGS_MAKE),
    }
)
_COMMANDS = frozenset({Act.BUY, Act.SELL, Act.ORDER_SIDELESS, Act.SEND_PROPOSALS})
_HARMLESS = frozenset({Act.INJECTION, Act.HALT, Act.ENGLISH, Act.GREET, Act.HELP, Act.ABUSE})

_SAY_MORE = frozenset(Act) - {Act.PRICE, Act.YES, Act.GREET, Act.PROFILE_FACTS}
_HELD = re.compile(r"있(?:어|는|습|음|다|지)|샀|들고|갖고|보유|팔았|얼마|가격|시세|필요|몇")
_WORTH = re.compile(r"어치|만큼|치$")
_PERCENT = re.compile(r"\d(?:%|퍼|프로)")
_AVOIDS = re.compile(r"^(?:주식|은|는|이|가|을|를|도|만|랑|\s|,)*(?:말고|말구|빼고|빼|제외|대신|싫|아니고|아니라)")
_CONDITIONAL = re.compile(
    r"(?:되|나|떨어지|내리|내려가|내려오|오르|올라가|넘으|넘어가|넘|도달하|찍으|찍|가|오|빠지|하락하|상승하|돌파하|붕괴되|깨지|깨|닿으|맞으)면(?!서)"
)
_DEFERRED = re.compile(
    r"매일|매주|매달|매월|날마다|주마다|요일마다|내일|모레|다음주|담주|다음달|이따가|이따|나중에|장(?:이)?(?:열리|시작하|개장하|시작되)면|개장(?:하면|때)|월요일|화요일|수요일|목요일|금요일|예약(?:주문|매수|매도)|아침에|점심에|(?:오전|오후)?\d{1,2}시에"
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


def tickers_in(text: str) -> tuple[str, ...]:
    """Instruments that a message names, in order of appearance."""
    return tuple(dict.fromkeys(m.value.ticker for m in _finder().find(clean(text))))


def without_names(text: str) -> str:
    """The user's own words with the names of instruments blanked out, whose digits are no numbers of the wish."""
    return _named(unquoted(clean(text))[0]).masked


def _avoids(source: str, end: int) -> bool:
    return bool(_AVOIDS.match(source[end : end + 16]))
