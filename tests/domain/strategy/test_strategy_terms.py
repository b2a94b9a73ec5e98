"""What the language says beyond the official file: each term is checked, hashed, and read back in Korean."""

from __future__ import annotations

from typing import Any

import pytest

from domain.strategy.presets import preset_draft
from domain.strategy.problems import StrategyError
from domain.strategy.reading import bound
from domain.strategy.render import render
from domain.strategy.signals import Condition, Operator, Timeframe
from domain.strategy.spec import StrategySpec, parse_spec
from domain.strategy.vocabulary import bounds_of, candlestick_ids, candlestick_name, default_of, indicator_table
from domain.strategy.wording import condition_words, indicator_words

DRAFT = preset_draft("golden_cross")


def changed(**fields: Any) -> StrategySpec:
    return parse_spec(bound(DRAFT, ["005930"]).to_json() | fields)


def with_condition(**row: Any) -> StrategySpec:
    content = DRAFT.to_json()
    content["strategy"]["entry"]["conditions"] = [row]
    return parse_spec(content)


def with_indicator(**row: Any) -> StrategySpec:
    content = DRAFT.to_json() | {"timeframe": row.pop("own", "1d")}
    content["strategy"]["indicators"].append({"alias": "one", **row})
    return parse_spec(content)


def problems(make: Any, **fields: Any) -> dict[str, str]:
    with pytest.raises(StrategyError) as caught:
        make(**fields)
    return {problem.path: problem.text for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"operator": "greater_than", "value": 3}, "20일 이동평균이 3보다 클 때"),
        ({"operator": "less_than", "compare_to": "slow_ma"}, "20일 이동평균이 60일 이동평균보다 작을 때"),
        ({"operator": "greater_equal", "value": 3}, "20일 이동평균이 3 이상일 때"),
        ({"operator": "less_equal", "value": "$fast"}, "20일 이동평균이 20 이하일 때"),
        ({"operator": "equals", "value": 3}, "20일 이동평균이 3과 같을 때"),
        ({"operator": "not_equals", "value": 3}, "20일 이동평균이 3과 다를 때"),
        ({"operator": "between", "value": 3, "value_high": "$slow"}, "20일 이동평균이 3 이상 60 이하일 때"),
        ({"operator": "between", "compare_to": "low", "compare_to_high": "high"},
         "20일 이동평균이 저가 이상 고가 이하일 때"),
        ({"operator": "cross_above", "value": 3}, "20일 이동평균이 3을 위로 넘을 때"),
        ({"operator": "cross_below", "compare_to": "close", "compare_scalar": "0.9", "compare_operation": "mul"},
         "20일 이동평균이 종가 × 0.9 아래로 내려갈 때"),
        ({"operator": "cross_above_equal", "value": 3}, "20일 이동평균이 아래에서 3에 닿거나 넘을 때"),
        ({"operator": "cross_below_equal", "value": 3}, "20일 이동평균이 위에서 3에 닿거나 내려갈 때"),
        ({"operator": "breaks_above", "value": 3, "bars": 20},
         "20일 이동평균이 앞선 20봉 동안 못 넘은 3을 위로 넘을 때"),
        ({"operator": "breaks_below", "value": 3}, "20일 이동평균이 앞선 1봉 동안 지킨 3 아래로 내려갈 때"),
    ],
)  # fmt: skip
def test_every_operator_has_its_words(row: dict[str, Any], words: str) -> None:
    spec = with_condition(indicator="fast_ma", **row)
    part = spec.strategy.entry.conditions[0]
    assert isinstance(part, Condition)
    assert condition_words(part, spec.strategy) == words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"id": "sma", "params": {"period": 5}}, "5일 이동평균"),
        ({"id": "sma", "params": {"period": 5}, "own": "1w"}, "5주 이동평균"),
        ({"id": "sma", "params": {"period": 5}, "own": "1M"}, "5개월 이동평균"),
        ({"id": "sma", "params": {"period": 5}, "own": "3m"}, "5봉 이동평균"),
        ({"id": "sma", "params": {"period": 5}, "own": "1m", "timeframe": "1w"}, "5주 이동평균"),
        ({"id": "sma", "params": {"period": 5}, "own": "1m", "timeframe": "60m"}, "60분봉 5봉 이동평균"),
        ({"id": "maximum", "params": {"period": 20}}, "20일 최고 종가"),
        ({"id": "sma", "params": {"period": 5}, "name": "빠른 선"}, "빠른 선(5)"),
        ({"id": "rsi", "params": {"period": 14}, "own": "1m"}, "RSI(14)"),
        ({"id": "bollinger", "params": {"period": 20, "std": 2}, "output": "upper"}, "볼린저밴드(20, 2) 상단"),
        ({"id": "bollinger", "params": {"period": 20, "std": 2}, "output": "upper", "timeframe": "1w"},
         "주봉 볼린저밴드(20, 2) 상단"),
    ],
)  # fmt: skip
def test_a_period_says_what_it_counts(row: dict[str, Any], words: str) -> None:
    spec = with_indicator(**row)
    assert indicator_words(spec.strategy.indicators[-1], spec.strategy, frame=spec.timeframe) == words


