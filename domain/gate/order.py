"""What is asked of the gate: one order or one cancel, and at which moment of its life.

Contract: immutable; quantities int shares, prices int won, `limit_price` None exactly for market orders. A revise is an
order that `replaces` the intent whose remainder it takes over. The class is decided by the gate, never by the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain import ids
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side


class OrderClass(StrEnum):
    """What the order does to risk; controls bind classes."""

    INCREASE = "increase"
    REDUCE = "reduce"  # cuts a holding, at most what is freshly sellable net of resting sells
    CANCEL = "cancel"


class Stage(StrEnum):
    """When the gate is asked."""

    PREVIEW = "preview"  # for the card: no authority yet, own acknowledgements are still to be asked for
    ADMIT = "admit"  # in the admitting transaction
    RELEASE = "release"  # again, after the budget grant: id and approval are settled, fresh views decide the rest


@dataclass(frozen=True, slots=True)
class GateOrder:
    """An order before it leaves. `payload_hash` tells a repeat (same) from a conflict (other) of the same id."""

    intent_id: UUID
    ticker: str
    side: Side
    quantity: int
    order_type: OrderType
    limit_price: int | None
    not_after: datetime
    sleeve: str
    initiative: Initiative = Initiative.AGENT
    leg: int = 1
    after_leg: int | None = None
    payload_hash: str = ""
    replaces: UUID | None = None
    stop_price: int | None = None  # a sale that rests at the broker until this price is seen

    def moved(self, quantity: int, limit_price: int | None) -> GateOrder:
        """The same order after a clamp; spelled out, because every clamped order passes here."""
        return GateOrder(
            self.intent_id, self.ticker, self.side, quantity, self.order_type, limit_price, self.not_after, self.sleeve,
            self.initiative, self.leg, self.after_leg, self.payload_hash, self.replaces, self.stop_price,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class GateCancel:
    """A whole-remainder cancel of one of our intents or of a foreign order (`target` is the id it has in the view)."""

    request_id: UUID
    target: UUID
    leg: int = 0


def payload_of(leg: Leg | GateOrder) -> dict[str, str | int | None]:
    """What must be equal for two orders of one id to be the same order."""
    return {
        "ticker": leg.ticker,
        "side": leg.side.value,
        "quantity": leg.quantity,
        "order_type": leg.order_type.value,
        "limit_price": leg.limit_price,
        "after_leg": leg.after_leg,
    }


def order_of(plan: Plan, leg: Leg, quantity: int | None = None) -> GateOrder:
    """The leg as the gate sees it; `quantity` is what the user lowered it to."""
    return GateOrder(
        intent_id=ids.intent_id(plan.plan_id, leg.leg),
        ticker=leg.ticker,
        side=leg.side,
        quantity=leg.quantity if quantity is None else quantity,
        order_type=leg.order_type,
        limit_price=leg.limit_price,
        not_after=leg.not_after,
        sleeve=plan.sleeve,
        initiative=leg.initiative,
        leg=leg.leg,
        after_leg=leg.after_leg,
        payload_hash=ids.payload_hash(payload_of(leg)),
    )
