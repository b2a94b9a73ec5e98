"""What every figure shares: colours that read on light and dark paper, stacked panels, axes, margins for a phone.

Contract: rises and gains red, falls and losses blue. Nothing is coloured that a page colours by its theme (text, grid,
paper). Axes do not zoom, so that a finger scrolls the page; a figure says its own height, its width is the card's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RISE, FALL = "#d6303f", "#2f6fd6"
ORANGE, PURPLE, GREEN, GREY = "#c77700", "#8a5fd0", "#1d9a68", "#868c94"
BAND, BAND_FILL = "rgba(134,140,148,0.75)", "rgba(134,140,148,0.14)"
GRID = "rgba(134,140,148,0.25)"
_HOVER_PAPER, _HOVER_INK = "#20242c", "#f4f5f7"
_TOP_PX, _BOTTOM_PX = 24, 70  # the first title above, ticks and legend below
_EDGE = 0.1  # share of an axis at its left end where a tick's text would be cut off

Trace = dict[str, Any]
Layout = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """One answer: a figure and its sentence, or why there is none."""

    figure: dict[str, Any] | None
    summary: str
    empty: str | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """One strip of a figure; `axis` is laid over the shared y axis, `height` in pixels."""

    title: str
    height: int
    axis: Mapping[str, Any]


def nothing(reason: str) -> Chart:
    return Chart(None, reason, reason)


def sign_colour(amount: float) -> str:
    return FALL if amount < 0 else RISE


def layout(panels: Sequence[Panel], *, right: int = 74, gap: int = 24, legend: bool = True) -> Layout:
    """The panels from top to bottom. `right` is the room of the price labels, `gap` that of a panel's title and of
    what stands under the one above, in pixels."""
    inner = sum(panel.height for panel in panels) + gap * (len(panels) - 1)
    bottom = _BOTTOM_PX if legend else 34
    made: Layout = {
        "height": inner + _TOP_PX + bottom,
        "margin": {"l": 8, "r": right, "t": _TOP_PX, "b": bottom, "pad": 0},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": 10, "color": GREY},
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": _HOVER_PAPER, "font": {"color": _HOVER_INK, "size": 11}},
        "dragmode": False,
        "showlegend": legend,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -24 / inner, "yanchor": "top"},
        "separators": ".,",
        "annotations": [],
        "shapes": [],
    }
    top = inner
    for number, panel in enumerate(panels, start=1):
        low = top - panel.height
        made[axis_name(number, "yaxis")] = {
            "domain": [round(low / inner, 4), round(top / inner, 4)],
            "side": "right",
            "fixedrange": True,
            "gridcolor": GRID,
            "zeroline": False,
            "automargin": False,
            **panel.axis,
        }
        made["annotations"].append(_title(panel.title, round(top / inner, 4)))
        top = low - gap
    return made


def axis_name(number: int, kind: str) -> str:
    """`yaxis`, `yaxis2`, … for layouts; `y`, `y2`, … for traces."""
    return kind if number == 1 else f"{kind}{number}"


def time_axis(days: Sequence[str], ticks: Sequence[tuple[int, str]], lowest: int) -> dict[str, Any]:
    """An axis with one place a bar, whatever the calendar leaves out. `ticks` are (place, text)."""
    return {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": list(days),
        "range": [-0.5, len(days) - 0.5],
        "anchor": axis_name(lowest, "y"),
        "fixedrange": True,
        "showgrid": False,
        "rangeslider": {"visible": False},
        "tickmode": "array",
        "tickvals": [days[at] for at, _ in ticks],
        "ticktext": [text for _, text in ticks],
        "tickangle": 0,
        "showspikes": True,
        "spikemode": "across",
        "spikethickness": 1,
        "spikecolor": GREY,
        "spikedash": "dot",
    }


def first_tick(count: int) -> int:
    """The first of `count` places whose tick can be read whole."""
    return min(count - 1, round(count * _EDGE))


def _title(text: str, y: float) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": y,
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 10},
    }
