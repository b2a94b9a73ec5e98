"""A person's verdict on a MANUAL intent: this number is it, or it never arrived. Audited, and what unlocks the ticker.

Contract: the first eight characters of the intent's id must be typed again and a reason given. A number is adopted only
when the broker shows it today with the intent's ticker, side and quantity and no other intent owns it.
"""

from __future__ import annotations

from uuid import UUID

import structlog

from domain.orders.transitions import Event
from domain.orders.types import IntentState
from execution.oms.binding import bind_ack
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.ledger.rows import Intent
from execution.oms.sessions import AccountSession
from execution.oms.unknown import MANUAL_CAUSE
from tools.kis.budget import Priority
from tools.kis.executions import OrderRow

log = structlog.get_logger("oms.resolve")


class Resolver:
    def __init__(self, core: Core) -> None:
        self._core = core

    async def resolve(
        self,
        session: AccountSession,
        intent_id: UUID,
        *,
        adopt: str | None,
        absent: bool,
        reason: str,
        confirmation: str,
        by: str,
    ) -> Intent:
        """Raises Refusal or KisError (the broker could not be asked)."""
        core = self._core
        if (adopt is None) == (not absent):
            raise Refusal("VERDICT", "주문번호를 잇거나 없음을 확인하거나, 하나만 골라 주세요.")
        if confirmation != str(intent_id)[:8]:
            raise Refusal("CONFIRMATION", "확인 글자가 달라요. 주문 번호의 앞 여덟 글자를 다시 입력해 주세요.")
        if not reason.strip():
            raise Refusal("REASON", "판정한 까닭을 적어 주세요.")
        row = await self._row(session, intent_id, adopt) if adopt is not None else None
        async with core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(intent_id)
            if intent is None or intent.account_ref != session.account_ref:
                raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
            if intent.state is not IntentState.MANUAL:
                raise Refusal("NOT_MANUAL", "직접 확인이 필요한 주문이 아니에요.")
            evidence = {"by": by, "reason": reason, "odno": row.order.number if row is not None else None}
            if row is not None:
                known = await tx.orders.get(session.account_ref, row.ordered_at.date(), row.order.number)
                if known is not None and known.intent_id is not None:
                    raise Refusal("NUMBER_TAKEN", "그 주문번호는 다른 주문의 것이에요.")
                await tx.journal.resolution(intent_id, "adopt", row.order.number, reason, by, evidence, tx.now)
                intent = await bind_ack(
                    tx,
                    core.mover,
                    intent,
                    Event.PERSON_ADOPTED,
                    row.ordered_at.date(),
                    row.order.branch,
                    row.order.number,
                    "person",
                    evidence,
                )
            else:
                await tx.journal.resolution(intent_id, "absent", None, reason, by, evidence, tx.now)
                intent = await core.mover.intent(tx, intent, Event.PERSON_ABSENT, evidence)
            if not await tx.intents.in_state(session.account_ref, IntentState.MANUAL):
                core.states.clear_cause(session.account_ref, MANUAL_CAUSE)
        log.warning("resolved", intent=str(intent_id), verdict="adopt" if row is not None else "absent", by=by)
        session.ask_hint.set()
        session.send_hint.set()
        return intent

    async def _row(self, session: AccountSession, intent_id: UUID, adopt: str) -> OrderRow:
        if not (adopt.isascii() and adopt.isdigit()):
            raise Refusal("NUMBER", "주문번호는 숫자예요.")
        async with self._core.ledger.read() as tx:
            intent = await tx.intents.get(intent_id)
        if intent is None:
            raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
        answer = await session.client.order_list.executions(
            intent.trade_date, intent.trade_date, priority=Priority.UNKNOWN
        )
        row = next((row for row in answer.rows if row.order.number == int(adopt)), None)
        if row is None or (row.ticker, row.side, row.quantity) != (intent.ticker, intent.side, intent.quantity):
            raise Refusal("NUMBER_UNFIT", "증권사 내역에 그 번호의 같은 주문이 없어요.")
        return row
