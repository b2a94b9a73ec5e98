"""The price chart of one name: candles, averages, Bollinger band, support and resistance, the last swing, volume, MACD
and RSI.

Contract: at most as many bars as its period shows; the ticks of the price axis are the Fibonacci levels with their
prices, and a level's name stands at its left end, so that little is written over a candle. Levels come from the sheet
that the analyst read and are not looked for again. An indicator without a value has no panel.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from domain.bars import Bars
from nodes.technical.features import Sheet
from nodes.technical.levels import Level, Swing
from ui.charts import words
from ui.charts.frame import (
    BAND,
    BAND_FILL,
    FALL,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    RISE,
    Chart,
    Layout,
    Panel,
    Trace,
    axis_name,
    first_tick,
    layout,
    nothing,
    sign_colour,
    time_axis,
)
from ui.charts.periods import PERIODS, Period
from ui.charts.series import Lines, fibonacci, has_values, lines

PANELS = ("macd", "rsi")
MIN_BARS = 5
_LEAST_ROOM_PX, _DIGIT_PX = 74, 5.3  # of the axis' labels at their size
_PLACES = "지지·저항·스윙"
_LEVELS = 2  # drawn on either side
_LABEL_ROOM = 0.06  # of the prices shown: the height of a level's name
_AVERAGE_COLOURS = {5: ORANGE, 10: PURPLE, 20: GREEN, 60: GREY}


def price_chart(
    name: str, bars: Bars, period: str, panels: Collection[str] = PANELS, read: Sheet | None = None
) -> Chart:
    """`bars` of `period`, which is one of `PERIODS`; `panels` of `PANELS`; `read` is what the analyst made of the same
    daily bars."""
    kind = PERIODS[period]
    if len(bars) < MIN_BARS:
        return nothing(f"{name} 시세가 아직 {len(bars)}개뿐이라 차트를 그리지 않았어요.")
    shown = lines(bars, kind.shown)
    days = [words.dotted(day) for day in shown.days]
    strips, traces = _price_panel(shown, days, kind)
    if read is not None:
        traces += _levels(shown, days, read)
        if read.swing is not None:
            traces += _swing(days, read.swing)
    _volume_panel(shown, days, strips, traces)
    if "macd" in panels and has_values(shown.macd_histogram):
        _macd_panel(shown, days, strips, traces)
    rsi_axis = 0
    if "rsi" in panels and has_values(shown.rsi):
        rsi_axis = _rsi_panel(shown, days, strips, traces)
    made = layout(strips, right=_room(strips[0].axis.get("ticktext", ())))
    made["xaxis"] = time_axis(days, _ticks(shown.days, kind), len(strips))
    if rsi_axis:
        made["shapes"] += [_limit(rsi_axis, 70, RISE), _limit(rsi_axis, 30, FALL)]
    return Chart({"data": traces, "layout": made}, _summary(name, shown, kind))


def _price_panel(shown: Lines, days: list[str], kind: Period) -> tuple[list[Panel], list[Trace]]:
    traces: list[Trace] = [
        {
            "type": "candlestick",
            "name": "시세",
            "x": days,
            "open": list(shown.open),
            "high": list(shown.high),
            "low": list(shown.low),
            "close": list(shown.close),
            "increasing": {"line": {"color": RISE, "width": 1}, "fillcolor": RISE},
            "decreasing": {"line": {"color": FALL, "width": 1}, "fillcolor": FALL},
            "hovertemplate": "시가 %{open:,.0f}원<br>고가 %{high:,.0f}원<br>저가 %{low:,.0f}원"
            "<br>종가 %{close:,.0f}원<extra></extra>",
            "showlegend": False,
        }
    ]
    if has_values(shown.band_upper):
        edge: Trace = {
            "type": "scatter",
            "mode": "lines",
            "x": days,
            "hoverinfo": "skip",
            "legendgroup": "band",
            "line": {"color": BAND, "width": 1},
        }
        traces += [
            {**edge, "name": "볼린저 위", "y": list(shown.band_upper), "showlegend": False},
            {
                **edge,
                "name": "볼린저(20, 2σ)",
                "y": list(shown.band_lower),
                "fill": "tonexty",
                "fillcolor": BAND_FILL,
            },
        ]
    for span, average in shown.averages.items():
        if has_values(average):
            line = _line(f"{span}{kind.average}", days, average, _AVERAGE_COLOURS[span], 1)
            if span == 10:
                line["visible"] = "legendonly"  # one touch away; four averages at once hide the candles of a phone
            traces.append(line)
    levels = fibonacci(shown)
    axis: dict[str, Any] = {"tickfont": {"size": 9}}
    if levels:
        axis |= {
            "tickmode": "array",
            "tickvals": [level.price for level in levels],
            "ticktext": [f"{level.part * 100:g}% {level.price:,}" for level in levels],
            "griddash": "dot",
        }
    newest = f"{kind.named(shown.days[-1])} {words.won(shown.close[-1])}"
    return [Panel(f"가격(원)·피보나치 — {newest}", 236, axis)], traces


def _levels(shown: Lines, days: list[str], read: Sheet) -> list[Trace]:
    """Lines at the nearest support and resistance in what is shown; one whose name would touch a nearer one's is left
    out."""
    least, most = min(shown.low), max(shown.high)
    told = [("지지", level, FALL) for level in read.supports[:_LEVELS]]
    told += [("저항", level, RISE) for level in read.resistances[:_LEVELS]]
    traces: list[Trace] = []
    named: list[float] = []
    for name, level, colour in told:
        free = all(abs(level.price - other) >= (most - least) * _LABEL_ROOM for other in named)
        if free and least <= level.price <= most:
            named.append(level.price)
            traces.append(_level(name, level, colour, days))
    return traces


def _level(name: str, level: Level, colour: str, days: list[str]) -> Trace:
    price = round(level.price)
    return {
        "type": "scatter",
        "mode": "lines+text",
        "name": _PLACES,
        "legendgroup": "places",
        "x": [days[0], days[-1]],
        "y": [price, price],
        "text": [f"{name} {price:,} · {level.touches}번", ""],
        "textposition": "top right",
        "textfont": {"size": 9, "color": colour},
        "cliponaxis": False,
        "line": {"color": colour, "width": 1, "dash": "dash"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _swing(days: list[str], swing: Swing) -> list[Trace]:
    """From the swing's beginning to its end, where both are shown; it bears the legend of all that is drawn here."""
    ends = sorted([(words.dotted(swing.low_on), swing.low), (words.dotted(swing.high_on), swing.high)])
    if not {day for day, _ in ends} <= set(days):
        return []
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "name": _PLACES,
            "legendgroup": "places",
            "x": [day for day, _ in ends],
            "y": [round(price) for _, price in ends],
            "line": {"color": GREY, "width": 1.2, "dash": "dot"},
            "hoverinfo": "skip",
        }
    ]


