"""Finds names in Korean text: longest name first, particles allowed behind, never a name inside another word.

Contract: matching ignores case, full-width forms and blanks inside a name of more than three characters. A Latin name is
bounded by other Latin letters; what follows a Korean name must be a particle, a trading word ("삼전사줘"), another name
("삼전하닉") or nothing, so that 'LG' is not found in 'LG생활건강' and '기아' not in '이야기 아니야'.
Does not guess: an unlisted company whose name begins with a listed one is not found.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")

_PARTICLES = (
    "이랑은 이랑 랑은 랑 하고는 하고 한테 에서는 에서 에는 에게 에만 에도 에 으로는 으로 로는 로만 로 이나 나 이라도 라도 이라고 라고 이란 란 이라는 라는 이면 면 이든 든 "
    "부터 까지 보다 처럼 만큼 밖에 조차 마저 뿐 씩 은요 는요 이요 요 은 는 이 가 을 를 의 도 만 와 과 야 아 이야 인데 인지 이에요 예요 이고 고 들 님"
).split()
# Words that people write straight behind a name, without a blank.
_FOLLOWERS = (
    "주식 주가 주 사 살 샀 산 팔 판 매수 매도 매매 전량 전부 다 절반 반 차트 시세 분석 얼마 어때 어떄 어떤 어떻 지금 현재 가격 좀 말고 말구 빼 제외 추천 "
    "전망 실적 배당 뉴스 수익 손익 평단 보유 취소 정정 목표 담 들고 들어 있 없 오르 오를 오른 올라 올랐 내리 내려 내렸 떨어 급등 급락 비중 위주 중심 관련 쪽 같은 "
    "대신 한주 두주 세주 한 두 세 네 열 십 백 천 만 일단 알아 알려 궁금 괜찮 보여 볼 봐 물 존버 손절 익절 업종 섹터 종목 테마 분야 투자 펀드 이티에프 계열 그리고"
).split()
_CORPORATE = (
    "증권 화재 생명 카드 캐피탈 보험 제약 건설 물산 생활 전기 서비스 스팩 자산 인베 머티 에이치엔 벤처 중공업 마린 위아 오토 글로비스 제철 "
    "백화점 그린 홈쇼핑 이노텍 헬로 씨엔에스 디스플 바이오사이언스 바이오팜 아이이 네트웍스 리츠 가스 케미칼 디스커버리 엔무브 솔루션 시스템 비전 "
    "생건 톡 맵 택시 페이 게임즈 모빌리티 엔터 스틸 인터 우선"
).split()


@dataclass(frozen=True, slots=True)
class Mention(Generic[Value]):
    """What was named, by which words, at which [start, end) of the original text."""

    value: Value
    start: int
    end: int
    text: str


def _fold(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).casefold()
    return folded if len(folded) == 1 else char.casefold()[:1] or char


def _is_hangul(char: str) -> bool:
    return "가" <= char <= "힣"


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


class Finder(Generic[Value]):
    """A table of names to look for. `lenient` accepts any Korean word behind a name of two letters or more (sectors)."""

    def __init__(self, names: Mapping[str, Value], *, lenient: bool = False) -> None:
        self._lenient = lenient
        self._by_first: dict[str, list[tuple[str, Value]]] = {}
        for name, value in names.items():
            folded = "".join(_fold(char) for char in name if not char.isspace())
            self._by_first.setdefault(folded[0], []).append((folded, value))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda item: -len(item[0]))

    def find(self, text: str) -> tuple[Mention[Value], ...]:
        """All mentions, in order of appearance, not overlapping."""
        squeezed = [(_fold(char), at) for at, char in enumerate(text) if not char.isspace()]
        chars = "".join(char for char, _ in squeezed)
        places = [at for _, at in squeezed]
        found: list[Mention[Value]] = []
        position = 0
        free_from = 0  # end of the previous mention and its particle: a name may start here without a blank
        while position < len(chars):
            hit = self._at(chars, places, position, position == free_from)
            if hit is None:
                position += 1
                continue
            name, value = hit
            end = position + len(name)
            first, last = places[position], places[end - 1] + 1
            found.append(Mention(value, first, last, text[first:last]))
            rest = _word(chars, places, end)
            particle = next((p for p in sorted(_PARTICLES, key=len, reverse=True) if rest.startswith(p)), "")
            free_from = end if self._starts(chars, places, end) else end + len(particle)
            position = end
        return tuple(found)

    def _starts(self, chars: str, places: list[int], position: int) -> bool:
        return position < len(chars) and self._at(chars, places, position, True) is not None

    def _at(self, chars: str, places: list[int], position: int, free: bool) -> tuple[str, Value] | None:
        for name, value in self._by_first.get(chars[position], ()):
            end = position + len(name)
            if not chars.startswith(name, position):
                continue
            blanks = places[end - 1] - places[position] - (len(name) - 1)
            if blanks and len(name) <= 3:
                continue
            if self._bounded_left(chars, places, position, free) and self._bounded_right(chars, places, end, name):
                return name, value
        return None

    def _bounded_left(self, chars: str, places: list[int], position: int, free: bool) -> bool:
        if free or position == 0 or places[position - 1] + 1 < places[position]:
            return True
        before, here = chars[position - 1], chars[position]
        if _is_latin(here):
            # a bare code may follow KIS's market letter: A005930
            return not _is_latin(before) or (
                before == "a" and here.isdigit() and not (position > 1 and _is_latin(chars[position - 2]))
            )
        return not (_is_hangul(before) or (_is_latin(before) and before.isalpha()))

    def _bounded_right(self, chars: str, places: list[int], end: int, name: str) -> bool:
        rest = _word(chars, places, end)
        if not rest:
            return True
        if _is_latin(rest[0]) or rest[0] in "&":
            # a Korean name may be followed by a quantity, never by Latin letters; a Latin one by neither
            return rest[0].isdigit() and _is_hangul(name[-1]) and not self._continues(rest)
        if not _is_hangul(rest[0]):
            return True
        rest = re.match("[가-힣]+", rest)[0]  # type: ignore[index]
        if self._lenient and len(name) >= 2:
            return True
        if any(rest.startswith(word) for word in _CORPORATE):
            return False
        if len(name) >= 4 and _is_hangul(name[-1]):
            return True
        if self._starts(chars, places, end):
            return True
        if any(rest.startswith(word) for word in _FOLLOWERS):
            return True
        for particle in _PARTICLES:
            if rest.startswith(particle):
                tail = rest[len(particle) :]
                if not tail or any(tail.startswith(word) for word in _FOLLOWERS):
                    return True
                if self._starts(chars, places, end + len(particle)):
                    return True
        return False

    @staticmethod
    def _continues(rest: str) -> bool:
        digits = re.match(r"\d+", rest)
        return (
            digits is not None
            and len(rest) > len(digits[0])
            and rest[len(digits[0])].isalpha()
            and rest[len(digits[0])].isascii()
        )


def _word(chars: str, places: list[int], start: int) -> str:
    """Characters from `start` up to the next blank of the original text."""
    if start < len(chars) and start > 0 and places[start - 1] + 1 < places[start]:
        return ""
    end = start
    while end < len(chars) and (end == start or places[end - 1] + 1 == places[end]):
        end += 1
    return chars[start:end]
