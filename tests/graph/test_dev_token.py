"""Tokens of the development server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fakes import START

from graph.dev_token import LIFETIME, holder, issue

SECRET = bytes(range(32))


@pytest.mark.parametrize("name", ["민수", "a.b", "이름 둘", "x" * 40])
def test_a_token_names_its_holder_until_it_is_over(name: str) -> None:
    token = issue(SECRET, name, START)
    assert holder(SECRET, token.text, START) == name
    assert holder(SECRET, token.text, START + LIFETIME - timedelta(seconds=1)) == name
    assert holder(SECRET, token.text, START + LIFETIME) is None
    assert token.expires_at == START + LIFETIME


def test_a_token_of_another_installation_is_nobodys() -> None:
    assert holder(bytes(32), issue(SECRET, "민수", START).text, START) is None


def test_no_part_of_a_token_can_be_changed() -> None:
    text = issue(SECRET, "민수", START).text
    prefix, name, until, signature = text.split(".")
    other = issue(SECRET, "영희", START).text.split(".")[1]
    forged = [
        f"{prefix}.{other}.{until}.{signature}",
        f"{prefix}.{name}.{int(until) + 1}.{signature}",
        f"qz2.{name}.{until}.{signature}",
        f"{prefix}.{name}.{until}.",
        f"{prefix}.{name}.{until}",
        f"{name}.{until}.{signature}",
        text + "A",
        text[:-1],
    ]
    assert [holder(SECRET, each, START) for each in forged] == [None] * len(forged)


@pytest.mark.parametrize("text", ["", ".", "...", "민수", "x" * 5_000, "\x00", "qz1.x.y.z"])
def test_nonsense_is_nobodys(text: str) -> None:
    assert holder(SECRET, text, START) is None


def test_a_token_is_not_shown_by_accident() -> None:
    token = issue(SECRET, "민수", START)
    assert token.text not in repr(token)
    assert token.text.isascii()