def test_no_operator_is_without_words() -> None:
    for operator in Operator:
        high = {"value_high": 5} if operator is Operator.BETWEEN else {}
        spec = with_condition(indicator="close", operator=operator.value, value=1, **high)
        part = spec.strategy.entry.conditions[0]
        assert isinstance(part, Condition)
        assert condition_words(part, spec.strategy).startswith("종가가 ")


def test_a_model_is_compared_with_a_number() -> None:
    spec = with_condition(model="up_tomorrow", operator="greater_than", value="0.6")
    assert "모델 up_tomorrow의 값이 0.6보다 클 때" in "\n".join(render(spec))
    place = "strategy.entry.conditions[0]"
    assert f"{place}.compare_to" in problems(with_condition, model="m", operator="equals", compare_to="fast_ma")
    assert place in problems(with_condition, model="m", indicator="close", operator="equals", value=1)
    assert f"{place}.output" in problems(with_condition, model="m", operator="equals", value=1, output="k")
    assert f"{place}.model" in problems(with_condition, model="no name", operator="equals", value=1)


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({"operator": "between", "value": 1}, ""),
        ({"operator": "between", "value": 1, "value_high": 2, "compare_to_high": "close"}, ""),
        ({"operator": "between", "value": 1, "value_high": "ghost"}, ".value_high"),
        ({"operator": "between", "value": 1, "compare_to_high": "ghost"}, ".compare_to_high"),
        ({"operator": "between", "value": 1, "value_high": 2, "compare_scalar": 2, "compare_operation": "mul"},
         ".compare_scalar"),
        ({"operator": "greater_than", "value": 1, "value_high": 2}, ""),
        ({"operator": "cross_above", "value": 1, "bars": 3}, ".bars"),
        ({"operator": "breaks_above", "value": 1, "bars": 0}, ".bars"),
        ({"operator": "breaks_above", "value": 1, "bars": 251}, ".bars"),
        ({"operator": "greater_than", "value": 1, "signal": "bullish"}, ".signal"),
    ],
)  # fmt: skip
def test_a_condition_has_what_its_operator_needs_and_no_more(row: dict[str, Any], where: str) -> None:
    assert f"strategy.entry.conditions[0]{where}" in problems(with_condition, indicator="close", **row)


@pytest.mark.parametrize(
    ("own", "higher", "good"),
    [
        ("1m", "15m", True), ("3m", "10m", False), ("10m", "15m", False), ("15m", "60m", True), ("60m", "1d", True),
        ("1d", "1w", True), ("1d", "1M", True), ("1w", "1M", False), ("1d", "60m", False), ("1d", "1d", True),
        ("1M", "1M", True), ("30m", "1M", True), ("1M", "1w", False),
    ],
)  # fmt: skip
def test_an_indicator_has_the_strategys_own_bars_or_longer_ones_made_of_them(own: str, higher: str, good: bool) -> None:
    assert Timeframe(own).fills(Timeframe(higher)) is good
    row = {"own": own, "id": "sma", "params": {"period": 5}, "timeframe": higher}
    if good:
        assert with_indicator(**row).strategy.indicators[-1].timeframe == higher
    else:
        assert "strategy.indicators[2].timeframe" in problems(with_indicator, **row)


@pytest.mark.parametrize(
    ("row", "where"),
    [
        ({"id": "sma", "params": {"period": 0}}, "period"),
        ({"id": "sma", "params": {"period": 1001}}, "period"),
        ({"id": "sma", "params": {"period": "2.5"}}, "period"),
        ({"id": "sma", "params": {"length": 5}}, "length"),
        ({"id": "sma", "params": {"period": "five"}}, "period"),
        ({"id": "obv", "params": {"period": 5}}, "period"),
        ({"id": "bollinger", "params": {"std": 0}, "output": "upper"}, "std"),
        ({"id": "alma", "params": {"offset": "1.1"}}, "offset"),
        ({"id": "regression", "params": {"period": 1}}, "period"),
        ({"id": "consecutive", "params": {"direction": 2}}, "direction"),
        ({"id": "macd", "params": {"fast": 26}}, "fast"),
        ({"id": "macd", "params": {"slow": 12}}, "fast"),
    ],
)
def test_a_setting_outside_its_bounds_is_refused(row: dict[str, Any], where: str) -> None:
    assert f"strategy.indicators[2].params.{where}" in problems(with_indicator, **row)


