"""What a sentence about watching, alerts, quiet hours or savings says in figures. Pure.

Contract: reads plain text whose names are blanked out (`reading.without_names`); what stands there and nothing else:
None where nothing is said, and no side is guessed. Levels and sums are int won, changes of the day basis points
(negative when falling), hours KST, days 1–31.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

from domain.korean.quantities import mentions
from domain.korean.text import Plain
from domain.watch import AlertKind, Mood

_PERCENT = re.compile(r"(?P<n>\d{1,3}(?:\.\d{1,2})?)(?:%|퍼센트|프로|퍼)")
_BARE = re.compile(
    r"(?<![\d,.])(?P<n>\d{1,3}(?:,\d{3})+|\d{3,8})원?(?=[·가-힣]{0,2}(?:넘|되|이상|이하|밑|아래|위|떨어|오르|올라|내리|내려|찍|도달|돌파|깨|까지|밖))"
)
_DOWN = re.compile(r"떨어|내리|내려|하락|빠지|빠질|깨지|깨면|깨질|밑|아래|급락|폭락|붕괴|손실")
_UP = re.compile(r"오르|올라|넘|돌파|상승|초과|웃돌|위로|급등|뚫|수익")
_AT_MOST = re.compile(r"이하|미만")
_AT_LEAST = re.compile(r"이상")  # weak: '5% 이상 떨어지면' falls
_EITHER = re.compile(r"움직|변하|변동|등락|벌어지")
_BY = re.compile(r"^(?:이나|가|을|를|만|정도|쯤)?(?:더)?(?:떨어지|내리|빠지|하락하|오르|상승하|급등|급락)")
_KINDS: tuple[tuple[AlertKind, re.Pattern[str]], ...] = (
    (AlertKind.SALE, re.compile(r"손절|익절|지킴이|자동(?:으로)?(?:매도|팔)|전략(?:이|의)?(?:자동)?(?:매도|팔|판)")),
    (AlertKind.APPROVAL, re.compile(r"승인")),
    (AlertKind.FILL, re.compile(r"체결|주문결과")),
    (AlertKind.LIMIT, re.compile(r"한도|제한에|거절|막히|거래정지|주문정지|정지되|멈추")),
    (AlertKind.BUDGET, re.compile(r"예산|(?:모델|ai|토큰)(?:비용|사용량|한도|요금)?")),
    (AlertKind.SAVINGS, re.compile(r"적립")),
    (AlertKind.NEWS, re.compile(r"뉴스|소식|기사|공시|이슈|호재|악재")),
    (AlertKind.PRICE, re.compile(r"가격|시세|주가")),
)
_BAD = re.compile(r"악재|나쁜|안좋은|부정적|나빠")
_GOOD = re.compile(r"호재|좋은|긍정적")
_HOUR = re.compile(
    r"(?P<part>밤|저녁|오후|오전|아침|새벽|낮)?(?P<h>\d{1,2})(?:시|:)(?:(?P<m>\d{1,2})분?|(?P<half>반))?"
)
_NO_QUIET = re.compile(r"(?:방해금지|조용한시간|무음(?:시간|모드)?)(?:을|를|은|좀)*(?:꺼|끄|해제|없애|풀|그만|안할)")
_DAY = re.compile(r"(?<!\d)(?P<d>\d{1,2})일(?!주|동안|간|이내|후|뒤|선)")
_LAST_DAY = re.compile(r"말일|월말|마지막날")
_FIRST_DAY = re.compile(r"월초|첫날|첫째날")


@dataclass(frozen=True, slots=True)
class PriceWish:
    """At which level, or after which change of the day. `direction` above, below, either, or None when not said."""

    direction: str | None
    level: int | None = None
    change_bps: int | None = None  # without its sign
    by: bool = False  # "5천원 떨어지면": a distance, no level


def price_wish(text: Plain) -> PriceWish | None:
    """None when neither a price nor a percentage is said."""
    said = text.text
    direction = _direction(said)
    if percent := _PERCENT.search(said):
        bps = round(float(percent["n"]) * 100)
        return PriceWish(direction, change_bps=bps) if 0 < bps <= 3_000 else None
    for mention, _, end in mentions(text):
        return PriceWish(direction, level=mention.amount, by=bool(_BY.match(said[end:])))
    if bare := _BARE.search(said):
        return PriceWish(direction, level=int(bare["n"].replace(",", "")), by=bool(_BY.match(said[bare.end() :])))
    return None


def _direction(said: str) -> str | None:
    for down, up in ((_DOWN, _UP), (None, _EITHER), (_AT_MOST, _AT_LEAST)):
        falls, rises = bool(down and down.search(said)), bool(up.search(said))
        if falls or rises:
            if up is _EITHER:
                return "either"
            return None if falls and rises else "below" if falls else "above"
    return None


def kinds_in(text: str) -> tuple[AlertKind, ...]:
    """What kinds of alerts plain text names."""
    return tuple(kind for kind, pattern in _KINDS if pattern.search(text))


def mood_in(text: str) -> Mood:
    bad, good = bool(_BAD.search(text)), bool(_GOOD.search(text))
    return Mood.BAD if bad and not good else Mood.GOOD if good and not bad else Mood.ANY


def ends_quiet(text: str) -> bool:
    """'방해금지 꺼줘'."""
    return bool(_NO_QUIET.search(text))


def hours_in(text: str) -> tuple[time, time] | None:
    """'밤 10시부터 아침 8시까지' → 22:00, 08:00. None unless two hours are said."""
    found = [_hour(hit) for hit in _HOUR.finditer(text)]
    hours = [hour for hour in found if hour is not None]
    return (hours[0], hours[1]) if len(hours) == 2 and hours[0] != hours[1] else None


def _hour(hit: re.Match[str]) -> time | None:
    hour, minute = int(hit["h"]), 30 if hit["half"] else int(hit["m"] or 0)
    if hit["part"] in ("밤", "저녁", "오후", "낮") and 1 <= hour < 12:
        hour += 0 if hit["part"] == "낮" and hour >= 10 else 12
    if hit["part"] == "밤" and hour == 12:
        hour = 0
    return time(hour % 24, minute) if hour <= 24 and minute < 60 else None


def savings_day(text: str) -> int | None:
    """The day of the month; 31 for its last."""
    if _LAST_DAY.search(text):
        return 31
    if hit := _DAY.search(text):
        day = int(hit["d"])
        return day if 1 <= day <= 31 else None
    return 1 if _FIRST_DAY.search(text) else None


def savings_amount(text: Plain) -> int | None:
    """The sum a month."""
    return next((mention.amount for mention, _, _ in mentions(text)), None)
