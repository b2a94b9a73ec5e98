"""Amounts of won in Korean text, read and written exactly.

Contract: `parse_won` finds every amount in a sentence and returns integers; `format_won` writes what `parse_won` reads
back. Digits, Korean numerals, mixtures, decimals before a unit, full-width digits, ranges and "월 10만 원" are read;
other currencies, counted things ("3천 주", "30대") and percentages are not money. An amount that is no whole number of
won is not found. No binary fractions anywhere.
Does not decide what an amount is for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_BIG = {"조": 10**12, "억": 10**8, "만": 10**4}
_SMALL = {"천": 1000, "백": 100, "십": 10}
_DIGIT = {"영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9}
_WIDE = str.maketrans(
    {ord("０") + n: str(n) for n in range(10)} | {"，": ",", "．": ".", "～": "~", "￦": "₩", "　": " "}
)

_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?")
_LONGEST = 25  # characters of a written number; anything longer is no amount
_MOST = 10**18  # won; what a ledger column holds
_WON = re.compile(r"[ \t]{0,3}(?:원(?![유하해래칙인]|금(?!액))|KRW|krw)")
_RANGE = re.compile(r"[ \t]{0,3}(?:[~∼〜–—-]|에서|부터)[ \t]{0,3}")
_MONTH_BEFORE = re.compile(
    r"(?:(?<![\d가-힣])월(?:에|마다)?|매월|매달|매 달|달마다|다달이|한[ \t]?달에|월[ \t]?적립(?:금|액)?(?:은|을)?)"
    r"[ \t]{0,3}(?:약|한|대략|최대|최소)?[ \t]{0,3}₩?[ \t]{0,3}$"
)
_MONTH_AFTER = re.compile(
    r"[ \t]{0,3}(?:정도|쯤)?[ \t]{0,3}씩?[ \t]{0,3}(?:/[ \t]{0,3}월|매달|매월|다달이|한[ \t]?달에)"
)

# What makes an amount without 원 something else: other currencies and counted things. The look-aheads keep words that
# only begin alike ("주식", "대출", "불법", "엔비디아", "살까").
_FOREIGN = re.compile(
    r"[ \t]{0,3}(?:달러|딸라|불(?![법구만안과가리])|유로(?!파)|엔(?![비지씨터솔진])|위안|파운드|프랑|크로네|크로나|"
    r"루블|루피|페소|동(?=$|[ \t])|USD|EUR|JPY|CNY|usd|eur|비트코인|코인)"
)
_COUNTED = re.compile(
    r"[ \t]{0,3}(?:주(?![식고라시세면는기었가로택])|명|개월|개(?![인미장])|건(?![설강물])|년|월(?![가-힣])|"
    r"일(?![반단정부시임])|시간|톤|배(?![당분터])|회(?!사)|번(?!다)|장(?![기투])|가구|세대|평(?![가균단생])|"
    r"미터|킬로|km|kg|t(?![a-z])|%|퍼센트|퍼(?=[ \t]|$)|프로(?![젝그])|포인트|pt|권|곳|표(?!현)|인(?![버덱터생공출])|"
    r"종목|계좌|호(?!재)|세(?![금전후])|살(?![까게래거만])|위(?![해험주])|등(?!락)|관객|팔로|구독|뷰|"
    r"시(?![작장])|분(?![산할기])|초(?![과기반보])|에요|예요)"
)
_CARS = re.compile(r"[ \t]{0,3}대(?![출형박신부략기충비])")  # "3만대": not money; "100억대": money


@dataclass(frozen=True, slots=True)
class MoneyMention:
    """An amount in won; `upper` is the end of a range; `span` is [start, end) in the text given."""

    amount: int
    upper: int | None
    monthly: bool
    span: tuple[int, int]
    text: str


@dataclass(frozen=True, slots=True)
class _Number:
    value: Fraction
    end: int
    unit: int  # weight of the smallest unit written: 1 for a bare number
    top: int  # weight of the largest of 만, 억, 조 written, else 1
    bare: bool  # digits alone
    won: bool = False


# "20 million won": read for people who mix languages; without the word won it could be any currency.
_ENGLISH = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,6}))?[ \t]{0,3}(k|thousand|m|mil|million|bn|billion)[ \t]{1,3}"
    r"(?:korean[ \t])?(?:won|krw)\b",
    re.IGNORECASE,
)
_ENGLISH_UNITS = {"k": 3, "thousand": 3, "m": 6, "mil": 6, "million": 6, "bn": 9, "billion": 9}


def parse_won(text: str) -> list[MoneyMention]:
    """Every amount of won in `text`, in order. Ranges are one mention with `amount` < `upper`."""
    plain = text.translate(_WIDE)
    found: list[MoneyMention] = []
    at = 0
    while at < len(plain):
        english = _ENGLISH.match(plain, at)
        if english is not None:
            found += _in_english(english, text)
            at = english.end()
            continue
        start, sign = at, plain[at] == "₩"
        begin = _skip(plain, at + 1) if sign else at
        first = _number(plain, begin) if _may_start(plain, begin) else None
        if first is None:
            at += 1
            continue
        if sign:
            first = _Number(first.value, first.end, first.unit, first.top, first.bare, won=True)
        mention, end = _mention(plain, text, start, first)
        if mention is not None:
            found.append(mention)
        at = end
    return found


def _in_english(match: re.Match[str], text: str) -> list[MoneyMention]:
    whole, fraction, unit = match[1].replace(",", ""), match[2] or "", match[3].lower()
    amount = Fraction(int(whole + fraction) * 10 ** _ENGLISH_UNITS[unit], 10 ** len(fraction))
    if amount.denominator != 1 or not 0 < amount < _MOST:
        return []
    return [MoneyMention(int(amount), None, False, match.span(), text[match.start() : match.end()])]


def parse_bare_won(text: str, unit: int = 10_000) -> list[MoneyMention]:
    """Like `parse_won`, but where it finds nothing a bare number counts in `unit`: the answer "5천" to "얼마예요?".

    Only for text that is known to answer a question about an amount; "오천 정도요" is then 5천만원.
    """
    found = parse_won(text)
    if found:
        return found
    plain = text.translate(_WIDE)
    for at in range(len(plain)):
        number = _number(plain, at) if _may_start(plain, at) else None
        if number is None:
            continue
        if any(other.match(plain, number.end) for other in (_FOREIGN, _COUNTED, _CARS)):
            return []
        amount = number.value * (unit if number.value < unit else 1)
        if amount.denominator != 1 or amount >= _MOST:
            return []
        monthly = bool(_MONTH_BEFORE.search(plain[max(0, at - 30) : at])) or bool(_MONTH_AFTER.match(plain, number.end))
        return [MoneyMention(int(amount), None, monthly, (at, number.end), text[at : number.end])]
    return []


def format_won(amount: int) -> str:
    """Exact Korean text: 2천만원, 1억 5천만원, 1,234,500원. Never rounds."""
    if amount < 0:
        return "-" + format_won(-amount)
    if amount == 0 or amount % 10_000:
        return f"{amount:,}원"
    parts = []
    for name, weight in _BIG.items():
        group, amount = divmod(amount, weight)
        if group and group % 1000 == 0 and name == "만":
            parts.append(f"{group // 1000}천만")
        elif group:
            parts.append(f"{group:,}{name}")
    return " ".join(parts) + "원"


def _mention(plain: str, text: str, start: int, first: _Number) -> tuple[MoneyMention | None, int]:
    upper: int | None = None
    low, end, last = first.value, first.end, first
    joint = _RANGE.match(plain, first.end)
    second = _number(plain, joint.end()) if joint and _may_start(plain, joint.end()) else None
    if second is not None and _is_money(plain, second) and not re.match(r"[ \t]{0,3}으?로", plain[second.end :]):
        scaled = _scaled(first, second, plain)
        if scaled is not None:
            low, last, end = scaled, second, second.end
            upper = int(second.value) if second.value.denominator == 1 else None
    if upper is None and second is not None and not first.won:
        if first.top == 1:
            return None, first.end  # "1천에서 …": not an amount of its own
        if _FOREIGN.match(plain, second.end):
            return None, second.end  # "2천만~2천5백만 유로"
    if (upper is None and not _is_money(plain, last)) or low.denominator != 1 or (upper or low) >= _MOST:
        return None, end
    monthly = bool(_MONTH_BEFORE.search(plain[max(0, start - 30) : start])) or bool(_MONTH_AFTER.match(plain, end))
    return MoneyMention(int(low), upper, monthly, (start, end), text[start:end]), end


def _scaled(first: _Number, second: _Number, plain: str) -> Fraction | None:
    """The lower end of a range, which may leave its unit to the upper end: "1천~2천만원", "5천~1억"."""
    if first.won or first.top > 1:
        options = [1]
    else:
        options = [second.unit] if first.bare else []
        options += [second.top, 10**4 if second.top > 10**4 else 1]
    for option in options:
        low = first.value * option
        if low < second.value and (option > 1 or first.top > 1 or second.top == 1 or first.won):
            return low
    return None


def _skip(plain: str, at: int) -> int:
    """Past at most three blanks: more of them end an amount."""
    end = at
    while end < min(len(plain), at + 3) and plain[end] in " \t":
        end += 1
    return end


def _may_start(plain: str, at: int) -> bool:
    """An amount does not begin inside a number or inside a Korean word."""
    if at >= len(plain):
        return False
    here, before = plain[at], plain[at - 1] if at else " "
    if here.isdigit():
        return not (before.isascii() and before.isalnum()) and not (
            before in ".," and at > 1 and plain[at - 2].isdigit()
        )
    if here in _DIGIT or here in _SMALL or here in _BIG:
        return not ("가" <= before <= "힣") and not before.isdigit()
    return False


def _number(plain: str, start: int) -> _Number | None:
    """The longest number with its units at `start`."""
    total, at, previous, unit = Fraction(0), start, 10**16, 1
    top, bare = 1, False
    while True:
        group = _small(plain, _skip(plain, at) if at > start else at)
        name = plain[group[1] : group[1] + 1] if group else plain[at : at + 1]
        if group and name not in _BIG:
            spaced = re.match(r"[ \t]{1,3}[조억만]", plain[group[1] :])
            if spaced and group[2] > 1:
                name = spaced[0].strip()
                group = (group[0], group[1] + len(spaced[0]) - 1, group[2], group[3])
        weight = _BIG.get(name, 0)
        if weight and weight < previous and (group or (at == start and _one_implied(plain, at))):
            value, end, smallest, _ = group or (Fraction(1), at, 1, False)
            total += value * weight
            at, previous, unit, top = end + 1, weight, weight * smallest, max(top, weight)
            continue
        if group and (previous == 10**16 or _joins(plain, at, group)):
            value, end, smallest, digits_only = group
            won = _WON.match(plain, end)
            if previous == 10**16:
                bare = digits_only
            elif not won and previous > 10**4:
                value *= previous // 10**4  # "1억 5천" leaves out the 만, "1조 5천" the 억
                smallest *= previous // 10**4
            total += value
            at, unit = end, smallest
        break
    if at == start:
        return None
    mark = _WON.match(plain, at)
    return _Number(total, mark.end() if mark else at, unit, top, bare, won=mark is not None)


def _one_implied(plain: str, at: int) -> bool:
    """만원 means one 만, 만오천원 one and a half; 만, 억 and 조 alone are words."""
    if plain[at] != "만":
        return False
    if _WON.match(plain, at + 1):
        return True
    rest = _small(plain, at + 1)
    return rest is not None and not rest[3] and _WON.match(plain, rest[1]) is not None


def _joins(plain: str, at: int, group: tuple[Fraction, int, int, bool]) -> bool:
    """Whether what follows a unit still belongs to it: "1억 5천", "6만1000원", "1억3000", but not "41억 3자"."""
    value, end, _, digits_only = group
    if not digits_only or _WON.match(plain, end):
        return True
    return plain[at : at + 1].isdigit() and value >= 100 and plain[end : end + 1] != "%"


def _small(plain: str, start: int) -> tuple[Fraction, int, int, bool] | None:
    """A number below 만: (value, end, weight of its smallest unit, digits only). "3천9백", "천", "이천", "2,000"."""
    total, at, previous, smallest, digits_only = Fraction(0), start, 10**4, 1, True
    matched = False
    while True:
        here = at
        if matched:
            here = _skip(plain, at)
        number = _NUMBER.match(plain, here)
        value: Fraction | None = None
        after = here
        korean = False
        if number and len(number[0]) > _LONGEST:
            return None
        if number:
            value, after = Fraction(number[0].replace(",", "")), number.end()
        elif plain[here : here + 1] in _DIGIT:
            value, after, korean = Fraction(_DIGIT[plain[here]]), here + 1, True
        weight = _SMALL.get(plain[after : after + 1], 0)
        if weight and value is None and not _implied_small_one(plain, after + 1):
            weight = 0
        if weight and weight < previous:
            total += (1 if value is None else value) * weight
            at, previous, smallest, digits_only, matched = after + 1, weight, weight, False, True
            continue
        if value is None:
            break
        if korean and not (plain[after : after + 1] in _BIG or _WON.match(plain, after)):
            break  # "이" and "일" are words unless a unit follows
        if matched and (here > at or value >= previous):
            break
        total += value
        at, matched = after, True
        smallest = 1
        digits_only = digits_only and not korean
        break
    return (total, at, smallest, digits_only) if matched else None


def _implied_small_one(plain: str, end: int) -> bool:
    """Whether 천, 백 or 십 without a number in front is one of it, not the head of a word such as 천천히 or 백화점."""
    follower = plain[end : end + 1]
    if not "가" <= follower <= "힣":
        return True
    if follower in _BIG or follower in _SMALL:
        return follower not in plain[end - 1]
    return follower in _DIGIT or follower in "원정쯤으은을" or follower in _BIG


def _is_money(plain: str, number: _Number) -> bool:
    if number.won:
        return True
    if number.top == 1 or _FOREIGN.match(plain, number.end) or _COUNTED.match(plain, number.end):
        return False
    if number.top == 10**4 and _CARS.match(plain, number.end):
        return False
    return not re.match(r"에(?!서)", plain[number.end :]) or number.value != 10**7  # 천만에요
