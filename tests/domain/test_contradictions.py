"""What does not go together is said, with ways out, and never averaged."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import KST
from domain.contradictions import contradictions, with_standing_ways
from domain.instruments import SECTORS
from domain.profile import WISHES, Answer, Profile
from domain.suitability import ANSWERS, Item

NOW = datetime(2026, 11, 20, tzinfo=KST)


def draft(answers: dict[str, str] | None = None, **fields: object) -> Profile:
    content = {"answers": {key: Answer(value=value) for key, value in (answers or {}).items()}, "created_at": NOW}
    return Profile.model_validate(content | fields)


def codes(profile: Profile) -> list[str]:
    return [found.code for found in contradictions(profile)]


def test_semiconductors_with_five_percent_loss_has_exactly_three_ways_out() -> None:
    (found,) = contradictions(draft(capital_krw=20_000_000, preferred_sectors=("반도체",), max_loss_bps=500))
    assert found.code == "sector_and_loss"
    assert [way.key for way in found.ways_out] == ["lower_share", "accept_loss", "mix_bonds"]
    assert "반도체" in found.text
    assert "5%" in found.text


@pytest.mark.parametrize(
    ("answers", "fields", "code"),
    [
        ({"loss_tolerance": "none"}, {"wishes": ("momentum",)}, "principal_and_thrill"),
        ({"loss_tolerance": "minimal"}, {"wishes": ("geared",)}, "principal_and_thrill"),
        ({}, {"preferred_sectors": ("바이오",), "excluded_sectors": ("바이오",)}, "sector_both_ways"),
        ({"horizon": "upto_6m"}, {"preferred_sectors": ("2차전지",)}, "short_and_stocks"),
        ({"age": "from_61"}, {"wishes": ("aggressive",)}, "elderly_and_aggressive"),
        ({"income": "pension"}, {"wishes": ("geared",)}, "elderly_and_aggressive"),
        ({"knowledge": "very_low"}, {"wishes": ("aggressive",)}, "novice_and_bold"),
        ({"asset_share": "over_40"}, {"wishes": ("momentum",)}, "savings_and_bold"),
        ({"loss_tolerance": "some"}, {"wishes": ("guaranteed",)}, "guaranteed"),
        ({"loss_tolerance": "none"}, {"max_loss_bps": 1_000}, "loss_both_ways"),
        ({"loss_tolerance": "any"}, {"max_loss_bps": 300}, "loss_both_ways"),
    ],
)
def test_contradictions(answers: dict[str, str], fields: dict[str, object], code: str) -> None:
    assert code in codes(draft(answers, **fields))


def test_careful_grade_with_stock_sector_is_told_that_nothing_fits() -> None:
    careful = {item.value: next(iter(ANSWERS[item])).value for item in Item} | {
        "age": "from_61",
        "asset_share": "over_40",
    }
    assert "sector_above_grade" in codes(draft(careful, capital_krw=10**7, preferred_sectors=("반도체",)))
    assert "sector_above_grade" not in codes(draft(careful, capital_krw=10**7, preferred_sectors=("현금성",)))


@pytest.mark.parametrize(
    "profile",
    [
        draft(),
        draft({"loss_tolerance": "any", "horizon": "from_3y"}, preferred_sectors=("반도체",), max_loss_bps=3_000),
        draft({"loss_tolerance": "none"}, preferred_sectors=("현금성",)),
        draft({"horizon": "upto_6m"}, preferred_sectors=("채권",), max_loss_bps=300),
    ],
)
def test_what_goes_together_is_left_alone(profile: Profile) -> None:
    assert contradictions(profile) == ()


@settings(max_examples=150, deadline=None)
@given(
    st.fixed_dictionaries(
        {}, optional={item.value: st.sampled_from([a.value for a in ANSWERS[item]]) for item in Item}
    ),
    st.lists(st.sampled_from(list(SECTORS)), max_size=3),
    st.lists(st.sampled_from(list(SECTORS)), max_size=2),
    st.one_of(st.none(), st.integers(0, 10_000)),
    st.lists(st.sampled_from(list(WISHES)), max_size=2),
)
def test_every_contradiction_has_a_sentence_and_distinct_ways_out(
    answers: dict[str, str], preferred: list[str], excluded: list[str], loss: int | None, wishes: list[str]
) -> None:
    profile = draft(
        answers,
        preferred_sectors=preferred,
        excluded_sectors=excluded,
        max_loss_bps=loss,
        wishes=wishes,
        capital_krw=10**7,
    )
    found = contradictions(profile)
    assert len({one.code for one in found}) == len(found)
    for one in found:
        assert one.text.endswith("요.")
        assert len(one.ways_out) >= 2
        assert len({way.key for way in one.ways_out}) == len(one.ways_out)
        assert all(way.text for way in one.ways_out)
    assert profile.grade is draft(answers).grade


def test_a_chosen_way_out_ends_with_its_contradiction() -> None:
    clash = draft(preferred_sectors=("반도체",), max_loss_bps=500, ways_out={"sector_and_loss": "mix_bonds"})
    assert with_standing_ways(clash).chosen_ways == ("mix_bonds",)
    assert with_standing_ways(clash.changed(max_loss_bps=3_000)).chosen_ways == ()


def test_a_way_out_that_changed_the_profile_stays() -> None:
    settled = draft(ways_out={"principal_and_thrill": "keep_principal"})
    assert with_standing_ways(settled).chosen_ways == ("keep_principal",)
