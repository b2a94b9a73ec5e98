"""Files as the official builder and backtester write and accept them, in shapes that their description leaves open."""

from __future__ import annotations

from typing import Any

import pytest

from domain.strategy.kis_yaml import Imported, export_kis, import_kis, read_kis
from domain.strategy.problems import StrategyError
from domain.strategy.signals import Condition
from domain.strategy.spec import StrategySpec, parse_spec

HEAD = 'version: "1.0"\nmetadata: {name: 예시}\n'
BUILDER = """version: "1.0"

metadata:
  name: "RSI와 이평"
  description: "빌더가 쓴 모양"
  author: "user"
  tags:
    - 52week
    - 2026

strategy:
  id: RSI와_이평
  category: reversal

  indicators:
    - id: rsi
      alias: rsi_1
      params:
        period: 14
    - id: bollinger
      alias: bollinger_1
      params:
        period: 20
        std: 2
      output: middle
    - id: consecutive
      alias: consecutive_1
      params:
        direction: down

  candlesticks:
    - id: hammer
      alias: hammer_1

  entry:
    logic: AND
    conditions:
      - indicator: rsi_1
        operator: cross_above
        compare_to: 30
      - indicator: close
        operator: less_than
        compare_to: bollinger_1
        compare_output: lower
      - candlestick: hammer_1
        signal: bullish

  exit:
    logic: OR
    conditions:
      - indicator: consecutive_1
        operator: greater_than
        compare_to: 3

risk: {}
"""


def whole(strategy: str, rest: str = "") -> str:
    return f"{HEAD}strategy:\n  id: x\n  category: trend\n{strategy}{rest}"


def with_entry(condition: str, indicators: str = "[{id: rsi, alias: r}]", rest: str = "") -> str:
    exit_ = "  exit: {logic: OR, conditions: [{indicator: close, operator: less_than, value: 1}]}\n"
    return whole(f"  indicators: {indicators}\n  entry: {condition}\n{exit_}", rest)


def first(text: str) -> Condition:
    part = import_kis(text).strategy.entry.conditions[0]
    assert isinstance(part, Condition)
    return part


def comes_back(spec: StrategySpec) -> None:
    assert import_kis(export_kis(spec)).content_hash() == spec.content_hash()


def problems(text: str) -> dict[str, str]:
    with pytest.raises(StrategyError) as caught:
        import_kis(text)
    return {problem.path: problem.text for problem in caught.value.problems}


def notes(text: str) -> dict[str, str]:
    found: Imported = read_kis(text)
    return {note.path: note.text for note in found.notes}


def test_a_file_in_the_builders_own_hand_is_read_and_comes_back() -> None:
    spec = import_kis(BUILDER)
    assert (spec.strategy.id, spec.strategy.category.value) == ("rsi와_이평", "mean_reversion")
    assert spec.metadata.tags == ("52week", "2026")
    assert spec.strategy.indicators[2].params == {"direction": -1}
    assert not spec.is_bound
    assert (spec.sizing.method, spec.sizing.name_bps) == ("per_signal", 10_000)
    assert not spec.risk.stop_loss.enabled
    comes_back(spec)
    assert "direction: down" in export_kis(spec)


@pytest.mark.parametrize("version", ['"1.0"', "1.0", "1", "'1'"])
def test_the_version_may_be_written_as_a_number_or_as_text(version: str) -> None:
    assert import_kis(BUILDER.replace('version: "1.0"', f"version: {version}")).metadata.name == "RSI와 이평"
    assert import_kis(BUILDER.replace('version: "1.0"\n', "")).metadata.name == "RSI와 이평"


def test_another_version_is_refused() -> None:
    assert "version" in problems(BUILDER.replace('"1.0"', '"2.0"'))


