"""How long, how old, which stretch of a chart: times in plain (blank-free, lower-case) Korean text.

Contract: horizons in months with the words they came from; a range counts with its shorter end, vague words with the
middle the questionnaire would put them in, `sure` False. A stretch that lies in the past ("최근 3개월", "3년 했어요") is no horizon.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from domain.korean.numbers import NUMERAL, whole

LONG_MONTHS = 36


@dataclass(frozen=True, slots=True)
class Found:
    """A number read out of text at [start, end); `sure` is False for vague words."""

    value: int
    start: int
    end: int
    sure: bool = True


_UNIT = r"(?:년|개월|달|주일|주간|해)"
_TERM = re.compile(
    rf"(?P<n>{NUMERAL})(?:(?:~|-|에서|년에서|년~|년-|개월~|개월에서)(?P<to>{NUMERAL}))?(?P<unit>{_UNIT})(?P<half>반)?"
)
_PAST_BEFORE = re.compile(r"(?:지난|최근|과거|경력|근)$")
_NOT_AHEAD = re.compile(
    r"^(?:동안)?(?:은|는|을|를|정도|쯤|넘게|이상)?(?:동안)?(?:했|됐|되었|경력|차(?!이)|째|전|해봤|해왔|하다|굴렸|투자했|투자해왔|굴려봤|생|차트|수익률|그래프|흐름|만기)"
)
_DATE_LIKE = re.compile(r"^(?:\d+월|도|생|산|부터|국채|물)")
_TREASURY = re.compile(r"(?:국고채|국채|통안채|만기)$")

_VAGUE: tuple[tuple[re.Pattern[str], int], ...] = tuple(
    (re.compile(pattern), months)
    for pattern, months in (
        (r"은퇴(?:할때|때|까지|자금|후)|노후|평생|연금처럼|자식|물려|아이대학", 120),
        (r"long-?term|(?<!중)장기(?!판매|자랑)|길게|오래(?!된|전)|오랫동안|묻어|존버|쭉가져|느긋", LONG_MONTHS),
        (r"중장기", 30),
        (r"중기(?!업|계)|적당한기간", 18),
        (
            r"단타|스캘핑|데이트레이|하루이틀|초단기|며칠|당장쓸(?!돈(?:은|이)?아|일|데)|곧써야|곧쓸|금방쓸|다음달에써|이번달에써",
            1,
        ),
        (r"몇달|한두달|두세달|두어달|서너달", 3),
        (r"내년(?:봄|초|상반기)(?:까지|에|쯤)", 6),
        (r"내후년(?:에|까지|쯤)", 24),
        (r"단기(?!채|통안|자금|금융)|짧게|잠깐(?!만)|잠시|스윙", 6),
        (r"내년까지|내년(?:에|쯤|가을|여름|말)[가-힣]{0,8}(?:써|쓸|내야|나가|결혼|이사|입주|필요|갚)|일년안|1년안", 12),
        (r"반년", 6),
    )
)


def ahead(text: str, found: Found) -> bool:
    """Whether a term clearly lies in the future ('2년 뒤에 쓸'), so that it is no answer to 'how long have you …'."""
    return bool(_AHEAD.match(text[found.end :]))


_AHEAD = re.compile(
    r"^(?:반)?(?:정도|쯤|안|이내)?(?:은|는|을|만|에)?(?:뒤|후|안에|이내|까지|동안(?:투자할|굴릴|둘|묻)|있다가|굴리|굴릴|묻어|투자할|넣어둘|쓸|으로(?:바꿀|할|고칠|해)|로(?:바꿀|할|고칠|해))"
)
_UNTIL_YEAR = re.compile(r"(?P<y>20[2-5]\d)년(?:까지|말|에쓸|에써|쯤쓸)")


def horizon(text: str, today: date) -> Found | None:
    """'1년 정도' 12, '6개월' 6, '2~3년' 24, '1년 반' 18, '길게' 36 (unsure) … in months."""
    for hit in _TERM.finditer(text):
        number = whole(hit["n"])
        if number is None or not 0 < number <= 100:
            continue
        behind, before = text[hit.end() :], text[: hit.start()]
        if _PAST_BEFORE.search(before) or _NOT_AHEAD.match(behind) or _TREASURY.search(before):
            continue
        if hit["unit"] == "년" and (number >= 90 or _DATE_LIKE.match(behind)):
            continue
        if hit["unit"] == "해" and hit["n"] not in ("한", "두", "세", "네", "몇"):
            continue
        months = _months(number, hit["unit"], bool(hit["half"]))
        if months is not None:
            return Found(months, hit.start(), hit.end())
    if (year := _UNTIL_YEAR.search(text)) and (left := (int(year["y"]) - today.year) * 12 - today.month + 1) > 0:
        return Found(left, year.start(), year.end())
    for pattern, months in _VAGUE:
        if vague := pattern.search(text):
            return Found(months, vague.start(), vague.end(), sure=False)
    return None


def _months(number: int, unit: str, half: bool) -> int | None:
    if unit in ("년", "해"):
        return number * 12 + (6 if half else 0)
    if unit in ("개월", "달"):
        return number
    return max(1, round(number * 7 / 30)) if number <= 104 else None


_AGE = re.compile(rf"(?:만)?(?P<n>{NUMERAL})(?:살|세)(?!대|금|전|후|트|력|종|개|기)")
_DECADE = re.compile(
    r"(?P<n>[1-9]0|이십|삼십|사십|오십|육십|칠십|팔십)대(?P<part>초반|중반|후반|초|중|말)?(?!형|기업|그룹|종목)"
)
_BORN = re.compile(r"(?P<y>(?:19[3-9]\d|20[0-2]\d)|[3-9]\d|0\d)년(?:생|[가-힣]띠)")
_SCHOOL = re.compile(r"(?P<n>[2-7])학년(?P<m>\d)반")
_BARE_AGE = re.compile(
    rf"^(?:나이는?|저는?|전|올해|만|age(?:는|은|is|:)?|i'?m)*(?P<n>{NUMERAL})(?:이요|입니다|이에요|예요|요|임|이야)?[.!]?$"
)
_NATIVE_AGE = re.compile(
    r"(?P<n>(?:스물|서른|마흔|쉰|예순|일흔|여든|[이삼사오육칠팔]십(?=하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉))(?:하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉)?)(?=이고|이에요|예요|입니다|인데|이야|이요|이오|이여|이유|임|이라|먹|,|$)"
)
_AGED = re.compile(
    r"(?:나는|저는|나|난|전|제나이|내나이|나이)?(?P<n>\d{2}|[이삼사오육칠팔]십[일이삼사오육칠팔구]?)(?:이나|을|은)?먹(?:은|었|고)"
)
_NATIVE_DECADE = re.compile(
    r"(?P<n>스물|서른|마흔|쉰|예순|일흔|[2-7]0)(?P<part>초반|중반|후반|초|중|말)(?!등|기|년|학)"
)
_IN_DECADE = {"초": 2, "초반": 2, "중": 5, "중반": 5, "말": 8, "후반": 8}


def age(text: str, today: date, *, asked: bool = False) -> Found | None:
    """Years; '30대' counts 35 (unsure unless said 초반/후반), '92년생' by today's year; a bare number only when asked."""
    if hit := _BORN.search(text):
        year = int(hit["y"])
        year += 0 if year > 100 else (2000 if year <= today.year % 100 else 1900)
        return Found(today.year - year, hit.start(), hit.end())
    for hit in _AGE.finditer(text):
        number = whole(hit["n"])
        if number is not None and 5 <= number <= 110 and (len(hit["n"]) > 1 or hit["n"].isdigit()):
            return Found(number, hit.start(), hit.end())
    if (hit := _NATIVE_AGE.search(text)) or (hit := _AGED.search(text)):
        return Found(_years(hit["n"]), hit.start("n"), hit.end("n"))
    if asked and (hit := _NATIVE_DECADE.search(text)):
        return Found(_years(hit["n"]) + _IN_DECADE[hit["part"]], hit.start(), hit.end())
    if hit := _SCHOOL.search(text):
        return Found(int(hit["n"]) * 10 + int(hit["m"]), hit.start(), hit.end())
    if hit := _DECADE.search(text):
        decade = whole(hit["n"])
        if decade is not None:
            return Found(decade + _IN_DECADE.get(hit["part"] or "", 5), hit.start(), hit.end())
    if "환갑" in text:
        at = text.index("환갑")
        return Found(60, at, at + 2)
    if asked and (hit := _BARE_AGE.match(text)):
        number = whole(hit["n"])
        if number is not None and 10 <= number <= 110:
            return Found(number, hit.start("n"), hit.end("n"))
    return None


def _years(word: str) -> int:
    """'72', '서른다섯', '칠십둘' (both kinds of numerals mixed) → years."""
    number = whole(word)
    return number if number is not None else (whole(word[:2]) or 0) + (whole(word[2:]) or 0)


_STRETCH = re.compile(rf"(?P<n>{NUMERAL})(?P<unit>년|개월|달|주일?|일)(?!봉|선)")
_DAYS = {"년": 365, "개월": 30, "달": 30, "주": 7, "주일": 7, "일": 1}


def stretch_days(text: str) -> int | None:
    """How far back a chart should go, in days; None when the text does not say."""
    for hit in _STRETCH.finditer(text):
        number = whole(hit["n"])
        if number and number <= 400:
            return min(number * _DAYS[hit["unit"]], 365 * 10)
    return 30 if "한달" in text else None


def since(text: str, today: date) -> date | None:
    """First day of the stretch a question about results means: '오늘', '이번 주', '이번 달', '올해'; None = all."""
    if "오늘" in text or "금일" in text:
        return today
    if "이번주" in text:
        return today - timedelta(days=today.weekday())
    if "이번달" in text or "이달" in text:
        return today.replace(day=1)
    return today.replace(month=1, day=1) if "올해" in text else None
