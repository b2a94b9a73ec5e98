"""What would happen to a plan now: the same gate on the same data, without effect.

Contract: reads only. Quantities come back as the gate would let them through; Submit never lowers one by itself, so
a plan whose preview was lowered is to be written anew with the lowered quantities before it is approved.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain.gate.order import Stage, order_of
from domain.gate.plan import check_plan, lowered
from domain.orders.types import Plan, Side
from domain.proto import oms_pb2 as pb
from execution.oms.core import Core
from execution.oms.resting import resting_stops, without_stops
from execution.oms.sessions import AccountSession
from execution.oms.wire import finding_messages


async def preview(
    core: Core, session: AccountSession, plan: Plan, plan_hash: str, quantities: Mapping[int, int], owner: UUID
) -> pb.PreviewReply:
    orders = lowered([order_of(plan, leg) for leg in plan.legs], quantities)
    buying = [order.ticker for order in orders if order.side is Side.BUY]
    fetched = await core.views.fetch(session, [order.ticker for order in orders], buying=buying)
    async with core.ledger.read() as tx:
        view = await core.views.build(tx, session, owner, fetched, None)
        view = without_stops(view, await resting_stops(tx, session.account_ref))
    verdict = check_plan(orders, view, Stage.PREVIEW, clamp_allowed=True)
    reply = pb.PreviewReply(
        admissible=verdict.admissible,
        findings=finding_messages(verdict.findings),
        cash_before=verdict.cash_before or 0,
        cash_after=verdict.cash_after or 0,
        plan_hash=plan_hash,
    )
    reply.as_of.FromDatetime(core.wall.now())
    for asked, leg in zip(orders, verdict.legs, strict=True):
        judged = leg.verdict
        order = judged.order or asked
        instrument = core.instruments.get(asked.ticker)
        quantity = order.quantity
        snapshot = fetched.snapshots.get(asked.ticker)
        price = order.limit_price or (snapshot.price if snapshot is not None else 0)
        reply.legs.append(
            pb.PreviewLeg(
                leg=asked.leg,
                ticker=asked.ticker,
                name=instrument.name if instrument is not None else asked.ticker,
                side=asked.side.value,
                quantity=quantity,
                asked_quantity=judged.asked_quantity or asked.quantity,
                price=price,
                amount=price * quantity,
                fee=core.views.config.fee(price * quantity),
                tax=judged.tax,
                needs_unsuitable_ack=judged.needs_unsuitable_ack,
            )
        )
    return reply
