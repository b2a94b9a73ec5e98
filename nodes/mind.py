"""What every room asks of a model's words and views, and how the user is told who answered. Pure.

Contract: a view stays within one step of the rules' and points to figures of the same sheet; a sentence is Korean,
promises nothing and urges nobody to trade. Whatever does not fit raises ValueError ("expected X, was Y") and the rules'
answer stands. Nothing here is about sizes, prices or orders, because no model has a word in those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.evidence import Figure, raw_numbers
from domain.instruments import Instruments
from domain.korean.commands import commands
from domain.korean.promises import PROMISE
from domain.news.text import is_seen
from domain.reports import AnalystReport, Stance, Status
from tools.llm.think import Outcome

CONFIDENCE_STEP = 10  # percent: one step of the rules' own scale
MAX_SENTENCES = 3
MAX_SENTENCE = 160  # characters, placeholders included
_ORDER = (Stance.BEARISH, Stance.NEUTRAL, Stance.BULLISH)
_URGES = re.compile(
    r"(?:매수|매도|주문|승인|투자)\s*하(?:세요|십시오|셔야|시는\s*게|시길|는\s*게\s*좋)"
    r"|(?:사|파|팔|담으)(?:세요|십시오|셔야|시길)|꼭\s*(?:사|담)"
    r"|(?<![가-힣])(?:사|팔아|담아|매수해|매도해|주문해|투자해)\s*(?:야\s*(?:해|하|돼|합)|보세요|두세요|봐요|주세요)"
    r"|(?:매수|매도|주문|투자)(?:를|을)?\s*(?:권|추천)"
    r"|[가-힣](?:하라|해라|으라|하십시오)(?![가-힣])"  # readers are not given orders
)
# The order path is code's and the user's: no sentence of a model speaks about going around it.
_OVERREACH = re.compile(
    r"한도\S{0,2}\s*(?:무시|풀|해제|없애|넘겨)|(?:승인|확인|지시|규칙)\S{0,2}\s*(?:없이|무시)|전\s*재산|몰빵"
)
# Amounts in words, which are numbers of a model's own as well.
_WORDED = re.compile(
    r"(?:[일이삼사오육칠팔구십백천만두세네]|다섯|여섯|일곱|여덟|아홉|스무|서른)\s*(?:퍼센트|프로(?!그)|포인트|배(?=로|나|가|는|[\s.,!]|$))"
)
_PLACE = re.compile(r"\{\{[^{}]*\}\}")
_LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
_TERMS = frozenset(
    {"RSI", "MACD", "ETF", "ETN", "ELS", "ELB", "ELW", "MMF", "CPI", "PPI", "GDP", "PMI", "VIX", "USD", "KRW", "WTI"}
    | {"KOSPI", "KOSDAQ", "FOMC", "PER", "PBR", "EPS", "ROE", "HBM", "DRAM", "NAND", "OLED", "ESG", "ADX", "ATR"}
)


class ReportReply(BaseModel):
    """A specialist's view, as a model may give it."""

    stance: Literal["bullish", "neutral", "bearish"] = Field(
        description="자료가 말하는 방향. 규칙의 판단에서 한 단계까지만 다를 수 있다."
    )
    confidence: int = Field(ge=0, le=100, description="확신(퍼센트). 규칙의 값에서 10까지만 다를 수 있다.")
    drivers: list[str] = Field(
        max_length=MAX_SENTENCES,
        description="긍정적인 근거. 해요체 한 문장씩. 숫자는 쓰지 않고 자료에 있는 {{f:id}} 자리표시만 쓴다.",
    )
    risks: list[str] = Field(
        max_length=MAX_SENTENCES,
        description="부담이 되는 근거. 해요체 한 문장씩. 숫자는 쓰지 않고 자료에 있는 {{f:id}} 자리표시만 쓴다.",
    )


def report_variables(report: AnalystReport, name: str) -> dict[str, str]:
    """What a specialist's prompt is told: the sheet and the rules' view of it."""
    figures = "\n".join(f"{{{{f:{each.id}}}}} = {figure_name(each)} {each.text()}" for each in report.figures)
    rules = [f"{report.stance.value}, {report.confidence}", *report.drivers, *report.risks]
    return {"name": name, "figures": figures, "rules": "\n".join(rules)}


def figure_name(figure: Figure) -> str:
    """Its label; the value before bears the same one."""
    label = figure.label or figure.id
    return f"직전 {label}" if figure.id.endswith(".before") else label


