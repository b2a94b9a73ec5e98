"""One cancel on the wire, and what its reply is worth.

Contract: one POST. ACKED is a receipt and no end; whatever the broker refuses with, whether something is left is for an
inquiry to tell. What is ASKED again may be sent again, because a whole-remainder cancel is idempotent in effect.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.orders.transitions import Event
from domain.orders.types import OrderType
from execution.oms import reach
from execution.oms.core import Core
from execution.oms.ledger.rows import BrokerOrder
from execution.oms.sessions import AccountSession
from tools.kis.deadline import Deadline
from tools.kis.errors import KisError, NotSent, Rejected, Unreachable
from tools.kis.orders import BrokerOrder as BrokerNumber


@dataclass(frozen=True, slots=True)
class CancelReply:
    """`state` and `code` are the request's; `event` is what its order moves by, None for nothing; `odno` the cancel's
    own number."""

    state: str
    code: str = ""
    event: Event | None = None
    odno: int | None = None

    @property
    def again(self) -> bool:
        return self.state == "ASKED"


async def post_cancel(core: Core, session: AccountSession, link: BrokerOrder) -> CancelReply:
    """Never raises for the broker. The caller holds a budget grant and has written down that it is SENDING."""
    try:
        ack = await session.client.orders.cancel(
            BrokerNumber(link.branch, link.odno),
            order_type=OrderType(link.order_type),
            quantity=link.quantity - link.filled,
            deadline=Deadline.after(core.timing.deadline_s, core.awake),
            priority=None,
        )
    except Rejected as error:
        return CancelReply("UNKNOWN", error.code or "REJECTED", Event.CANCEL_UNKNOWN)
    except NotSent as error:
        if isinstance(error, Unreachable):
            await reach.lost(core, session)
        return CancelReply("ASKED", error.code or "NOT_SENT")
    except KisError as error:
        return CancelReply("ASKED", error.code or "UNKNOWN", Event.CANCEL_UNKNOWN)
    return CancelReply("ACKED", odno=ack.order.number)
