"""The gate before the reader: whole sentences, filled figures, nothing unchecked, however the pieces are cut."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.clock import KST
from domain.evidence import Figure, Figures, Unit, render
from tools.llm.faults import Failed
from tools.llm.gate import MAX_LENGTH, Gate

AT = datetime(2026, 11, 20, tzinfo=KST)
FIGURES = Figures(
    [
        Figure(id="price", value=71_500, unit=Unit.WON, source="시험", as_of=AT),
        Figure(id="rsi.14", value=Decimal("62.5"), unit=Unit.INDEX, source="시험", as_of=AT),
        Figure(id="change", value=Decimal("3.2"), unit=Unit.CHANGE, source="시험", as_of=AT),
    ]
)
TEXT = (
    "KODEX 200은 {{f:price|이에요/예요}}. 코스피200보다 {{f:change}} 움직였어요!\n"
    "RSI는 {{f:rsi.14|이고/고}} 서두를 일은 아니에요. 삼성전자(005930)도 봐요"
)


@given(st.lists(st.integers(min_value=1, max_value=12), min_size=1, max_size=60))
def test_however_a_text_is_cut_it_comes_out_whole_and_filled(sizes: list[int]) -> None:
    gate, shown, rest = Gate(FIGURES, None), [], TEXT
    for size in sizes:
        shown.append(gate.feed(rest[:size]))
        rest = rest[size:]
    shown.append(gate.feed(rest))
    shown.append(gate.close())
    assert "".join(shown) == render(TEXT, FIGURES)
    assert not any("{" in piece or "}" in piece for piece in shown)


def test_a_sentence_waits_until_it_is_whole() -> None:
    gate = Gate(FIGURES, None)
    assert gate.feed("값은 {{f:pri") == ""
    assert gate.feed("ce|이에요/예요}}.") == ""
    assert gate.feed(" 다음") == "값은 71,500원이에요. "
    assert gate.close() == "다음"


@pytest.mark.parametrize(
    "text",
    [
        "3.2% 올라요.",
        "이천만원이에요.",
        "１０주예요.",
        "{{f:moon}}이에요.",
        "{{f:price}.",
        "{f:price}이에요.",
        "{{price}}예요.",
        "{{f:price|하/마}}예요.",
        "https://evil.example 보세요.",
        "[여기](x)예요.",
        "<img src=x>예요.",
        "가" * (MAX_LENGTH + 1),
    ],
)
def test_what_may_not_be_shown_is_not_shown_in_part_either(text: str) -> None:
    gate = Gate(FIGURES, None)
    assert gate.feed("첫 문장이에요. ") == "첫 문장이에요. "

    def rest() -> None:
        gate.feed(text)
        gate.close()

    with pytest.raises(Failed, match="check_failed"):
        rest()
    assert gate.shown == "첫 문장이에요. "


def test_the_check_sees_the_whole_text_with_figures_filled() -> None:
    seen: list[str] = []

    def check(text: str) -> str | None:
        seen.append(text)
        return None

    gate = Gate(FIGURES, check)
    gate.feed("값은 {{f:price|이에요/예요}}. 좋아요.")
    gate.close()
    assert seen == ["값은 71,500원이에요. ", "값은 71,500원이에요. 좋아요."]