def merged_report(report: AnalystReport, reply: ReportReply) -> AnalystReport:
    """The rules' report with the model's view and sentences. Raises ValueError."""
    if report.status is not Status.OK:
        return report  # what was not measured, nobody reads
    stance = Stance(reply.stance)
    if abs(_ORDER.index(stance) - _ORDER.index(report.stance)) > 1:
        raise ValueError(f"expected a stance within one step of {report.stance.value}, was {stance.value}")
    if abs(reply.confidence - report.confidence) > CONFIDENCE_STEP:
        raise ValueError(
            f"expected a confidence within {CONFIDENCE_STEP} of {report.confidence}, was {reply.confidence}"
        )
    sentences = (*reply.drivers, *reply.risks)
    if not sentences:
        raise ValueError("expected at least one sentence, was none")
    content = report.model_dump() | {
        "stance": stance,
        "confidence": reply.confidence,
        "drivers": tuple(reply.drivers),
        "risks": tuple(reply.risks),
        "figures": report.figures,
    }
    made = AnalystReport.model_validate(content)
    wrong = wrong_words(sentences)
    if wrong is not None:
        raise ValueError(wrong)
    labels = [figure.label for figure in report.figures if figure.label]  # '20일 평균' is a name
    numbers = [number for sentence in sentences for number in raw_numbers(sentence, labels)]
    if numbers:
        raise ValueError(f"expected figures only, was with {', '.join(numbers[:5])}")
    made.lines()  # every place can be filled
    return made


def wrong_words(sentences: Iterable[str]) -> str | None:
    """None, or what is wrong with sentences that a model wrote; templates or filled."""
    for sentence in sentences:
        plain = _PLACE.sub("", sentence)
        if len(sentence.splitlines()) > 1:
            return "expected sentences of one line each, was more"
        if len(sentence) > MAX_SENTENCE:
            return f"expected sentences of at most {MAX_SENTENCE} characters, was {len(sentence)}"
        wrong = unfit(plain)
        if wrong is not None:
            return wrong
    return None


def unfit(text: str) -> str | None:
    """None, or why Korean readers must not get this text."""
    if not any("가" <= sign <= "힣" for sign in text):
        return "expected Korean, was none"
    if hidden := [sign for sign in text if not sign.isspace() and not is_seen(sign)]:
        return f"expected signs that can be seen, was with U+{ord(hidden[0]):04X}"
    foreign = [word for word in _LATIN_WORD.findall(text) if word.upper() not in _TERMS | _names()]
    if foreign:
        return f"expected Korean, was with {', '.join(foreign[:3])}"
    strange = [sign for sign in text if sign.isnumeric() and not sign.isascii()]
    if strange:
        return (
            f"expected no digits of another script, was with {' '.join(f'U+{ord(sign):04X}' for sign in strange[:3])}"
        )
    if worded := _WORDED.search(text):
        return f"expected no amounts in words, was {worded[0]}"
    if PROMISE.search(text):
        return "expected no promise of a return, was one"
    if _URGES.search(text):
        return "expected no call to trade, was one"
    if _OVERREACH.search(text):
        return "expected no word about limits or approvals being passed over, was one"
    if commands(text):
        return "expected a word to a reader, was one to a program"
    return None


@cache
def _names() -> frozenset[str]:
    """Latin words in names of securities."""
    names = (name for row in Instruments.load().all() for name in (row.ticker, row.name, *row.aliases))
    return frozenset(word.upper() for name in names for word in _LATIN_WORD.findall(name))


def answered_by(what: str, outcome: Outcome[Any]) -> list[dict[str, Any]]:
    """A notice when a model answered, or when one was asked and the rules had to."""
    if outcome.by == "rules" and outcome.why.partition(":")[0] in _NOBODY_ASKED:
        return []
    row = {"code": ANSWERED_BY, "text": _answered(outcome.by, [what]), "what": what}
    return [{**row, "by": outcome.by, "why": outcome.why}]


def who_answered(notices: Iterable[Mapping[str, Any]]) -> list[str]:
    """The notices of a turn in at most two lines: what a model helped with, and what rules answered instead."""
    told = [row for row in notices if row["code"] == ANSWERED_BY]
    parts = {by: list(dict.fromkeys(row["what"] for row in told if row["by"] == by)) for by in ("model", "rules")}
    return [_answered(by, parts[by]) for by in parts if parts[by]]


def _answered(by: str, parts: Sequence[str]) -> str:
    return f"{', '.join(parts)}: {'언어모델이 도왔어요.' if by == 'model' else '규칙으로 답했어요.'}"


ANSWERED_BY = "answered_by"
_NOBODY_ASKED = frozenset({"no_model", "off", "rules_only", "no model configured"})
