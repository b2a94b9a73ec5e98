"""Rules of exits: sales that nobody approved one by one, because whoever bought has said when to sell.

Contract: told of triggers and of first bytes in plain values; a break goes to the judge's list. An exit is a word like
an approval from its first byte on: it may exist once, with its price, its fills are the book's. Rules:

- `exit`: it sells, and no more than the account holds at the broker; a falling price fires at or below its level, a
  rising one at or above it; but for a stop that rests at the broker nothing leaves without a written trigger of its
  own position.
- `one exit`: while one of a position may still trade no other one of it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proving.oracle.judge import Judge

Row = Mapping[str, Any]
_FALLS, _RISES = ("stop_loss", "trailing"), ("take_profit",)


class Exits:
    def __init__(self, judge: Judge, said: Callable[[str, str], None]) -> None:
        self._judge = judge
        self._break = said
        self._triggered: set[str] = set()  # exit mandates
        self._begun: dict[str, tuple[str, str]] = {}  # intent -> account and ticker

    def triggered(self, mandate: str, kind: str, price: int, level: int) -> None:
        """A rule met its price and the guard wrote it down."""
        self._triggered.add(mandate)
        if (kind in _FALLS and price > level) or (kind in _RISES and price < level):
            self._break("exit", f"{kind} fired at {price} won, its level was {level}")

    def began(self, row: Row) -> None:
        """The first byte of an exit's order left. `row` is its SENDING."""
        account, ticker, quantity = row["account"], row["ticker"], row["quantity"]
        name = f"{account} {ticker} {row['side']} {quantity}"
        if row["side"] != "sell":
            self._break("exit", f"{name}: expected a sale")
        purse = self._judge.broker.purses.get(account)
        held = purse.shares.get(ticker, 0) if purse is not None else 0
        if quantity > held:
            self._break("exit", f"{name}: {held} shares are held")
        if row["stop_price"] is None and row["authority_id"] not in self._triggered:
            self._break("exit", f"{name}: no trigger was written down")
        for other, of in self._begun.items():
            if other == row["intent_id"] or of != (account, ticker):
                continue
            word = self._judge.approved[other]
            if any(self._judge.broker.live(chain) for chain in word.chains):
                self._break("one exit", f"{name} began while {word.signature} may still trade")
        if row["intent_id"] not in self._begun:
            self._begun[row["intent_id"]] = (account, ticker)
            self._judge.approve(row["intent_id"], (account, ticker, row["side"], quantity), row["limit_price"])