def test_numbers_may_be_text_and_parameters_plain_numbers() -> None:
    text = whole(
        '  params: {fast: 5, low: "30", far: {default: "12.5", type: number, step: 1}}\n'
        '  indicators: [{id: sma, alias: a, params: {period: $fast}}, {id: rsi, alias: r, params: {period: "14"}}]\n'
        "  entry: {conditions: [{indicator: r, operator: less_than, value: $low},\n"
        '    {indicator: r, operator: gt, compare_to: "7.5"}]}\n'
        "  exit: {conditions: [{indicator: close, operator: cross_below, compare_to: a}]}\n"
    )
    spec = import_kis(text)
    assert [(p.default, p.type) for p in spec.strategy.params.values()] == [(5, "int"), (30, "int"), (12.5, "float")]
    assert spec.strategy.indicators[1].params == {"period": 14}
    assert (spec.strategy.entry.logic, spec.strategy.exit.logic) == ("AND", "OR")
    comes_back(spec)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("gt", "greater_than"), ("<=", "less_equal"), ("crosses_above", "cross_above"), ("crossunder", "cross_below"),
        ("EQUAL", "equals"), ("indicator_cross_below", "cross_below"), ("breaks", "greater_than"), ("!=", "not_equals"),
    ],
)  # fmt: skip
def test_other_spellings_of_an_operator_are_known(written: str, meant: str) -> None:
    assert first(with_entry(f'[{{indicator: r, operator: "{written}", value: 3}}]')).operator == meant


@pytest.mark.parametrize(
    "frame",
    [
        "{{logic: and, conditions: [{0}]}}", "{{conditions: [{0}]}}", "[{0}]", "{0}",
    ],
)  # fmt: skip
def test_conditions_may_come_without_their_frame(frame: str) -> None:
    spec = import_kis(with_entry(frame.format("{indicator: r, operator: gt, value: 3}")))
    assert (spec.strategy.entry.logic, len(spec.strategy.entry.conditions)) == ("AND", 1)


def test_a_missing_alias_is_the_one_that_the_conditions_use() -> None:
    rows = "[{id: sma, alias: fast, params: {period: 5}}, {id: sma, params: {period: 20}}]"
    for used in ("sma_1", "sma_2"):  # the backtester counts rows without an alias, the builder all of them
        spec = import_kis(with_entry(f"[{{indicator: fast, operator: gt, compare_to: {used}}}]", rows))
        assert spec.strategy.indicators[1].alias == used


def test_an_alias_that_is_no_name_becomes_one_and_keeps_its_text() -> None:
    text = with_entry(
        "[{indicator: SMA(단기), operator: gt, compare_to: 20일선}]",
        "[{id: sma, alias: SMA(단기)}, {id: sma, alias: 20일선}, {id: ema, alias: on}]",
    )
    spec = import_kis(text)
    assert [(row.alias, row.name) for row in spec.strategy.indicators] == [
        ("SMA_단기", "SMA(단기)"), ("ind_20일선", "20일선"), ("on", ""),
    ]  # fmt: skip
    assert first(text).compare_to == "ind_20일선"
    assert "strategy.indicators[0].alias" in notes(text)
    comes_back(spec)


def test_prices_and_patterns_listed_as_indicators_are_what_they_are() -> None:
    text = with_entry(
        "[{indicator: px, operator: gt, compare_to: price}, {candlestick: doji_1, signal: detected}]",
        "[{id: price, alias: px, output: high}, {id: doji, alias: doji_1}, {id: max, alias: m, params: {period: 3}}]",
    )
    spec = import_kis(text)
    assert (first(text).indicator, first(text).compare_to) == ("high", "close")
    assert [row.id for row in spec.strategy.candlesticks] == ["doji"]
    assert [row.id for row in spec.strategy.indicators] == ["maximum"]


def test_a_candlestick_that_is_not_listed_is_added_and_the_older_form_is_read() -> None:
    spec = import_kis(with_entry("[{candlestick: gravestone_doji_1}]"))
    assert (spec.strategy.candlesticks[0].id, first(with_entry("[{candlestick: hammer}]")).signal) == (
        "gravestone_doji",
        "detected",
    )
    older = whole(
        "  indicators: []\n  candlesticks: [{id: hammer, alias: h}]\n"
        "  entry: [{indicator: h, operator: greater_than, compare_to: 0}]\n"
        "  exit: [{indicator: h, operator: less_than, compare_to: 0}]\n"
    )
    assert first(older).signal == "bullish"
    assert "'ufo'" in problems(with_entry("[{candlestick: ufo}]"))["strategy.entry.conditions[0].candlestick"]


