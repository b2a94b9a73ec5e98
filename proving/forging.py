"""Words that are none: approvals by others, of other texts, too late, for more, over a stranger's connection.

Contract: nothing of them may ever reach the broker; one that is admitted is a break (`Tally.wrongly`).
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from domain.orders.types import Plan, Side
from domain.proto import oms_pb2 as pb
from proving.oms import CallRefused, DoorClosed
from proving.wishes import Wisher


class Forging(Wisher):
    async def forges(self) -> None:
        """A word that is none. Nothing of it may ever reach the broker."""
        leg = self._leg(1, Side.BUY)
        if leg is None:
            return
        now = self._wall.now()
        plan = await self._plan([leg])
        kind = self._rng.choice(
            ("hash", "person", "late", "none", "rejected", "quantity", "principal", "token", "expired", "other_plan")
        )
        self._tally.did[f"forged_{kind}"] += 1
        approval = await self._desk.ask(plan, now + timedelta(seconds=-1 if kind == "expired" else 100))
        wishes = self._wanted(plan, valid=False)
        word, principal = {"approval_id": str(approval)}, "web"
        match kind:
            case "hash":
                await self._desk.forged(approval, plan, now, text="0" * 64)
            case "person":
                await self._desk.forged(approval, plan, now, by=UUID(int=self._rng.getrandbits(128)))
            case "late":
                await self._desk.answer(approval, plan, now + timedelta(seconds=101))
            case "rejected":
                await self._desk.answer(approval, plan, now, decision="reject")
            case "quantity":
                await self._desk.answer(approval, plan, now, quantities={1: leg.quantity + 1})
            case "principal":
                await self._desk.answer(approval, plan, now)
                principal = self._rng.choice(("worker", "guard", "admin"))
            case "token":
                await self._desk.answer(approval, plan, now)
                await self._with_token(plan, approval)
                return
            case "expired":
                await self._desk.answer(approval, plan, now)
            case "other_plan":
                word = {"approval_id": str(UUID(int=self._rng.getrandbits(128)))}
            case _:
                pass
        if await self._submit(plan, wishes, principal, **word):
            self._tally.wrongly.append(f"{kind}: {wishes[0].intent_id}")

    async def _with_token(self, plan: Plan, approval: UUID) -> None:
        request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, approval_id=str(approval))
        try:
            await self._ask("Submit", request, "web", str(self.who.user_id), token="0" * 64)
        except (CallRefused, DoorClosed, TimeoutError):
            return
        self._tally.wrongly.append(f"token: {plan.plan_id}")