def _room(labels: Sequence[str]) -> int:
    """Pixels for the widest of the price axis' labels, so that a price of seven digits is read whole."""
    return max(_LEAST_ROOM_PX, *(round(len(label) * _DIGIT_PX) + 8 for label in labels), 0)


def _volume_panel(shown: Lines, days: list[str], strips: list[Panel], traces: list[Trace]) -> None:
    most = max(shown.volume)
    axis = {"tickmode": "array", "tickvals": [0, most], "ticktext": ["0", words.compact(most)], "rangemode": "tozero"}
    strips.append(Panel("거래량(주)", 50, axis))
    colours = [RISE if end >= start else FALL for start, end in zip(shown.open, shown.close, strict=True)]
    traces.append(
        {
            "type": "bar",
            "name": "거래량",
            "x": days,
            "y": list(shown.volume),
            "yaxis": axis_name(len(strips), "y"),
            "marker": {"color": colours, "line": {"width": 0}},
            "hovertemplate": "%{y:,}주",
            "showlegend": False,
        }
    )


def _macd_panel(shown: Lines, days: list[str], strips: list[Panel], traces: list[Trace]) -> None:
    title = f'MACD(12, 26, 9) — <span style="color:{ORANGE}">MACD</span> <span style="color:{PURPLE}">신호</span>'
    strips.append(Panel(title, 74, {"nticks": 4, "tickformat": ",.0f", "zeroline": True, "zerolinecolor": GREY}))
    number = len(strips)
    traces.append(
        {
            "type": "bar",
            "name": "차이",
            "x": days,
            "y": list(shown.macd_histogram),
            "yaxis": axis_name(number, "y"),
            "marker": {"color": [sign_colour(value or 0) for value in shown.macd_histogram], "line": {"width": 0}},
            "opacity": 0.55,
            "hovertemplate": "%{y:,.1f}",
            "showlegend": False,
        }
    )
    for name, line, colour in (("MACD", shown.macd, ORANGE), ("신호", shown.macd_signal, PURPLE)):
        traces.append(_line(name, days, line, colour, number) | {"showlegend": False, "hovertemplate": "%{y:,.1f}"})


def _rsi_panel(shown: Lines, days: list[str], strips: list[Panel], traces: list[Trace]) -> int:
    """The number of its axis."""
    strips.append(Panel("RSI(14)", 64, {"range": [0, 100], "tickmode": "array", "tickvals": [30, 50, 70]}))
    number = len(strips)
    line = _line("RSI", days, shown.rsi, GREEN, number)
    traces.append(line | {"showlegend": False, "hovertemplate": "%{y:.1f}"})
    return number


def _line(name: str, days: list[str], values: Sequence[float | None], colour: str, number: int) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": days,
        "y": list(values),
        "yaxis": axis_name(number, "y"),
        "line": {"color": colour, "width": 1.4},
        "hovertemplate": "%{y:,.0f}원",
    }


def _limit(number: int, value: int, colour: str) -> Layout:
    return {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "yref": axis_name(number, "y"),
        "y0": value,
        "y1": value,
        "line": {"color": colour, "width": 1, "dash": "dot"},
    }


def _ticks(days: Sequence[date], kind: Period) -> list[tuple[int, str]]:
    """The first bar of every so many months, the year with the first and with every January; never too close."""
    room = max(1, len(days) // 8)
    found: list[tuple[int, str]] = []
    for at in range(first_tick(len(days)), len(days)):
        day, before = days[at], days[max(0, at - 1)]
        begins = (day.year, day.month) != (before.year, before.month) and (day.month - 1) % kind.tick_months == 0
        if begins and (not found or at - found[-1][0] >= room):
            found.append((at, f"{day:%y}년 {day.month}월" if not found or day.month == 1 else f"{day.month}월"))
    middle = len(days) // 2
    return found or [(middle, f"{days[middle]:%y}년 {words.day_month(days[middle])}")]


def _summary(name: str, shown: Lines, kind: Period) -> str:
    first, last = shown.close[0], shown.close[-1]
    text = (
        f"{name} 최근 {len(shown.days)}{kind.counted}: {words.won(first)}에서 {words.won(last)}으로 "
        f"{words.percent(last, first)}"
    )
    average = shown.averages[20][-1]
    if average is not None:
        where = "위" if last > average else "아래" if last < average else "자리"
        text += f", 20{kind.average} {where}"
    rsi = shown.rsi[-1]
    if rsi is not None:
        text += f", RSI {rsi:.0f}"
    return f"{text} ({kind.named(shown.days[-1])})"