def test_an_output_that_is_not_named_is_the_main_one() -> None:
    text = with_entry(
        "[{indicator: close, operator: gt, compare_to: bb, compare_output: value}]", "[{id: bollinger, alias: bb}]"
    )
    assert (import_kis(text).strategy.indicators[0].output, first(text).compare_output) == ("middle", "middle")


def test_a_scalar_without_an_operation_multiplies_and_beside_a_number_is_refused() -> None:
    scaled = first(with_entry("[{indicator: close, operator: lt, compare_to: open, compare_scalar: 0.9}]"))
    assert (str(scaled.compare_scalar), scaled.compare_operation) == ("0.9", "mul")
    place = "strategy.entry.conditions[0].compare_scalar"
    assert place in problems(with_entry("[{indicator: r, operator: lt, value: 3, compare_scalar: 0.9}]"))
    assert first(with_entry("[{indicator: r, operator: lt, value: 3, compare_scalar: 1}]")).compare_scalar is None
    crossing = with_entry("[{indicator: close, operator: cross_above, compare_to: open, compare_scalar: 1.1}]")
    assert place in notes(crossing)


def test_two_different_right_sides_are_refused_and_two_equal_ones_are_one() -> None:
    assert first(with_entry('[{indicator: r, operator: lt, value: 30, compare_to: "30"}]')).compare_to == 30
    text = problems(with_entry("[{indicator: r, operator: lt, value: 30, compare_to: 31}]"))
    assert "하나만 남겨" in text["strategy.entry.conditions[0]"]


@pytest.mark.parametrize(
    ("risk", "enabled", "percent"),
    [
        ("{stop_loss: {enabled: true, percent: 5.0}}", True, "5"),
        ('{stop_loss: {enabled: true, percent: "7%"}}', True, "7"),
        ("{stop_loss: {enabled: true, percent: 0.05}}", True, "0.05"),
        ("{stop_loss: {enabled: false}}", False, "5"),
        ("{stop_loss: {enabled: false, percent: 0}}", False, "5"),
        ("{stop_loss: {percent: 3}}", False, "3"),
        ("{stop_loss: }", False, "5"),
        ("", False, "5"),
    ],
)
def test_only_an_enabled_stop_is_one_and_percent_is_a_percent_number(risk: str, enabled: bool, percent: str) -> None:
    text = with_entry("[{indicator: r, operator: lt, value: 30}]", rest=f"risk: {risk}\n")
    stop = import_kis(text).risk.stop_loss
    assert (stop.enabled, str(stop.percent)) == (enabled, percent)
    comes_back(import_kis(text))


def test_what_may_surprise_in_risk_is_told() -> None:
    entry = "[{indicator: r, operator: lt, value: 30}]"
    small = notes(with_entry(entry, rest="risk: {stop_loss: {enabled: true, percent: 0.05}}\n"))
    assert "5%라면 5로" in small["risk.stop_loss.percent"]
    off = notes(with_entry(entry, rest="risk: {take_profit: {percent: 10}}\n"))
    assert "꺼진 익절" in off["risk.take_profit"]


def test_position_size_is_a_fraction_and_becomes_the_size_of_a_name() -> None:
    entry = "[{indicator: r, operator: lt, value: 30}]"
    for written in ("0.25", '"0.25"', '"25%"'):
        spec = import_kis(with_entry(entry, rest=f"risk: {{max_position_size: {written}}}\n"))
        assert (str(spec.risk.max_position_size), spec.sizing.name_bps) == ("0.25", 2_500)
        comes_back(spec)
    assert "risk.max_position_size" in problems(with_entry(entry, rest="risk: {max_position_size: 20}\n"))


