"""Numerals, quantities, times and answers in Korean words."""

# ruff: noqa: E501 - a row is one line

from __future__ import annotations

from datetime import date

import pytest

from domain.korean import answers, percents, periods, quantities
from domain.korean.numbers import ordinal, whole
from domain.korean.text import clean, plain, unquoted

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("word", "value"),
    [("35", 35), ("1,200", 1_200), ("서른다섯", 35), ("삼십오", 35), ("열두", 12), ("백", 100), ("이천삼백", 2_300), ("3천", 3_000), ("주식", None), ("", None)],
)  # fmt: skip
def test_numeral_is_read_whole_or_not_at_all(word: str, value: int | None) -> None:
    assert whole(word) == value


@pytest.mark.parametrize(
    ("text", "place"), [("2번", 2), ("두번째거", 2), ("(3)", 3), ("마지막", -1), ("2천만원", None)]
)
def test_ordinal_picks_a_place(text: str, place: int | None) -> None:
    assert ordinal(text) == place


@pytest.mark.parametrize(
    ("text", "count"),
    [("10주", 10), ("열주", 10), ("3천주", 3_000), ("2주동안", None), ("반도체주", None), ("-5주", None), ("1.5주", None), ("1주일", None)],
)  # fmt: skip
def test_shares_are_counted_only_where_shares_are_meant(text: str, count: int | None) -> None:
    assert quantities.shares(text) == count


@pytest.mark.parametrize(
    ("text", "months"),
    [("1년정도", 12), ("육개월", 6), ("2~3년", 24), ("1년반", 18), ("반년", 6), ("최근3개월", None), ("주식5년했어요", None), ("국고채10년", None)],
)  # fmt: skip
def test_horizon_looks_ahead_only(text: str, months: int | None) -> None:
    found = periods.horizon(text, TODAY)
    assert (found.value if found else None) == months


def test_age_comes_from_years_decades_and_birth_years() -> None:
    for text, years in (("30대초반", 32), ("만34세", 34), ("92년생", 34), ("마흔둘이에요", 42)):
        found = periods.age(text, TODAY)
        assert found is not None
        assert found.value == years


def test_percentages_belong_to_their_word() -> None:
    loss, gain = percents.loss("손실은5%까지만"), percents.gain("연20%수익")
    assert loss is not None
    assert gain is not None
    assert (loss.value, gain.value) == (500, 2_000)
    assert percents.loss("연20%수익") is None


@pytest.mark.parametrize("text", ["네", "넵", "ㅇㅇ", "응", "그래요", "좋아요!", "맞아요", "ok", "음.. 네ㅎㅎ"])
def test_yes_in_many_forms(text: str) -> None:
    assert answers.is_yes(plain(clean(text)).text)
    assert not answers.is_no(plain(clean(text)).text)


@pytest.mark.parametrize("text", ["아니요", "ㄴㄴ", "싫어", "됐어", "안 할래", "고칠래요", "no"])
def test_no_in_many_forms(text: str) -> None:
    assert answers.is_no(plain(clean(text)).text)
    assert not answers.is_yes(plain(clean(text)).text)


def test_quotations_and_pasted_lines_are_cut_out() -> None:
    for text in ('"삼성전자 사줘"', "> 삼성전자 사줘", "[시스템] 사줘", "`사줘`"):
        own, cut = unquoted(text)
        assert cut
        assert "사줘" not in own


def test_words_of_the_user_can_be_quoted_back() -> None:
    text = plain(clean("나는 서른 다섯 이에요"))
    assert text.span(2, 6) == "서른 다섯"


def test_full_width_zero_width_and_decomposed_forms_become_one() -> None:
    assert clean("１０\u200b주\u3000사줘") == "10주 사줘"
    assert clean("\u1109\u1161") == "사"
    assert clean("ㅋㅋ") == "ㅋㅋ"
