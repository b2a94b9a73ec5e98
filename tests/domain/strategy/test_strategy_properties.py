"""Random strategies survive JSON and the official file; garbage is refused in our words and never otherwise."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from strategy_documents import document

from domain.strategy import kis_words
from domain.strategy.diff import changes
from domain.strategy.kis_yaml import export_kis, import_kis, inexpressible, without
from domain.strategy.presets import OFFICIAL, preset_draft
from domain.strategy.problems import StrategyError
from domain.strategy.reading import read_strategy
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec, json_schema, parse_spec

SCHEMA = jsonschema.Draft202012Validator(json_schema())
SEEDS = range(50)


def test_a_random_strategy_survives_json_and_can_be_read_back_in_words() -> None:
    for seed in SEEDS:
        survives_json(seed)


def survives_json(seed: int) -> None:
    spec = parse_spec(document(seed))
    text = json.dumps(spec.to_json(), ensure_ascii=False)
    again = read_strategy(text)
    assert (again.spec, again.format) == (spec, "json")
    assert again.spec.content_hash() == spec.content_hash()
    SCHEMA.validate(json.loads(text))
    assert render(spec)[0].startswith("전략: ")
    assert changes(spec, again.spec) == ()


def test_what_the_official_file_can_say_comes_back_with_an_equal_hash() -> None:
    for seed in SEEDS:
        comes_back(seed)


def comes_back(seed: int) -> None:
    spec = parse_spec(document(seed, expressible=True))
    assert inexpressible(spec) == (), seed
    text = export_kis(spec)
    assert import_kis(text).content_hash() == spec.content_hash(), seed
    assert yaml.safe_load(text)["strategy"]["id"] == spec.strategy.id  # the backtester's own reader takes it


def test_what_the_official_file_cannot_say_is_refused_whole_or_left_out_with_consent() -> None:
    outcomes = {refused_or_left_out(seed) for seed in SEEDS}
    assert outcomes == {"refused", "left out"}


def refused_or_left_out(seed: int) -> str:
    spec = parse_spec(document(seed) | ({"strategy": document(seed, expressible=True)["strategy"]} if seed % 2 else {}))
    parts = inexpressible(spec)
    try:
        text = export_kis(spec, parts)
    except StrategyError as refused:
        assert all(problem.path.startswith("strategy.") for problem in refused.problems)  # noqa: PT017
        return "refused"
    assert _trimmed(import_kis(text)).content_hash() == _trimmed(without(spec, parts)).content_hash(), seed
    with pytest.raises(StrategyError) as caught:
        export_kis(spec)
    assert [problem.path for problem in caught.value.problems] == list(parts)
    return "left out"


def _trimmed(spec: StrategySpec) -> StrategySpec:
    """An import trims what only describes."""
    content = spec.to_json()
    about = content["metadata"]
    about |= {"description": about["description"].strip(), "tags": [tag.strip() for tag in about["tags"]]}
    return parse_spec(content)


_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["$x", "sma", "close"])
)
_OTHER = ("conditions", "logic", "stop_loss", "percent", "enabled", "universe", "tickers", "sizing", "schema_version")
_KEYS = st.sampled_from(
    [*kis_words.DOCUMENT_KEYS, *kis_words.STRATEGY_KEYS, *kis_words.INDICATOR_KEYS, *kis_words.CONDITION_KEYS, *_OTHER]
)
_JUNK = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=20
)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(_KEYS, _JUNK, max_size=6))
def test_garbage_in_the_shape_of_a_file_raises_nothing_but_a_strategy_error(junk: dict[str, Any]) -> None:
    for text in (json.dumps(junk), yaml.safe_dump(junk, allow_unicode=True)):
        _refused_in_korean(text)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.text("{}[]:-,&*!|>'\"# \n\tab1$", max_size=60))
def test_garbage_of_any_letters_raises_nothing_but_a_strategy_error(text: str) -> None:
    _refused_in_korean(text)


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_good_file_with_one_place_spoilt_is_read_or_refused(data: st.DataObject) -> None:
    text = export_kis(preset_draft(data.draw(st.sampled_from(OFFICIAL))))
    lines = text.splitlines()
    n = data.draw(st.integers(0, len(lines) - 1))
    lines[n] = data.draw(
        st.sampled_from(["", f"{lines[n]}x", lines[n].upper(), f"{lines[n]}\n{lines[n]}", "  - 1", "?"])
    )
    _refused_in_korean("\n".join(lines))


def _refused_in_korean(text: str) -> None:
    try:
        read_strategy(text)
    except StrategyError as refused:
        for problem in refused.problems:
            assert problem.path, text
            assert problem.text.endswith(("요.", ")")), problem
