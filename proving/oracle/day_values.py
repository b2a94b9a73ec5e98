"""What the judge of a rehearsed day is told, as plain values.

Contract: moments of orders are HH:MM:SS of the market, those of words ISO texts in Korea's time, which compare as
text; money is int won. Imports nothing of Quartz.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]


@dataclass(slots=True)
class Account:
    """One person's: `capital` as declared; `mandate` is its bounds while one is signed."""

    ref: str
    number: str
    grade: str
    capital: int
    mandate: Row | None = None


@dataclass(slots=True)
class Asset:
    """A listed product: `holds` is one of the keys of `weights`."""

    ticker: str
    product: int
    holds: str


@dataclass(slots=True)
class Order:
    """One order at the broker, with the picture of the account in the moment before it: total value, what is held and
    at which price; `low` and `high` are the name's prices in the minute before."""

    at: str  # HH:MM:SS
    number: str
    ticker: str
    side: str
    quantity: int
    price: int
    total: int
    held: int
    last: int
    low: int
    high: int
    by_hand: bool = False
    on_day: bool = True


@dataclass(slots=True)
class Day:
    """Everything that is judged."""

    accounts: list[Account]
    assets: dict[str, Asset]
    orders: list[Order]
    intents: Sequence[Row]  # account, ticker, side, quantity, authority, word, origin, sent, amount, hand
    cards: Mapping[str, Row]  # word -> decision, decided, expires, origin
    triggers: Mapping[str, Row]  # word -> kind, price, level
    slots: Sequence[Row]  # account, kind, slot, outcome, refused
    expected: list[str]  # names of the day's checks
    late: set[str]  # of these, those that nobody could run
    diaries: Mapping[str, Sequence[Row]]  # account -> kind, slot, text, at: everything that was written
    screens: Mapping[str, Sequence[str]]  # account -> the day as it is shown
    silences: Mapping[str, Mapping[str, Sequence[str]]]  # account -> slot -> words that the diary must have
    ledger: Mapping[str, Mapping[str, int]]  # account -> shares, "" for cash
    broker: Mapping[str, Mapping[str, int]]
    breaks: list[str] = field(default_factory=list)
