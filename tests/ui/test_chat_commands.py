"""What a typed line means before the conversation sees it."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.chat.commands import MAX_MESSAGE_CHARS, Command, CommandError, Say, parse_line

ID = UUID("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed")


def test_plain_text_is_conversation() -> None:
    assert parse_line("  2천만원으로 반도체 위주 \n") == Say("2천만원으로 반도체 위주")


def test_a_blank_line_is_nothing() -> None:
    assert parse_line(" \t\r\n") is None


def test_approve_carries_the_id() -> None:
    assert parse_line(f"/approve {ID}") == Command("approve", ID)


def test_approve_may_lower_quantities_and_acknowledge() -> None:
    assert parse_line(f"/승인 {ID} 1=5 2=3 부적합확인") == Command("approve", ID, {1: 5, 2: 3}, True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/approve", "ID를 붙여"),
        ("/approve abc", "ID 모양이 아니"),
        (f"/approve {ID} 다섯개", "이해하지 못했"),
        (f"/approve {ID} 1=0", "1주 이상"),
        (f"/reject {ID} 1=5", "ID만"),
        ("/buy 005930", "명령은 없"),
        ("가" * (MAX_MESSAGE_CHARS + 1), "자까지"),
    ],
)
def test_what_cannot_be_read_says_why_in_korean(line: str, expected: str) -> None:
    with pytest.raises(CommandError, match=expected):
        parse_line(line)


def test_a_terminal_may_leave_out_the_id_of_the_card_it_showed_last() -> None:
    other = UUID(int=7)
    assert parse_line("/approve", shown=ID) == Command("approve", ID)
    assert parse_line("/approve 1=5", shown=ID) == Command("approve", ID, {1: 5})
    assert parse_line(f"/reject {other}", shown=ID) == Command("reject", other)


def test_a_mandate_is_always_named() -> None:
    with pytest.raises(CommandError, match="ID를 붙여"):
        parse_line("/sign", shown=ID)


def test_invisible_characters_are_dropped() -> None:
    assert parse_line("삼성\u200b전자\u202e \x00현재가") == Say("삼성전자 현재가")


def _reading(line: str) -> str:
    try:
        return repr(parse_line(line))
    except CommandError as error:
        return str(error) if any("가" <= char <= "힣" for char in str(error)) else ""


@given(st.text())
def test_any_line_is_text_a_command_or_a_korean_error(line: str) -> None:
    assert _reading(line)
