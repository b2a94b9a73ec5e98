"""A person's 정지 and 재개: durable, in memory in the same moment, and said in words that end where the account stands.

Contract: a stop binds the next POST, so it is in memory before it is in the ledger; everything else is in the ledger
first. The answer names the cause when the account does not trade although the person has resumed.
"""

from __future__ import annotations

from domain.orders.transitions import Event
from domain.orders.types import TradingState
from domain.proto import oms_pb2 as pb
from execution.oms.accounts import Accounts
from execution.oms.auth import Caller
from execution.oms.core import Core
from execution.oms.errors import NotReady
from execution.oms.resume import Resumer
from execution.oms.trading import Effective

_WAY_BACK = {
    TradingState.HALTED: (Event.PERSON_RESUMED, Event.CAUSES_CLEARED),
    TradingState.REDUCING: (Event.CAUSES_CLEARED,),
    TradingState.ACTIVE: (),
}
_STRATEGY = {
    TradingState.ACTIVE: "이 전략이 다시 주문할 수 있어요.",
    TradingState.REDUCING: "이 전략은 더 사지 않아요.",
    TradingState.HALTED: "이 전략을 멈췄어요. 가진 주식은 팔 수 있어요.",
}
_REASONS = {"HALTED": "사용자 정지", "REDUCING": "사용자 축소", "ACTIVE": "재개"}


class Halting:
    def __init__(self, core: Core, accounts: Accounts, resumer: Resumer) -> None:
        self._core = core
        self._accounts = accounts
        self._resumer = resumer

    async def set(self, caller: Caller, request: pb.TradingStateRequest) -> pb.TradingStateReply:
        """The reply without its list of orders in flight."""
        wanted = TradingState(request.state)
        if request.scope == "strategy":
            return await self._set_strategy(caller, request, wanted)
        account_ref = request.account_ref if request.scope == "account" else None
        states = self._core.states
        if account_ref is not None:
            await self._accounts.ensure(account_ref, wait=False)
        reason = request.reason or _REASONS[wanted.value]
        said = states.said(request.scope, account_ref)
        if wanted is TradingState.HALTED:
            states.set(request.scope, account_ref, wanted, reason)
        if account_ref is not None:
            states.resuming.discard(account_ref)
        if wanted is TradingState.ACTIVE:
            await self._resume(request.scope, account_ref, said, reason, caller.name)
        else:
            event = Event.PERSON_HALTED
            if wanted is TradingState.REDUCING:
                event = Event.PERSON_RESUMED if said is TradingState.HALTED else Event.PERSON_REDUCED
            await self._resumer.write(request.scope, account_ref, said, event, reason, caller.name)
        for session in self._accounts.sessions():
            session.send_hint.set()
        effective = states.effective(account_ref) if account_ref is not None else states.global_state
        return pb.TradingStateReply(state=effective.state.value, message=outcome(wanted, effective))

    async def _set_strategy(
        self, caller: Caller, request: pb.TradingStateRequest, wanted: TradingState
    ) -> pb.TradingStateReply:
        """A strategy is stopped or not; what it holds can be sold either way. No broker is asked."""
        account_ref, sleeve, states = request.account_ref, request.sleeve, self._core.states
        await self._accounts.ensure(account_ref, wait=False)
        reason = request.reason or _REASONS[wanted.value]
        said = states.said("strategy", account_ref, sleeve)
        if wanted is TradingState.ACTIVE:
            for event in _WAY_BACK[said]:
                said = await self._resumer.write("strategy", account_ref, said, event, reason, caller.name, sleeve)
        else:
            states.set("strategy", account_ref, TradingState.HALTED, reason, sleeve)
            event = Event.PERSON_HALTED
            await self._resumer.write("strategy", account_ref, said, event, reason, caller.name, sleeve)
        for session in self._accounts.sessions():
            session.send_hint.set()
        stopped = states.said("strategy", account_ref, sleeve)
        return pb.TradingStateReply(state=stopped.value, message=_STRATEGY[stopped])

    async def _resume(self, scope: str, account_ref: str | None, said: TradingState, reason: str, by: str) -> None:
        state = said
        if state is TradingState.HALTED:
            state = await self._resumer.write(scope, account_ref, state, Event.PERSON_RESUMED, reason, by)
        if account_ref is None:
            if state is TradingState.REDUCING:
                await self._resumer.write(scope, None, state, Event.CAUSES_CLEARED, reason, by)
            return
        try:
            session = await self._accounts.ensure(account_ref)
        except NotReady:
            self._core.states.resuming.add(account_ref)
            return
        if state is TradingState.REDUCING:
            await self._resumer.compared(session, reason, by)


def outcome(wanted: TradingState, now: Effective) -> str:
    """What the person reads after asking for `wanted`."""
    if wanted is TradingState.HALTED:
        return "모두 멈췄어요. 취소만 할 수 있어요."
    if wanted is TradingState.REDUCING or now.state is TradingState.ACTIVE:
        return {
            TradingState.ACTIVE: "다시 주문할 수 있어요.",
            TradingState.REDUCING: "줄이는 매도와 취소만 할 수 있어요.",
            TradingState.HALTED: "전체 정지가 켜져 있어 취소만 할 수 있어요.",
        }[now.state]
    if now.state is TradingState.HALTED:
        return "이 계좌의 정지는 풀었지만 전체 정지가 켜져 있어요. 주인이 전체 정지를 풀면 다시 주문할 수 있어요."
    why = now.reason if now.reason.endswith("요.") else "증권사와 잔고를 맞추는 중이에요. 끝나면 저절로 풀려요."
    return f"정지를 풀었어요. 다만 지금은 줄이는 매도와 취소만 할 수 있어요. {why}"
