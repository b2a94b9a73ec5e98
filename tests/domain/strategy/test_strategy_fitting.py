"""A strategy made elsewhere fits a profile only by becoming smaller, and is refused by name where it cannot."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain.clock import KST
from domain.profile import Answer, Profile
from domain.strategy.fitting import fitted
from domain.strategy.presets import preset_draft
from domain.strategy.problems import StrategyError
from domain.strategy.reading import bound
from domain.strategy.spec import StrategySpec, parse_spec
from domain.suitability import ANSWERS, Item

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
DRAFT = preset_draft("golden_cross")


def profile(**changes: object) -> Profile:
    """An active investor unless the answers say otherwise."""
    answers = {item: Answer(value=list(ANSWERS[item])[-1].value) for item in Item}
    content = {"answers": answers, "capital_krw": 20_000_000, "created_at": NOW, "max_loss_bps": 500}
    return Profile.model_validate(content | changes).confirmed(NOW, version=3)


def careful() -> Profile:
    answers = {item: Answer(value=next(iter(ANSWERS[item])).value) for item in Item}
    return Profile.model_validate({"answers": answers, "capital_krw": 20_000_000, "created_at": NOW}).confirmed(NOW)


def wide(**fields: object) -> StrategySpec:
    content = bound(DRAFT, ["005930", "000660"]).to_json()
    content["risk"]["stop_loss"] = {"enabled": True, "percent": 30}
    content["sizing"]["name_bps"] = 9_000
    content["risk"]["max_position_size"] = 1
    return parse_spec(content | fields)


def test_what_is_too_large_becomes_smaller_and_every_narrowing_is_told() -> None:
    who = profile()
    result = fitted(wide(), who)
    limits = who.advice()
    assert limits is not None
    spec = result.spec
    assert spec.sizing.name_bps <= limits.name_weights.stock
    assert str(spec.risk.stop_loss.percent) == "5"
    assert spec.constraints.max_equity_bps == limits.max_equity_bps
    assert spec.risk.max_position_size * 10_000 == spec.sizing.name_bps
    assert spec.profile_version == 3
    assert {"sizing.name_bps", "risk.stop_loss", "constraints.max_equity_bps"} <= {note.path for note in result.notes}
    assert fitted(spec, who).notes == ()  # and then it fits


def test_names_that_the_grade_forbids_are_refused_by_name() -> None:
    with pytest.raises(StrategyError) as caught:
        fitted(bound(DRAFT, ["005930", "999999"]), careful())
    assert [problem.path for problem in caught.value.problems] == ["universe.tickers[0]", "universe.tickers[1]"]
    assert "삼성전자(005930)" in str(caught.value)


def test_an_excluded_sector_stays_out() -> None:
    with pytest.raises(StrategyError, match="반도체 업종은 제외하기로"):
        fitted(wide(), profile(excluded_sectors=("반도체",)))


def test_a_draft_without_names_is_refused_with_the_remedy() -> None:
    with pytest.raises(StrategyError, match="--tickers"):
        fitted(DRAFT, profile())


def test_binding_a_draft_gives_each_name_an_equal_share_up_to_the_largest_position() -> None:
    assert bound(DRAFT, ["005930"]).sizing.name_bps == 2_000
    many = [f"{n:06d}" for n in range(40)]
    spec = bound(DRAFT, many)
    assert (spec.sizing.name_bps, spec.constraints.max_positions) == (250, 40)
    assert bound(spec, ["005930"]).sizing.name_bps == 250  # a size that was said stays
