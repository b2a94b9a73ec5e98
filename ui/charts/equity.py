"""Total assets over the days and how far below their highest they are, drawn. Pure.

Contract: draws the points of `domain.equity` and computes none; the summary says the same in a sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.equity import Point, change, course
from domain.proto import oms_pb2 as pb
from ui.charts import words
from ui.charts.frame import (
    FALL,
    GREEN,
    GREY,
    RISE,
    Chart,
    Panel,
    Trace,
    first_tick,
    layout,
    nothing,
    time_axis,
)

_NOW = "지금"
_SHALLOWEST = -1.0  # percent: a cent below the highest is not drawn as an abyss
_EMPTY = "자산 기록이 아직 하루치도 없어요. 거래일이 지나면 여기에 그려 드려요."


def equity_chart(days: Sequence[pb.Day], book: pb.BookReply) -> Chart:
    """`days` oldest first."""
    points = course(days, book)
    if len(points) < 2:
        return nothing(_EMPTY)
    labels = [_label(point) for point in points]
    deepest = min(_SHALLOWEST, *(point.below for point in points))
    panels = [
        Panel("총자산(원)", 190, {"tickformat": ",.0f", "nticks": 5}),
        Panel("최고 대비(%)", 80, {"tickformat": ".1f", "nticks": 3, "range": [1.04 * deepest, 0.0]}),
    ]
    made = layout(panels, right=82)
    made["xaxis"] = time_axis(labels, _ticks(labels), len(panels))
    data = [_assets(labels, points), _highest(labels, points), _below(labels, points)]
    data += _flows(days, points)
    return Chart({"data": data, "layout": made}, _summary(days, points))


def _label(point: Point) -> str:
    return words.dotted(point.day) if point.day is not None else _NOW


def _assets(labels: list[str], points: Sequence[Point]) -> Trace:
    gained = points[-1].value >= points[0].value
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(points) < 30 else "lines",
        "name": "총자산",
        "x": labels,
        "y": [point.value for point in points],
        "line": {"color": RISE if gained else FALL, "width": 2},
        "marker": {"size": 4},
        "hovertemplate": "%{y:,}원",
    }


def _highest(labels: list[str], points: Sequence[Point]) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "최고",
        "x": labels,
        "y": [point.high for point in points],
        "line": {"color": GREY, "width": 1, "dash": "dot", "shape": "hv"},
        "hovertemplate": "%{y:,}원",
    }


def _below(labels: list[str], points: Sequence[Point]) -> Trace:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "최고 대비",
        "x": labels,
        "y": [point.below for point in points],
        "yaxis": "y2",
        "line": {"color": FALL, "width": 1},
        "fill": "tozeroy",
        "fillcolor": "rgba(47,111,214,0.18)",
        "hovertemplate": "%{y:.1f}%",
        "showlegend": False,
    }


def _flows(days: Sequence[pb.Day], points: Sequence[Point]) -> list[Trace]:
    """A mark on the days on which money came or went, where the day has a point to stand on."""
    values = {_label(point): point.value for point in points}
    moved = [(words.dotted(date.fromisoformat(day.date)), day.flow) for day in days if day.flow]
    shown = [(label, flow) for label, flow in moved if label in values]
    if not shown:
        return []
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "입출금",
            "x": [label for label, _ in shown],
            "y": [values[label] for label, _ in shown],
            "marker": {"color": GREEN, "size": 9, "symbol": "diamond"},
            "text": [words.signed_won(flow) for _, flow in shown],
            "hovertemplate": "%{text}",
        }
    ]


def _ticks(labels: Sequence[str]) -> list[tuple[int, str]]:
    """Near the first, the middle and the last, as far as there are so many."""
    first, last = first_tick(len(labels)), len(labels) - 1
    places = sorted({first, (first + last) // 2, last} if len(labels) > 4 else {first, last})
    return [(at, labels[at][2:] if labels[at] != _NOW else _NOW) for at in places]


def _summary(days: Sequence[pb.Day], points: Sequence[Point]) -> str:
    first, last = points[0], points[-1]
    made = change(days, points)
    text = f"총자산 {_label(first)} {words.won(first.value)}에서 {_label(last)} {words.won(last.value)}으로"
    if made.paid_in:
        text += f", 입출금 {words.signed_won(made.paid_in)}을 빼면"
    text += f" {words.signed_won(made.gain)}"
    if made.base > 0:
        text += f"({words.percent(last.value, made.base)})"
    if last.value >= last.high:
        return f"{text}, 지금이 최고"
    less = f"{last.below:.1f}%" if last.below <= -0.05 else words.signed_won(last.value - last.high)
    return f"{text}, 최고보다 {less}"
