"""Ending a halt: a person resumes (HALTED → REDUCING), and reconciliation with the broker makes it ACTIVE.

Contract: the wish is durable. When the broker cannot be asked at that moment the account stays REDUCING and is made
ACTIVE by itself as soon as it has been compared, also after a restart; nobody has to press twice. A stop is witnessed:
an older copy of the ledger, which has forgotten it, must be found out even if nothing was sent since.
"""

from __future__ import annotations

import structlog

from domain.orders.transitions import Event, Machine, advance
from domain.orders.types import TradingState
from execution.oms.core import Core
from execution.oms.reconcile import Reconciler
from execution.oms.sessions import AccountSession
from execution.oms.witness import witnessed
from tools.kis.errors import KisError, NotSent

log = structlog.get_logger("oms.resume")


class Resumer:
    def __init__(self, core: Core, reconciler: Reconciler) -> None:
        self._core = core
        self._reconciler = reconciler

    async def write(
        self,
        scope: str,
        account_ref: str | None,
        was: TradingState,
        event: Event,
        reason: str,
        by: str,
        sleeve: str = "",
    ) -> TradingState:
        """One move of a scope, durable and then in memory."""
        state = advance(Machine.ACCOUNT, was, event)
        async with self._core.ledger.write(account_ref) as tx:
            await tx.states.add(scope, account_ref, state.value, reason, by, tx.now, sleeve)
            await tx.journal.transition(
                tx.now,
                account_ref or "",
                Machine.ACCOUNT.value,
                f"{account_ref}/{sleeve}" if sleeve else account_ref or scope,
                was.value,
                event.value,
                state.value,
                {"by": by, "reason": reason},
            )
            if account_ref is not None:
                whose = f"{sleeve} " if sleeve else ""
                await tx.journal.event(tx.now, account_ref, "trading_state", f"{whose}{reason}: {state.value}")
        self._core.states.set(scope, account_ref, state, reason if state is not TradingState.ACTIVE else "", sleeve)
        if state is not TradingState.ACTIVE:
            await self._witness(scope)
        return state

    async def _witness(self, scope: str) -> None:
        """A stop binds without it; a disk that fails here fails the next POST as well."""
        try:
            await witnessed(self._core.ledger, self._core.witness)
        except NotSent:
            log.exception("halt_not_witnessed", scope=scope)

    async def compared(self, session: AccountSession, reason: str, by: str) -> bool:
        """REDUCING becomes ACTIVE once book and broker have been compared. False when the broker was silent."""
        account_ref = session.account_ref
        try:
            await self._reconciler.compare(session)
        except KisError as error:
            log.warning("resume_waits", account=account_ref, reason=error.message[:200])
            self._core.states.resuming.add(account_ref)
            return False
        self._core.states.resuming.discard(account_ref)
        if self._core.states.said("account", account_ref) is TradingState.REDUCING:
            await self.write("account", account_ref, TradingState.REDUCING, Event.CAUSES_CLEARED, reason, by)
            log.info("resumed", account=account_ref)
            session.send_hint.set()
        return True

    async def finish(self, session: AccountSession) -> None:
        """What a person asked for and the broker's silence held back."""
        if session.account_ref in self._core.states.resuming:
            await self.compared(session, "재개", "oms")
