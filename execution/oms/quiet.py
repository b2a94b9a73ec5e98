"""May what serves an account be changed under it? Only while nothing of it can move: no order of ours, none by hand."""

from __future__ import annotations

from execution.oms.errors import Refusal
from execution.oms.ledger.port import Tx


async def nothing_open(tx: Tx, account_ref: str) -> None:
    """Raises Refusal while an order, ours or placed by hand, may still move."""
    if await tx.intents.open(account_ref) or await tx.orders.live(account_ref):
        raise Refusal("ORDERS_OPEN", "끝나지 않은 주문이 있어요. 모두 체결되거나 취소된 뒤에 다시 해 주세요.")
