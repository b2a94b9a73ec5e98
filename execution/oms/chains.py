"""What a replacement may do, and when: of an order whose remainder it takes over, by the ledger alone.

Contract: inside the caller's transaction; only `sized` writes. The one leaves only after the other has ended by its
cancel, with what confirmed fills have left of the whole; the word it stands on is the person's request beside the
approval of the first order of the chain. See `replacing` for how one is asked for.
"""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from domain import ids
from domain.orders.types import IntentState
from execution.oms.ledger.columns import PENDING
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent

_GIVES_WAY = frozenset({IntentState.CANCELLED, IntentState.WITHDRAWN})
_LONGEST = 50  # a person who changes an order more often than this places it anew


def replacement_plan(account_ref: str, intent_id: UUID, request_id: str) -> UUID:
    """Origin (intent, request): the same request is the same order."""
    return ids.plan_id(account_ref, ("replace", str(intent_id), request_id))


async def given_way(tx: Tx, intent: Intent) -> bool | str:
    """May a replacement leave? True once the old order has ended by its cancel, False while that is not known, else why
    it may not, in Korean."""
    old = await tx.intents.get(intent.replaces) if intent.replaces is not None else None
    if old is None:
        return "바꾸려던 주문이 없어 보내지 않았어요."
    if old.terminal and left_of(intent, old) <= 0:
        return "취소하는 사이에 체결돼 새로 보낼 수량이 없어요."
    if old.state in _GIVES_WAY:
        return True
    if old.terminal:
        return "먼저 낸 주문이 취소가 아니라 다르게 끝나 새 주문을 보내지 않았어요."
    pending = any(r.kind == "cancel" and r.state in PENDING for r in await tx.intents.requests_of(old.intent_id))
    return False if pending else "먼저 낸 주문이 취소되지 않아 새 주문을 보내지 않았어요."


def left_of(intent: Intent, old: Intent) -> int:
    """What a replacement may still ask for: of the whole, without what the old order has filled. Never more than it
    was admitted with."""
    assert intent.whole is not None
    return min(intent.quantity, intent.whole - old.filled)


async def sized(tx: Tx, intent: Intent) -> Intent:
    """A replacement with what is left for it now, in the ledger and in what it holds back; everything else as it is.
    Inside the transaction that makes it SENDING; one without shares is the caller's to take back."""
    old = await tx.intents.get(intent.replaces) if intent.replaces is not None else None
    left = intent.quantity if old is None else left_of(intent, old)
    if left >= intent.quantity or left <= 0:
        return replace(intent, quantity=max(0, left))
    held = next(row for row in await tx.intents.held(intent.account_ref) if row.intent_id == intent.intent_id)
    await tx.intents.resize_reservation(
        intent.intent_id, -(-held.cash * left // intent.quantity), min(left, held.shares)
    )
    await tx.intents.change(intent.intent_id, tx.now, quantity=left)
    return replace(intent, quantity=left)


async def first_of(tx: Tx, intent: Intent) -> Intent | None:
    """The order that a chain of replacements began with, if each of them was asked for by the person whose orders they
    are, each but the newest has ended, and all together stay within the first one's quantity. None otherwise."""
    newest, filled = intent, 0
    for _ in range(_LONGEST):
        if newest.replaces is None:
            return newest if filled + intent.quantity <= newest.quantity else None
        old = await tx.intents.get(newest.replaces)
        if old is None or not old.terminal or _whose(old) != _whose(newest) or not await _asked_for(tx, old, newest):
            return None
        newest, filled = old, filled + old.filled
    return None


async def _asked_for(tx: Tx, old: Intent, new: Intent) -> bool:
    return any(
        request.asked_by == f"web:{new.user_id}"
        and replacement_plan(old.account_ref, old.intent_id, request.request_id) == new.plan_id
        for request in await tx.intents.requests_of(old.intent_id)
    )


def _whose(intent: Intent) -> tuple[object, ...]:
    return (
        intent.account_ref,
        intent.user_id,
        intent.ticker,
        intent.side,
        intent.sleeve,
        intent.authority,
        intent.authority_id,
    )
