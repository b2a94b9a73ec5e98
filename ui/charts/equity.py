"""Total assets over the days and how far below their highest they are, deposits taken out of the comparison. Pure.

Contract: a day whose start nobody knows has no point. Drawdown compares in today's money: a mark's high has been raised
by every deposit since, so a day's start is raised by the same before the two are compared. Money paid in is no gain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

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
_EMPTY = "자산 기록이 아직 하루치도 없어요. 거래일이 지나면 여기에 그려 드려요."


@dataclass(frozen=True, slots=True)
class Point:
    """`value` and `high` in that moment's own money, won; `below` the share lost since the highest, 0 or less."""

    label: str
    value: int
    high: int
    below: float


def equity_chart(days: Sequence[pb.Day], book: pb.BookReply) -> Chart:
    """`days` oldest first."""
    points = _points(days, book)
    if len(points) < 2:
        return nothing(_EMPTY)
    labels = [point.label for point in points]
    panels = [
        Panel("총자산(원)", 190, {"tickformat": ",.0f", "nticks": 5}),
        Panel("최고 대비(%)", 80, {"tickformat": ".1f", "nticks": 3, "rangemode": "tozero"}),
    ]
    made = layout(panels, right=82)
    made["xaxis"] = time_axis(labels, _ticks(labels), len(panels))
    data = [_assets(labels, points), _highest(labels, points), _below(labels, points)]
    data += _flows(days, points)
    return Chart({"data": data, "layout": made}, _summary(days, points))


def known_total(book: pb.BookReply) -> int | None:
    """The total now; None when the broker has not said what cash there is."""
    return book.total_value if book.total_value > 0 and (book.deposit or book.cash_d2 or book.reconciled) else None


def _points(days: Sequence[pb.Day], book: pb.BookReply) -> list[Point]:
    since = sum(day.flow for day in days)
    highest, points = 0, []
    for day in days:
        since -= day.flow  # what was paid in after this day
        if day.start_value > 0:
            value = day.start_value + since
            top = max(highest, value)
            points.append(_point(words.dotted(date.fromisoformat(day.date)), value, top, since))
        highest = max(highest, day.high_water)
    total = known_total(book)
    if total is not None and points:
        points.append(_point(_NOW, total, max(highest, total), 0))
    return points


def _point(label: str, value: int, top: int, since: int) -> Point:
    below = round((value / top - 1.0) * 100.0, 2) if top > 0 else 0.0
    return Point(label, value - since, top - since, below)


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
    values = {point.label: point.value for point in points}
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
    paid_in = sum(day.flow for day in days if words.dotted(date.fromisoformat(day.date)) > first.label)
    base = first.value + paid_in
    when = "지금" if last.label == _NOW else last.label
    text = f"총자산 {first.label} {words.won(first.value)}에서 {when} {words.won(last.value)}으로"
    if paid_in:
        text += f", 입출금 {words.signed_won(paid_in)}을 빼면"
    text += f" {words.signed_won(last.value - base)}"
    if base > 0:
        text += f"({words.percent(last.value, base)})"
    return text + (f", 최고보다 {last.below:.1f}%" if last.below <= -0.05 else ", 지금이 최고")
