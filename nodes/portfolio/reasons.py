"""Why a name is proposed, in one Korean sentence made of its own figures. Pure.

Contract: first why for this person (asked for, in the strategy, preferred, careful), then what the news, the chart and
the economy say; every number is a figure of a report. What nobody measured is left out, never filled in.
"""

from __future__ import annotations

from decimal import Decimal

from domain.evidence import render
from domain.instruments import Asset, Instrument
from domain.limits import is_safe
from nodes.investor import Investor
from nodes.portfolio.views import View

CALM = Decimal(2)  # percent in 20 sessions: below that a price has hardly moved
_CHART = {"bullish": "차트 흐름이 좋고", "neutral": "차트 흐름은 중립이고", "bearish": "차트 흐름은 약하고"}
_MOOD = {"bullish": "우호적이고", "bearish": "부정적이고", "neutral": "한쪽으로 기울지 않았고"}
_MACRO = {
    "bullish": "거시 지표는 주식에 우호적이에요",
    "neutral": "거시 지표는 중립이에요",
    "bearish": "거시 지표는 주식에 부담이라 비중을 낮췄어요",
    "uncertain": "거시 지표는 판단을 미뤘어요",
}


def reason_for(row: Instrument, investor: Investor, view: View | None, market: str, *, asked: bool = False) -> str:
    """One sentence that ends in a full stop."""
    parts = [_person(row, investor, asked)]
    if is_safe(row):
        parts.append(_steady(view))
    else:
        parts += _news(view) + _chart(view)
        parts.append(_MACRO.get(market, _MACRO["uncertain"]))
    figures = {} if view is None else view.figures
    return render(", ".join(part for part in parts if part), figures) + "."


def trim_reason(held_bps: int, limit_bps: int) -> str:
    """Why something is sold; whole percents, the share rounded up and the limit down."""
    return f"비중이 {-(-held_bps // 100)}%로 한 종목 한도 {limit_bps // 100}%를 넘어서 넘은 만큼만 줄여요."


def _person(row: Instrument, investor: Investor, asked: bool) -> str:
    playbook = investor.playbook
    if asked:
        return f"말씀하신 {row.sector} 쪽에서 성향에 맞는 상품이고"
    if playbook is not None and row.ticker == playbook.parking:
        return "전략에서 쉬는 돈을 두는 상품이고"
    if playbook is not None and row.ticker in playbook.universe:
        liked = f"선호하시는 {row.sector} 업종이면서 " if row.sector in investor.preferred else ""
        return f"{liked}전략 '{playbook.name}'의 대상이고"
    if row.sector in investor.preferred:
        return f"선호하시는 {row.sector} 업종이고"
    if is_safe(row):
        what = "현금처럼 쓰는 단기 상품" if row.asset is Asset.CASH else "금리에 따라 조금씩 움직이는 채권 상품"
        return f"{investor.grade.value}에 맞는, {what}이고"
    if row.sector == "시장대표":
        return "시장 전체에 나눠 투자하는 상품이고"
    return f"{investor.grade.value}에 맞는 {row.sector} 업종이고"


def _news(view: View | None) -> list[str]:
    found = None if view is None else view.figures.get("s.news")
    if view is None or found is None or not found.value:
        return []
    return [f"최근 뉴스 {{{{f:s.news|은/는}}}} {_MOOD.get(view.mood, _MOOD['neutral'])}"]


def _chart(view: View | None) -> list[str]:
    if view is None or view.status != "ok":
        return []
    shown = [text for key, text in _SHOWN if key in view.figures]
    told = f"({', '.join(shown)})" if shown else ""
    return [_CHART.get(view.stance, "차트 판단은 미뤘고") + told]


_SHOWN = (("t.rsi", "RSI {{f:t.rsi}}"), ("t.change20", "20일 {{f:t.change20}}"))


def _steady(view: View | None) -> str:
    change = None if view is None else view.figures.get("t.change20")
    if view is None or change is None:
        return "가격 변동이 작은 편이에요"
    if abs(Decimal(change.value)) <= CALM:
        return "최근 20일 {{f:t.change20}}로 움직임이 작아요"
    return "최근 20일 등락은 {{f:t.change20}}예요"
