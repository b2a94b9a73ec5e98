"""What the engine reads and writes: records, one dtype each, and the words for sides and reasons.

Contract: times are epoch seconds of a bar's end, money int won, shares of the account basis points; everything is
int64. An event is one name's bar; a group is all events of one moment; days are numbered from 0. Records and not
columns, because a compiled function takes a record as one pointer, and its fields read as what they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Records = NDArray[np.void]
Record = Any  # one element of Records; inside the engine its fields are int64

NEVER = 1 << 62  # a price, share or moment that is never reached
PLACES = 1024  # quantiles of a distribution
KINDS, STEPS, CLASSES = 2, 12, 4  # stock and ETF, rows of a table of price units, classes of tax


def _dtype(*fields: str | tuple[str, tuple[int, ...]]) -> np.dtype[np.void]:
    return np.dtype([(f, np.int64) if isinstance(f, str) else (f[0], np.int64, f[1]) for f in fields])


EVENT = _dtype("name", "open", "high", "low", "close", "volume", "weight", "signal")
"""`weight`: bps of the account that an entry here asks for. `signal`: ENTRY_BIT, EXIT_BIT, and BAR_BIT where a bar of
the strategy's own time frame ends."""
ENTRY_BIT, EXIT_BIT, BAR_BIT = 1, 2, 4

GROUP = _dtype("time", "day", "week", "first", "end", "ends_day", "acts")
"""Events first … end-1. `week`: number of its Monday to Sunday. `ends_day`: the day's last group. `acts`: decisions are
taken at its close."""

NAME = _dtype("kind", "tax", "leverage", "allowed", "own", "grade", "exposure", "sector", "order_cap", "target")
"""`tax`: class. `own`, `grade`: bps of the account at most, by the strategy and by the grade. `exposure`: bps of its
value that count as stocks. `order_cap`: won in one order. `target`: bps to be held at all times."""

RULE = _dtype("settles", "percent", ("steps", (KINDS, STEPS, 2)), ("tax", (CLASSES, 2)))
"""Of one day: number of the day on which its trades are paid, price limit, price units (below, tick), tax rates."""

PLAN = _dtype(
    "seed",
    "cash",
    "from_group",  # decisions before are not taken
    "span_ms",  # length of a bar; 0 for ticks
    "fill_close",
    "market",  # market orders; else limit orders with `bound_bps`
    "bound_bps",
    "share_bps",  # of a bar's volume that may be ours
    "reuse",  # proceeds of a sale can be spent before they are settled
    "fee_numerator",
    "fee_denominator",
    "fee_unit",
    "stop_bps",  # this and what follows: 0 is off
    "take_bps",
    "trailing_bps",
    "time_sessions",
    "time_bars",
    "targets",  # fixed weights; else entries by signal
    "parking",  # number of the name in which idle money rests, -1 for none
    "drift_bps",  # weights are put right from this distance on
    "reserve_bps",  # kept in cash
    "max_positions",
    "max_sector_bps",
    "max_equity_bps",
    "min_order",
    "bought_bps",  # a day's purchases at most
    "turnover_bps",  # a day's purchases and sales at most, as the gate counts them
    "entries_a_week",
    "daily_loss_bps",
    "drawdown_bps",
    ("latency_ms", (PLACES,)),
    ("slippage_ppm", (PLACES,)),
)

POSITION = _dtype(
    "quantity",
    "basis",  # shares, their cost and what was sold since, as of the last buy (domain.book.Position)
    "cost",
    "sold",
    "high",  # since entry
    "last",  # close
    "base",  # last close of the session before
    "day",
    "entered",  # number of the day
    "bars",  # of the strategy since entry
    "want",  # reason for which it has to go, 0 for none
    "used",  # shares of this bar's volume that were ours
    "group",  # of its newest event
    "event",
    "opened",  # in this bar: 0 no, else AT_OPEN, WITHIN or AT_CLOSE
    "place",  # in Lists.held
    "trade_time",
    "bought",
    "bought_won",
    "sold_won",
    "fee",
    "tax",
    "slip",
)
AT_OPEN, WITHIN, AT_CLOSE = 1, 2, 3

ORDER = _dtype(
    "side", "left", "done_won", "done_fee", "done_tax", "arrives_ms", "reason", "limit", "number", "parts", "queued"
)
BUY, SELL = 1, -1

LIST = _dtype("held", "queue", "wanted")
"""Three lists of names side by side: those held (account.held many), those with an order in the order of their rank
(account.queued many), and candidates."""

ACCOUNT = _dtype(
    "cash",  # with everything that is still to be paid (D+2)
    "settled",
    "unsettled",  # proceeds of sales that are still to come
    "worth",  # of the positions at their last close
    "held",
    "queued",
    "orders",
    "fills",
    "trades",
    "opening",  # equity at the day's start
    "highest",  # equity
    "traded",  # today, won
    "purchased",  # today, won
    "week",
    "entered",  # positions begun in this week
    "fees",
    "taxes",
    "slippage",
    "locked",  # tries of an order against a limit lock
    "lapsed",  # orders that ended without being filled whole
    "small",  # entries too small for one share or the least order
    "refused",  # entries that a limit left no room for
    "loss_stops",  # decisions at which the day's loss stopped entries
    "drawdown_stops",  # decisions at which the drawdown did
    "thin",  # fills cut by the share of volume
)

FILL = _dtype("time", "name", "side", "quantity", "price", "reference", "fee", "tax", "reason", "order")
TRADE = _dtype(
    "name", "entered", "left", "quantity", "bought", "sold", "fee", "tax", "slippage", "reason", "bars", "held"
)
DAY = _dtype(
    "payments",  # net of the trades that are paid on it
    "proceeds",  # of sales that are paid on it
    "equity",
    "cash",
    "settled",
    "worth",
    "positions",
    "traded",
    "fee",  # this and the next two since the start
    "tax",
    "slippage",
    "highest",
    "lowest",
)

# Why something was bought or sold
NONE, ENTRY, EXIT, STOP, TRAILING, TAKE, TIME, REBALANCE, PARK, UNPARK = range(10)
REASONS = ("", "entry", "exit", "stop_loss", "trailing", "take_profit", "time", "rebalance", "parking", "unparking")


class World(NamedTuple):
    """What does not change."""

    events: Records
    groups: Records
    names: Records
    rules: Records  # by day
    plan: Record


class Book(NamedTuple):
    """What does."""

    positions: Records
    orders: Records
    lists: Records
    account: Record
    fills: Records
    trades: Records
    days: Records  # one more than there are: what is paid after the data
