"""The oracle of the journeys: the exchange's journal, the OMS's ledger and the book a person sees, to the won.

It shares no arithmetic with any of them: cash and holdings are summed here from the journal's own records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from household import Guest

OPENING_CASH = 100_000_000


def agree(guest: Guest, turn: Mapping[str, Any]) -> None:
    """Fails with what differs. `turn` is the guest's last JSON turn; nobody else trades meanwhile."""
    orders, fills = guest.journal("order"), guest.journal("fill")
    accounts = {order["account"] for order in orders}
    assert len(accounts) == 1, "expected one account to have traded"
    everything = [order for order in guest.home.journal("order") if order["account"] in accounts]
    assert everything == orders, "expected an account that nobody used before"

    cash = OPENING_CASH
    held: defaultdict[str, int] = defaultdict(int)
    filled: defaultdict[int, int] = defaultdict(int)
    paid: defaultdict[int, int] = defaultdict(int)
    for fill in fills:
        amount = fill["qty"] * fill["price"]
        filled[int(fill["odno"])] += fill["qty"]
        paid[int(fill["odno"])] += amount
        if fill["side"] == "buy":
            cash -= amount + fill["fee"]
            held[fill["ticker"]] += fill["qty"]
        else:
            cash += amount - fill["fee"] - fill["tax"]
            held[fill["ticker"]] -= fill["qty"]

    ledger = guest.home.rows(
        "SELECT o.odno, i.ticker, i.side, o.quantity, o.filled, o.amount FROM ledger.intents i"
        " JOIN ledger.broker_orders o USING (intent_id) JOIN desk.accounts a ON a.account_ref = i.account_ref"
        " JOIN chat.users u ON u.user_id = a.owner WHERE u.name = %s",
        guest.name,
    )
    assert len(guest.home.rows("SELECT 1 FROM ledger.broker_orders")) == len(guest.home.journal("order"))
    assert sorted(row[0] for row in ledger) == sorted(int(order["odno"]) for order in orders)
    by_number = {int(order["odno"]): order for order in orders}
    for odno, ticker, side, quantity, done, amount in ledger:
        order = by_number[odno]
        assert (order["ticker"], order["side"], order["qty"]) == (ticker, side, quantity)
        assert (filled[odno], paid[odno]) == (done, amount), f"order {odno}: exchange and ledger differ"

    seen = turn["portfolio"]
    assert seen["cash"] == cash
    assert {row["ticker"]: row["qty"] for row in seen["holdings"]} == {t: q for t, q in held.items() if q}
