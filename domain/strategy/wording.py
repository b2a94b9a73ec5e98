"""A condition in Korean: '5일 이동평균이 20일 이동평균을 위로 넘을 때'.

Contract: pure; every operator of the table in `domain.strategy.signals` has its words here (tested), parameters are
shown with their values. `frame` is the strategy's own: it says what a period counts, days, weeks, months or bars. Says
what the condition means and nothing more.
"""

from __future__ import annotations

from decimal import Decimal

from domain.decimals import canonical
from domain.hangul import josa
from domain.strategy.signals import Condition, Group, Indicator, Operator, Signals, Timeframe
from domain.strategy.vocabulary import candlestick_name, indicator_name, main_output, name_by

PRICES = {"close": "종가", "open": "시가", "high": "고가", "low": "저가", "volume": "거래량"}
TIMEFRAMES = {
    Timeframe.M1: "1분봉",
    Timeframe.M3: "3분봉",
    Timeframe.M5: "5분봉",
    Timeframe.M10: "10분봉",
    Timeframe.M15: "15분봉",
    Timeframe.M30: "30분봉",
    Timeframe.M60: "60분봉",
    Timeframe.DAY: "일봉",
    Timeframe.WEEK: "주봉",
    Timeframe.MONTH: "월봉",
}
_COUNTED = {Timeframe.DAY: "일", Timeframe.WEEK: "주", Timeframe.MONTH: "개월"}  # else bars
_CANDLES = {"bullish": "상승형", "bearish": "하락형", "detected": "발생"}
_OPERATIONS = {"mul": "×", "div": "÷", "add": "+", "sub": "−"}
_OUTPUTS = {
    "signal": "시그널",
    "histogram": "히스토그램",
    "upper": "상단",
    "middle": "중심선",
    "lower": "하단",
    "k": "%K",
    "d": "%D",
    "plus_di": "+DI",
    "minus_di": "-DI",
    "plus_vi": "+VI",
    "minus_vi": "-VI",
    "aroon_up": "상승선",
    "aroon_down": "하락선",
    "tenkan": "전환선",
    "kijun": "기준선",
    "senkou_a": "선행스팬1",
    "senkou_b": "선행스팬2",
    "chikou": "후행스팬",
    "slope": "기울기",
    "intercept": "절편",
    "high": "고점",
    "low": "저점",
}


def group_words(group: Group, signals: Signals, frame: Timeframe = Timeframe.DAY) -> str:
    word = " 그리고 " if group.logic == "AND" else " 또는 "
    parts = []
    for part in group.conditions:
        if isinstance(part, Group):
            parts.append(f"({group_words(part, signals, frame)})")
        else:
            parts.append(condition_words(part, signals, frame))
    return word.join(parts)


def condition_words(condition: Condition, signals: Signals, frame: Timeframe = Timeframe.DAY) -> str:
    if condition.candlestick is not None:
        row = next((row for row in signals.candlesticks if row.alias == condition.candlestick), None)
        name = candlestick_name(row.id) if row else condition.candlestick
        return f"캔들 {name} {_CANDLES[condition.signal or 'detected']}"
    operator = condition.operator or Operator.EQUALS
    left, right = _left(condition, signals, frame), _right(condition, signals, frame)
    if operator is Operator.BETWEEN:
        top = condition.value_high if condition.value_high is not None else condition.compare_to_high
        high = _operand(top, condition.compare_high_output, signals, frame)
        return f"{josa(left, '이/가')} {right} 이상 {high} 이하일 때"
    if operator in (Operator.BREAKS_ABOVE, Operator.BREAKS_BELOW):
        above = operator is Operator.BREAKS_ABOVE
        held = f"못 넘은 {josa(right, '을/를')} 위로 넘을" if above else f"지킨 {right} 아래로 내려갈"
        return f"{josa(left, '이/가')} 앞선 {condition.bars or 1}봉 동안 {held} 때"
    subject, thing, partner = josa(left, "이/가"), josa(right, "을/를"), josa(right, "과/와")
    return {
        Operator.CROSS_ABOVE: f"{subject} {thing} 위로 넘을 때",
        Operator.CROSS_BELOW: f"{subject} {right} 아래로 내려갈 때",
        Operator.CROSS_ABOVE_EQUAL: f"{subject} 아래에서 {right}에 닿거나 넘을 때",
        Operator.CROSS_BELOW_EQUAL: f"{subject} 위에서 {right}에 닿거나 내려갈 때",
        Operator.GREATER_THAN: f"{subject} {right}보다 클 때",
        Operator.LESS_THAN: f"{subject} {right}보다 작을 때",
        Operator.GREATER_EQUAL: f"{subject} {right} 이상일 때",
        Operator.LESS_EQUAL: f"{subject} {right} 이하일 때",
        Operator.EQUALS: f"{subject} {partner} 같을 때",
        Operator.NOT_EQUALS: f"{subject} {partner} 다를 때",
    }[operator]


def indicator_words(
    row: Indicator, signals: Signals, output: str | None = None, frame: Timeframe = Timeframe.DAY
) -> str:
    """'20일 이동평균', '주봉 볼린저밴드(20, 2) 상단', 'RSI(14)'."""
    label, shown = indicator_name(row.id), []
    for param, value in row.params.items():
        number = _operand(value, None, signals, frame)
        by = name_by(row.id, param, number)
        label = by or label
        shown += [] if by else [number]
    label, bars = row.name or label, f"{TIMEFRAMES[row.timeframe]} " if row.timeframe is not None else ""
    if list(row.params) == ["period"] and not row.name and _is_hangul(label):
        unit = _COUNTED.get(row.timeframe or frame)
        head = f"{shown[0]}{unit} " if unit else f"{bars}{shown[0]}봉 "
        label = head + label.removeprefix("기간").lstrip()  # the period is said already
    else:
        label = bars + label + (f"({', '.join(shown)})" if shown else "")
    told = output or row.output
    suffix = "" if told == "value" or (output is None and told == main_output(row.id)) else _OUTPUTS.get(told, told)
    return label + (f" {suffix}" if suffix else "")


def _is_hangul(label: str) -> bool:
    """A Korean name takes its period before it; what goes by its letters is written as on every chart: RSI(14)."""
    return all("가" <= letter <= "힣" or letter == " " for letter in label)


def _left(condition: Condition, signals: Signals, frame: Timeframe) -> str:
    if condition.model is not None:
        return f"모델 {condition.model}의 값"
    return _series(condition.indicator or "", condition.output, signals, frame)


def _right(condition: Condition, signals: Signals, frame: Timeframe) -> str:
    target = condition.value if condition.value is not None else condition.compare_to
    right = _operand(target, condition.compare_output, signals, frame)
    if condition.compare_operation and condition.compare_scalar is not None:
        return f"{right} {_OPERATIONS[condition.compare_operation]} {canonical(condition.compare_scalar)}"
    return right


def _series(name: str, output: str | None, signals: Signals, frame: Timeframe) -> str:
    if name in PRICES:
        return PRICES[name]
    row = next((row for row in signals.indicators if row.alias == name), None)
    return name if row is None else indicator_words(row, signals, output, frame)


def _operand(value: Decimal | str | None, output: str | None, signals: Signals, frame: Timeframe) -> str:
    if isinstance(value, Decimal):
        return canonical(value)
    if value is None:
        return ""
    if value.startswith("$"):
        param = signals.params.get(value[1:])
        return canonical(param.default) if param else value
    return _series(value, output, signals, frame)
