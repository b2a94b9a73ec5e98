"""What every room asks of a model's words and views, and how the user is told who answered. Pure.

Contract: a view stays within one step of the rules' and points to figures of the same sheet; a sentence is Korean,
promises nothing and urges nobody to trade. Whatever does not fit raises ValueError ("expected X, was Y") and the rules'
answer stands. Nothing here is about sizes, prices or orders, because no model has a word in those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, Field

from domain.korean.promises import PROMISE
from domain.reports import AnalystReport, Stance, Status
from tools.llm.think import Outcome

CONFIDENCE_STEP = 10  # percent: one step of the rules' own scale
MAX_SENTENCES = 3
MAX_SENTENCE = 160  # characters, placeholders included
_ORDER = (Stance.BEARISH, Stance.NEUTRAL, Stance.BULLISH)
_URGES = re.compile(
    r"(?:매수|매도|주문|승인|투자)\s*하(?:세요|십시오|셔야|시는\s*게)|(?:사|파|팔|담으)(?:세요|십시오|셔야)|꼭\s*(?:사|담)"
)
_PLACE = re.compile(r"\{\{[^{}]*\}\}")
_LATIN_WORD = re.compile(r"[A-Za-z]{3,}")
_TERMS = frozenset(
    {"RSI", "MACD", "ETF", "ETN", "CPI", "GDP", "KODEX", "TIGER", "KOSPI", "KOSDAQ", "FOMC", "PLUS", "ACE"}
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
    figures = "\n".join(f"{{{{f:{each.id}}}}} = {each.label or each.id} {each.text()}" for each in report.figures)
    rules = [f"{report.stance.value}, {report.confidence}", *report.drivers, *report.risks]
    return {"name": name, "figures": figures, "rules": "\n".join(rules)}


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
    if wrong is None and made.unsupported_numbers():
        wrong = f"expected figures only, was with {', '.join(made.unsupported_numbers()[:5])}"
    if wrong is not None:
        raise ValueError(wrong)
    made.lines()  # every place can be filled
    return made


def wrong_words(sentences: Iterable[str]) -> str | None:
    """None, or what is wrong with sentences that a model wrote; templates or filled."""
    for sentence in sentences:
        plain = _PLACE.sub("", sentence)
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
    foreign = [word for word in _LATIN_WORD.findall(text) if word.upper() not in _TERMS]
    if len(foreign) > 2:
        return f"expected Korean, was with {', '.join(foreign[:3])}"
    if PROMISE.search(text):
        return "expected no promise of a return, was one"
    if _URGES.search(text):
        return "expected no call to trade, was one"
    return None


def answered_by(what: str, outcome: Outcome[Any]) -> list[dict[str, Any]]:
    """A notice when a model answered, or when one was asked and the rules had to."""
    if outcome.by == "model":
        return [{"code": "answered_by", "text": f"{what}: 언어모델이 도왔어요.", "by": "model", "why": outcome.why}]
    if outcome.why.partition(":")[0] in _NOBODY_ASKED:
        return []
    return [{"code": "answered_by", "text": f"{what}: 규칙으로 답했어요.", "by": "rules", "why": outcome.why}]


_NOBODY_ASKED = frozenset({"no_model", "off", "rules_only", "no model configured"})
