"""A backtest drawn: assets beside the index, how far below the highest, the share that its conditions bought. Pure.

Contract: draws the course of a result and computes none of its figures; gains red, falls blue. Idle money in its
parking product is no holding here, and counts with the price at which it last traded, which hardly moves. Long courses
are thinned to what a screen can show, and the first, the last, the highest and the lowest point always stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from domain.clock import KST
from simulation.backtest.engine.shapes import PARK, Ints
from simulation.backtest.result import Result
from ui.charts import words
from ui.charts.frame import FALL, GREY, PURPLE, RISE, Chart, Panel, Trace, first_tick, layout, nothing, time_axis

_MOST_POINTS = 1_200
_SHALLOWEST = -1.0


def backtest_chart(result: Result) -> Chart:
    course = result.course
    if len(course.days) < 2:
        return nothing("하루치뿐이라 그리지 않았어요.")
    equity = course.equity.astype(np.float64)
    below = (equity / np.maximum.accumulate(np.maximum(equity, result.cash)) - 1.0) * 100.0
    chosen = np.maximum(course.worth - _parked(result), 0)
    share = np.round(chosen / np.maximum(equity, 1.0) * 100.0, 1)
    places = _shown(course.equity)
    labels = [words.dotted(course.days[at]) for at in places]
    deep = min(_SHALLOWEST, float(below.min()))
    panels = [
        Panel("자산(원)", 210, {"tickformat": ",.0f", "nticks": 5}),
        Panel("최고 대비(%)", 80, {"tickformat": ".0f", "nticks": 3, "range": [1.04 * deep, 0]}),
        Panel("산 종목 비중(%)", 60, {"tickformat": ".0f", "nticks": 3, "rangemode": "tozero"}),
    ]
    made = layout(panels, right=82)
    made["xaxis"] = time_axis(labels, _ticks(labels), len(panels))
    colour = RISE if result.final >= result.cash else FALL
    data = [_line("자산", labels, [int(course.equity[at]) for at in places], colour, "y", "%{y:,}원", 2)]
    if result.comparison is not None:
        values = [result.comparison.course[at] for at in places]
        index = [None if value is None else round(value * result.cash) for value in values]
        data.append(_line(result.comparison.name, labels, index, PURPLE, "y", "%{y:,}원", 1))
    fall = _line("최고 대비", labels, [round(float(below[at]), 2) for at in places], FALL, "y2", "%{y:.1f}%", 1)
    data.append(fall | {"fill": "tozeroy", "fillcolor": "rgba(47,111,214,0.18)", "showlegend": False})
    held = _line("산 종목 비중", labels, [float(share[at]) for at in places], GREY, "y3", "%{y:.0f}%", 1)
    data.append(held | {"fill": "tozeroy", "fillcolor": "rgba(134,140,148,0.18)", "showlegend": False})
    return Chart({"data": data, "layout": made}, _summary(result))


def _parked(result: Result) -> Ints:
    """Won of idle money by day; `side` is 1 or -1."""
    fills, at_end = result.fills, np.zeros(len(result.course.days), dtype=np.int64)
    parking = fills["name"][fills["reason"] == PARK]
    if not len(parking):
        return at_end
    shares, at = 0, 0
    own = fills[fills["name"] == parking[0]]
    price, days = 0, [datetime.fromtimestamp(int(time) - 1, KST).date() for time in own["time"]]
    for place, day in enumerate(result.course.days):
        while at < len(own) and days[at] <= day:
            shares += int(own["quantity"][at]) * int(own["side"][at])
            price, at = int(own["price"][at]), at + 1
        at_end[place] = shares * price
    return at_end


def _line(
    name: str, labels: list[str], values: Sequence[float | None], colour: str, axis: str, hover: str, width: int
) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": labels,
        "y": list(values),
        "yaxis": axis,
        "line": {"color": colour, "width": width},
        "hovertemplate": hover,
    }


def _shown(equity: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int]:
    step = max(1, -(-len(equity) // _MOST_POINTS))
    kept = {*range(0, len(equity), step), len(equity) - 1, int(equity.argmax()), int(equity.argmin())}
    return sorted(kept)


def _ticks(labels: Sequence[str]) -> list[tuple[int, str]]:
    first, last = first_tick(len(labels)), len(labels) - 1
    return [(at, labels[at][2:]) for at in sorted({first, (first + last) // 2, last})]


def _summary(result: Result) -> str:
    days = result.course.days
    begun = f"{words.dotted(days[0])}에 {words.won(result.cash)}으로 시작해"
    return f"{begun} {words.dotted(days[-1])}에 {words.won(result.final)} ({words.percent(result.final, result.cash)})"
