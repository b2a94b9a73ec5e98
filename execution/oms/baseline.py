"""What the broker showed just before an order left, and what its figures say about that order afterwards.

KIS paper may show no order list at all, so there the change in holdings, sellable shares and buying power is the
evidence. Contract: pure; shares and won; None is "these figures cannot tell". A verdict is only as good as the moment
of the figures: the caller asks them after settle. Orders of others that moved the same figures are the caller's to
name; what they explain is taken out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from domain.orders.types import Side
from tools.kis.account import Balance, Holding


class Trace(StrEnum):
    """What became of an order by the broker's figures alone."""

    UNCHANGED = "unchanged"  # nothing moved and nothing is held back for it
    FILLED = "filled"  # exactly its shares moved
    RESTING = "resting"  # nothing moved and it is held back for
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Shown:
    """The broker's figures of one moment for one ticker. `tied` is what it holds back: settled cash less buying power,
    won."""

    held: int
    sellable: int | None
    power: int
    settled: int

    @property
    def tied(self) -> int:
        return self.settled - self.power


@dataclass(frozen=True, slots=True)
class Sent:
    """The order in question. `worth` is what the broker holds back for all of it, won, 0 for a sale."""

    side: Side
    quantity: int
    worth: int


def shown_for(balance: Balance, power: int, ticker: str) -> Shown | None:
    """None when the ticker's rows contradict each other."""
    rows = cash_rows(balance).get(ticker, ())
    if len(rows) > 1:
        return None
    held = rows[0].quantity if rows else 0
    sellable = rows[0].sellable if rows else 0
    return Shown(held, sellable, power, balance.settled_cash)


def cash_rows(balance: Balance) -> dict[str, tuple[Holding, ...]]:
    """Rows that were not bought on loan, by ticker; the same row sent twice is one."""
    found: dict[str, tuple[Holding, ...]] = {}
    for row in balance.holdings:
        if not row.credit and row not in found.get(row.ticker, ()):
            found[row.ticker] = (*found.get(row.ticker, ()), row)
    return found


def baseline_of(shown: Shown | None, booked: int, others_tied: int, *, pending: bool = False) -> dict[str, Any]:
    """For the SENDING row. `booked` is what the confirmed book holds of the ticker, `others_tied` what the account's
    other live buys are worth; `pending`: notices told of fills of the ticker that the book had not confirmed."""
    if shown is None:
        return {"buying_power": None, "settled_cash": None, "held": None, "sellable": None, "booked": booked}
    return {
        "buying_power": shown.power,
        "settled_cash": shown.settled,
        "held": shown.held,
        "sellable": shown.sellable,
        "booked": booked,
        "others_tied": others_tied,
        "pending": pending,
    }


def shown_then(baseline: Mapping[str, Any]) -> Shown | None:
    held, power, settled = baseline.get("held"), baseline.get("buying_power"), baseline.get("settled_cash")
    if held is None or power is None or settled is None:
        return None
    return Shown(held, baseline.get("sellable"), power, settled)


def moved_before(baseline: Mapping[str, Any] | None) -> int:
    """Shares that the broker showed above the book when the order left, of which no notice had told: whatever moved
    them, that order did not. 0 where the figures cannot tell."""
    then = shown_then(baseline) if baseline is not None else None
    if baseline is None or then is None or baseline.get("pending", True):
        return 0
    return then.held - int(baseline["booked"])


def trace(sent: Sent, baseline: Mapping[str, Any], now: Shown, moved: int, others_tied: int, others_sell: int) -> Trace:
    """`moved` is what the broker shows above the confirmed book, shares; `others_tied` what other live buys of the
    account are worth now, `others_sell` what rests of other sales of the ticker."""
    then = shown_then(baseline)
    if then is None or then.held != baseline.get("booked"):
        return Trace.UNCLEAR  # the figures had not seen what we had: nothing can be taken from them
    sign = 1 if sent.side is Side.BUY else -1
    if moved == sign * sent.quantity:
        return Trace.FILLED
    if moved != 0:
        return Trace.UNCLEAR
    held_back = is_held_back(sent, baseline, now, others_tied, others_sell)
    if held_back is None:
        return Trace.UNCLEAR
    return Trace.RESTING if held_back else Trace.UNCHANGED


def is_held_back(
    sent: Sent, baseline: Mapping[str, Any], now: Shown, others_tied: int, others_sell: int
) -> bool | None:
    """Does the broker still hold shares (a sale) or cash (a buy) for it? `sent.quantity` and `worth` are of what is
    left. Fees, and what brokers count differently, may blur a quarter of its worth; more is no answer."""
    if sent.side is Side.SELL:
        if now.sellable is None:
            return None
        free = now.held - others_sell - now.sellable
        return {0: False, sent.quantity: True}.get(free)
    then = shown_then(baseline)
    if then is None or sent.worth <= 0:
        return None
    more = now.tied - (then.tied - int(baseline.get("others_tied") or 0) + others_tied)
    slack = sent.worth // 4
    if abs(more) <= slack:
        return False
    return True if abs(more - sent.worth) <= slack else None
