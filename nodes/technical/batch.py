"""All charts of a turn before a model at once: one question, and for each name a view of its own or the rules' one.

Contract: the names of figures are told once, values by name, and with them what the rules make of each. A view is taken
up as any specialist's (`nodes.mind`): within one step of the rules, with figures of the same name's sheet alone. A
ticker that nobody asked about is passed over; what is wrong with one name's view, or missing, leaves the rules' report
of that name and touches no other. Where no view at all can be used the answer is refused as a whole (ValueError).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from domain.evidence import Figure, figure_ids
from domain.instruments import Instruments
from domain.reports import AnalystReport
from nodes.mind import ReportReply, merged_report
from tools.llm.answers import Kept
from tools.llm.think import Task

MAX_NAMES = 24  # of one turn: a cycle over twenty names and a few that were asked about
SIGNS = 1_500  # characters of one name's sheet at the most

_NAMED = 4  # names told one by one

# What a model is told of each name, besides whatever the rules' sentences speak of.
_TOLD = frozenset(
    f"t.{key}"
    for key in (
        *("close", "change1", "change20", "rsi", "macd_hist", "bb_lower", "bb_upper", "ma20", "wma20", "mma20"),
        *("trend_days", "adx", "volume_ratio", "volatility", "support1", "support1_on", "resistance1"),
        *("resistance1_on", "high52", "high52_on", "low52", "from_high52", "fib500", "gap_on"),
    )
)


@dataclass(frozen=True, slots=True)
class Charts:
    """What the rules made of each name; every report has a ticker and figures."""

    reports: tuple[AnalystReport, ...]


@dataclass(frozen=True, slots=True)
class Views:
    """A report a name, in the order asked; `by_model` are those in which a model had a word, `refused` says by ticker
    what was wrong with the others."""

    reports: tuple[AnalystReport, ...]
    by_model: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)


class ChartView(ReportReply):
    """A view on one name."""

    ticker: str = Field(description="종목코드. 자료에 있는 것을 글자 그대로 옮긴다.")


class ChartsReply(BaseModel):
    """Views on the charts of a turn."""

    views: list[ChartView] = Field(
        max_length=MAX_NAMES, description="종목마다 하나. 덧붙일 말이 없는 종목은 빼도 된다: 규칙의 판단이 남는다."
    )


def charts_variables(charts: Charts) -> dict[str, str]:
    """What the prompt is told: names of figures once, then values and the rules' view by name."""
    labels: dict[str, str] = {}
    sheets = []
    for report in charts.reports:
        told = _told(report)
        labels |= {each.id: each.label for each in told}
        sheets.append(_sheet(report, told))
    names = "\n".join(f"{{{{f:{key}}}}} = {label}" for key, label in labels.items())
    return {"labels": names, "charts": "\n\n".join(sheets)}


def _told(report: AnalystReport) -> list[Figure]:
    spoken = {key for text in (*report.drivers, *report.risks) for key in figure_ids(text)}
    return [each for each in report.figures if each.id in _TOLD | spoken]


def _sheet(report: AnalystReport, told: Sequence[Figure]) -> str:
    values = " | ".join(f"{each.id} {each.text()}" for each in told)
    lines = [
        f"[{report.ticker}] {name_of(report.ticker or '')}",
        f"규칙: {report.stance.value}, {report.confidence}",
        *(f"+ {text}" for text in report.drivers),
        *(f"- {text}" for text in report.risks),
        f"값: {values}",
    ]
    return "\n".join(lines)


def taken_up(charts: Charts, ruled: Views, reply: ChartsReply) -> Views:
    """Raises ValueError with the first fault when no name has a usable view."""
    counted = Counter(view.ticker for view in reply.views)
    views = {view.ticker: view for view in reply.views}
    reports, by_model, refused = [], set(), {}
    for report in ruled.reports:
        ticker = report.ticker or ""
        view, made = views.get(ticker), report
        if view is None:
            refused[ticker] = "expected a view on this name, was none"
        elif counted[ticker] > 1:
            refused[ticker] = f"expected one view on this name, was {counted[ticker]}"
        else:
            try:
                made = merged_report(report, view)
                by_model.add(ticker)
            except ValueError as error:
                refused[ticker] = str(error)
        reports.append(made)
    if not by_model:
        unknown = [ticker for ticker in views if ticker not in refused]
        ticker, fault = next(iter(refused.items()))
        known = f"; not asked about: {', '.join(unknown[:3])}" if unknown else ""
        raise ValueError(f"{ticker}: {fault}{known}")
    return Views(tuple(reports), frozenset(by_model), refused)


def name_of(ticker: str) -> str:
    """'삼성전자(005930)'."""
    row = Instruments.load().get(ticker)
    return f"{row.name}({ticker})" if row else ticker


def named(tickers: Sequence[str]) -> str:
    """'삼성전자(005930), 카카오(035720)'; many are told by their number."""
    shown = ", ".join(name_of(ticker) for ticker in tickers[:_NAMED])
    return shown if len(tickers) <= _NAMED else f"{shown} 외 {len(tickers) - _NAMED}종목"


READ: Task[Charts, Views] = Task(
    prompt="technical",
    In=Charts,
    Out=Views,
    rules=lambda charts: Views(charts.reports),
    Reply=ChartsReply,
    variables=charts_variables,
    merge=taken_up,
    kept=Kept.SHARED,
    most=MAX_NAMES * SIGNS,
)
