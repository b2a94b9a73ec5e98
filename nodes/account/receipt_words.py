"""A receipt in Korean: one line for a list, and the chain in a few lines for whoever asks why. Pure.

Contract: tells only what the receipt holds; amounts are won, times KST. A receipt whose bodies are of another layout
says less, never something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.clock import format_moment
from domain.instruments import Instruments
from domain.receipt import Step, StepKind, bodies, newest

Body = Mapping[str, Any]
SIDES = {"buy": "매수", "sell": "매도"}
OUTCOMES = {
    "filled": "모두 체결",
    "partly": "일부 체결",
    "unfilled": "체결 없음",
    "rejected": "거절하심",
    "refused": "한도 점검에서 막힘",
    "expired": "승인 없이 시간이 지남",
    "undelivered": "승인했지만 시간 안에 접수되지 않음",
}
OPEN = "진행 중"
_STATES = {"asked": "승인을 여쭤봄", "approve": "승인하심", "reject": "거절하심", "mandate": "위임으로 진행"}
_ANALYSTS = {"macro": "거시", "selector": "종목 선별", "technical": "기술적 분석", "portfolio": "비중", "risk": "수량"}
_STANCES = {"bullish": "긍정적", "bearish": "부정적", "neutral": "중립", "uncertain": "판단 보류"}


def headline(chain: Sequence[Step]) -> str:
    """'11월 23일 10:00 삼성전자 10주 매수 · 모두 체결'."""
    plans = bodies(chain, StepKind.PLAN)
    what = _orders(plans[-1]["plan"]) if plans else ""
    return " · ".join(part for part in (f"{format_moment(chain[0].at)} {what}".strip(), outcome(chain)) if part)


def outcome(chain: Sequence[Step]) -> str:
    end = newest(chain, StepKind.END)
    return OPEN if end is None else OUTCOMES.get(str(end.get("outcome")), OPEN)


def short(chain: Sequence[Step]) -> list[str]:
    """The chain in at most six lines: words, on what grounds, limits, on whose word, what came of it, costs."""
    lines = [_words(chain), _grounds(chain), _limits(chain), _word(chain), _result(chain), _costs(chain)]
    return [line for line in lines if line]


def lines_of(chain: Sequence[Step]) -> list[str]:
    """Every step in a line, with its hash."""
    return [f"{headline(chain)}", *(_step(step) for step in chain)]


def _step(step: Step) -> str:
    return f"{step.seq:>3} {format_moment(step.at)} {step.kind.value:<9} {step.hash[:12]}  {_told(step)}"


def _told(step: Step) -> str:
    body = step.body
    match step.kind:
        case StepKind.WORDS:
            return " / ".join(str(each.get("text")) for each in body.get("said") or []) or str(body.get("origin"))
        case StepKind.PROFILE:
            return f"{body.get('grade')} (버전 {body.get('version')})"
        case StepKind.STRATEGY:
            return str(body.get("hash") or "전략 없음")[:16]
        case StepKind.DATA:
            return str(body.get("of"))
        case StepKind.REPORT:
            return _report(body)
        case StepKind.PLAN:
            return f"버전 {body['plan']['version']}: {_orders(body['plan'])}"
        case StepKind.APPROVAL:
            return _STATES.get(str(body.get("state")), "")
        case StepKind.FILLS:
            return f"체결 {len(body.get('fills') or [])}건"
        case StepKind.COSTS:
            return f"수수료 {body.get('fee'):,}원 · 세금 {body.get('tax'):,}원"
        case StepKind.END:
            return OUTCOMES.get(str(body.get("outcome")), "")
        case StepKind.VERDICT:
            return ", ".join(str(each.get("message")) for each in _findings(body)) or "고친 것 없음"
        case _:
            return f"{len(body.get(step.kind.value) or [])}건"


def _words(chain: Sequence[Step]) -> str:
    body = newest(chain, StepKind.WORDS) or {}
    said = [str(each.get("text")) for each in body.get("said") or []]
    if said:
        return f"· 하신 말씀: {' → '.join(said)[:120]}"
    if body.get("slot"):
        return f"· 정기 점검 {body['slot']}: {'; '.join(body.get('reasons') or [])[:100]}"
    return f"· 전략 신호: {body['signal']}" if body.get("signal") else ""


def _grounds(chain: Sequence[Step]) -> str:
    profile = newest(chain, StepKind.PROFILE) or {}
    reports = [_report(body) for body in bodies(chain, StepKind.REPORT) if body.get("stance") in _STANCES]
    parts = [f"{profile['grade']} 성향" if profile.get("grade") else "", *dict.fromkeys(reports)]
    told = [part for part in parts if part][:4]
    return f"· 근거: {', '.join(told)}" if told else ""


def _report(body: Body) -> str:
    row = Instruments.load().get(str(body.get("ticker") or ""))
    name = f" {row.name}" if row is not None else ""
    analyst = _ANALYSTS.get(str(body.get("analyst")), str(body.get("analyst")))
    return f"{analyst}{name} {_STANCES.get(str(body.get('stance')), '')}".strip()


def _limits(chain: Sequence[Step]) -> str:
    said = [str(each["message"]) for body in bodies(chain, StepKind.VERDICT) for each in _findings(body)]
    return f"· 한도: {' '.join(dict.fromkeys(said))[:120]}" if said else ""


def _findings(body: Body) -> list[Body]:
    return [each for each in (body.get("findings") or body.get("clamps") or []) if each.get("message")]


def _word(chain: Sequence[Step]) -> str:
    words = bodies(chain, StepKind.APPROVAL)
    if not words:
        return ""
    last = words[-1]
    at = f" ({format_moment(datetime.fromisoformat(last['decided_at']))})" if last.get("decided_at") else ""
    return f"· 승인: {_STATES.get(str(last.get('state')), '')}{at}"


def _result(chain: Sequence[Step]) -> str:
    plans = bodies(chain, StepKind.PLAN)
    what = _orders(plans[-1]["plan"]) if plans else ""
    return f"· 결과: {what} · {outcome(chain)}"


def _costs(chain: Sequence[Step]) -> str:
    fills, costs = newest(chain, StepKind.FILLS), newest(chain, StepKind.COSTS)
    if fills is None or costs is None or not fills.get("fills"):
        return ""
    amount = sum(each["amount"] for each in fills["sums"])
    return f"· 체결 {amount:,}원, 수수료 {costs['fee']:,}원, 세금 {costs['tax']:,}원"


def _orders(plan: Body) -> str:
    legs = plan.get("legs") or []
    told = [f"{_name(leg['ticker'])} {leg['quantity']:,}주 {SIDES[leg['side']]}" for leg in legs[:3]]
    return ", ".join(told) + (f" 외 {len(legs) - 3}건" if len(legs) > 3 else "")


def _name(ticker: str) -> str:
    row = Instruments.load().get(ticker)
    return row.name if row is not None else ticker
