"""Why a name is bought or reduced, in one Korean sentence made of its own figures. Pure.

Contract: sentences are templates (`domain.evidence`), every number in them is a figure. Of a purchase first why for
this person (asked for, in the strategy, preferred, careful), then what the news, the chart and the economy say; what
nobody measured is left out, never filled in. Of a reduction what outgrew which limit, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from domain.evidence import Figure, Unit, render
from domain.instruments import Asset, Instrument
from domain.limits import is_safe
from nodes.investor import Investor
from nodes.portfolio.excess import Excess
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
    return render(buy_template(row, investor, view, market, asked=asked), {} if view is None else view.figures)


def buy_template(row: Instrument, investor: Investor, view: View | None, market: str, *, asked: bool = False) -> str:
    """The same with places for the view's figures."""
    parts = [_person(row, investor, asked)]
    if is_safe(row):
        parts.append(_steady(view))
    else:
        parts += _news(view) + _chart(view)
        parts.append(_MACRO.get(market, _MACRO["uncertain"]))
    return ", ".join(part for part in parts if part) + "."


_OUTGREW = {
    "name": "비중이 {{f:p.was}}로 한 종목 한도 {{f:p.limit}}를 넘어서 넘은 만큼만 줄여요.",
    "mix": "비중이 {{f:p.was}}로 전략의 목표 {{f:p.limit}}보다 많이 커져서 목표까지만 줄여요.",
    "sector": "SECTOR 업종 비중이 {{f:p.was}}로 업종 한도 {{f:p.limit}}를 넘어서 넘은 만큼만 줄여요.",
    "equity": "주식 비중이 {{f:p.was}}로 성향의 한도 {{f:p.limit}}를 넘어서 넘은 만큼만 줄여요.",
}


def trim_template(excess: Excess) -> str:
    """Why something is sold, with places for `trim_figures`."""
    return _OUTGREW[excess.code].replace("SECTOR", excess.about)


def trim_figures(excess: Excess, now: datetime) -> tuple[Figure, Figure]:
    """What was measured and its limit; tenths of a percent."""
    source = "전략" if excess.code == "mix" else "투자성향"
    return (
        percent("p.was", excess.was_bps, "잔고", now, "지금 비중"),
        percent("p.limit", excess.limit_bps, source, now, "한도"),
    )


def percent(key: str, bps: int, source: str, now: datetime, label: str) -> Figure:
    """A share as a figure, rounded to tenths of a percent."""
    return Figure(id=key, value=Decimal(round(bps / 10)) / 10, unit=Unit.PERCENT, source=source, as_of=now, label=label)


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
