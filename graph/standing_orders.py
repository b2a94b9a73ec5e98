"""Which principal a cycle speaks as: a mandate is submitted by the worker, everything else by the person's own face.

Contract: an `OmsPort` like any other; the OMS accepts each kind of authority from one principal only, so the choice is
made by what the request carries and nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from domain.proto import oms_pb2 as pb
from tools.ports import Identity, OmsPort


class OmsByAuthority:
    """`face` for reads, approvals, cancels; `worker` for mandates."""

    def __init__(self, face: OmsPort, worker: OmsPort) -> None:
        self._face = face
        self._worker = worker

    async def submit(self, who: Identity, request: pb.SubmitRequest) -> pb.SubmitReply:
        by = self._worker if request.WhichOneof("authority") == "mandate_id" else self._face
        return await by.submit(who, request)

    async def preview(self, who: Identity, ref: pb.PlanRef) -> pb.PreviewReply:
        return await self._face.preview(who, ref)

    async def cancel(self, who: Identity, intent_id: str, request_id: str) -> pb.OrderReply:
        return await self._face.cancel(who, intent_id, request_id)

    async def revise(self, who: Identity, intent_id: str, new_price: int, request_id: str) -> pb.OrderReply:
        return await self._face.revise(who, intent_id, new_price, request_id)

    async def set_trading_state(self, who: Identity, state: str, reason: str) -> pb.TradingStateReply:
        return await self._face.set_trading_state(who, state, reason)

    async def orders(
        self, who: Identity, *, open_only: bool = False, plan_id: str = "", limit: int = 50
    ) -> list[pb.Order]:
        return await self._face.orders(who, open_only=open_only, plan_id=plan_id, limit=limit)

    async def book(self, who: Identity) -> pb.BookReply:
        return await self._face.book(who)

    async def days(self, who: Identity, limit: int = 0) -> list[pb.Day]:
        return await self._face.days(who, limit)

    async def exits(self, who: Identity) -> list[pb.ProtectedPosition]:
        return await self._face.exits(who)

    async def status(self, who: Identity) -> pb.StatusReply:
        return await self._face.status(who)

    def watch(self, who: Identity, after_seq: int) -> AsyncIterator[pb.Event]:
        return self._face.watch(who, after_seq)
