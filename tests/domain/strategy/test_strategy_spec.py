"""A strategy document is closed, resolves, survives JSON and keeps its hash."""

from __future__ import annotations

import copy
import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clock import KST
from domain.decimals import canonical, to_decimal
from domain.strategy.check import StrategyError, candlestick_ids, indicator_table
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec, json_schema, parse_spec

BASE: dict[str, Any] = {
    "metadata": {"name": "예시"},
    "strategy": {
        "id": "rsi_rebound",
        "category": "oscillator",
        "params": {"low": {"default": 30, "min": 5, "max": 50, "type": "int"}},
        "indicators": [
            {"id": "rsi", "alias": "r", "params": {"period": 14}},
            {"id": "sma", "alias": "trend", "params": {"period": 60}},
        ],
        "candlesticks": [{"id": "hammer", "alias": "h"}],
        "entry": {
            "logic": "AND",
            "conditions": [
                {"indicator": "r", "operator": "cross_above", "value": "$low"},
                {
                    "logic": "OR",
                    "conditions": [
                        {"indicator": "close", "operator": "greater_than", "compare_to": "trend"},
                        {"candlestick": "h", "signal": "bullish"},
                    ],
                },
            ],
        },
        "exit": {"conditions": [{"indicator": "r", "operator": "greater_than", "value": 70}]},
    },
    "risk": {"stop_loss": {"enabled": True, "percent": 5.0}, "max_position_size": 0.2},
    "universe": {"tickers": ["005930", "000660"]},
    "sizing": {"method": "per_signal", "name_bps": 2000},
}


NESTED = "strategy.entry.conditions.1"


def edited(path: str, value: Any) -> dict[str, Any]:
    """BASE with one place changed; `path` like strategy.entry.conditions.0.value."""
    data = copy.deepcopy(BASE)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place: Any = data
    for part in parents:
        place = place.setdefault(part, {}) if isinstance(place, dict) else place[part]
    place[last] = value
    return data


def problems(data: dict[str, Any]) -> list[str]:
    with pytest.raises(StrategyError) as caught:
        parse_spec(data)
    return [problem.path for problem in caught.value.problems]


def test_document_survives_json_and_keeps_its_hash() -> None:
    spec = parse_spec(BASE)
    again = parse_spec(json.loads(json.dumps(spec.to_json(), ensure_ascii=False)))
    assert again == spec
    assert again.content_hash() == spec.content_hash()
    assert len(spec.content_hash()) == 64


def test_exported_document_satisfies_the_exported_schema() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(parse_spec(BASE).to_json())
    validator.validate(edited("strategy.exit.logic", "OR"))  # numbers may be written as numbers
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(edited("universe.tickers", [5930]))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(edited("surprise", 1))


@pytest.mark.parametrize("number", [5, 5.0, "5", "5.00", Decimal("5.0")])
def test_ways_of_writing_a_number_have_one_hash(number: object) -> None:
    assert parse_spec(edited("risk.stop_loss.percent", number)).content_hash() == parse_spec(BASE).content_hash()


def test_hash_ignores_timestamps_and_nothing_else() -> None:
    spec = parse_spec(BASE)
    stamped = spec.stamped(datetime(2026, 11, 20, tzinfo=KST))
    assert stamped.metadata.created_at is not None
    assert stamped.content_hash() == spec.content_hash()
    for path, value in (
        ("metadata.name", "다른 이름"),
        ("risk.stop_loss.percent", "5.1"),
        ("strategy.exit.conditions.0.value", 71),
        ("universe.tickers", ["005930"]),
        ("sizing.name_bps", 1999),
        ("profile_version", 2),
    ):
        assert parse_spec(edited(path, value)).content_hash() != spec.content_hash(), path


