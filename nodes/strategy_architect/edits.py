"""Changes to a strategy in words: which number, day, name or period a sentence wants different. Pure; applies nothing.

Contract: several changes in one sentence come in the order in which they are said, each place once (the last word
counts). What a sentence does not say is not guessed; a period that could mean several of the strategy's is `unclear`.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from domain.hangul import josa
from domain.instruments import sectors_in
from domain.korean.reading import tickers_in
from domain.korean.text import clean, plain
from domain.strategy.render import WEEKDAYS
from domain.strategy.spec import StrategySpec
from domain.strategy.vocabulary import indicator_table

_PERCENTS = {
    "stop_loss": r"손절|스[탑톱](?:로스)?|로스컷",
    "take_profit": r"익절|목표수익",
    "trailing_stop": r"추적손절|트레일링(?:스[탑톱])?",
    "name_bps": r"(?:한)?종목당|한종목|비중",
}
_STOP_WORD = r"(?:추적손절|트레일링(?:스[탑톱])?|손절|스[탑톱](?:로스)?|로스컷|익절|목표수익)"
_PERCENT = re.compile(
    rf"(?P<what>{_STOP_WORD}|(?:한)?종목당|한종목|비중)(?:선|라인|폭|률|기준|가|비중|최대|한도)*(?:은|을|를|만|도|이)?(?:좀|더)*(?:\d{{1,2}}(?:\.\d{{1,2}})?(?:%|퍼센트|퍼|프로)에서)?"
    r"(?:-|마이너스|\+|플러스)?(?P<n>\d{1,2}(?:\.\d{1,2})?)(?:%|퍼센트|퍼|프로)"
)
_OFF = re.compile(
    rf"(?P<what>{_STOP_WORD})(?:선|라인|기준)?(?:은|을|를|도)?(?:좀)?(?:빼|없이|없애|쓰지|안써|안쓰|꺼|끄)"
)
_COUNT = r"\d{1,2}|한|두|세|네|다섯|하나"
_COUNTS = {"한": 1, "하나": 1, "두": 2, "세": 3, "네": 4, "다섯": 5}
_POSITIONS = re.compile(
    r"(?:최대|동시에)(?P<a>\d{1,2})(?:개)?(?:의)?종목|종목(?:수)?(?:은|는|을|를)?(?:최대|동시에)?(?P<b>\d{1,2})(?:개|종목)(?:까지|만|로|으로|이하)|(?<!\d)(?P<c>\d{1,2})(?:개)?종목(?:까지|만|으로|이하)"
)
_WEEKLY = r"(?:일?주일?에|한주에|매주|1주에|1주일에|주)"
_TRADES = re.compile(
    rf"(?:거래|매매|매수|사는(?:거|것|건))(?:횟수)?(?:는|은|를|을|도)?(?:최대)?{_WEEKLY}(?P<a>{_COUNT})(?:회|번)|{_WEEKLY}(?P<b>{_COUNT})(?:회|번)(?:만|까지|이하로?|씩)*(?:거래|매매|매수|사)"
)
_CHECK = r"(?:점검|확인|체크|리밸런싱|검토|거래|매매)"
_WEEK = re.compile(
    rf"{_CHECK}(?:은|는|을|를|도)?(?:매주|{_WEEKLY}(?:한번|1회|1번))(?P<a>[월화수목금])요일|매주(?P<b>[월화수목금])요일|{_CHECK}(?:은|는|을|를|도)?(?P<c>[월화수목금])요일에?만|(?:점검|확인|체크|리밸런싱|검토)(?:은|는|을|를|도)?(?P<d>매주|{_WEEKLY}(?:한번|1회|1번))"
)
_MONTH = re.compile(
    rf"{_CHECK}(?:은|는|을|를|도)?(?:매월|매달|한달에(?:한번|1회|1번)|월(?:1회|한번|1번))(?:(?P<n>\d{{1,2}})번째)?|(?:매월|매달)(?:첫|(?P<m>\d{{1,2}})번째)(?:거래일|영업일)"
)
_DAILY = re.compile(rf"{_CHECK}(?:은|는|을|를|도)?(?:매일|날마다|하루(?:에)?(?:한번|1회))")
_OFTEN = re.compile(rf"{_CHECK}(?:은|는|을|를|도)?(?:매봉|봉마다|(?P<n>\d{{1,2}})분(?:봉)?마다)")
_FRAME = re.compile(r"(?:(?P<m>1|3|5|10|15|30|60)분|(?P<l>[일주월]))봉(?:기준)?(?:으로|로)")
_LEAVE_OUT = re.compile(r"빼|제외|말고|담지")
_PARTS = re.compile(r"[,.;!?]|그리고|하고\s|이고\s|(?<=로)\s|(?<=만)\s")
_PERIOD = re.compile(
    r"(?P<what>[가-힣a-z]{2,16}?)(?:을|를|은|는|도)?(?:\d{1,3}(?:\.\d+)?(?:일|봉|개|거래일|%)?에서)?(?P<n>\d{1,3}(?:\.\d+)?)(?:거래일|일선?|봉|개|%)?(?:로|으로|선으로)"
)
_SPOKEN = {"이평": "이동평균", "ma": "이동평균", "평균선": "이동평균", "sma": "이동평균", "ema": "지수이동평균"}
_TERMS = (
    "단기", "중기", "장기", "이동평균", "지수이동평균", "추세", "과매도", "과매수", "이격도", "수익률", "변동성", "최고", "최저",
    "평소", "최근", "상승", "하락", "rsi", "모멘텀", "종가위치",
)  # fmt: skip
_ABOUT = {"모멘텀": "수익률을", "rsi": "rsi"}
_FRAMES = {"일": "1d", "주": "1w", "월": "1M"}
_DAYS = {words[0]: day for day, words in WEEKDAYS.items()}


@dataclass(frozen=True, slots=True)
class Edit:
    """One change. `bps` for percents (0 switches a stop off), `number` for counts and periods, `name` for the rest: a
    ticker, a sector, a schedule (close, bar, minutes:30, week:mon, month:1), a time frame, or the place of a period."""

    field: str
    bps: int = 0
    number: Decimal = Decimal(0)
    name: str = ""


def edits_in(text: str, spec: StrategySpec | None = None) -> tuple[Edit, ...]:
    """The changes that a sentence asks of this strategy; without one those that need none."""
    said = plain(clean(text)).text
    found = [*_percents(said), *_counts(said), *_times(said), *_left_out(text)]
    if spec is not None:
        found += [edit for edit, _ in _periods(said, spec) if edit is not None]
    last = {
        (edit.field, edit.name if edit.field in ("param", "indicator", "ticker", "sector") else ""): edit
        for edit in found
    }
    return tuple(last.values())


def unclear_in(text: str, spec: StrategySpec) -> tuple[str, ...]:
    """What to ask back, in Korean: numbers that may be meant for several places of the strategy."""
    return tuple(question for _, question in _periods(plain(clean(text)).text, spec) if question)


def _percents(said: str) -> Iterator[Edit]:
    for hit in _PERCENT.finditer(said):
        bps = int(Decimal(hit["n"]) * 100)
        if bps:
            yield Edit(_field(hit["what"]), bps)
    for hit in _OFF.finditer(said):
        yield Edit(_field(hit["what"]))


def _field(what: str) -> str:
    return next(field for field, words in _PERCENTS.items() if re.fullmatch(words, what))


def _counts(said: str) -> Iterator[Edit]:
    for field, pattern in (("max_positions", _POSITIONS), ("trades_a_week", _TRADES)):
        for hit in pattern.finditer(said):
            word = next(value for value in hit.groups() if value)
            number = _COUNTS.get(word) or int(word)
            if number:
                yield Edit(field, number=Decimal(number))


def _times(said: str) -> Iterator[Edit]:
    if hit := _WEEK.search(said):
        day = hit["a"] or hit["b"] or hit["c"]
        yield Edit("schedule", name=f"week:{_DAYS[day] if day else 'mon'}")
    elif hit := _MONTH.search(said):
        yield Edit("schedule", name=f"month:{int(hit['n'] or hit['m'] or 1)}")
    elif _DAILY.search(said):
        yield Edit("schedule", name="close")
    elif hit := _OFTEN.search(said):
        yield Edit("schedule", name=f"minutes:{hit['n']}" if hit["n"] else "bar")
    if hit := _FRAME.search(said):
        yield Edit("timeframe", name=f"{hit['m']}m" if hit["m"] else _FRAMES[hit["l"]])


def _left_out(text: str) -> Iterator[Edit]:
    for part in _PARTS.split(clean(text)):
        if not _LEAVE_OUT.search(part) or _OFF.search(plain(part).text):
            continue
        tickers = tickers_in(part)
        yield from (Edit("ticker", name=ticker) for ticker in tickers)
        if not tickers:
            yield from (Edit("sector", name=sector) for sector in sectors_in(part))


def _periods(said: str, spec: StrategySpec) -> Iterator[tuple[Edit | None, str]]:
    """A change, or what to ask about it."""
    taken = [
        hit.span()
        for pattern in (_PERCENT, _POSITIONS, _TRADES, _WEEK, _MONTH, _OFTEN, _FRAME)
        for hit in pattern.finditer(said)
    ]
    for hit in _PERIOD.finditer(said):
        if any(start < hit.end("n") and hit.start("n") < end for start, end in taken):
            continue
        terms = _terms(hit["what"])
        if not terms:
            continue
        number = Decimal(hit["n"])
        ranked = _ranked(terms, spec)
        best = [place for score, place, _ in ranked if score == ranked[0][0]]
        if len(best) == 1:
            kind, _, name = best[0].partition(":")
            yield Edit(kind, number=number, name=name), ""
        elif len(best) > 1:
            names = [label for score, _, label in ranked if score == ranked[0][0]]
            listed = ", ".join(f"'{name}'" for name in names)
            yield None, f"{josa(listed, '이/가')} 있어요. 어느 것을 {number}(으)로 바꿀지 이름을 함께 말씀해 주세요."


def _terms(what: str) -> frozenset[str]:
    for word, meaning in _SPOKEN.items():
        what = what.replace(word, meaning)
    return frozenset(term for term in _TERMS if term in what)


def _ranked(terms: frozenset[str], spec: StrategySpec) -> list[tuple[int, str, str]]:
    """(score, place, Korean name) of the numbers that the terms may mean, best first."""
    places = []
    for name, param in spec.strategy.params.items():
        about = param.description.replace(" ", "").lower()
        places.append((f"param:{name}", about, param.description))
    for row in spec.strategy.indicators:
        if isinstance(row.params.get("period"), Decimal):
            shown = row.name or str(indicator_table()[row.id]["name"])
            places.append((f"indicator:{row.alias}", f"{row.id}{shown}".replace(" ", "").lower(), f"{shown} 기간"))
    scored = [(sum(_ABOUT.get(term, term) in about for term in terms), place, label) for place, about, label in places]
    return sorted([row for row in scored if row[0]], key=lambda row: -row[0])
