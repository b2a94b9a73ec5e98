"""What '그거', '걔' or a missing name points to: the instrument that the user spoke of a moment ago.

Contract: pure; only the user's own last messages count, the nearest first. A pointing word takes the one name it can
mean; an order without a name and without such a word gets a suggestion (`near`), which is asked about and never taken.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from domain.korean.acts import Act
from domain.korean.reading import Reading, tickers_in
from domain.korean.text import plain

LOOK_BACK = 3  # messages
_POINTS = re.compile(
    r"(?:그|이|저)(?:거|걸|건|게|것)(?!로|말고|빼고|아니)|(?:그|이|저)(?:주식|종목|회사)|거기|걔|얘(?!기)|(?:방금|아까)(?:그|말한|본|물어본)"
)
_LOOKS = (Act.PRICE, Act.CHART, Act.ANALYSE, Act.NEWS)
_ORDERS = (Act.BUY, Act.SELL, Act.ORDER_SIDELESS)
_SHORT = 12  # characters: '차트도 보여줘' goes on about the same name, a long sentence speaks for itself


def with_reference(reading: Reading, earlier: Sequence[str]) -> Reading:
    """`earlier` are the user's messages before this one, oldest first."""
    named = reading.tickers or reading.avoided_tickers or reading.foreign or reading.near or reading.sectors
    if named or reading.answer is not None or reading.quoted or not reading.does(*_LOOKS, *_ORDERS):
        return reading
    if reading.does(Act.INJECTION, Act.MACRO, Act.PROPOSE, Act.PNL, Act.EQUITY, Act.BALANCE, Act.RECEIPT, Act.WHY):
        return reading
    text = plain(reading.text).text
    points = _POINTS.search(text) is not None
    meant = next((found for said in reversed(earlier[-LOOK_BACK:]) if (found := tickers_in(said))), ())
    if not meant or not (points or len(text) <= _SHORT) or (reading.unknown_names and not points):
        return reading
    if len(meant) == 1 and (points or not reading.does(*_ORDERS)):
        return replace(
            reading, tickers=meant, unknown_names=(), order=replace(reading.order, tickers=meant, several=False)
        )
    return replace(reading, near=meant[:3], unknown_names=())
