"""Korean numerals as people write them: digits with commas, 'native' (서른다섯), Sino-Korean (삼십오), and mixes.

Contract: whole numbers only; None when the text is not one numeral. Money with its units is `domain.money`'s.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re

_NATIVE_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_NATIVE_ONES = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "석": 3, "서": 3, "넷": 4, "네": 4, "넉": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "여덜": 8, "아홉": 9,
}  # fmt: skip
_SINO_ONES = {"일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9}
_SINO_UNITS = {"십": 10, "백": 100, "천": 1_000}

_TENS = "|".join(_NATIVE_TENS)
_ONES = "|".join(sorted(_NATIVE_ONES, key=len, reverse=True))
_NATIVE = rf"(?:(?:{_TENS})(?:{_ONES})?|(?:{_ONES}))"
_SINO = r"(?:[일이삼사오육륙칠팔구]?[십백천])+[일이삼사오육륙칠팔구]?|[일이삼사오육칠팔구]"
_DIGITS = r"\d{1,3}(?:,\d{3})+|\d+"

# One numeral, wherever it stands; use inside larger patterns.
NUMERAL = rf"(?:{_DIGITS}|{_NATIVE}|{_SINO})"
_MIXED = re.compile(r"(\d+)([백천만])")


def whole(text: str) -> int | None:
    """'35', '1,200', '서른다섯', '삼십오', '열두', '백' → int; anything else → None."""
    word = text.replace(" ", "")
    if re.fullmatch(_DIGITS, word) and len(word) <= 15:
        return int(word.replace(",", ""))
    if mixed := _MIXED.fullmatch(word):
        return int(mixed[1][:12]) * {"백": 100, "천": 1_000, "만": 10_000}[mixed[2]]
    if re.fullmatch(_NATIVE, word):
        tens = next((t for t in _NATIVE_TENS if word.startswith(t)), "")
        rest = word[len(tens) :]
        return _NATIVE_TENS.get(tens, 0) + (_NATIVE_ONES[rest] if rest else 0)
    if re.fullmatch(_SINO, word):
        total = ones = 0
        for char in word:
            if char in _SINO_UNITS:
                total += (ones or 1) * _SINO_UNITS[char]
                ones = 0
            else:
                ones = _SINO_ONES[char]
        return total + ones
    return None


_ORDINALS = (
    (re.compile(r"^(?:맨)?(?:첫번?째?|첫째|1st|first)"), 1),
    (re.compile(r"^(?:두번째|둘째|second)"), 2),
    (re.compile(r"^(?:세번째|셋째|third)"), 3),
    (re.compile(r"^(?:네번째|넷째|fourth)"), 4),
    (re.compile(r"^(?:다섯번째|다섯째|fifth)"), 5),
    (re.compile(r"^(?:여섯번째|여섯째)"), 6),
    (re.compile(r"^(?:마지막|맨끝|끝에?거)"), -1),
)
_NUMBERED = re.compile(rf"^[(\[]?({_DIGITS}|[일이삼사오육칠팔구]|하나)(?:번째?|\)|\]|\.)(?!\d)")


def ordinal(text: str) -> int | None:
    """'2번', '두번째', '(3)', 'first', '마지막' (−1) at the beginning of plain text → position from 1."""
    if hit := _NUMBERED.match(text):
        return whole(hit[1])
    return next((value for pattern, value in _ORDINALS if pattern.match(text)), None)
