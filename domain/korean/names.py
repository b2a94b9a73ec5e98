"""Names in orders that are no listed instrument of ours: foreign shares, coins, and slips of the finger.

Contract: `foreign_in` knows well-known things Quartz does not trade; `nearest` offers at most three listed names that a
misspelt word may have meant, by jamo distance. An offer is a question to the user, never an answer.
"""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import cache

from domain.instruments import Instrument, Instruments, Kind
from domain.mentions import Finder
from domain.tables import table

_FOREIGN: list[str] = table("words")["foreign"]
_finder = Finder({name: name for name in _FOREIGN})

# What is left of an order sentence when numbers, verbs and small words are taken out: perhaps a name.
_VERBS = re.compile(
    r"(?:매수|매도|구매|매입|주문|추매|손절|익절|처분|정리|청산|취소|정정|분석|시세|차트|주가|현재가|얼마|가격|전망|뉴스|호가)[가-힣]*|(?:사|살|팔|담|던|털|줍|질러|들어가)(?:줘|자|래|게|께|아|고|라|주|려|지|볼|까|도|요|세)[가-힣]*"
    r"|지정가[가-힣]*|시장가[가-힣]*|전량|전부|절반|몽땅|어치[가-힣]*|[\d,.]+[가-힣%]*|한주|두주|세주|열주|어때[가-힣]*|보여[가-힣]*|알려[가-힣]*|해줘[가-힣]*|해주[가-힣]*|부탁[가-힣]*"
)
_SMALL = frozenset(table("words")["no_names"])
_ROMAN = {
    "samsung": "삼성",
    "hyundai": "현대",
    "kakao": "카카오",
    "hynix": "하이닉스",
    "kia": "기아",
    "celltrion": "셀트리온",
}
_PARTICLE = re.compile(r"(?:은|는|이|가|을|를|도|만|의|로|으로|에|랑|이랑|하고|요|주식|주)$")


def foreign_in(source: str) -> tuple[str, ...]:
    """Names of things that are not traded here: '테슬라', '비트코인'."""
    return tuple(dict.fromkeys(mention.value for mention in _finder.find(source)))


def leftover(source: str) -> tuple[str, ...]:
    """Words of an order sentence that may be a name we do not know."""
    words = []
    for word in re.split(r"[\s,.!?~…·]+", _VERBS.sub(" ", source)):
        bare = _PARTICLE.sub("", word) if len(word) > 2 else word
        if len(bare) >= 2 and bare not in _SMALL and word not in _SMALL and re.search(r"[가-힣A-Za-z]{2}", bare):
            words.append(bare)
    return tuple(dict.fromkeys(words))[:3]


@cache
def _table() -> tuple[tuple[str, Instrument], ...]:
    rows = []
    for row in Instruments.load().all():
        for name in (row.name, *row.aliases):
            if len(name) >= 3:
                rows.append((_jamo(name), row))
    return tuple(rows)


def nearest(word: str, *, limit: int = 3) -> tuple[Instrument, ...]:
    """Listed instruments whose name looks much like `word`: '삼성젼자' → 삼성전자; () when none is close."""
    word = _ROMAN.get(word.lower(), word)
    if not 2 <= len(word) <= 20:
        return ()
    said = _jamo(word)
    begins = tuple(row for name, row in _table() if len(word) < 4 and name.startswith(said) and row.kind is Kind.STOCK)
    if begins:  # '삼성' may be several; the user says which
        return tuple(dict.fromkeys(begins))[:limit]
    best: dict[str, tuple[float, Instrument]] = {}
    for name, row in _table():
        if abs(len(name) - len(said)) > 4:
            continue
        matcher = SequenceMatcher(None, said, name)
        if matcher.quick_ratio() < 0.78:
            continue
        ratio = matcher.ratio()
        if ratio >= 0.78 and ratio > best.get(row.ticker, (0.0, row))[0]:
            best[row.ticker] = (ratio, row)
    ranked = sorted(best.values(), key=lambda pair: -pair[0])
    return tuple(row for ratio, row in ranked[:limit] if ratio >= ranked[0][0] - 0.12)


def _jamo(text: str) -> str:
    return unicodedata.normalize("NFD", text.replace(" ", "").lower())
