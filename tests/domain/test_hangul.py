"""Particles follow the sound before them."""

from __future__ import annotations

import pytest

from domain.hangul import josa, particle


@pytest.mark.parametrize(
    ("word", "pair", "text"),
    [
        ("삼성전자", "을/를", "삼성전자를"),
        ("카카오뱅크", "은/는", "카카오뱅크는"),
        ("셀트리온", "이/가", "셀트리온이"),
        ("기아", "과/와", "기아와"),
        ("현대차", "이랑/랑", "현대차랑"),
        ("서울", "으로/로", "서울로"),
        ("통장", "으로/로", "통장으로"),
        ("매도", "으로/로", "매도로"),
        ("NAVER", "을/를", "NAVER를"),
        ("HMM", "은/는", "HMM은"),
        ("LG", "을/를", "LG를"),
        ("S-Oil", "을/를", "S-Oil을"),
        ("S-Oil", "으로/로", "S-Oil로"),
        ("KT&G", "이/가", "KT&G가"),
        ("KODEX 200", "을/를", "KODEX 200을"),
        ("삼성전자(005930)", "을/를", "삼성전자(005930)를"),
        ("KODEX 종합채권(AA-이상)액티브", "을/를", "KODEX 종합채권(AA-이상)액티브를"),
        ("'셀트리온'", "은/는", "'셀트리온'은"),
        ("3", "을/를", "3을"),
        ("2", "을/를", "2를"),
        ("7", "으로/로", "7로"),
        ("10", "을/를", "10을"),
        ("1,000", "을/를", "1,000을"),
        ("2,000,000", "으로/로", "2,000,000으로"),
        ("1.5", "을/를", "1.5를"),
        ("0", "을/를", "0을"),
        ("3.2%", "을/를", "3.2%를"),
        ("10주", "을/를", "10주를"),
        ("1,234,500원", "을/를", "1,234,500원을"),
        ("", "을/를", "를"),
    ],
)
def test_particles(word: str, pair: str, text: str) -> None:
    assert josa(word, pair) == text


def test_pair_may_be_written_either_way_round() -> None:
    assert particle("삼성전자", "를/을") == "를"
    assert particle("셀트리온", "가/이") == "이"


def test_unknown_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of"):
        josa("삼성전자", "한테/에게")
