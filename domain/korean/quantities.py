"""How much of what at which price: the numbers of an order in the user's words.

Contract: reads plain text with its source; says what stands there and never fills in what does not. Quantity in shares,
amounts and prices int won, portions in basis points (전량 10,000). A money word that is a price ("7만원에") is not an amount.
"""

# ruff: noqa: E501 - a pattern is one line, however long

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.korean.numbers import NUMERAL, whole
from domain.korean.text import Plain
from domain.money import MoneyMention, parse_won

_SHARES = re.compile(
    rf"(?<![\d.,\-−])(?P<n>{NUMERAL}|\d+[백천만])(?:주|개(?!월)|장(?!기|세))"
    r"(?!일|간|년|동안|전에|전부터|후|뒤|차|말(?!고)|째|식(?!으)|가(?!능|져|지)|문|의|요일|봉|당)"
)
_ABBREVIATED = re.compile(r"(?<![\d,.\-−])(?P<n>\d{1,6})(?:ea|shares?|주(?=$))")
_ALL = re.compile(r"전량|전부|몽땅|싹다|모조리|풀매도|올매도|다(?=팔|매도|던|처분|정리|털)|있는거다|가진거다|보유분")
_ALL_IN = re.compile(r"올인|몰빵|풀매수|전재산|있는돈다|예수금전부|전액|풀베팅|영끌")
_HALF = re.compile(r"절반|반만|반정도|반(?=팔|매도|정리|처분|던)|반토막만|1/2|½")
_SHARE_PCT = re.compile(
    r"(?:보유(?:분|량)?의?|예수금의?|잔고의?|현금의?|그중|중)?(?P<n>\d{1,3})(?:%|퍼센트|프로|퍼)(?:만)?(?=팔|매도|정리|처분|던|매수|사|만큼|어치|만)"
)

_AT = re.compile(
    r"^(?:선)?(?:에(?!서|어치)|으로(?=사|팔|매|걸|지정|주문|넣|정정|바꿔|변경|고쳐|내려|올려|해)|지정가|이하로|이하에|이상으로|이상에|까지(?=내려|오면|가면)|[가이]?(?:되|찍|오|도달|넘|밑|아래)|짜리에)"
)
_LIMIT_BEFORE = re.compile(r"(?:지정가(?:로|는)?|호가(?:로)?|한주에|주당|개당|가격은?)$")
_EACH = re.compile(r"^(?:어치|치(?!료)|정도어치|만큼|원어치|어칫)")
_BARE_PRICE = re.compile(
    r"(?<![\d,.])(?P<n>\d{1,3}(?:,\d{3})+|\d{3,7})(?P<won>원)?(?=에(?!서)|으로(?=정정|바꿔|변경|고쳐|내려|올려|지정|사|팔|매)|·(?=\d{1,7}주))"
)
_THEN_SHARES = re.compile(rf"^·?{NUMERAL}주(?!일|간|년)")
_MARKET = re.compile(r"시장가|현재가(?:로|에)|지금가격(?:으로|에)|아무가격|바로체결|시장가격")


@dataclass(frozen=True, slots=True)
class OrderNumbers:
    """What the text says about an order; None where it says nothing."""

    shares: int | None = None
    amount: int | None = None  # won's worth
    portion_bps: int | None = None  # of what is held (sell) or of the cash (buy)
    price: int | None = None
    market: bool = False


def order_numbers(text: Plain) -> OrderNumbers:
    """Reads one order sentence."""
    price, amount = _money(text)
    if price is None and (hit := _BARE_PRICE.search(text.text)):
        price = whole(hit["n"])
    return OrderNumbers(
        shares=shares(text.text),
        amount=amount,
        portion_bps=portion(text.text),
        price=price,
        market=bool(_MARKET.search(text.text)),
    )


def shares(text: str) -> int | None:
    """'10주', '열 주', '1,000주', '3천주'; '2주 동안' and '반도체주' are none."""
    for pattern in (_SHARES, _ABBREVIATED):
        for hit in pattern.finditer(text):
            word = hit["n"]
            glued = hit.start() > 0 and "가" <= text[hit.start() - 1] <= "힣" and len(word) == 1
            if glued and (word in "일이삼사오육륙칠팔구십백천만" or text[hit.start() - 1] == "기"):
                continue  # '엔터주식', '현대주' would count; one spelled numeral must not hang on a word
            number = whole(word)
            if number is not None and 0 < number <= 10**9:
                return number
    return None


def portion(text: str) -> int | None:
    """전량/전부 10,000 · 절반 5,000 · '30%만 팔아' 3,000."""
    if _HALF.search(text):
        return 5_000
    if hit := _SHARE_PCT.search(text):
        value = int(hit["n"])
        return value * 100 if 0 < value <= 100 else None
    return 10_000 if _ALL.search(text) or _ALL_IN.search(text) else None


def mentions(text: Plain) -> list[tuple[MoneyMention, int, int]]:
    """Amounts with their place in the plain text."""
    at = {place: index for index, place in reversed(list(enumerate(text.places)))}
    out = []
    for mention in parse_won(text.source):
        start = next((at[i] for i in range(mention.span[0], mention.span[1]) if i in at), None)
        if start is None:
            continue
        last = next(at[i] for i in range(mention.span[1] - 1, mention.span[0] - 1, -1) if i in at)
        out.append((mention, start, last + 1))
    return out


def _money(text: Plain) -> tuple[int | None, int | None]:
    price: int | None = None
    amount: int | None = None
    for mention, start, end in mentions(text):
        behind, before = text.text[end:], text.text[:start]
        if _EACH.match(behind):
            amount = amount or mention.amount
        elif _THEN_SHARES.match(behind) or _AT.match(behind) or _LIMIT_BEFORE.search(before):  # '7만2천원 10주'
            price = price or mention.amount
        else:
            amount = amount or mention.amount
    return price, amount
