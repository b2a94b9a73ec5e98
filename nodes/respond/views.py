"""Reports and proposals as a reader meets them: who saw what, what is proposed and why, each in a line or two. Pure.

Contract: sentences keep the places of their figures, renamed so that several reports go together; a line that promises
a return never leaves. Puts nothing in order and proposes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from domain.evidence import EvidenceError, Figure, Figures
from domain.instruments import Instruments
from domain.korean.promises import PROMISE
from domain.reports import AnalystReport, Stance, Status
from nodes.overview import made_up

MAX_LINES = 6
SHOWN = 3  # proposals on a card
_REASONS = 3  # of one report
_REASON = 160  # characters: one sentence, whatever somebody packed into it
_PLACE = re.compile(r"\{\{f:")
_STANCES = {"bullish": "긍정적", "bearish": "부정적", "neutral": "중립", "uncertain": "판단 보류"}
_ANALYSTS = {"macro": "거시", "selector": "종목 선별", "technical": "기술적 분석"}

NO_PROPOSALS = (
    "지금은 성향과 한도 안에서 권할 만한 주문이 없어요. 서두르지 않아도 돼요.\n"
    "투자금이 1주 값보다 작아도 그럴 수 있어요. '투자금 100만원으로 바꿔줘'처럼 고칠 수 있어요."
)
HOW_TO_ORDER = "주문하려면 '이대로 주문', 하나만이면 '1번만 주문'이라고 해 주세요. 이유는 '왜?'"


def report_template(reports: Sequence[Mapping[str, Any]], *, brief: bool) -> tuple[str, list[Figure]]:
    """Each report in a line: who, about what, stance, the first reasons; and the figures the lines name."""
    lines: list[str] = []
    missing: list[str] = []
    figures: list[Figure] = []
    for at, raw in enumerate(reports):
        try:
            report = AnalystReport.model_validate(dict(raw))
        except ValidationError:
            continue
        if report.analyst.value not in _ANALYSTS:
            continue
        name = name_of(report.ticker)
        label = _ANALYSTS[report.analyst.value] + (f" · {name}" if name else "")
        label += made_up(report)
        if report.status is Status.UNAVAILABLE:
            missing.append(f"{label}: {report.reason}")
            continue
        stale = f" ({report.reason})" if report.status is Status.STALE else ""
        reasons = _both_sides(report)
        told = " ".join(_PLACE.sub(f"{{{{f:r{at}.", reason) for reason in reasons)
        figures += [figure.model_copy(update={"id": f"r{at}.{figure.id}"}) for figure in report.figures]
        lines.append(f"{label}: {_STANCES[report.stance.value]}{stale}" + (f". {told}" if told else ""))
    if brief:  # the proposals say why; only what was missing is worth a line here
        lines = []
    return "\n".join([*lines, *missing[:2]][:MAX_LINES]), figures


def _both_sides(report: AnalystReport) -> list[str]:
    """Three reasons, of which one speaks against the stance where there is one: nobody is told the pleasant half."""
    told = [[text for text in side if not PROMISE.search(text)] for side in (report.drivers, report.risks)]
    first, second = told if report.stance is not Stance.BEARISH else told[::-1]
    kept = first[: _REASONS - bool(second)]
    kept += second[: _REASONS - len(kept)]
    return [text for side in told for text in side if text in kept]


def proposal_rows(
    proposals: Sequence[Mapping[str, Any]], decisions: Sequence[Mapping[str, Any]] = ()
) -> list[dict[str, Any]]:
    """What a card shows: at most three, one reason each, and the figures that the reason names."""
    known = {row.get("ticker"): row.get("figures") or [] for row in decisions}
    rows = []
    for leg in proposals[:SHOWN]:
        row = {key: leg.get(key) for key in ("ticker", "name", "side", "qty", "price")} | {"reason": _reason(leg)}
        try:
            figures = Figures.from_json(known.get(leg.get("ticker"), []))
        except (EvidenceError, ValidationError):
            figures = Figures()
        rows.append({**row, "figures": shown_figures(_reason(leg), figures)})
    return rows


def shown_figures(text: str, figures: Mapping[str, Figure] | None) -> list[dict[str, Any]]:
    """Of the figures those that the text shows: how they are written there, where they come from, as of when."""
    return [
        {
            "id": figure.id,
            "text": figure.text(),
            "label": figure.label,
            "source": figure.source,
            "as_of": figure.as_of.isoformat(timespec="seconds"),
        }
        for figure in (figures or {}).values()
        if figure.text() in text
    ]


def proposal_lines(proposals: Sequence[Mapping[str, Any]]) -> str:
    """The same in words."""
    lines = ["이렇게 제안해요."]
    for at, leg in enumerate(proposals[:SHOWN], start=1):
        side = "매수" if leg["side"] == "buy" else "매도"
        price = f"{leg['price']:,}원" if leg.get("price") else "시장가"
        reason = str(leg.get("reason") or "").strip()
        why = f"\n   {reason}" if reason and not PROMISE.search(reason) else ""
        lines.append(f"{at}) {leg['name']}({leg['ticker']}) {leg['qty']:,}주 {side} {price}{why}")
    if len(proposals) > SHOWN:
        lines.append(f"그 밖에 {len(proposals) - SHOWN}건이 더 있어요.")
    return "\n".join(lines)


def name_of(ticker: str | None) -> str:
    """'삼성전자(005930)', or nothing for the market."""
    if ticker is None:
        return ""
    row = Instruments.load().get(ticker)
    return f"{row.name}({ticker})" if row else ticker


def _reason(leg: Mapping[str, Any]) -> str:
    reason = str(leg.get("reason") or "").strip()
    if PROMISE.search(reason):
        return ""
    return reason if len(reason) <= _REASON else f"{reason[: _REASON - 1].rstrip(', ')}…"
