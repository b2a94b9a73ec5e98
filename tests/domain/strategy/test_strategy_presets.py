"""Presets fit the grade, the wishes and the limits, for every grade and every size of purse."""

from __future__ import annotations

from datetime import datetime

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.advice import equity_cap_bps
from domain.clock import KST
from domain.instruments import SECTORS, Asset, Instruments
from domain.limits import equity_exposure_bps, limits_for, tolerated_loss
from domain.profile import Profile
from domain.strategy.check import StrategyError
from domain.strategy.presets import preset_for, preset_ids, suggested
from domain.strategy.render import render
from domain.strategy.spec import StrategySpec, json_schema, parse_spec
from domain.suitability import Grade

NOW = datetime(2026, 11, 20, tzinfo=KST)
TABLE = Instruments.load()
SCHEMA = jsonschema.Draft202012Validator(json_schema())


def profile(**fields: object) -> Profile:
    return Profile.model_validate({"created_at": NOW, "capital_krw": 20_000_000} | fields)


def rows(spec: StrategySpec) -> list[object]:
    return [TABLE.get(ticker) for ticker in spec.universe.tickers]


def check(spec: StrategySpec, who: Profile, grade: Grade) -> None:
    """What must hold for any preset of any profile."""
    capital = who.capital_krw or 10_000_000
    limits = tolerated_loss(limits_for(grade, capital), who.max_loss_bps)
    weights = spec.sizing.targets or {
        ticker: spec.sizing.name_bps for ticker in spec.universe.tickers if ticker != spec.sizing.parking
    }
    equity, by_sector = 0, dict.fromkeys(SECTORS, 0)
    for ticker in spec.universe.tickers:
        row = TABLE.get(ticker)
        assert row is not None
        assert limits.allows(row)
        assert not row.geared
        assert row.sector not in who.excluded_sectors
        weight = weights.get(ticker, 0)
        assert weight <= limits.name_weight_bps(row)
        if spec.sizing.method == "targets":
            equity += weight * equity_exposure_bps(row)
            by_sector[row.sector] += weight if equity_exposure_bps(row) else 0
    if spec.sizing.method == "targets":
        assert equity <= equity_cap_bps(limits, who.max_loss_bps) * 10_000
        assert max(by_sector.values()) <= limits.max_sector_bps
        assert sum(weights.values()) <= 10_000
    else:
        assert spec.sizing.name_bps * spec.constraints.max_positions <= equity_cap_bps(limits, who.max_loss_bps)
    assert spec.constraints.max_equity_bps <= limits.max_equity_bps
    SCHEMA.validate(spec.to_json())
    assert parse_spec(spec.to_json()).content_hash() == spec.content_hash()
    assert len(render(spec)) >= 5


@pytest.mark.parametrize("grade", Grade)
def test_every_grade_has_a_strategy(grade: Grade) -> None:
    spec = preset_for(profile(), grade)
    check(spec, profile(), grade)
    assert spec.strategy.id == suggested(profile(), grade)


def test_there_are_at_least_five_presets_and_each_can_be_asked_for_by_any_grade() -> None:
    assert len(preset_ids()) >= 5
    for name in preset_ids():
        for grade in Grade:
            check(preset_for(profile(), grade, preset=name), profile(), grade)


def test_unknown_preset_is_refused_with_the_list() -> None:
    with pytest.raises(StrategyError, match="golden_cross"):
        preset_for(profile(), Grade.ACTIVE, preset="moonshot")


def test_most_careful_investor_gets_cash_like_products_only() -> None:
    spec = preset_for(profile(preferred_sectors=("반도체",)), Grade.STABLE)
    assert {TABLE.risk_of(ticker) for ticker in spec.universe.tickers} == {6}
    assert sum(spec.sizing.targets.values()) >= 9_000


def test_neutral_investor_who_likes_semiconductors_gets_them_mixed_with_bonds() -> None:
    spec = preset_for(profile(preferred_sectors=("반도체",)), Grade.NEUTRAL)
    chips = [row for ticker in spec.universe.tickers if (row := TABLE.get(ticker)) and row.sector == "반도체"]
    assert chips
    assert all(row.asset is Asset.MIXED for row in chips)


