"""A feature sheet as figures: each number with its name, its unit, the bar it was read from and that bar's time. Pure.

Contract: `as_of` is the end of the session whose bar the sheet ends with, for a day that is not over the moment of its
price; never the moment of asking. Prices round to won, other numbers to two decimals.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from domain.clock import KST
from domain.evidence import Figure, Unit, date_value
from nodes.technical.features import AVERAGES, Sheet
from nodes.technical.levels import FIBONACCI

ORIGINS = {"sim": "모의 거래소", "paper": "한국투자증권", "live": "한국투자증권"}


def bar_time(found: Sheet, read_at: datetime) -> datetime:
    """When the last bar was known: its session's close, or the reading itself while the session runs."""
    return read_at if found.running else datetime.fromtimestamp(found.end, KST)


def figures_of(found: Sheet, read_at: datetime, origin: str) -> tuple[Figure, ...]:
    """`origin` says whose prices they are, in Korean."""
    at = bar_time(found, read_at)
    source = f"{origin} 일봉 {found.day.isoformat()}{' 장중' if found.running else ''}"
    return tuple(
        Figure(id=f"t.{key}", value=_value(value, unit), unit=unit, source=source, as_of=at, label=label)
        for key, value, unit, label in _rows(found)
        if value is not None
    )


Row = tuple[str, float | date | None, Unit, str]


def _rows(found: Sheet) -> Iterator[Row]:
    yield "close", found.close, Unit.WON, "현재가" if found.running else "종가"
    yield "change1", found.change_1 * 100, Unit.CHANGE, "하루 등락"
    yield "change20", found.change_20 * 100, Unit.CHANGE, "20일 등락"
    yield "rsi", found.rsi, Unit.INDEX, "RSI(14)"
    yield "macd", found.macd, Unit.INDEX, "MACD"
    yield "macd_signal", found.macd_signal, Unit.INDEX, "MACD 신호선"
    yield "macd_hist", found.macd_histogram, Unit.INDEX, "MACD 차이"
    yield "bb_lower", found.bands.lower, Unit.WON, "볼린저 하단"
    yield "bb_middle", found.bands.middle, Unit.WON, "볼린저 중심"
    yield "bb_upper", found.bands.upper, Unit.WON, "볼린저 상단"
    for prefix, unit, values in (
        ("ma", "일", found.averages),
        ("wma", "주", found.weekly_averages),
        ("mma", "개월", found.monthly_averages),
    ):
        for span, value in zip(AVERAGES, values, strict=True):
            yield f"{prefix}{span}", value, Unit.WON, f"{span}{unit} 평균"
    yield "trend_days", found.trend.sessions, Unit.DAYS, "추세가 이어진 날"
    yield "trend_since", found.trend.since, Unit.DATE, "추세가 시작된 날"
    yield "adx", found.trend.adx, Unit.INDEX, "ADX(14)"
    yield "volume", found.volume, Unit.SHARES, "거래량"
    yield "volume_ratio", found.volume_ratio, Unit.TIMES, "20일 대비 거래량"
    yield "atr", found.atr, Unit.WON, "변동폭 ATR(14)"
    yield "atr_rate", found.atr and found.atr / found.close * 100, Unit.PERCENT, "종가 대비 ATR"
    yield "volatility", found.volatility, Unit.PERCENT, "연 변동성(20일)"
    yield from _levels(found)
    yield from _year(found)
    yield from _swing(found)
    if found.gap is not None:
        name = "상승 갭" if found.gap.rising else "하락 갭"
        yield "gap_on", found.gap.on, Unit.DATE, f"{name} 날짜"
        yield "gap_lower", found.gap.lower, Unit.WON, f"{name} 아래"
        yield "gap_upper", found.gap.upper, Unit.WON, f"{name} 위"


def _levels(found: Sheet) -> Iterator[Row]:
    for key, name, side in (("support", "지지선", found.supports), ("resistance", "저항선", found.resistances)):
        for number, level in enumerate(side, start=1):
            nth = name if number == 1 else f"{number}차 {name}"
            yield f"{key}{number}", level.price, Unit.WON, nth
            yield f"{key}{number}_on", level.last, Unit.DATE, f"{nth}에 마지막으로 닿은 날"
            yield f"{key}{number}_touches", level.touches, Unit.TURNS, f"{nth}에 닿은 횟수"


def _year(found: Sheet) -> Iterator[Row]:
    span = "52주" if found.year.whole else "받은 일봉의"
    yield "high52", found.year.high, Unit.WON, f"{span} 최고"
    yield "high52_on", found.year.high_on, Unit.DATE, f"{span} 최고 날짜"
    yield "low52", found.year.low, Unit.WON, f"{span} 최저"
    yield "low52_on", found.year.low_on, Unit.DATE, f"{span} 최저 날짜"
    yield "from_high52", (found.close / found.year.high - 1.0) * 100, Unit.CHANGE, f"{span} 최고 대비"


def _swing(found: Sheet) -> Iterator[Row]:
    if found.swing is None:
        return
    yield "swing_low", found.swing.low, Unit.WON, "최근 저점"
    yield "swing_low_on", found.swing.low_on, Unit.DATE, "최근 저점 날짜"
    yield "swing_high", found.swing.high, Unit.WON, "최근 고점"
    yield "swing_high_on", found.swing.high_on, Unit.DATE, "최근 고점 날짜"
    for part, level in zip(FIBONACCI, found.swing.levels, strict=True):
        yield f"fib{int(part * 1000)}", level, Unit.WON, f"피보나치 {part * 100:g}%"


def _value(value: float | date, unit: Unit) -> int | Decimal:
    if isinstance(value, date):
        return date_value(value)
    if unit in (Unit.WON, Unit.SHARES, Unit.DAYS, Unit.TURNS):
        return round(value)
    return Decimal(f"{value:.2f}")