def test_defaults_of_logic_and_aliases_are_those_of_the_file_format() -> None:
    data = edited("strategy.indicators", [{"id": "sma"}, {"id": "sma"}, {"id": "rsi"}])
    data["strategy"]["entry"] = {
        "conditions": [{"indicator": "sma_1", "operator": "cross_above", "compare_to": "sma_2"}]
    }
    data["strategy"]["exit"] = {"conditions": [{"indicator": "rsi_1", "operator": "greater_than", "value": 70}]}
    spec = parse_spec(data)
    assert [row.alias for row in spec.strategy.indicators] == ["sma_1", "sma_2", "rsi_1"]
    assert (spec.strategy.entry.logic, spec.strategy.exit.logic) == ("AND", "OR")


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("surprise", 1, "surprise"),
        ("metadata.name", "", "metadata.name"),
        ("schema_version", "9.9", "schema_version"),
        ("strategy.id", "Bad Id", "strategy.id"),
        ("strategy.category", "lucky", "strategy.category"),
        ("strategy.indicators.0.id", "magic", "strategy.indicators[0].id"),
        ("strategy.indicators.0.params", {"length": 3}, "strategy.indicators[0].params.length"),
        ("strategy.indicators.0.params", {"period": "$gone"}, "strategy.indicators[0].params.period"),
        ("strategy.indicators.0.output", "upper", "strategy.indicators[0].output"),
        ("strategy.indicators.1.alias", "r", "strategy.indicators[1].alias"),
        ("strategy.candlesticks.0.alias", "trend", "strategy.candlesticks[0].alias"),
        ("strategy.indicators.1.alias", "close", "strategy.indicators[1].alias"),
        ("strategy.candlesticks.0.id", "unicorn", "strategy.candlesticks[0].id"),
        ("strategy.params.low.default", 99, "strategy.params.low.default"),
        ("strategy.params.low.default", "30.5", "strategy.params.low"),
        ("strategy.entry.conditions.0.value", "$gone", "strategy.entry.conditions[0].value"),
        ("strategy.entry.conditions.0.value", "trend", "strategy.entry.conditions[0].value"),
        ("strategy.entry.conditions.0.indicator", "ghost", "strategy.entry.conditions[0].indicator"),
        ("strategy.entry.conditions.0.operator", "touches", "strategy.entry.conditions[0].operator"),
        ("strategy.entry.conditions.0.compare_to", "trend", "strategy.entry.conditions[0]"),
        ("strategy.entry.conditions.0.compare_scalar", 2, "strategy.entry.conditions[0]"),
        ("strategy.entry.conditions.1.conditions", [], "strategy.entry.conditions[1]"),
        (f"{NESTED}.conditions.0.compare_to", "x", "strategy.entry.conditions[1].conditions[0].compare_to"),
        (f"{NESTED}.conditions.1.candlestick", "x", "strategy.entry.conditions[1].conditions[1].candlestick"),
        ("risk.stop_loss.percent", 0, "risk.stop_loss.percent"),
        ("risk.stop_loss.percent", "nan", "risk.stop_loss.percent"),
        ("risk.max_position_size", 1.5, "risk.max_position_size"),
        ("universe.tickers", ["00593"], "universe.tickers[0]"),
        ("universe.tickers", ["005930", "005930"], "universe.tickers"),
        ("sizing.name_bps", 0, "sizing.name_bps"),
        ("sizing.parking", "488770", "sizing.parking"),
        ("sizing", {"method": "targets", "targets": {"005930": 6000, "000660": 5000}}, "sizing.targets"),
        ("sizing", {"method": "targets", "targets": {"035720": 100}}, "sizing.targets.035720"),
        ("sizing", {"method": "targets"}, "sizing.targets"),
        ("schedule", {"every": "month"}, "schedule.session_of_month"),
        ("schedule", {"every": "close", "session_of_month": 2}, "schedule.session_of_month"),
    ],
)  # fmt: skip
def test_every_mistake_is_named_by_its_place(path: str, value: object, where: str) -> None:
    assert where in problems(edited(path, value))


def test_all_mistakes_are_listed_at_once_with_a_korean_remedy() -> None:
    data = edited("strategy.entry.conditions.0.value", "$gone")
    data["strategy"]["indicators"][1]["id"] = "magic"
    data["sizing"]["name_bps"] = 0
    with pytest.raises(StrategyError) as caught:
        parse_spec(data)
    assert len(caught.value.problems) == 3
    assert all(problem.text.endswith("요.") for problem in caught.value.problems)
    assert "params에 추가하거나" in str(caught.value)


def test_groups_nest_five_deep_and_no_deeper() -> None:
    group: dict[str, Any] = {"indicator": "close", "operator": "greater_than", "value": 1}
    for _ in range(4):
        group = {"logic": "AND", "conditions": [group]}
    assert parse_spec(edited("strategy.entry.conditions", [group]))
    assert problems(edited("strategy.entry.conditions", [{"logic": "OR", "conditions": [group]}]))


def test_direct_construction_is_checked_as_well() -> None:
    with pytest.raises(ValidationError):
        StrategySpec.model_validate(edited("sizing.name_bps", 0))


def test_spec_is_frozen() -> None:
    with pytest.raises(ValidationError):
        parse_spec(BASE).timeframe = "1w"


def test_tables_of_names_are_those_of_the_file_format() -> None:
    assert len(candlestick_ids()) == 66
    assert indicator_table()["bollinger"]["outputs"] == ["upper", "middle", "lower"]
    assert indicator_table()["sma"]["params"] == {"period": 20}
    assert len(indicator_table()) == 80


def test_rendering_says_everything_that_decides_an_order() -> None:
    text = "\n".join(render(parse_spec(BASE)))
    for words in (
        "예시", "삼성전자(005930)", "SK하이닉스(000660)", "RSI(14)가 30을 위로 넘을 때",
        "종가가 60일 이동평균보다 클 때",
        "캔들 망치형 상승형", "RSI(14)가 70보다 클 때", "평균 매입가보다 5% 내려가면", "20%",
        "매일 장 마감 무렵", "지정가",
    ):  # fmt: skip
        assert words in text, words


@settings(max_examples=200, deadline=None)
@given(st.decimals(-(10**9), 10**9, places=6, allow_nan=False, allow_infinity=False))
def test_numbers_keep_their_value_through_text(number: Decimal) -> None:
    assert to_decimal(canonical(number)) == number
    assert canonical(to_decimal(canonical(number))) == canonical(number)


@pytest.mark.parametrize("value", [True, None, "abc", float("nan"), float("inf"), "1e400", "1e-30", [1], ""])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="expected"):
        to_decimal(value)


def test_a_float_is_read_by_its_shortest_text() -> None:
    assert to_decimal(0.1) == Decimal("0.1")
    assert canonical(Decimal("-0.00")) == "0"
    assert canonical(Decimal("1E+3")) == "1000"
