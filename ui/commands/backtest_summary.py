"""A backtest on the terminal: figures, months, costs, weaknesses.

Contract: every figure comes from the result; rises red and falls blue where there is colour; the last line is that the
past is no promise.
"""

from __future__ import annotations

import math

from rich.console import Console
from rich.table import Table
from rich.text import Text

from domain.instruments import Instruments
from simulation.backtest.result import Result
from simulation.backtest.weaknesses import NO_PROMISE

RISE, FALL = "red", "blue"
_NAMES_SHOWN = 12
_WIDE = 90


def show(result: Result, console: Console | None = None) -> None:
    out = console or Console(highlight=False)
    days = result.course.days
    out.print(Text(result.name, style="bold"), f"{days[0]} ~ {days[-1]} ({len(days):,}거래일)")
    out.print(_names(result))
    out.print(_figures(result))
    out.print(_months(result, wide=out.width >= _WIDE))
    for weakness in result.weaknesses:
        if weakness.text != NO_PROMISE:
            out.print(f"약점: {weakness.text}")
    own = result.provenance
    out.print(f"다시 하려면: 전략 {own.strategy_hash[:12]}, 자료 {own.data_hash[:12]}, 난수 시드 {own.settings.seed}")
    out.print(NO_PROMISE)


def part(value: float | None, digits: int = 1) -> str:
    """0.123 as +12.3%."""
    return "-" if value is None else f"{value * 100:+.{digits}f}%"


def number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def label(ticker: str) -> str:
    found = Instruments.load().get(ticker)
    return ticker if found is None else f"{found.name}({ticker})"


def _names(result: Result) -> str:
    shown = ", ".join(label(ticker) for ticker in result.tickers[:_NAMES_SHOWN])
    more = len(result.tickers) - _NAMES_SHOWN
    return f"종목 {len(result.tickers)}개: {shown}" + (f" 외 {more}개" if more > 0 else "")


def rows(result: Result) -> list[tuple[str, str, float]]:
    """Label, text, and the sign that colours it; the report shows the same."""
    found, trades, costs = result.figures, result.trade_figures, result.costs
    lines = [
        ("최종 자산", f"{result.final:,}원 ({result.final - result.cash:+,}원)", result.final - result.cash),
        ("총수익률", part(found.total_return), found.total_return),
        ("연평균 수익률(CAGR)", part(found.cagr), found.cagr or 0),
    ]
    if result.likely is not None:
        low, high = result.likely.cagr.low, result.likely.cagr.high
        lines.append(("  연평균의 90% 구간", f"{part(low)} ~ {part(high)}", 0))
    if result.comparison is not None:
        index = result.comparison
        lines.append((f"{index.name} 수익률", part(index.total_return), index.total_return))
        lines.append(("  지수 대비 / 베타", f"{part(index.excess)} / {number(index.beta)}", index.excess))
    fall = found.drawdown
    if fall is not None:
        back = f"{fall.recovered} 회복" if fall.recovered else "아직 회복 못 함"
        lines.append(
            ("최대 낙폭", f"{part(-fall.depth)} ({fall.peak} → {fall.bottom}, {fall.sessions}거래일, {back})", -1)
        )
    rate = f"{result.provenance.settings.riskless_bps / 100:g}%"
    lines += [
        ("변동성(연)", part(found.volatility).lstrip("+"), 0),
        (f"샤프 / 소르티노(무위험 {rate}, 연 252일)", f"{number(found.sharpe)} / {number(found.sortino)}", 0),
        ("거래", f"{trades.count:,}건 (보유 중 {trades.open:,}건), 주문 {result.counts.orders:,}건", 0),
        ("승률 / 이익÷손실", f"{part(trades.hit_rate).lstrip('+')} / {number(trades.profit_factor)}", 0),
        ("평균 투자 비중(쉬는 돈을 넣어 둔 상품 포함)", f"{found.exposure:.0%}", 0),
        ("연 회전율", f"{found.turnover:.1f}회", 0),
        (
            "비용",
            f"{costs.total:,}원 = 수수료 {costs.fee:,}원 + 세금 {costs.tax:,}원 + 슬리피지 {costs.slippage:,}원",
            0,
        ),
    ]
    return lines


def _figures(result: Result) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for name, text, sign in rows(result):
        table.add_row(name, Text(text, style=RISE if sign > 0 else FALL if sign < 0 else ""))
    return table


def _months(result: Result, *, wide: bool) -> Table:
    """Whole percents where a line has not the room for more."""
    digits = 1 if wide else 0
    table = Table(title="월별 수익률(%)", title_justify="left", box=None, padding=(0, 1, 0, 0))
    table.add_column("")
    for month in range(1, 13):
        table.add_column(f"{month}월", justify="right")
    table.add_column("한 해", justify="right")

    def cell(value: float | None) -> Text:
        return Text("" if value is None else f"{round(value * 100, digits) + 0.0:.{digits}f}", style=_style(value))

    for year, months, whole in years(result):
        table.add_row(str(year), *(cell(value) for value in months), cell(whole))
    return table


def _style(value: float | None) -> str:
    return "" if not value else RISE if value > 0 else FALL


def years(result: Result) -> list[tuple[int, list[float | None], float]]:
    """(year, returns of its twelve months, return of the year)."""
    found: dict[int, list[float | None]] = {}
    for year, month, value in result.months:
        found.setdefault(year, [None] * 12)[month - 1] = value
    lines = []
    for year, months in found.items():
        lines.append((year, months, math.prod(1.0 + (value or 0.0) for value in months) - 1.0))
    return lines
