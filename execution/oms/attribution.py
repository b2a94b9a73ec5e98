"""Whose a fill was, where the ledger had to guess within one chain.

Where KIS paper shows no list, shares that arrive can mean nobody but one chain, yet not which of its numbers: what
filled in the moment before a revision was taken lies with the old number, or with the new one. They are counted where
the chain still lives. A list that comes later may say the other number, and counts never go down.

Contract: pure. `as_attributed` gives the same rows, save that within a chain whose every number is shown, what the
ledger counted for one number and the broker for another is told of the number that the ledger has it with. Sums of
shares and won are the broker's, and an amount that the ledger knows exactly stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from execution.oms.ledger.rows import BrokerOrder
from tools.kis.executions import OrderRow

Key = tuple[date, int]


def as_attributed(rows: Sequence[OrderRow], known: Mapping[Key, BrokerOrder]) -> list[OrderRow]:
    """`known`: every order of the ledger of the days in `rows`, by trade date and number."""
    shown = {(row.ordered_at.date(), row.order.number): row for row in rows}
    for chain in _chains(known).values():
        if all(key in shown for key in chain):
            _attribute(shown, {key: known[key] for key in chain})
    return [shown[row.ordered_at.date(), row.order.number] for row in rows]


def _chains(known: Mapping[Key, BrokerOrder]) -> dict[UUID, list[Key]]:
    chains: dict[UUID, list[Key]] = {}
    for key, order in known.items():
        if order.intent_id is not None:
            chains.setdefault(order.intent_id, []).append(key)
    return {intent: keys for intent, keys in chains.items() if len(keys) > 1}


def _attribute(shown: dict[Key, OrderRow], counted: Mapping[Key, BrokerOrder]) -> None:
    for here, lacking in counted.items():
        for there, having in counted.items():
            short, over = lacking.filled - shown[here].filled, shown[there].filled - having.filled
            if short > 0 and over > 0 and here != there:
                shown[there], shown[here] = _moved(shown[there], shown[here], min(short, over), having)


def _moved(giving: OrderRow, taking: OrderRow, shares: int, known: BrokerOrder) -> tuple[OrderRow, OrderRow]:
    """`shares` of one row and what they cost, as part of another. `known`: how the ledger has the row that gives."""
    left = _worth(giving, giving.filled - shares, known)
    amount = None if giving.filled_amount is None or left is None else giving.filled_amount - left
    total = None
    if amount is not None and (taking.filled_amount is not None or taking.filled == 0):
        total = (taking.filled_amount or 0) + amount
    return (
        replace(giving, filled=giving.filled - shares, filled_amount=left, average_price=None),
        replace(taking, filled=taking.filled + shares, filled_amount=total, average_price=None),
    )


def _worth(row: OrderRow, shares: int, known: BrokerOrder) -> int | None:
    """Won of so many of its shares: what the ledger knows of exactly these, else their part."""
    if row.filled_amount is None:
        return None
    if shares == known.filled and not known.estimated:
        return known.amount
    return row.filled_amount - row.filled_amount * (row.filled - shares) // row.filled