def test_active_investor_gets_the_preferred_sector_first() -> None:
    spec = preset_for(profile(preferred_sectors=("반도체",)), Grade.ACTIVE)
    first = TABLE.get(spec.universe.tickers[0])
    assert first is not None
    assert first.sector == "반도체"
    assert spec.sizing.parking is not None


def test_small_tolerated_loss_caps_the_share_of_stocks() -> None:
    careful = preset_for(profile(preferred_sectors=("반도체",), max_loss_bps=500), Grade.ACTIVE)
    assert careful.constraints.max_equity_bps == 1_250
    assert careful.sizing.name_bps * careful.constraints.max_positions <= 1_250


def test_a_chosen_way_out_shapes_the_strategy() -> None:
    def ways(**chosen: str) -> StrategySpec:
        return preset_for(profile(preferred_sectors=("반도체",), ways_out=chosen), Grade.AGGRESSIVE)

    lower = ways(sector_and_loss="lower_share")
    assert lower.constraints.max_equity_bps == limits_for(Grade.AGGRESSIVE, 20_000_000).max_equity_bps // 2
    mixed = ways(sector_and_loss="mix_bonds")
    assert {row.kind.value for ticker in mixed.universe.tickers if (row := TABLE.get(ticker))} == {"etf"}
    assert Asset.BOND in {row.asset for ticker in mixed.universe.tickers if (row := TABLE.get(ticker))}
    safe = ways(principal_and_thrill="keep_principal")
    assert {TABLE.risk_of(ticker) for ticker in safe.universe.tickers} == {6}


def test_no_loss_at_all_means_no_stocks() -> None:
    spec = preset_for(profile(preferred_sectors=("반도체",), max_loss_bps=0), Grade.AGGRESSIVE)
    assert all(equity_exposure_bps(TABLE.get(ticker)) == 0 for ticker in spec.universe.tickers)


def test_monthly_saver_without_a_favourite_gets_dividends_monthly() -> None:
    spec = preset_for(profile(monthly_krw=300_000), Grade.ACTIVE)
    assert spec.strategy.id == "dividend_savings"
    assert spec.schedule.every == "month"


def test_excluding_everything_that_fits_is_explained() -> None:
    with pytest.raises(StrategyError, match="제외한 업종을 줄여"):
        preset_for(profile(excluded_sectors=("현금성", "채권")), Grade.STABLE)


def test_confirmed_profile_is_named_by_its_version() -> None:
    assert preset_for(profile(), Grade.ACTIVE).profile_version is None
    stamped = preset_for(profile(), Grade.ACTIVE, at=NOW)
    assert stamped.metadata.updated_at == NOW


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(Grade),
    st.sampled_from([None, *preset_ids()]),
    st.integers(100_000, 5_000_000_000),
    st.lists(st.sampled_from(list(SECTORS)), max_size=3, unique=True),
    st.lists(st.sampled_from(list(SECTORS)), max_size=4, unique=True),
    st.one_of(st.none(), st.integers(0, 10_000)),
    st.one_of(st.none(), st.integers(0, 1_000_000)),
)
def test_any_profile_gets_a_fitting_strategy_or_a_reason(
    grade: Grade,
    preset: str | None,
    capital: int,
    preferred: list[str],
    excluded: list[str],
    loss: int | None,
    monthly: int | None,
) -> None:
    who = profile(
        capital_krw=capital,
        preferred_sectors=preferred,
        excluded_sectors=excluded,
        max_loss_bps=loss,
        monthly_krw=monthly,
    )
    try:
        spec = preset_for(who, grade, preset=preset)
    except StrategyError as refused:
        assert excluded, "only exclusions may leave nothing"
        assert all(problem.text.endswith("요.") for problem in refused.problems)  # noqa: PT017
        return
    check(spec, who, grade)
