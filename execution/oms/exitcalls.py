"""The guard's calls at the door: what stands under exit mandates, exits, and stops that rest at the broker.

Contract: `Exit` and `RestStop` are the guard's alone; a person's own face may read `Exits` of its account, and only the
guard may ask for everybody's. A refusal is an answer. Mixed into the one door, which authenticates.
"""

from __future__ import annotations

from collections.abc import Awaitable

import grpc

from domain.proto import oms_pb2 as pb
from execution.oms.auth import Caller
from execution.oms.errors import Refusal
from execution.oms.orderdesk import OrderDesk
from execution.oms.translated import translated


class ExitCalls:
    """For `OmsDoor`."""

    _desk: OrderDesk

    def _caller(self, context: grpc.aio.ServicerContext, call: str) -> Caller:
        raise NotImplementedError

    @translated
    async def Exits(self, request: pb.ExitsRequest, context: grpc.aio.ServicerContext) -> pb.ExitsReply:
        caller = self._caller(context, "Exits")
        if not request.account_ref and caller.principal != "guard":
            raise Refusal("FORBIDDEN", "이 호출은 허용되지 않았어요.")
        return pb.ExitsReply(positions=await self._desk.exits.positions(caller, request.account_ref))

    @translated
    async def Exit(self, request: pb.ExitRequest, context: grpc.aio.ServicerContext) -> pb.ExitReply:
        caller = self._caller(context, "Exit")
        return await _said(self._desk.exits.exit(caller, request))

    @translated
    async def RestStop(self, request: pb.RestStopRequest, context: grpc.aio.ServicerContext) -> pb.ExitReply:
        caller = self._caller(context, "RestStop")
        return await _said(self._desk.resting.rest(caller, request))


async def _said(work: Awaitable[pb.ExitReply]) -> pb.ExitReply:
    try:
        return await work
    except Refusal as refusal:
        return pb.ExitReply(outcome=pb.ExitReply.REFUSED, code=refusal.code, message=refusal.message)
