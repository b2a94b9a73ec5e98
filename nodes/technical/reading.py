"""From a feature sheet to a technical view: points for and against, each with its figure. Pure.

Contract: the same sheet gives the same report; every number in a sentence is a figure with source and time. The view is
about the chart alone and no size or order follows from it here.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from domain.evidence import Figure, Unit
from domain.reports import Analyst, AnalystReport, Stance
from nodes.technical.features import FIBONACCI, Sheet

BULLISH_AT = 2
OVERSOLD, OVERBOUGHT = 30, 70
SOURCE = "일봉 차트"


def read_sheet(ticker: str, found: Sheet | None, as_of: datetime) -> AnalystReport:
    """The rules' view on one name."""
    if found is None:
        return AnalystReport.unavailable(Analyst.TECHNICAL, ticker, "차트를 읽을 만큼 일봉이 쌓이지 않았어요.", as_of)
    points = _points(found)
    balance = sum(sign for sign, _ in points)
    stance = Stance.BULLISH if balance >= BULLISH_AT else Stance.BEARISH if balance <= -BULLISH_AT else Stance.NEUTRAL
    return AnalystReport(
        analyst=Analyst.TECHNICAL,
        ticker=ticker,
        stance=stance,
        confidence=min(90, 40 + 10 * abs(balance)),
        drivers=tuple(text for sign, text in points if sign > 0),
        risks=tuple(text for sign, text in points if sign < 0),
        figures=_figures(found, as_of),
        as_of=as_of,
    )


def _points(found: Sheet) -> list[tuple[int, str]]:
    points: list[tuple[int, str]] = []
    five, _, twenty = found.averages
    if five is not None and twenty is not None:
        if found.close > twenty and five > twenty:
            points.append((1, "종가가 20일 평균 {{f:t.ma20}}보다 높고 단기 평균이 위에 있어요."))
        elif found.close < twenty and five < twenty:
            points.append((-1, "종가가 20일 평균 {{f:t.ma20}}보다 낮고 단기 평균이 아래에 있어요."))
    weeks = found.weekly_averages[2]
    if weeks is not None:
        up = found.close > weeks
        points.append((1 if up else -1, f"20주 평균 {{{{f:t.wma20}}}} {'위' if up else '아래'}에 있어요."))
    if found.rsi <= OVERSOLD:
        points.append((1, "RSI {{f:t.rsi}}로 많이 팔린 상태예요."))
    elif found.rsi >= OVERBOUGHT:
        points.append((-1, "RSI {{f:t.rsi}}로 많이 오른 상태예요."))
    if found.macd_histogram:
        up = found.macd_histogram > 0
        points.append((1 if up else -1, f"MACD가 신호선 {'위' if up else '아래'}예요 (차이 {{{{f:t.macd_hist}}}})."))
    if found.close > found.bands.upper:
        points.append((-1, "볼린저 위쪽 선 {{f:t.bb_upper|을/를}} 넘어 과열일 수 있어요."))
    elif found.close < found.bands.lower:
        points.append((1, "볼린저 아래쪽 선 {{f:t.bb_lower}} 밑이라 반등 여지가 있어요."))
    return points


def _figures(found: Sheet, as_of: datetime) -> tuple[Figure, ...]:
    rows: list[tuple[str, float | None, Unit, str]] = [
        ("close", found.close, Unit.WON, "종가"),
        ("rsi", found.rsi, Unit.INDEX, "RSI(14)"),
        ("macd", found.macd, Unit.INDEX, "MACD"),
        ("macd_signal", found.macd_signal, Unit.INDEX, "MACD 신호선"),
        ("macd_hist", found.macd_histogram, Unit.INDEX, "MACD 차이"),
        ("bb_lower", found.bands.lower, Unit.WON, "볼린저 하단"),
        ("bb_middle", found.bands.middle, Unit.WON, "볼린저 중심"),
        ("bb_upper", found.bands.upper, Unit.WON, "볼린저 상단"),
        ("volume_ratio", found.volume_ratio, Unit.TIMES, "20일 대비 거래량"),
        ("change20", found.change_20 * 100, Unit.CHANGE, "20일 등락"),
        ("swing_low", found.swing.low, Unit.WON, "최근 저점"),
        ("swing_high", found.swing.high, Unit.WON, "최근 고점"),
    ]
    for prefix, values in (
        ("ma", found.averages),
        ("wma", found.weekly_averages),
        ("mma", found.monthly_averages),
    ):
        unit = {"ma": "일", "wma": "주", "mma": "월"}[prefix]
        rows += [
            (f"{prefix}{span}", value, Unit.WON, f"{span}{unit} 평균")
            for span, value in zip((5, 10, 20), values, strict=True)
        ]
    rows += [
        (f"fib{int(part * 1000)}", level, Unit.WON, f"피보나치 {part * 100:g}%")
        for part, level in zip(FIBONACCI, found.swing.levels, strict=True)
    ]
    return tuple(
        Figure(id=f"t.{key}", value=_value(value, unit), unit=unit, source=SOURCE, as_of=as_of, label=label)
        for key, value, unit, label in rows
        if value is not None
    )


def _value(value: float, unit: Unit) -> int | Decimal:
    return round(value) if unit is Unit.WON else Decimal(f"{value:.2f}")
