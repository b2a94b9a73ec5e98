"""A strategy in Korean sentences, for reading back before the user agrees.

Contract: pure; says everything that decides an order (what, when, how much, stops) and nothing that the spec does not.
Lines are plain text; the face decides how they look.
"""

from __future__ import annotations

from decimal import Decimal

from domain.decimals import canonical, percent
from domain.hangul import josa
from domain.instruments import Instruments
from domain.strategy.signals import Condition, Group, Operator, Signals
from domain.strategy.spec import Percent, StrategySpec

_CATEGORY = {
    "trend": "추세",
    "momentum": "모멘텀",
    "mean_reversion": "평균회귀",
    "volatility": "변동성",
    "oscillator": "오실레이터",
    "composite": "복합",
    "custom": "사용자 정의",
}
_PRICES = {"close": "종가", "open": "시가", "high": "고가", "low": "저가", "volume": "거래량"}
_INDICATORS = {"sma": "이동평균", "ema": "지수이동평균", "rsi": "RSI", "macd": "MACD", "bollinger": "볼린저밴드"}
_SCHEDULES = {"close": "매일 장 마감 무렵", "30m": "장중 30분마다"}
_CANDLES = {"bullish": "상승형", "bearish": "하락형", "detected": "발생"}
_OPERATIONS = {"mul": "×", "div": "÷", "add": "+", "sub": "−"}
_TIMEFRAMES = {"1d": "일봉", "1w": "주봉", "30m": "30분봉"}


def render(spec: StrategySpec, instruments: Instruments | None = None) -> tuple[str, ...]:
    """The lines, in the order in which a person asks: what, with what money, when in, when out, stops, when checked."""
    table = instruments or Instruments.load()
    lines = [f"전략: {spec.metadata.name} ({_CATEGORY[spec.strategy.category.value]})"]
    if spec.metadata.description:
        lines.append(spec.metadata.description)
    lines.append("대상: " + ", ".join(_name(ticker, table) for ticker in spec.universe.tickers))
    lines.extend(_sizing(spec, table))
    if spec.strategy.entry.conditions:
        lines.append("매수 조건: " + _group(spec.strategy.entry, spec.strategy))
    if spec.strategy.exit.conditions:
        lines.append("매도 조건: " + _group(spec.strategy.exit, spec.strategy))
    lines.extend(_risk(spec))
    lines.append(f"점검: {_schedule(spec)} ({_TIMEFRAMES[spec.timeframe]} 기준)")
    lines.append(_orders(spec))
    return tuple(lines)


def _name(ticker: str, table: Instruments) -> str:
    row = table.get(ticker)
    return f"{row.name}({ticker})" if row else ticker


def _sizing(spec: StrategySpec, table: Instruments) -> list[str]:
    sizing = spec.sizing
    if sizing.method == "targets":
        parts = [f"{_name(ticker, table)} {percent(bps)}" for ticker, bps in sizing.targets.items()]
        left = 10_000 - sum(sizing.targets.values())
        lines = ["비중: " + ", ".join(parts) + (f", 예수금 {percent(left)}" if left else "")]
    else:
        count, each = spec.constraints.max_positions, percent(sizing.name_bps)
        lines = [f"비중: 신호가 난 종목마다 {each}, 최대 {count}종목"]
        if spec.sizing.parking:
            lines.append(f"남는 돈: {_name(spec.sizing.parking, table)}에 두기")
    if spec.constraints.max_equity_bps < 10_000:
        lines.append(f"주식 비중 한도: {percent(spec.constraints.max_equity_bps)}")
    return lines


def _group(group: Group, signals: Signals) -> str:
    word = " 그리고 " if group.logic == "AND" else " 또는 "
    parts = []
    for part in group.conditions:
        text = f"({_group(part, signals)})" if isinstance(part, Group) else _condition(part, signals)
        parts.append(text)
    return word.join(parts)