def test_a_parameter_is_held_to_the_bounds_of_where_it_is_used() -> None:
    content = DRAFT.to_json()
    content["strategy"]["params"]["fast"] |= {"min": 0}
    with pytest.raises(StrategyError, match=r"strategy\.params\.fast\.min: sma의 period에 쓰여요"):
        parse_spec(content)


def test_defaults_are_inside_their_own_bounds_and_everything_has_a_korean_name() -> None:
    for id_, row in indicator_table().items():
        assert row["name"], id_
        for param in row["params"]:
            assert bounds_of(id_, param).objection(default_of(id_, param)) is None, (id_, param)
    for pattern in candlestick_ids():
        assert candlestick_name(pattern) != pattern


def test_sizes_by_risk_need_their_own_number() -> None:
    by_volatility = changed(sizing={"method": "volatility_target", "name_bps": 3000, "volatility_bps": 200})
    assert "연 변동성 2%만큼 (20거래일로 계산, 종목당 최대 30%)" in "\n".join(render(by_volatility))
    by_risk = changed(sizing={"method": "risk_per_trade", "name_bps": 3000, "risk_bps": 50})
    assert "손절하면 계좌의 0.5%만 잃는 만큼" in "\n".join(render(by_risk))
    assert "sizing.volatility_bps" in problems(changed, sizing={"method": "volatility_target", "name_bps": 3000})
    both = {"method": "per_signal", "name_bps": 3000, "risk_bps": 50}
    assert "sizing.risk_bps" in problems(changed, sizing=both)
    free = {"risk": {}, "sizing": {"method": "risk_per_trade", "name_bps": 3000, "risk_bps": 50}}
    assert "risk.stop_loss.enabled" in problems(changed, **free)


def test_once_a_week_is_a_weekday_and_a_number_of_trades() -> None:
    spec = changed(schedule={"every": "week", "weekday": "fri", "max_trades_a_week": 1})
    text = "\n".join(render(spec))
    assert "점검: 매주 금요일 (휴장이면 다음 거래일) (일봉 기준)" in text
    assert "거래 횟수: 한 주에 새로 사기 1번까지" in text
    assert "schedule.weekday" in problems(changed, schedule={"every": "week"})
    assert "schedule.weekday" in problems(changed, schedule={"every": "close", "weekday": "fri"})
    assert "schedule.weekday" in problems(changed, schedule={"every": "week", "weekday": "sun"})


def test_limits_and_time_stops_are_read_back() -> None:
    spec = changed(
        constraints={"max_turnover_bps": 3000, "min_order_krw": 100_000, "max_equity_bps": 5000},
        risk={"time_stop": {"enabled": True, "after": 20, "unit": "bars"}},
        timeframe="60m",
        schedule={"every": "bar"},
    )
    text = "\n".join(render(spec))
    for words in (
        "하루 매수 한도: 계좌의 30%",
        "최소 주문: 100,000원",
        "주식 비중 한도: 50%",
        "사고 20봉이 지나면",
        "60분봉마다",
    ):
        assert words in text, words


def test_a_strategy_may_name_nothing_to_trade_yet() -> None:
    assert not DRAFT.is_bound
    assert "대상: 아직 정하지 않음" in render(DRAFT)
    assert bound(DRAFT, ["005930"]).is_bound


def test_an_indicator_is_read_back_with_its_time_frame_and_output() -> None:
    content = with_indicator(id="bollinger", params={"period": 20, "std": 2}, output="middle", timeframe="1w").to_json()
    row = {"indicator": "close", "operator": "less_than", "compare_to": "one", "compare_output": "lower"}
    content["strategy"]["entry"]["conditions"] = [row]
    assert "종가가 주봉 볼린저밴드(20, 2) 하단보다 작을 때" in "\n".join(render(parse_spec(content)))


def test_too_many_conditions_in_all_are_refused() -> None:
    content = DRAFT.to_json()
    row = {"indicator": "close", "operator": "greater_than", "value": 1}
    many = [{"logic": "AND", "conditions": [row] * 30}] * 8
    content["strategy"]["entry"]["conditions"] = many
    with pytest.raises(StrategyError, match="200개까지만"):
        parse_spec(content)
    with pytest.raises(StrategyError, match="너무 많아요"):
        parse_spec(content | {"x": [0] * 30_000})
