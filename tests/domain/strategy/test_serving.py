"""What no live strategy gets is refused by name, and the words for it are those of the kernels."""

from __future__ import annotations

from typing import Any

from domain.strategy.serving import AGAINST_INDEX, asks_index, asks_models, unserved
from domain.strategy.spec import StrategySpec, parse_spec

PRICE = {"indicator": "close", "operator": "greater_than", "value": 100}
MODEL = {"model": "up_tomorrow", "operator": "greater_than", "value": "0.6"}


def spec_of(*conditions: dict[str, Any], indicators: tuple[dict[str, Any], ...] = ()) -> StrategySpec:
    entry = {"logic": "AND", "conditions": list(conditions)}
    strategy = {"id": "test", "indicators": list(indicators), "entry": entry}
    sizing = {"method": "per_signal", "name_bps": 1_000}
    return parse_spec({"metadata": {"name": "시험"}, "strategy": strategy, "sizing": sizing})


def test_a_strategy_of_prices_and_indicators_may_run() -> None:
    rsi = {"id": "rsi", "alias": "rsi14", "params": {"period": 14}}
    assert unserved(spec_of(PRICE, {**PRICE, "indicator": "rsi14"}, indicators=(rsi,))) == ()


def test_a_models_condition_is_named_wherever_it_stands() -> None:
    spec = spec_of(PRICE, {"logic": "OR", "conditions": [PRICE, MODEL]})
    (problem,) = unserved(spec)
    assert asks_models(spec) == (problem,)
    assert problem.path == "strategy.entry.conditions[1].conditions[1]"
    assert "model(up_tomorrow)" in problem.text


def test_an_indicator_that_compares_with_an_index_is_named() -> None:
    beta = {"id": "beta", "alias": "beta60", "params": {"period": 60}}
    spec = spec_of({**PRICE, "indicator": "beta60", "value": 1}, indicators=(beta,))
    (problem,) = unserved(spec)
    assert asks_index(spec) == (problem,)
    assert (problem.path, "베타(beta60)" in problem.text) == ("strategy.indicators[0]", True)


def test_the_words_are_the_kernels_own() -> None:
    from domain.indicators.catalogue import kernels

    assert {id_ for id_, kernel in kernels().items() if kernel.benchmark} == AGAINST_INDEX
