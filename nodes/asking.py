"""How a room speaks and asks: blocks for `respond`, and the one question that may be open.

Contract: a block is plain JSON {kind, text, data}; a question keeps its text in `about`, so that a digression can
repeat it. An `optional` question offers next steps and is never repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from nodes.state import PendingQuestion

Block = dict[str, Any]

ORDER_PROPOSALS = "order_proposals"  # the question behind kept proposals: yes orders them all, a number one of them

FEWER = "fewer"  # how much less of the kept proposals
FEWER_OPTIONS = ("절반으로", "1번만", "그만두기")


def block(kind: str, text: str, **data: Any) -> Block:
    """One thing to say; `data` must be plain JSON."""
    return {"kind": kind, "text": text, "data": data}


def question(
    owner: str, field: str, text: str, options: Sequence[str], now: datetime, *, optional: bool = False, **about: Any
) -> PendingQuestion:
    """What we wait for. `about` carries what the answer is about, e.g. the order half said."""
    return PendingQuestion(
        owner=owner,
        field=field,
        options=list(options),
        asked_at=now.isoformat(),
        repeated=False,
        about={"text": text, "optional": optional, **about},
    )


def ask_block(pending: PendingQuestion) -> Block:
    """The question as a block; its options become numbered lines and buttons."""
    return block(
        "question",
        str(pending.get("about", {}).get("text", "")),
        options=list(pending["options"]),
        field=pending["field"],
    )


def asked_in(pending: PendingQuestion | None, owner: str, field: str) -> bool:
    return pending is not None and pending["owner"] == owner and pending["field"] == field
