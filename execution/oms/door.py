"""The one door: gRPC calls translated into the OMS's own words and back. Decides nothing itself.

Contract: every call is authenticated by its metadata and its account verified before anything is looked up. Refusals
are answers, not errors; NotReady is UNAVAILABLE with a Korean sentence; a stranger gets UNAUTHENTICATED without detail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import grpc

from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from execution.oms.auth import Authenticator, Caller, Unauthenticated
from execution.oms.auth import Authority as Word
from execution.oms.book import book_of
from execution.oms.enroll import ELSEWHERE, Enrolment
from execution.oms.errors import Refusal
from execution.oms.exitcalls import ExitCalls
from execution.oms.ledger.desk import DeskAccount
from execution.oms.ledger.rows import Intent
from execution.oms.orderdesk import OrderDesk
from execution.oms.sessions import AccountSession
from execution.oms.tokencalls import TokenCalls
from execution.oms.translated import translated
from execution.oms.wire import order_message

_DAYS, _MAX_DAYS = 250, 2000


class OmsDoor(ExitCalls, TokenCalls, oms_pb2_grpc.OmsServicer):  # type: ignore[misc]
    def __init__(self, authenticator: Authenticator, desk: OrderDesk, enrolment: Enrolment) -> None:
        self._authenticator = authenticator
        self._desk = desk
        self._enrolment = enrolment
        self._tokens = desk.tokens

    # Orders ---------------------------------------------------------------------------------------------------------

    @translated
    async def Submit(self, request: pb.SubmitRequest, context: grpc.aio.ServicerContext) -> pb.SubmitReply:
        caller = self._caller(context, "Submit")
        field = request.WhichOneof("authority")
        if field is None:
            return _refused(Refusal("AUTHORITY_MISSING", "승인이나 위임이 없어 주문하지 않았어요."))
        word = {"approval_id": Word.APPROVAL, "mandate_id": Word.MANDATE, "exit_mandate_id": Word.EXIT}[field]
        try:
            caller.may_use(word)
            return await self._desk.submit(
                caller, UUID(request.plan_id), request.version, word, UUID(getattr(request, field))
            )
        except Refusal as refusal:
            return _refused(refusal)

    @translated
    async def Preview(self, request: pb.PlanRef, context: grpc.aio.ServicerContext) -> pb.PreviewReply:
        caller = self._caller(context, "Preview")
        return await self._desk.preview(caller, UUID(request.plan_id), request.version, dict(request.quantities))

    @translated
    async def Cancel(self, request: pb.CancelRequest, context: grpc.aio.ServicerContext) -> pb.OrderReply:
        caller, session = await self._mine(context, "Cancel", request.account_ref, wait=False)
        try:
            return await self._desk.cancel(caller, session, UUID(request.intent_id), request.request_id)
        except Refusal as refusal:
            return await self._with_order(session, UUID(request.intent_id), refusal)

    @translated
    async def Revise(self, request: pb.ReviseRequest, context: grpc.aio.ServicerContext) -> pb.OrderReply:
        caller, session = await self._mine(context, "Revise", request.account_ref)
        try:
            return await self._desk.revise(
                caller, session, UUID(request.intent_id), request.new_price, request.request_id
            )
        except Refusal as refusal:
            return await self._with_order(session, UUID(request.intent_id), refusal)

    @translated
    async def Replace(self, request: pb.ReplaceRequest, context: grpc.aio.ServicerContext) -> pb.OrderReply:
        caller, session = await self._mine(context, "Replace", request.account_ref)
        try:
            return await self._desk.replace(caller, session, request)
        except Refusal as refusal:
            return await self._with_order(session, UUID(request.intent_id), refusal)

    @translated
    async def Resolve(self, request: pb.ResolveRequest, context: grpc.aio.ServicerContext) -> pb.OrderReply:
        caller, session = await self._mine(context, "Resolve", request.account_ref)
        try:
            return await self._desk.resolve(caller, session, request)
        except Refusal as refusal:
            return await self._with_order(session, UUID(request.intent_id), refusal)

    @translated
    async def Evidence(self, request: pb.EvidenceRequest, context: grpc.aio.ServicerContext) -> pb.EvidenceReply:
        _, session = await self._mine(context, "Evidence", request.account_ref)
        return await self._desk.evidence(session, UUID(request.intent_id))

    @translated
    async def SetTradingState(
        self, request: pb.TradingStateRequest, context: grpc.aio.ServicerContext
    ) -> pb.TradingStateReply:
        caller = self._caller(context, "SetTradingState")
        if request.scope in ("account", "strategy"):
            await self._account(caller, request.account_ref)
            if (request.scope == "strategy") != bool(request.sleeve):
                raise ValueError("expected a sleeve exactly for scope strategy")
        elif request.scope != "global":
            raise ValueError(f"expected scope account, strategy or global, was {request.scope!r}")
        elif caller.user_id is not None and not await self._desk.is_owner(caller.user_id):
            raise Refusal("FORBIDDEN", "전체 정지는 주인만 할 수 있어요.")
        return await self._desk.set_state(caller, request)

    # Keys -----------------------------------------------------------------------------------------------------------

    @translated
    async def Enroll(self, request: pb.EnrollRequest, context: grpc.aio.ServicerContext) -> pb.EnrollReply:
        caller = self._caller(context, "Enroll")
        account = await self._at_this_broker(caller, request.account_ref)
        if account is None:
            return pb.EnrollReply(code="WRONG_VENUE", message=ELSEWHERE)
        return await self._enrolment.enrol(caller, account, request)

    @translated
    async def Unenroll(self, request: pb.UnenrollRequest, context: grpc.aio.ServicerContext) -> pb.EnrollReply:
        caller = self._caller(context, "Unenroll")
        account = await self._at_this_broker(caller, request.account_ref)
        if account is None:
            return pb.EnrollReply(code="WRONG_VENUE", message=ELSEWHERE)
        return await self._enrolment.unenrol(caller, account)

    # Reading --------------------------------------------------------------------------------------------------------

    @translated
    async def Orders(self, request: pb.OrdersRequest, context: grpc.aio.ServicerContext) -> pb.OrdersReply:
        _, session = await self._mine(context, "Orders", request.account_ref, wait=False)
        since = date.fromisoformat(request.from_date) if request.from_date else None
        core = self._desk.core
        async with core.ledger.read() as tx:
            if request.intent_id:
                found = await tx.intents.get(UUID(request.intent_id))
                intents = [found] if found is not None and found.account_ref == session.account_ref else []
            else:
                intents = await tx.intents.newest(
                    session.account_ref,
                    open_only=request.open_only,
                    plan_id=UUID(request.plan_id) if request.plan_id else None,
                    since=since,
                    limit=min(500, request.limit or 50),
                )
            chains = await tx.orders.chains([intent.intent_id for intent in intents])
        reply = pb.OrdersReply(orders=[order_message(i, chains[i.intent_id], core.instruments) for i in intents])
        if request.open_only and not request.intent_id and not request.plan_id:
            reply.foreign.extend(await self._desk.by_hand(session.account_ref))
        return reply

    @translated
    async def Book(self, request: pb.BookRequest, context: grpc.aio.ServicerContext) -> pb.BookReply:
        _, session = await self._mine(context, "Book", request.account_ref)
        return await book_of(self._desk.core, session)

    @translated
    async def Days(self, request: pb.DaysRequest, context: grpc.aio.ServicerContext) -> pb.DaysReply:
        caller = self._caller(context, "Days")
        await self._account(caller, request.account_ref)
        if request.limit < 0:
            raise ValueError(f"expected a limit of 0 or more days, was {request.limit}")
        async with self._desk.core.ledger.read() as tx:
            lines = await tx.books.days(request.account_ref, min(_MAX_DAYS, request.limit or _DAYS))
        return pb.DaysReply(
            days=[
                pb.Day(
                    date=line.day.isoformat(),
                    start_value=line.start_value,
                    high_water=line.high_water,
                    realised=line.realised,
                    fees=line.fee,
                    taxes=line.tax,
                    flow=line.flow,
                )
                for line in lines
            ]
        )

    async def Watch(self, request: pb.WatchRequest, context: grpc.aio.ServicerContext) -> AsyncIterator[pb.Event]:
        try:
            caller = self._caller(context, "Watch")
            account = await self._account(caller, request.account_ref)
        except Unauthenticated:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
        except Refusal as refusal:
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{refusal.code}: {refusal.message}")
        core = self._desk.core
        async for event in core.hub.follow(core.ledger, account.account_ref, request.after_seq):
            if not self._authenticator.is_good(caller):
                await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
            yield event

    @translated
    async def Status(self, request: pb.StatusRequest, context: grpc.aio.ServicerContext) -> pb.StatusReply:
        caller = self._caller(context, "Status")
        if not request.account_ref:
            return await self._desk.status("")
        account = await self._account(caller, request.account_ref)
        reply = await self._desk.status(request.account_ref)
        reply.keys = await self._enrolment.whose(account)
        return reply

    # The parts ------------------------------------------------------------------------------------------------------

    def _caller(self, context: grpc.aio.ServicerContext, call: str) -> Caller:
        caller = self._authenticator.caller({key: value for key, value in context.invocation_metadata() or ()})
        caller.may_call(call)
        return caller

    async def _account(self, caller: Caller, account_ref: str) -> DeskAccount:
        async with self._desk.core.ledger.read() as tx:
            account = await tx.desk.account(account_ref)
        return caller.may_touch(account, self._desk.core.environment)

    async def _at_this_broker(self, caller: Caller, account_ref: str) -> DeskAccount | None:
        """The caller's account, None when it is one of another environment. Raises Refusal for whatever else."""
        try:
            return await self._account(caller, account_ref)
        except Refusal as refusal:
            if refusal.code != "ACCOUNT_ELSEWHERE":
                raise
            return None

    async def _mine(
        self, context: grpc.aio.ServicerContext, call: str, account_ref: str, *, wait: bool = True
    ) -> tuple[Caller, AccountSession]:
        caller = self._caller(context, call)
        await self._account(caller, account_ref)
        return caller, await self._desk.accounts.ensure(account_ref, wait=wait)

    async def _with_order(self, session: AccountSession, intent_id: UUID, refusal: Refusal) -> pb.OrderReply:
        core = self._desk.core
        reply = pb.OrderReply(accepted=False, code=refusal.code, message=refusal.message)
        async with core.ledger.read() as tx:
            intent: Intent | None = await tx.intents.get(intent_id)
            if intent is not None and intent.account_ref == session.account_ref:
                chain = await tx.orders.chain(intent_id)
                reply.order.CopyFrom(order_message(intent, chain, core.instruments))
        return reply


def _refused(refusal: Refusal) -> pb.SubmitReply:
    conflict = refusal.code == "CONFLICT"
    reply = pb.SubmitReply(
        outcome=pb.SubmitReply.CONFLICT if conflict else pb.SubmitReply.REFUSED, message=refusal.message
    )
    reply.findings.append(pb.Finding(code=refusal.code, effect="refuse", message=refusal.message))
    return reply
