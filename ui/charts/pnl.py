"""Profit and loss: what each day realised after fee and tax, and what each holding is ahead or behind. Pure.

Contract: days without a result and accounts without a holding have no bar; with neither there is no figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from domain.proto import oms_pb2 as pb
from ui.charts import words
from ui.charts.frame import GREY, Chart, Layout, Panel, Trace, first_tick, layout, nothing, sign_colour, time_axis

MAX_DAYS, MAX_HOLDINGS = 60, 12
_EMPTY = "아직 실현손익도 보유 종목도 없어요. 첫 주문이 체결되면 여기에 그려 드려요."
_DAY_PX, _ROW_PX, _NAME = 150, 26, 9


def pnl_chart(days: Sequence[pb.Day], book: pb.BookReply) -> Chart:
    """`days` oldest first."""
    closed = [day for day in days if day.realised][-MAX_DAYS:]
    held = sorted(book.positions, key=lambda position: abs(position.unrealised), reverse=True)[:MAX_HOLDINGS]
    if not closed and not held:
        return nothing(_EMPTY)
    panels: list[Panel] = []
    if closed:
        panels.append(Panel("하루 실현손익(원, 수수료·세금 뺀 값)", _DAY_PX, {"zeroline": True, "zerolinecolor": GREY}))
    if held:
        panels.append(Panel("종목별 평가손익(원)", _ROW_PX * len(held) + 10, {}))
    made = layout(panels, right=84, gap=46, legend=False)
    made["hovermode"] = "closest"
    data: list[Trace] = []
    if closed:
        data.append(_realised(closed, made))
    if held:
        data.append(_unrealised(held, made, len(panels)))
    return Chart({"data": data, "layout": made}, _summary(closed, book))


def _realised(closed: Sequence[pb.Day], made: Layout) -> Trace:
    labels = [words.dotted(date.fromisoformat(day.date)) for day in closed]
    places = sorted({first_tick(len(labels)), len(labels) - 1})
    made["xaxis"] = time_axis(labels, [(at, labels[at][2:]) for at in places], 1) | {"showspikes": False}
    made["yaxis"] |= {"tickformat": ",.0f", "nticks": 4}
    return {
        "type": "bar",
        "name": "실현손익",
        "x": labels,
        "y": [day.realised for day in closed],
        "marker": {"color": [sign_colour(day.realised) for day in closed]},
        "width": min(0.8, 0.06 * len(closed) + 0.2),
        "customdata": [[words.signed_won(day.realised), words.won(day.fees + day.taxes)] for day in closed],
        "hovertemplate": "%{x}<br>%{customdata[0]} (비용 %{customdata[1]})<extra></extra>",
    }


def _unrealised(held: Sequence[pb.Position], made: Layout, number: int) -> Trace:
    """Bars to the left and right of zero, the largest on top; its own pair of axes under the days' one."""
    names = [_short(position.name) for position in held]
    labels = [name if names.count(name) == 1 else f"{name} {held[at].ticker}" for at, name in enumerate(names)]
    x, y = ("x", "y") if number == 1 else ("x2", "y2")
    widest = max(1, *(abs(position.unrealised) for position in held))
    made["xaxis" if number == 1 else "xaxis2"] = {
        "anchor": y,
        "fixedrange": True,
        "showticklabels": False,
        "showgrid": False,
        "zeroline": True,
        "zerolinecolor": GREY,
        "range": [-1.7 * widest, 1.7 * widest],  # room for the amounts beside the bars
    }
    made["yaxis" if number == 1 else "yaxis2"] |= {
        "type": "category",
        "autorange": "reversed",
        "anchor": x,
        "showgrid": False,
    }
    return {
        "type": "bar",
        "orientation": "h",
        "name": "평가손익",
        "xaxis": x,
        "yaxis": y,
        "x": [position.unrealised for position in held],
        "y": labels,
        "text": [words.signed_won(position.unrealised) for position in held],
        "textposition": "outside",
        "cliponaxis": False,
        "marker": {"color": [sign_colour(position.unrealised) for position in held]},
        "customdata": [[p.name, p.ticker, words.won(p.cost), words.won(p.value)] for p in held],
        "hovertemplate": "%{customdata[0]}(%{customdata[1]})<br>%{text}"
        "<br>매수금액 %{customdata[2]} → 평가금액 %{customdata[3]}<extra></extra>",
    }


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _summary(closed: Sequence[pb.Day], book: pb.BookReply) -> str:
    parts = []
    if closed:
        total = sum(day.realised for day in closed)
        parts.append(f"실현손익 {words.signed_won(total)}({len(closed)}일)")
    if book.positions:
        count = len(book.positions)
        parts.append(f"평가손익 {words.signed_won(book.unrealised)}(보유 {count}종목)")
    return ", ".join(parts)
