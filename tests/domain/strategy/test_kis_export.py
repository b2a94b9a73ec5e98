"""What is taken out as a `.kis.yaml` has its keys only, comes back equal, and hides nothing that it cannot say."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import yaml

from domain.clock import KST
from domain.profile import Profile
from domain.strategy.kis_yaml import PARTS, export_kis, import_kis, inexpressible, without
from domain.strategy.presets import OFFICIAL, preset_draft, preset_for, preset_ids
from domain.strategy.problems import StrategyError
from domain.strategy.spec import StrategySpec, parse_spec
from domain.suitability import Grade

NOW = datetime(2026, 11, 20, tzinfo=KST)
KEYS: dict[str, set[str]] = {
    "": {"version", "metadata", "strategy", "risk"},
    "metadata": {"name", "description", "author", "created_at", "updated_at", "tags"},
    "strategy": {"id", "category", "params", "indicators", "candlesticks", "entry", "exit"},
    "risk": {"stop_loss", "take_profit", "trailing_stop", "max_position_size"},
    "condition": {
        "indicator", "operator", "compare_to", "value", "output", "compare_output", "compare_scalar",
        "compare_operation", "candlestick", "signal",
    },
}  # fmt: skip
PROFILE = Profile.model_validate({"created_at": NOW, "capital_krw": 50_000_000, "preferred_sectors": ["반도체"]})


def only_official_keys(text: str) -> None:
    data: dict[str, Any] = yaml.safe_load(text)
    assert data["version"] == "1.0"
    assert set(data) <= KEYS[""]
    for part in ("metadata", "strategy", "risk"):
        assert set(data[part]) <= KEYS[part], part
    for row in data["strategy"]["indicators"]:
        assert set(row) <= {"id", "alias", "name", "params", "output"}
    for side in ("entry", "exit"):
        assert set(data["strategy"][side]) == {"logic", "conditions"}
        assert all(set(row) <= KEYS["condition"] for row in data["strategy"][side]["conditions"])


def refused(spec: StrategySpec, leave_out: tuple[str, ...] = ()) -> dict[str, str]:
    with pytest.raises(StrategyError) as caught:
        export_kis(spec, leave_out)
    return {problem.path: problem.text for problem in caught.value.problems}


def changed(**fields: Any) -> StrategySpec:
    return parse_spec(preset_draft("golden_cross").to_json() | fields)


def with_condition(row: dict[str, Any], **indicator: Any) -> StrategySpec:
    content = preset_draft("golden_cross").to_json()
    content["strategy"]["entry"]["conditions"] = [row]
    content["strategy"]["indicators"][0] |= indicator
    return parse_spec(content)


@pytest.mark.parametrize("preset", OFFICIAL)
def test_each_kind_of_the_official_builder_leaves_and_comes_back_with_an_equal_hash(preset: str) -> None:
    draft = preset_draft(preset)
    text = export_kis(draft)
    only_official_keys(text)
    assert import_kis(text).content_hash() == draft.content_hash()

    fitted = preset_for(PROFILE, Grade.AGGRESSIVE, preset=preset)
    assert fitted.strategy.id == preset
    parts = inexpressible(fitted)
    assert import_kis(export_kis(fitted, parts)).content_hash() == without(fitted, parts).content_hash()


def test_there_are_the_ten_kinds_of_the_official_builder() -> None:
    assert len(set(OFFICIAL)) == 10
    assert set(OFFICIAL) <= set(preset_ids())


def test_what_the_file_cannot_say_is_named_all_of_it_with_the_words_that_consent() -> None:
    spec = parse_spec(
        preset_draft("golden_cross").to_json()
        | {
            "universe": {"tickers": ["005930"]},
            "timeframe": "60m",
            "sizing": {"method": "per_signal", "name_bps": 1_000},
            "constraints": {"max_positions": 3},
            "schedule": {"every": "week", "weekday": "mon"},
            "orders": {"type": "market"},
            "profile_version": 2,
            "risk": {"time_stop": {"enabled": True}},
        }
    )
    found = refused(spec)
    assert tuple(found) == tuple(PARTS)
    assert all(f"--without {','.join(PARTS)}를" in text for text in found.values())
    assert set(refused(spec, ("universe", "time_stop"))) == set(PARTS) - {"universe", "time_stop"}
    text = export_kis(spec, tuple(PARTS))
    only_official_keys(text)
    assert import_kis(text).content_hash() == without(spec, tuple(PARTS)).content_hash()


@pytest.mark.parametrize(
    ("row", "indicator", "where"),
    [
        ({"indicator": "fast_ma", "operator": "between", "value": 1, "value_high": 2}, {}, "conditions[0].operator"),
        ({"indicator": "fast_ma", "operator": "not_equals", "value": 1}, {}, "conditions[0].operator"),
        ({"indicator": "fast_ma", "operator": "breaks_above", "compare_to": "slow_ma"}, {}, "conditions[0].operator"),
        ({"indicator": "fast_ma", "operator": "cross_above_equal", "value": 1}, {}, "conditions[0].operator"),
        ({"model": "up", "operator": "greater_than", "value": 1}, {}, "conditions[0].model"),
        ({"logic": "OR", "conditions": [{"indicator": "close", "operator": "less_than", "value": 1}]}, {},
         "conditions[0]"),
        ({"indicator": "close", "operator": "less_than", "value": 1, "compare_scalar": 2, "compare_operation": "mul"},
         {}, "conditions[0].compare_scalar"),
    ],
)  # fmt: skip
def test_a_condition_that_the_file_cannot_say_is_refused_whatever_is_left_out(
    row: dict[str, Any], indicator: dict[str, Any], where: str
) -> None:
    found = refused(with_condition(row, **indicator), tuple(PARTS))
    assert list(found) == [f"strategy.entry.{where}"]
    assert all(text.endswith("주세요.") for text in found.values())


def test_a_time_frame_of_an_indicator_and_an_empty_side_are_refused() -> None:
    row = {"indicator": "close", "operator": "less_than", "value": 1}
    assert "strategy.indicators[0].timeframe" in refused(with_condition(row, timeframe="1w"))
    content = preset_draft("golden_cross").to_json()
    content["strategy"]["exit"]["conditions"] = []
    assert "strategy.exit.conditions" in refused(parse_spec(content))


def test_fixed_weights_cannot_be_said_at_all() -> None:
    careful = preset_for(PROFILE, Grade.STABLE)
    assert "strategy.entry.conditions" in refused(careful, tuple(PARTS))


def test_a_part_that_does_not_exist_cannot_be_left_out() -> None:
    assert set(refused(preset_draft("golden_cross"), ("universe", "entry"))) == {"entry"}


def test_timestamps_go_along_and_do_not_count() -> None:
    spec = preset_draft("momentum").stamped(NOW)
    again = import_kis(export_kis(spec))
    assert again.metadata.updated_at == NOW
    assert again.content_hash() == spec.content_hash()


def test_changed_parts_are_the_ones_named() -> None:
    assert inexpressible(preset_draft("golden_cross")) == ()
    assert inexpressible(changed(timeframe="1w")) == ("timeframe",)
