"""A way out in the user's own words; what a button says is no fact about the person."""

from __future__ import annotations

from datetime import datetime

import pytest

from domain.clock import KST
from domain.korean.answers import choose_by_wording, strip_filler
from domain.korean.reading import read
from domain.korean.text import clean, plain
from domain.suitability import Item, options

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
WAYS = [
    "주식 비중을 낮추고 나머지는 현금성 상품에 두기",
    "손실 한도를 더 크게 받아들이기",
    "채권·채권혼합 ETF와 섞어서 투자하기",
]


@pytest.mark.parametrize(
    ("said", "index"),
    [
        ("주식 비중 낮추기", 0),
        ("손실 한도 더 크게", 1),
        ("채권혼합 ETF와 섞기", 2),
        ("손실 한도 더 크게는 싫어요", None),
        ("주식 비중은 안 낮출래", None),
        ("손실 한도가 뭐야?", None),
        ("삼성전자 얼마야", None),
        ("네", None),
    ],
)
def test_way_out_is_recognised_by_its_words_and_never_from_a_refusal(said: str, index: int | None) -> None:
    assert choose_by_wording(strip_filler(plain(clean(said)).text), WAYS) == index


@pytest.mark.parametrize("item", list(Item))
def test_label_of_a_button_answers_its_question_and_says_nothing_else(item: Item) -> None:
    labels = [label for _, label in options(item)]
    for at, label in enumerate(labels):
        reading = read(label, pending={"owner": "user_profile", "field": item.value, "options": labels}, now=NOW)
        assert reading.answer is not None
        assert reading.answer.index == at
        assert not reading.facts.wishes
        assert not reading.facts.preferred
        assert not reading.facts.answers
