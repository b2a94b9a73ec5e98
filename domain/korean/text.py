"""Puts what people type into one form before anything reads it.

Contract: never raises; full-width forms, decomposed Hangul, zero-width and control characters disappear, single jamo
such as 'ㅇㅇ' stay. `plain` is what patterns run on (no blanks, lower case, common slips mended); its places map back
to the cleaned text so that an answer can quote the user's own words. Quoted or pasted text is cut out of what may command.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CHARS = 2_000

# Slips of the finger and texting forms that would hide a verb; names of companies are `fuzzy`'s.
_SLIPS = {
    "추쳔": "추천", "츄천": "추천", "추춴": "추천", "추첞": "추천", "매쑤": "매수", "메수": "매수", "메도": "매도", "매두해": "매도해",
    "투쟈": "투자", "뚜자": "투자", "튜자": "투자", "쥬식": "주식", "주싞": "주식", "사죠": "사줘", "사조": "사줘", "사쥬": "사줘", "사됴": "사도",
    "첨이": "처음이", "첨임": "처음임", "첨인": "처음인", "첨해": "처음해", "첨으로": "처음으로", "쥬세": "주세", **{f"{digit}쥬": f"{digit}주" for digit in range(10)}, "팔아죠": "팔아줘", "팔아조": "팔아줘", "해죠": "해줘", "해조": "해줘", "해쥬": "해줘", "해됴": "해도", "알려죠": "알려줘", "알려조": "알려줘",
    "보여죠": "보여줘", "보여조": "보여줘", "취소헤": "취소해", "치소": "취소", "취쇼": "취소", "잔거": "잔고", "쟌고": "잔고", "얼마얌": "얼마야", "얼만데": "얼마",
    "어떄": "어때", "어떠케": "어떻게", "어떡게": "어떻게", "어뜨케": "어떻게", "머사": "뭐사", "머살": "뭐살", "모살": "뭐살", "모사지": "뭐사지", "먼저사": "먼저사",
    "손졀": "손절", "익졀": "익절", "반도채": "반도체", "반도첸": "반도체", "밧데리": "배터리", "빠떼리": "배터리", "프로필": "프로필", "성양": "성향",
    "괜찬": "괜찮", "갠찮": "괜찮", "않되": "안돼", "안되": "안돼", "않돼": "안돼", "실어": "싫어", "시러": "싫어", "시룸": "싫음", "시러요": "싫어요",
    "몰라용": "몰라요", "이써": "있어", "업써": "없어", "포폴": "포트폴리오", "포토폴리오": "포트폴리오", "공격헝": "공격형", "만언": "만원", "만웜": "만원",
}  # fmt: skip
_SLIP = re.compile("|".join(sorted(map(re.escape, _SLIPS), key=len, reverse=True)))

_QUOTES = re.compile(
    r"“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|\"[^\"\n]*\"|(?<![\w])'[^'\n]*'(?![\w])|```.*?(?:```|$)|`[^`\n]*`", re.S
)
_PASTED = re.compile(
    r"^\s*(?:>+|\[?(?:system|assistant|user|시스템|관리자|어시스턴트|뉴스|기사|속보|운영자)\]?\s*[:：\]]|<[^>]{1,40}>).*$",
    re.I | re.M,
)


@dataclass(frozen=True, slots=True)
class Plain:
    """`text` without blanks; `places[i]` is where its i-th character stood in `source`."""

    text: str
    places: tuple[int, ...]
    source: str

    def span(self, start: int, end: int) -> str:
        """The user's own words for [start, end) of the plain text."""
        if not self.places or start >= end:
            return ""
        return self.source[self.places[start] : self.places[min(end, len(self.places)) - 1] + 1]

    def words(self, start: int, end: int) -> str:
        """The same, widened to whole words: '은퇴했소' and not '은퇴했'."""
        if not self.places or start >= end:
            return ""
        first, last = self.places[start], self.places[min(end, len(self.places)) - 1] + 1
        while first > 0 and not self.source[first - 1].isspace():
            first -= 1
        while last < len(self.source) and not self.source[last].isspace():
            last += 1
        return self.source[first:last].strip(".,!?~…")


