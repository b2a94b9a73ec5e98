"""Percentages and what they are about: a loss one can bear, a return one dreams of, a share of one's money.

Contract: reads plain text; a percentage is about the nearest word of its kind, in front first. Signs are dropped.
"""

from __future__ import annotations

import re

from domain.korean.numbers import whole
from domain.korean.periods import Found

_SPELLED = "[이삼사오육칠팔구]?십[일이삼사오육칠팔구]?|[일이삼사오육칠팔구]"
_PCT = re.compile(
    rf"(?P<n>\d{{1,3}}(?:\.\d+)?|{_SPELLED})(?:~(?P<to>\d{{1,3}}))?(?:%|퍼센트|프로(?!젝|그|필)|퍼(?!플))"
)
_UNIT = r"(?:%|퍼센트|프로|퍼)"
_BETWEEN = re.compile(
    rf"(?:\d{{1,3}}|{_SPELLED}){_UNIT}?(?:~|-|에서|부터|이상|초과|,|이나)(?P<to>\d{{1,3}}|{_SPELLED}){_UNIT}?"
)
_BARE = re.compile(
    r"^(?:한|약|대략|대충|마이너스|-)*(?P<n>[6-9]|[1-9]\d|100)(?:정도|쯤|까지|이요|요|입니다|은|는|만)*[.!]?$"
)
_MORE = re.compile(r"^(?:는|은|를|도|가)?(?:넘|초과|이상|보다많|보다더|보다높)")
_LOSS = re.compile(
    r"손실|손해|손절|잃|마이너스|떨어지|하락|내려가|빠지|까먹|까지만|까지는|까지면|까지괜찮|까지감수|감수|감당|버틸|버틴|이내|넘으면|넘게는|리스크|-$|−$"
)
_GAIN = re.compile(r"수익|이익|벌|오르|상승|이자|익절|목표|연\d|올려|불려|복리")
_ORDER_SHARE = re.compile(r"^만?(?:팔|매도|정리|처분|매수|사줘|사|만큼|어치)")


def loss(text: str, *, asked: bool = False) -> Found | None:
    """'손실은 5%까지만', '-10프로까지' → percent in hundredths (5 % = 500); a bare '20' only when asked."""
    if asked and (number := _BARE.match(text)):
        return Found(int(number["n"]) * 100, number.start("n"), number.end("n"))
    for hit in _PCT.finditer(text):
        value = _hundredths(hit["n"])  # of a range the smaller loss counts
        if value is None or not 0 <= value <= 10_000 or _ORDER_SHARE.match(text[hit.end() :]):
            continue
        before, behind = text[max(0, hit.start() - 12) : hit.start()], text[hit.end() : hit.end() + 10]
        gain_at, loss_at = _last(_GAIN, before), _last(_LOSS, before)
        if (
            loss_at > gain_at
            or (gain_at < 0 and _LOSS.search(behind) and not _GAIN.match(behind))
            or (asked and gain_at < 0)
        ):
            return Found(value, hit.start(), hit.end())
    return None


def gain(text: str) -> Found | None:
    """A wished return: '연 20% 수익', '30프로 벌고 싶어' in hundredths of a percent."""
    for hit in _PCT.finditer(text):
        value = _hundredths(hit["n"])
        before, behind = text[max(0, hit.start() - 8) : hit.start()], text[hit.end() : hit.end() + 8]
        if value is not None and _last(_LOSS, before) < 0 and (_GAIN.search(behind) or _last(_GAIN, before) >= 0):
            return Found(value, hit.start(), hit.end())
    return None


def share(text: str) -> Found | None:
    """A share of one's assets, in hundredths: of a range the upper end, and 'more than 30 %' lies above 30."""
    between = _BETWEEN.search(text)
    if between is not None:
        value = _hundredths(between["to"])
        return None if value is None else Found(value, between.start(), between.end())
    if number := _BARE.match(text):
        return Found(int(number["n"]) * 100, number.start("n"), number.end("n"))
    found = bare(text)
    if found is not None and _MORE.match(text[found.end :]):
        return Found(min(found.value + 100, 10_000), found.start, found.end)
    return found


def bare(text: str) -> Found | None:
    """Any percentage, in hundredths: only for a question that asks for one."""
    hit = _PCT.search(text)
    value = None if hit is None else _hundredths(hit["to"] or hit["n"])
    return None if hit is None or value is None else Found(value, hit.start(), hit.end())


def _hundredths(word: str) -> int | None:
    if "." in word:
        head, _, tail = word.partition(".")
        return int(head) * 100 + int((tail + "00")[:2])
    number = whole(word)
    return None if number is None else number * 100


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((hit.start() for hit in pattern.finditer(text)), default=-1)
