"""The report of a backtest: one HTML file that needs nothing else, in Korean, readable on a phone.

Contract: plotly's script stands in the file once; text is escaped; weaknesses come before the trades, and the word that
the past is no promise is at the top and at the end. Everything needed to run it again is in it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from domain.strategy.render import render
from domain.strategy.spec import StrategySpec
from simulation.backtest.result import Result
from simulation.backtest.weaknesses import NO_PROMISE
from ui.charts.backtest import backtest_chart
from ui.commands.backtest_summary import label, part, rows, years

TEMPLATE = Path(__file__).with_name("backtest_report.html")
REASONS = {
    "": "보유 중",
    "exit": "매도 신호",
    "stop_loss": "손절",
    "trailing": "추적 손절",
    "take_profit": "익절",
    "time": "보유 기간",
    "rebalance": "비중 조정",
    "unparking": "주차 해제",
}
MOST_TRADES = 500


def report(result: Result, spec: StrategySpec) -> str:
    """The whole file."""
    chart = backtest_chart(result)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        name=result.name,
        first=result.course.days[0],
        last=result.course.days[-1],
        sessions=len(result.course.days),
        tickers=[label(ticker) for ticker in result.tickers],
        figures=rows(result),
        summary=chart.summary,
        figure=None if chart.figure is None else _script(chart.figure),
        plotly=_plotly() if chart.figure is not None else "",
        years=[(year, [_cell(value) for value in months], _cell(whole)) for year, months, whole in years(result)],
        weaknesses=[weakness.text for weakness in result.weaknesses],
        no_promise=NO_PROMISE,
        rules=render(spec),
        trades=_trades(result),
        all_trades=len(result.raw_trades),
        settings=_settings(result),
    )


def _plotly() -> str:
    """The script out of the package; the package itself is slow to import."""
    script = files("plotly").joinpath("package_data", "plotly.min.js").read_text(encoding="utf-8")
    return script.replace("</script", "<\\/script")


def _script(figure: dict[str, Any]) -> str:
    """JSON that cannot end the script it stands in."""
    return json.dumps(figure, ensure_ascii=False).replace("<", "\\u003c")


def _cell(value: float | None) -> tuple[str, str]:
    if value is None:
        return "", ""
    return f"{value * 100:.1f}", "up" if value > 0 else "down" if value < 0 else ""


def _trades(result: Result) -> list[dict[str, str]]:
    """The newest first."""
    shown = result.trades[-MOST_TRADES:][::-1]
    return [
        {
            "name": label(trade.ticker),
            "when": f"{trade.entered:%Y.%m.%d} → " + (f"{trade.left:%Y.%m.%d}" if trade.left else "보유 중"),
            "how": f"{trade.quantity:,}주 {trade.entry_price:,}원"
            + (f" → {trade.exit_price:,}원" if trade.exit_price else ""),
            "why": REASONS.get(trade.reason, trade.reason),
            "cost": f"{trade.fee + trade.tax:,}",
            "pnl": f"{trade.pnl:+,}원 ({part(trade.part)})",
            "sign": "up" if trade.pnl > 0 else "down" if trade.pnl < 0 else "",
        }
        for trade in shown
    ]


def _settings(result: Result) -> list[tuple[str, str]]:
    own, chosen = result.provenance, result.provenance.settings
    fill = "다음 봉의 시가" if chosen.fill == "open" else "다음 봉의 종가"
    return [
        ("체결", f"{fill}, 그 봉 거래량의 {chosen.volume_bps / 100:g}%까지"),
        ("슬리피지", f"평균 {chosen.slippage_bps:g}bp(지수분포)와 불리한 쪽 호가 단위"),
        ("지연", f"중앙값 {chosen.latency_ms}ms(로그정규, σ {chosen.latency_sigma:g})"),
        ("수수료", f"{float(chosen.fees.rate) * 100:g}% (한쪽), 세금은 그날의 세율"),
        ("매도 대금", "바로 다시 사요(D+2 결제)" if chosen.reuse_proceeds else "결제(D+2) 뒤에만 다시 써요"),
        ("투자성향 한도", own.grade or "적용하지 않음(전략의 한도만)"),
        ("지표 준비", f"봉 {result.warmup_bars}개"),
        ("씨앗", str(chosen.seed)),
        ("전략 해시", own.strategy_hash),
        ("자료 해시", f"{own.data_hash} ({own.bars:,}봉, {own.first_bar} ~ {own.last_bar})"),
        ("엔진", own.engine),
    ]