def test_what_only_describes_is_kept_where_there_is_room_and_always_told() -> None:
    text = BUILDER.replace('  author: "user"\n', '  author: "user"\n  risk_level: high\n  links: [a]\n')
    text += "notes: 예전 전략\n"
    assert "risk_level=high" in import_kis(text).metadata.tags
    assert {"metadata.risk_level", "metadata.links", "notes"} <= set(notes(text))


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("risk: {}", "risk: {}\nleverage: 2", "leverage"),
        ("risk: {}", "risk: {stop_loss_pct: 5}", "risk.stop_loss_pct"),
        ("risk: {}", "risk: {stop_loss: 5}", "risk.stop_loss"),
        ("risk: {}", "risk: {stop_loss: {enabled: true}}", "risk.stop_loss.percent"),
        ("    - id: rsi\n", "    - id: rsi\n      enabled: false\n", "strategy.indicators[0].enabled"),
        ("    - id: rsi\n", "    - id: rsi\n      source: open\n", "strategy.indicators[0].source"),
        ("  category: reversal", "  category: reversal\n  position: short", "strategy.position"),
        ("        period: 14", "        period: 14\n        length: 3", "strategy.indicators[0].params.length"),
        ("        period: 14", "        period: 0", "strategy.indicators[0].params.period"),
        ("        period: 14", "        period: 14.5", "strategy.indicators[0].params.period"),
        ("        period: 14", "        period: $gone", "strategy.indicators[0].params.period"),
        ("    - id: rsi\n", "    - id: magic\n", "strategy.indicators[0].id"),
        ("operator: cross_above", "operator: touches", "strategy.entry.conditions[0].operator"),
        ("        compare_to: 30\n", "        compare_to: \n", "strategy.entry.conditions[0]"),
        ("compare_to: bollinger_1", "compare_to: ghost", "strategy.entry.conditions[1].compare_to"),
        ("        operator: cross_above\n", "        operator: cross_above\n        lookback: 3\n",
         "strategy.entry.conditions[0].lookback"),
        ("alias: bollinger_1", "alias: rsi_1", "strategy.indicators[1].alias"),
    ],
)  # fmt: skip
def test_what_would_change_the_meaning_is_refused_by_name(old: str, new: str, path: str) -> None:
    assert old in BUILDER
    found = problems(BUILDER.replace(old, new, 1))
    assert path in found, found
    assert all(text.endswith("요.") or text.endswith(".") for text in found.values())


def test_all_problems_are_named_at_once() -> None:
    text = BUILDER.replace("operator: cross_above", "operator: touches").replace("period: 14", "length: 14")
    assert len(problems(text + "leverage: 2\n")) == 3


def test_our_additions_are_read_beside_the_official_keys() -> None:
    extra = (
        "universe: {tickers: [005930]}\ntimeframe: 60m\nschedule: {every: week, weekday: mon, max_trades_a_week: 1}\n"
    )
    nested = "{logic: OR, conditions: [{logic: AND, conditions: [{model: up, operator: between, value: [0.6, 0.9]}]}]}"
    spec = import_kis(with_entry(nested, "[{id: rsi, alias: r, timeframe: 1w}]", extra))
    assert (spec.universe.tickers, spec.timeframe.value, spec.schedule.weekday) == (("005930",), "60m", "mon")
    assert parse_spec(spec.to_json()) == spec


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "42",
        "just words",
        "strategy: {}",
        "a: !!python/object/apply:os.system [ls]",
        "a: 1\na: 2",
        "{",
        "\x00",
    ],
)
def test_what_is_no_strategy_is_refused_in_korean(text: str) -> None:
    found: dict[str, Any] = problems(text)
    assert found


def test_a_bomb_of_anchors_and_a_tower_of_brackets_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    assert "너무 많아요" in problems(bomb)["전체"]
    assert "너무 깊이" in problems("a: " + "[" * 5_000)["전체"]
    assert "너무 커요" in problems("#" * 300_000)["전체"]
    shared = BUILDER.replace("tags:\n    - 52week\n    - 2026", "tags: &t [a]").replace("risk: {}", "x-tags: *t")
    assert import_kis(shared).metadata.tags == ("a",)
