"""Korean particles by the sound before them (받침).

Contract: `josa("삼성전자", "을/를")` gives the word with the particle that fits; digits and Latin letters are read as
Koreans read them; blanks, quotes and closing brackets at the end are looked through, a bracketed code too.
Does not inflect verbs.
"""

from __future__ import annotations

import re

_FIRST, _LAST = ord("가"), ord("힣")
_RIEUL = 8

# Final consonant when read in Korean: 0 none, 8 ㄹ, 1 any other.
_DIGITS = {"0": 1, "1": 8, "2": 0, "3": 1, "4": 0, "5": 0, "6": 1, "7": 8, "8": 8, "9": 0}
_LETTERS = {"l": 8, "m": 1, "n": 1, "r": 8}
_TAIL = re.compile(r"(?:\s|[)\]}>'\"”’.,!?…·%℃㈜])+$")
_BRACKET = re.compile(r"\s*[(\[][^()\[\]]*[)\]]\s*$")
_LATIN = re.compile("[A-Za-z]+$")
_ZEROS = re.compile(r"(\d)([\d,]*?)(0*)(?:\.0+)?$")

_PAIRS = {
    "을/를": ("을", "를"),
    "이/가": ("이", "가"),
    "은/는": ("은", "는"),
    "과/와": ("과", "와"),
    "아/야": ("아", "야"),
    "이랑/랑": ("이랑", "랑"),
    "이나/나": ("이나", "나"),
    "이에요/예요": ("이에요", "예요"),
    "이라/라": ("이라", "라"),
    "이라고/라고": ("이라고", "라고"),
    "이고/고": ("이고", "고"),
    "이며/며": ("이며", "며"),
    "으로/로": ("으로", "로"),
}


def josa(word: str, pair: str) -> str:
    """`word` followed by the fitting half of `pair`, e.g. "을/를". The halves may come in either order."""
    return word + particle(word, pair)


def particle(word: str, pair: str) -> str:
    """The fitting half alone. ValueError for a pair that is not known."""
    halves = _PAIRS.get(pair) or _PAIRS.get("/".join(reversed(pair.split("/"))))
    if halves is None:
        raise ValueError(f"expected one of {', '.join(_PAIRS)}, was {pair!r}")
    final = _final(word)
    closed, open_ = halves
    if closed == "으로" and final == _RIEUL:
        return open_
    return closed if final else open_


def _final(word: str) -> int:
    """0 when the word ends in a vowel, 8 in ㄹ, another number otherwise; unknown endings count as vowels."""
    percent = word.rstrip().endswith("%")
    text = _BRACKET.sub("", word) or word
    text = _TAIL.sub("", text)
    if percent or not text:
        return 0  # 퍼센트
    last = text[-1]
    if _FIRST <= ord(last) <= _LAST:
        return (ord(last) - _FIRST) % 28
    if last.isdigit():
        return _number_final(text)
    latin = _LATIN.search(text)
    if latin is None:
        return 0
    if len(latin[0]) >= 4 and latin[0].lower().endswith(("er", "or", "ar")):
        return 0  # NAVER is read as a word, HMM letter by letter
    return 1 if len(latin[0]) >= 4 and latin[0].lower().endswith("ng") else _LETTERS.get(last.lower(), 0)


def _number_final(text: str) -> int:
    match = _ZEROS.search(text)
    if match is None:
        return _DIGITS.get(text[-1], 0)
    zeros = len(match[3])
    alone = match[1] == "0"
    if zeros == 0 or alone or "." in match[0]:
        return _DIGITS.get(text[-1], 0)
    # 십, 백, 천, 만, 억 all end in a consonant; 조 (12 zeros) does not
    return 0 if 12 <= zeros < 16 else 1