def _condition(condition: Condition, signals: Signals) -> str:
    if condition.candlestick is not None:
        shape = _CANDLES[condition.signal or "detected"]
        row = next((row for row in signals.candlesticks if row.alias == condition.candlestick), None)
        return f"캔들 {row.id if row else condition.candlestick} {shape}"
    left = _series(condition.indicator or "", condition.output, signals)
    if condition.model is not None:
        left = f"모델 {condition.model}의 값"
    top = condition.value_high if condition.value_high is not None else condition.compare_to_high
    high, bars = _operand(top, condition.compare_high_output, signals), condition.bars or 1
    target = condition.value if condition.value is not None else condition.compare_to
    right = _operand(target, condition.compare_output, signals)
    if condition.compare_operation and condition.compare_scalar is not None:
        right = f"{right} {_OPERATIONS[condition.compare_operation]} {canonical(condition.compare_scalar)}"
    return {
        Operator.CROSS_ABOVE: f"{josa(left, '이/가')} {josa(right, '을/를')} 위로 넘을 때",
        Operator.CROSS_BELOW: f"{josa(left, '이/가')} {josa(right, '을/를')} 아래로 내려갈 때",
        Operator.GREATER_THAN: f"{josa(left, '이/가')} {right}보다 클 때",
        Operator.LESS_THAN: f"{josa(left, '이/가')} {right}보다 작을 때",
        Operator.GREATER_EQUAL: f"{josa(left, '이/가')} {right} 이상일 때",
        Operator.LESS_EQUAL: f"{josa(left, '이/가')} {right} 이하일 때",
        Operator.EQUALS: f"{josa(left, '이/가')} {josa(right, '과/와')} 같을 때",
        Operator.NOT_EQUALS: f"{josa(left, '이/가')} {josa(right, '과/와')} 다를 때",
        Operator.BETWEEN: f"{josa(left, '이/가')} {right} 이상 {high} 이하일 때",
        Operator.CROSS_ABOVE_EQUAL: f"{josa(left, '이/가')} 아래에서 {right}에 닿거나 넘을 때",
        Operator.CROSS_BELOW_EQUAL: f"{josa(left, '이/가')} 위에서 {right}에 닿거나 내려갈 때",
        Operator.BREAKS_ABOVE: f"{josa(left, '이/가')} 앞선 {bars}봉 동안 못 넘은 {josa(right, '을/를')} 위로 넘을 때",
        Operator.BREAKS_BELOW: f"{josa(left, '이/가')} 앞선 {bars}봉 동안 지킨 {josa(right, '을/를')} 아래로 내려갈 때",
    }[condition.operator or Operator.EQUALS]


def _series(name: str, output: str | None, signals: Signals) -> str:
    if name in _PRICES:
        return _PRICES[name]
    row = next((row for row in signals.indicators if row.alias == name), None)
    if row is None:
        return name
    numbers = ", ".join(_operand(value, None, signals) for value in row.params.values())
    label = row.name or _INDICATORS.get(row.id, row.id.upper())
    suffix = output or (row.output if row.output != "value" else "")
    return label + (f"({numbers})" if numbers else "") + (f" {suffix}" if suffix else "")


def _operand(value: Decimal | str | None, output: str | None, signals: Signals) -> str:
    if isinstance(value, Decimal):
        return canonical(value)
    if value is None:
        return ""
    if value.startswith("$"):
        param = signals.params.get(value[1:])
        return canonical(param.default) if param else value
    return _series(value, output, signals)


def _risk(spec: StrategySpec) -> list[str]:
    def line(label: str, rule: Percent, text: str) -> list[str]:
        return [f"{label}: {text.format(canonical(rule.percent))}"] if rule.enabled else []

    return [
        *line("손절", spec.risk.stop_loss, "평균 매입가보다 {}% 내려가면 매도"),
        *line("익절", spec.risk.take_profit, "평균 매입가보다 {}% 오르면 매도"),
        *line("추적 손절", spec.risk.trailing_stop, "고점에서 {}% 내려가면 매도"),
    ]


def _schedule(spec: StrategySpec) -> str:
    if spec.schedule.every == "month":
        return f"매월 {spec.schedule.session_of_month}번째 거래일"
    return _SCHEDULES[spec.schedule.every]


def _orders(spec: StrategySpec) -> str:
    if spec.orders.type == "market":
        return "주문: 시장가, 당일 유효"
    return f"주문: 지정가(현재가에서 {percent(spec.orders.slippage_bps)} 이내), 당일 유효"