def clean(text: str) -> str:
    """One line-break-preserving form of anything a person or a clipboard may send."""
    composed = unicodedata.normalize("NFC", text[: MAX_CHARS * 2].encode("utf-8", "ignore").decode("utf-8"))
    out: list[str] = []
    for char in composed:
        if "\u3131" <= char <= "\u318e":  # NFKC would turn ㅋ into a conjoining jamo
            out.append(char)
            continue
        category = unicodedata.category(char)
        if char == "\n":
            out.append(char)
        elif category == "Cc" or category.startswith("Z"):
            out.append(" ")
        elif category not in ("Cf", "Co", "Cs", "Cn") and char != "\ufe0f":
            out.append(unicodedata.normalize("NFKC", char))
    joined = "".join(out)
    return re.sub(r" *\n+ *", "\n", re.sub(r"[ \t]+", " ", joined)).strip()[:MAX_CHARS]


def plain(source: str) -> Plain:
    """No blanks, lower case, slips mended."""
    chars: list[str] = []
    places: list[int] = []
    for at, char in enumerate(source):
        if char.isspace() and source[at - 1 : at].isdigit() and source[at + 1 : at + 2].isdigit():
            chars.append("·")  # '005930 10주' is a code and a number, not one number
            places.append(at)
        lowered = char.lower()
        if not char.isspace() and len(lowered) == 1:
            chars.append(lowered)
            places.append(at)
    squeezed = "".join(chars)
    out: list[str] = []
    out_places: list[int] = []
    last = 0
    for hit in _SLIP.finditer(squeezed):
        out.append(squeezed[last : hit.start()])
        out_places += places[last : hit.start()]
        mended = _SLIPS[hit[0]]
        out.append(mended)
        out_places += [places[min(hit.start() + i, hit.end() - 1)] for i in range(len(mended))]
        last = hit.end()
    out.append(squeezed[last:])
    out_places += places[last:]
    return Plain("".join(out), tuple(out_places), source)


def unquoted(text: str) -> tuple[str, bool]:
    """The user's own words without quotations and pasted lines, and whether anything was cut."""
    own = _PASTED.sub(" ", _QUOTES.sub(" ", text))
    return re.sub(r"[ \t]+", " ", own).strip(), own != text


def language(text: str) -> str:
    """'ko', 'en' or 'none' (no letters, or letters that make no word)."""
    hangul = sum("가" <= c <= "힣" for c in text)
    jamo = sum("\u3131" <= c <= "\u318e" for c in text)
    words = re.findall(r"[A-Za-z]{2,}", text)
    latin = sum(map(len, words))
    if hangul == 0 and len(words) >= 2 and latin > jamo and any(w.lower() in _ENGLISH for w in words):
        return "en"
    if hangul == 0 and len(words) == 1 and words[0].lower() in _ENGLISH:
        return "en"
    if hangul and latin > hangul * 4 and sum(w.lower() in _ENGLISH for w in words) >= 3:
        return "en"
    return "ko" if hangul or jamo else "none"


_ENGLISH = frozenset(
    [
        "i",
        "me",
        "my",
        "you",
        "your",
        "we",
        "it",
        "the",
        "a",
        "an",
        "is",
        "are",
        "am",
        "do",
        "does",
        "did",
        "can",
        "could",
        "will",
        "would",
        "should",
        "want",
        "to",
        "buy",
        "sell",
        "please",
        "hello",
        "hi",
        "hey",
        "what",
        "how",
        "why",
        "which",
        "stock",
        "stocks",
        "share",
        "shares",
        "price",
        "help",
        "thanks",
        "thank",
        "show",
        "invest",
        "investing",
        "investment",
        "money",
        "account",
        "balance",
        "order",
        "orders",
        "cancel",
        "recommend",
        "market",
        "risk",
        "profile",
        "portfolio",
        "of",
        "for",
        "with",
        "in",
        "on",
        "and",
        "or",
        "not",
        "no",
        "yes",
        "have",
        "has",
        "this",
        "that",
        "me",
        "ignore",
        "previous",
        "instructions",
        "all",
        "now",
        "about",
        "tell",
        "give",
        "good",
        "best",
        "today",
        "long",
        "term",
        "year",
        "years",
        "yo",
        "forget",
        "everything",
        "system",
        "prompt",
        "reveal",
        "print",
        "override",
        "act",
        "as",
        "mode",
        "developer",
        "approve",
        "approved",
        "execute",
    ]
)
