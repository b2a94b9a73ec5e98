"""From a feature sheet to a technical view: points for and against, each with its figure. Pure.

Contract: the same sheet gives the same report; every number in a sentence is a figure with source and time. Trend and
momentum decide the stance, each with one voice; levels, volume, gaps and the year's range are told and have none. A
chart that ends long ago, or in days without trading, is `stale`. No size or order follows from a view here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from domain.evidence import Figure
from domain.reports import Analyst, AnalystReport, Stance, Status
from nodes.technical.features import Sheet
from nodes.technical.figures import bar_time, figures_of
from nodes.technical.trend import DOWN, UP

BULLISH_AT = 2
OVERSOLD, OVERBOUGHT = 30, 70
BUSY, QUIET = 2.0, 0.5  # times the usual volume
OLD = timedelta(days=10)  # the longest holidays are shorter
ORIGIN = "시세"
TOO_FEW = "차트를 읽을 만큼 일봉이 쌓이지 않았어요."

STANCES = {"bullish": "긍정적", "bearish": "부정적", "neutral": "중립", "uncertain": "판단 보류"}

Point = tuple[int, int, str]  # voice, side (1 speaks for, -1 against), sentence


def read_sheet(
    ticker: str, found: Sheet | None, read_at: datetime, origin: str = ORIGIN, today: date | None = None
) -> AnalystReport:
    """The rules' view on one name. `today` is the market's day: what is older than the longest holidays is stale."""
    if found is None:
        return AnalystReport.unavailable(Analyst.TECHNICAL, ticker, TOO_FEW, read_at)
    points = [*_trend(found), *_momentum(found), *_places(found), *_volume(found)]
    balance = sum(voice for voice, _, _ in points)
    stance = Stance.BULLISH if balance >= BULLISH_AT else Stance.BEARISH if balance <= -BULLISH_AT else Stance.NEUTRAL
    reason = _stale(found, today)
    return AnalystReport(
        analyst=Analyst.TECHNICAL,
        ticker=ticker,
        stance=stance,
        confidence=min(90, 40 + 10 * abs(balance)),
        drivers=tuple(text for _, side, text in points if side > 0),
        risks=tuple(text for _, side, text in points if side < 0),
        figures=figures_of(found, read_at, origin),
        status=Status.STALE if reason else Status.OK,
        reason=reason,
        as_of=bar_time(found, read_at),
    )


def figure(report: AnalystReport, key: str) -> Figure | None:
    """One of a technical report's figures: `rsi`, `support1` …"""
    return next((each for each in report.figures if each.id == f"t.{key}"), None)


def _stale(found: Sheet, today: date | None) -> str:
    if found.halted is not None:
        return f"{_spoken(found.halted)}부터 거래가 없어서 그 전까지의 차트예요."
    if today is not None and today - found.day > OLD:
        return f"마지막 일봉이 {_spoken(found.day)} 것이라 지금 흐름과 다를 수 있어요."
    return ""


def _spoken(day: date) -> str:
    return f"{day.year}년 {day.month}월 {day.day}일"


def _trend(found: Sheet) -> Iterator[Point]:
    firm = "뚜렷한 " if found.trend.firm else "약한 " if found.trend.faint else ""
    adx = " (ADX {{f:t.adx}})" if found.trend.adx is not None else ""
    twenty = found.averages[2]
    above = twenty is not None and found.close > twenty
    if found.trend.way == UP and above:
        yield 1, 1, f"{{{{f:t.trend_days}}}}째 {firm}오름세로 20일 평균 {{{{f:t.ma20}}}} 위에 있어요{adx}."
    elif found.trend.way == DOWN and not above:
        yield -1, -1, f"{{{{f:t.trend_days}}}}째 {firm}내림세로 20일 평균 {{{{f:t.ma20}}}} 아래에 있어요{adx}."
    weeks = found.weekly_averages[2]
    if weeks is not None:
        up = 1 if found.close > weeks else -1
        yield up, up, f"20주 평균 {{{{f:t.wma20}}}} {'위' if up > 0 else '아래'}에 있어요."


def _momentum(found: Sheet) -> Iterator[Point]:
    if found.rsi <= OVERSOLD:
        yield 1, 1, "RSI {{f:t.rsi}}로 많이 팔린 상태예요."
    elif found.rsi >= OVERBOUGHT:
        yield -1, -1, "RSI {{f:t.rsi}}로 많이 오른 상태예요."
    if found.macd_histogram:
        up = 1 if found.macd_histogram > 0 else -1
        yield up, up, f"MACD가 신호선 {'위' if up > 0 else '아래'}예요 (차이 {{{{f:t.macd_hist}}}})."
    if found.close > found.bands.upper:
        yield -1, -1, "볼린저 위쪽 선 {{f:t.bb_upper|을/를}} 넘어 과열일 수 있어요."
    elif found.close < found.bands.lower:
        yield 1, 1, "볼린저 아래쪽 선 {{f:t.bb_lower}} 밑이라 반등 여지가 있어요."


def _places(found: Sheet) -> Iterator[Point]:
    near = found.atr or 0.0
    told = "{{{{f:t.{0}1}}}} ({{{{f:t.{0}1_on}}}}까지 {{{{f:t.{0}1_touches}}}} 닿음)"
    if found.supports and found.close - found.supports[0].price <= near:
        yield 0, 1, f"지지선 {told.format('support')} 가까이에 있어요."
    if found.resistances and found.resistances[0].price - found.close <= near:
        yield 0, -1, f"저항선 {told.format('resistance')} 가까이에 있어요."
    if found.year.whole and found.year.high_on == found.day:
        yield 0, 1, "52주 최고 {{f:t.high52|을/를}} 새로 썼어요."
    elif found.year.whole and found.year.low_on == found.day:
        yield 0, -1, "52주 최저 {{f:t.low52|을/를}} 새로 썼어요."
    if found.gap is not None and not found.gap.filled:
        side = 1 if found.gap.rising else -1
        what = "오른" if found.gap.rising else "내린"
        between = "{{f:t.gap_lower}}~{{f:t.gap_upper}}"
        yield 0, side, f"{{{{f:t.gap_on}}}} {what} 갭({between})이 아직 메워지지 않았어요."


def _volume(found: Sheet) -> Iterator[Point]:
    if found.volume_ratio is None or found.running or found.halted is not None:
        return
    if found.volume_ratio >= BUSY:
        side = 1 if found.change_1 >= 0 else -1
        moved = "오르며" if side > 0 else "내리며"
        yield 0, side, f"하루 {{{{f:t.change1}}}} {moved} 거래량이 평소의 {{{{f:t.volume_ratio}}}}였어요."
    elif found.volume_ratio <= QUIET:
        yield 0, -1, "거래량이 평소의 {{f:t.volume_ratio}}로 한산해요."
