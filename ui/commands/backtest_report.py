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
    "unparking": "다른 종목을 사려고 쉬는 돈을 꺼냄",
}
MOST_TRADES = 500
MADE_UP = "모의 거래소가 지어낸 시세로 검증했어요. 실제 시장의 기록이 아니에요."
WORDS = (
    ("연평균 수익률(CAGR)", "해마다 같은 비율로 늘었다고 볼 때의 한 해 수익률이에요."),
    ("90% 구간", "운이 달랐다면 나왔을 법한 범위예요. 열 번에 한 번은 이 밖이에요."),
    ("최대 낙폭", "가장 높던 자산에서 가장 많이 내려간 폭이에요."),
    ("변동성", "수익률이 흔들린 정도예요. 클수록 오르내림이 커요."),
    (
        "샤프 / 소르티노",
        "흔들림(소르티노는 내려간 흔들림만)에 견준 수익이에요. 클수록 좋고, 0보다 작으면 예금보다 못해요.",
    ),
    ("베타", "지수가 1% 움직일 때 전략이 움직인 비율이에요."),
    ("이익÷손실", "번 돈의 합을 잃은 돈의 합으로 나눈 값이에요. 1보다 작으면 잃은 돈이 더 커요."),
    ("연 회전율", "한 해에 자산의 몇 배만큼 사고팔았는지예요. 클수록 비용이 커요."),
    ("슬리피지", "주문하려던 가격과 체결된 가격의 차이로 잃은 돈이에요."),
)
"""What the figures mean, for who meets them for the first time."""


def report(result: Result, spec: StrategySpec, *, held: float | None = None, made_up: bool = False) -> str:
    """The whole file. `held`: what the same names did when they were only held; `made_up` prices are called so."""
    chart = backtest_chart(result)
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        name=result.name,
        first=result.course.days[0],
        last=result.course.days[-1],
        sessions=len(result.course.days),
        tickers=[label(ticker) for ticker in result.tickers],
        figures=_figures(result, held),
        prices=MADE_UP if made_up else "",
        words=WORDS,
        summary=chart.summary,
        figure=None if chart.figure is None else _script(chart.figure),
        plotly=_plotly() if chart.figure is not None else "",
        years=[(year, [_cell(value) for value in months], _cell(whole)) for year, months, whole in years(result)],
        weaknesses=[*_against(result, held), *(weakness.text for weakness in result.weaknesses)],
        no_promise=NO_PROMISE,
        rules=render(spec),
        bound=spec.is_bound,
        trades=_trades(result),
        all_trades=len(result.raw_trades),
        settings=_settings(result),
    )


def _figures(result: Result, held: float | None) -> list[tuple[str, str, float]]:
    """Those of the terminal, and below the return what holding had made."""
    found = rows(result)
    if held is not None:
        at = next(at for at, row in enumerate(found) if row[0] == "총수익률")
        found.insert(at + 1, ("같은 종목을 그냥 보유했다면", part(held), held))
    return found


def _against(result: Result, held: float | None) -> list[str]:
    if held is None or held <= result.figures.total_return:
        return []
    return [f"같은 종목을 그냥 보유했다면 {part(held)}로 이 전략({part(result.figures.total_return)})보다 나았어요."]


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
        ("슬리피지", f"평균 {chosen.slippage_bps / 100:g}%(지수분포)와 불리한 쪽 호가 단위"),
        ("지연", f"중앙값 {chosen.latency_ms}ms(로그정규, σ {chosen.latency_sigma:g})"),
        ("수수료", f"{float(chosen.fees.rate) * 100:g}% (한쪽), 세금은 그날의 세율"),
        ("매도 대금", "바로 다시 사요(D+2 결제)" if chosen.reuse_proceeds else "결제(D+2) 뒤에만 다시 써요"),
        ("투자성향 한도", own.grade or "적용하지 않음(전략의 한도만)"),
        ("지표 준비", f"봉 {result.warmup_bars}개"),
        ("난수 시드", str(chosen.seed)),
        ("전략 해시", own.strategy_hash),
        ("자료 해시", f"{own.data_hash} ({own.bars:,}봉, {own.first_bar} ~ {own.last_bar})"),
        ("엔진", own.engine),
    ]
