"""Amounts of won are read exactly, and nothing else is taken for one."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import format_won, parse_bare_won, parse_won

MAN, EOK = 10_000, 100_000_000

AMOUNTS = {
    "1억 5천": 15_000 * MAN,
    "1억5천만원": 15_000 * MAN,
    "1억3천5백만 원": 13_500 * MAN,
    "1억 7천 2백만": 17_200 * MAN,
    "일억 이천만": 12_000 * MAN,
    "이억 오천 정도": 25_000 * MAN,
    "1.5억": 15_000 * MAN,
    "0.5억": 5_000 * MAN,
    "1억3000": 13_000 * MAN,
    "1억 3,000만원": 13_000 * MAN,
    "3천만원": 3_000 * MAN,
    "오천만원": 5_000 * MAN,
    "천만원": 1_000 * MAN,
    "천오백만원": 1_500 * MAN,
    "1천200만원": 1_200 * MAN,
    "1.5천만원": 1_500 * MAN,
    "2,000만원": 2_000 * MAN,
    "２천만원": 2_000 * MAN,
    "２，０００만원": 2_000 * MAN,
    "백만원": 100 * MAN,
    "3백만원": 300 * MAN,
    "이백오십만원": 250 * MAN,
    "50만": 50 * MAN,
    "만원": MAN,
    "만오천원": 15_000,
    "1만5천원": 15_000,
    "6만1000원대": 61_000,
    "1만3천900원": 13_900,
    "6.7만 원": 67_000,
    "500000원": 500_000,
    "1,234,500원": 1_234_500,
    "₩1,000,000": 1_000_000,
    "￦ 50만": 50 * MAN,
    "0원": 0,
    "13억6백만원": 130_600 * MAN,
    "1조 5천": 15_000 * EOK,
    "1조4517억원": 14_517 * EOK,
    "4천284억": 4_284 * EOK,
    "1억2천3백45만6천7백8십9원": 123_456_789,
    "삼성전자 100만원어치 사줘": 100 * MAN,
    "2천만원으로 반도체 위주, 손실은 5%까지만": 2_000 * MAN,
    "5천만 원금 보장": 5_000 * MAN,
    "1억 주식에 넣고 싶어요": EOK,
    "100억대 차익": 100 * EOK,
    "직장인 1억5천 대출": 15_000 * MAN,
    "50만 살까요": 50 * MAN,
    "41억 3자 유증": 41 * EOK,
}


@pytest.mark.parametrize(("text", "amount"), AMOUNTS.items())
def test_amount_is_read_exactly(text: str, amount: int) -> None:
    assert [mention.amount for mention in parse_won(text)] == [amount]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("i want to invest 20 million won", 20_000_000),
        ("1.5 billion KRW", 1_500_000_000),
        ("1,500 thousand won", 1_500_000),
        ("3m won please", 3_000_000),
    ],
)
def test_an_english_amount_of_won_is_read_exactly(text: str, amount: int) -> None:
    assert [mention.amount for mention in parse_won(text)] == [amount]


@pytest.mark.parametrize("text", ["20 million dollars", "20 million", "5m tall", "million won baby"])
def test_english_without_won_is_not_money(text: str) -> None:
    assert parse_won(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "5%까지", "30대", "3년", "10주", "3천 주", "5만주", "100주 팔아", "1천 달러", "1억불", "100유로", "10억 엔",
        "36억4000만 유로", "27만 5천 유로", "269만1000유로", "6억5560만달러", "2천만~2천5백만 유로", "천만에요",
        "천천히",
        "백화점", "만일", "조심", "억울해", "일이 많아", "그만 원해요", "만 30살", "천만 관객", "2026년", "005930",
        "1,000,000", "1,23만원", "1.23456만원", "3만대", "KODEX 200", "그만두다", "", "   ", "원", "수천만원",
    ],
)  # fmt: skip
def test_other_things_are_not_money(text: str) -> None:
    assert parse_won(text) == []


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("1천~2천만원", 1_000 * MAN, 2_000 * MAN),
        ("천만원에서 2천만원", 1_000 * MAN, 2_000 * MAN),
        ("5천~1억", 5_000 * MAN, EOK),
        ("1~2억", EOK, 2 * EOK),
        ("10~20만원", 10 * MAN, 20 * MAN),
        ("5백~천만원", 500 * MAN, 1_000 * MAN),
        ("3-5천만원", 3_000 * MAN, 5_000 * MAN),
        ("1천130∼1천350원대", 1_130, 1_350),
        ("천만원부터 2천만원까지", 1_000 * MAN, 2_000 * MAN),
    ],
)
def test_range_is_one_mention_and_shares_its_unit(text: str, low: int, high: int) -> None:
    (mention,) = parse_won(text)
    assert (mention.amount, mention.upper) == (low, high)


def test_change_of_an_amount_is_two_mentions_not_a_range() -> None:
    assert [m.amount for m in parse_won("1천만원에서 2천만원으로 올려줘")] == [1_000 * MAN, 2_000 * MAN]
    assert [m.amount for m in parse_won("2천만원에서 5백만원 빼고")] == [2_000 * MAN, 500 * MAN]


@pytest.mark.parametrize(
    "text",
    ["월 10만 원", "매월 10만원", "매달 10만원씩", "한 달에 10만원", "10만원씩 매달", "월 적립 10만원", "10만원/월"],
)
def test_monthly_amount_is_marked(text: str) -> None:
    (mention,) = parse_won(text)
    assert (mention.amount, mention.monthly) == (100_000, True)


@pytest.mark.parametrize("text", ["9월 10만원", "7월에 10만원", "10만원", "월급 10만원"])
def test_calendar_month_is_not_monthly(text: str) -> None:
    (mention,) = parse_won(text)
    assert not mention.monthly


def test_lump_sum_and_monthly_amount_stand_side_by_side() -> None:
    lump, monthly = parse_won("300만 정도 있고 매달 20만 적립하고 싶어요")
    assert (lump.amount, lump.monthly) == (300 * MAN, False)
    assert (monthly.amount, monthly.monthly) == (20 * MAN, True)


def test_span_points_into_the_original_text() -> None:
    text = "저는 ２천만원으로 시작해요"
    (mention,) = parse_won(text)
    assert text[slice(*mention.span)] == mention.text == "２천만원"


@pytest.mark.parametrize(
    ("text", "amount"), [("5천 정도요", 5_000 * MAN), ("2000", 2_000 * MAN), ("오천", 5_000 * MAN), ("1000000", 10**6)]
)
def test_bare_number_that_answers_how_much_counts_in_ten_thousands(text: str, amount: int) -> None:
    assert [m.amount for m in parse_bare_won(text)] == [amount]


@pytest.mark.parametrize("text", ["5%", "30대", "30살", "네", "10주", "100달러"])
def test_bare_number_of_something_else_is_no_amount(text: str) -> None:
    assert parse_bare_won(text) == []


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (2_000 * MAN, "2천만원"), (15_000 * MAN, "1억 5천만원"), (1_234_500, "1,234,500원"), (0, "0원"),
        (10_000, "1만원"), (12_340_000, "1,234만원"), (EOK, "1억원"), (1_000 * EOK, "1,000억원"), (9_999, "9,999원"),
    ],
)  # fmt: skip
def test_amount_is_written_as_people_write_it(amount: int, text: str) -> None:
    assert format_won(amount) == text


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.integers(0, 10**6), st.integers(0, 10**16 - 1), st.integers(0, 10**9).map(lambda n: n * 1000)))
def test_what_is_written_is_read_back(amount: int) -> None:
    assert [m.amount for m in parse_won(format_won(amount))] == [amount]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789,. ~-천백십만억조원일이삼오월매달씩주달러에서부터₩%가나", max_size=24))
def test_any_text_is_read_without_error_and_spans_fit(text: str) -> None:
    end = 0
    for mention in parse_won(text):
        assert end <= mention.span[0] < mention.span[1] <= len(text)
        assert mention.text == text[slice(*mention.span)]
        assert mention.upper is None or mention.upper > mention.amount
        end = mention.span[1]


@pytest.mark.parametrize(
    "text",
    [
        "1" * 20_000,
        "1" + " " * 20_000 + "억",
        "1억~" * 5_000,
        "1," * 9_000,
        "만" * 9_000,
        "월 " * 9_000,
        "1.5억 " * 5_000,
    ],
)
def test_endless_text_is_read_in_reasonable_time(text: str) -> None:
    started = time.process_time()
    parse_won(text)
    parse_bare_won(text)
    assert time.process_time() - started < 5


def test_amount_beyond_any_ledger_is_not_read() -> None:
    assert parse_won("99999999999999999999조원") == []
    assert parse_won("9999999조원") == []


def test_shapes_of_real_text_are_read(shared_dir: Path) -> None:
    foreign = ("달러", "불", "유로", "크로네")
    with (shared_dir / "data/text/money_expressions.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert rows
    for row in rows:
        found = parse_won(row["example"])
        if any(word in row["shape"] for word in foreign) or row["example"] == "조 3대":
            assert found == [], row
        else:
            assert found, row
