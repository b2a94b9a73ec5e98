"""Texts carry figures with a source and no number of their own."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.clock import KST
from domain.evidence import EvidenceError, Figure, Figures, Unit, figure_ids, raw_numbers, render

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=KST)


def figure(key: str, value: int | str | Decimal, unit: Unit) -> Figure:
    return Figure.model_validate({"id": key, "value": value, "unit": unit, "source": "모의거래소", "as_of": NOW})


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1_234_500, Unit.WON, "1,234,500원"),
        (-5_000, Unit.WON, "-5,000원"),
        ("3.20", Unit.PERCENT, "3.2%"),
        ("3.2", Unit.CHANGE, "+3.2%"),
        ("-0.5", Unit.CHANGE, "-0.5%"),
        (0, Unit.CHANGE, "0%"),
        (10, Unit.SHARES, "10주"),
        ("12.34", Unit.TIMES, "12.34배"),
        ("2650.5", Unit.POINTS, "2,650.5포인트"),
        ("62.49", Unit.INDEX, "62.49"),
        (20, Unit.DAYS, "20일"),
        (3, Unit.TURNS, "3번"),
        (20261103, Unit.DATE, "11월 3일"),
        (20251231, Unit.DATE, "2025년 12월 31일"),  # another year than the figure's own
    ],
)
def test_figures_are_written_in_korean(value: int | str, unit: Unit, text: str) -> None:
    assert figure("x", value, unit).text() == text


def test_template_is_filled_with_figures_and_particles() -> None:
    known = Figures([figure("005930.price", 259_000, Unit.WON), figure("rsi", "71.5", Unit.POINTS)])
    text = render("현재가는 {{f:005930.price|이에요/예요}}. RSI는 {{f:rsi|을/를}} 넘었어요.", known)
    assert text == "현재가는 259,000원이에요. RSI는 71.5포인트를 넘었어요."
    assert figure_ids("{{f:a}} {{f:b|을/를}} {{f:a}}") == ("a", "b")


def test_unknown_figure_is_an_error() -> None:
    with pytest.raises(EvidenceError, match=r"expected a figure for .*gone"):
        render("{{f:gone}}", Figures())


@pytest.mark.parametrize("template", ["{{x}}", "{{f:}}", "{{ f:a }}", "{{f:a", "{{f:a|}}"])
def test_malformed_placeholder_is_an_error(template: str) -> None:
    with pytest.raises(EvidenceError, match="expected placeholders"):
        render(template, Figures([figure("a", 1, Unit.COUNT)]))


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("RSI가 {{f:rsi}}예요", ()),
        ("RSI가 70을 넘었어요", ("70",)),
        ("3.5% 올랐고 1,200원이에요", ("3.5", "1,200")),
        ("삼성전자(005930)와 KODEX 200은 좋아요", ()),
        ("코스피200과 S&P500", ()),
        ("목표는 오천만원이에요", ("오천만원",)),
        ("２０만원", ("２０",)),
        ("20일 이동평균 위", ("20",)),
    ],
)
def test_numbers_of_its_own_are_found(template: str, found: tuple[str, ...]) -> None:
    assert raw_numbers(template) == found


def test_what_is_allowed_is_an_explicit_list() -> None:
    assert raw_numbers("20일 이동평균 위, 11월 20일", allowed=("20일 이동평균", "11월 20일")) == ()


def test_figures_survive_json() -> None:
    known = Figures([figure("a", 1, Unit.WON), figure("b", "2.50", Unit.PERCENT)])
    again = Figures.from_json(json.loads(json.dumps(known.to_json())))
    assert dict(again) == dict(known)
    assert known.to_json()[1]["value"] == "2.5"


def test_two_different_figures_of_one_id_do_not_go_together() -> None:
    known = Figures([figure("a", 1, Unit.WON)])
    assert len(known.merged([figure("a", 1, Unit.WON)])) == 1
    with pytest.raises(EvidenceError, match="expected one figure for id a"):
        known.merged([figure("a", 2, Unit.WON)])


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        *((1.5, Unit.PERCENT), (True, Unit.WON), ("1.5", Unit.WON), ("nan", Unit.TIMES), ("x", Unit.TIMES)),
        *((20261131, Unit.DATE), (0, Unit.DATE), ("1.5", Unit.TURNS)),
    ],
)
def test_floats_and_parts_of_a_won_are_refused(value: object, unit: Unit) -> None:
    with pytest.raises(ValidationError):
        Figure.model_validate({"id": "a", "value": value, "unit": unit, "source": "s", "as_of": NOW})


def test_figure_needs_a_source_and_an_aware_time() -> None:
    with pytest.raises(ValidationError):
        Figure.model_validate({"id": "a", "value": 1, "unit": "원", "source": "", "as_of": NOW})
    with pytest.raises(ValidationError):
        Figure.model_validate({"id": "a", "value": 1, "unit": "원", "source": "s", "as_of": "2026-11-20T10:00:00"})


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="가나다 .,%1２삼만원{}f:ab|", max_size=30))
def test_a_text_that_renders_and_has_no_raw_numbers_shows_only_figures(template: str) -> None:
    known = Figures([figure("a", 7, Unit.COUNT), figure("b", 8, Unit.COUNT)])
    try:
        text = render(template, known)
    except (EvidenceError, ValueError):
        return
    if not raw_numbers(template):
        digits = {char for char in text if char.isdigit()}
        assert digits <= {"7", "8"}
