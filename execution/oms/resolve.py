"""A person's verdict on a MANUAL intent: this number is it, or it never arrived. Audited, and what unlocks the ticker.

Contract: the first eight characters of the intent's id must be typed again and a reason given. A number is adopted only
when the broker shows it with the intent's ticker, side and quantity and no other intent owns it; where the broker shows
no list (KIS paper) the person's word stands, against notices it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

import structlog

from domain.orders.transitions import Event
from domain.orders.types import IntentState
from execution.oms import manual
from execution.oms.binding import bind_ack
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.evidence import row_of_holdings
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Intent
from execution.oms.paperlist import told_by
from execution.oms.revising import live_link, revision_judged
from execution.oms.sessions import AccountSession
from tools.kis.budget import Priority
from tools.kis.executions import Executions, OrderRow
from tools.kis.orders import BrokerOrder as BrokerNumber

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
        row, shown = None, []
        if adopt is not None:
            row = await self._row(session, intent_id, adopt)
        else:
            shown = [row.order.number for row in (await self._shown(session, intent_id)).rows]
        async with core.ledger.write(session.account_ref) as tx:
            intent = await tx.intents.get(intent_id)
            if intent is None or intent.account_ref != session.account_ref:
                raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
            if intent.state is not IntentState.MANUAL:
                raise Refusal("NOT_MANUAL", "직접 확인이 필요한 주문이 아니에요.")
            evidence = {"by": by, "reason": reason, "odno": row.order.number if row is not None else None}
            if row is not None:
                await self._free(tx, session, intent, row)
            verdict, number = ("adopt", row.order.number) if row is not None else ("absent", None)
            await tx.journal.resolution(intent_id, verdict, number, reason, by, evidence, tx.now)
            intent = await self._judge(tx, intent, row, shown, evidence)
        await manual.review(core, session.account_ref)
        log.warning("resolved", intent=str(intent_id), verdict="adopt" if row is not None else "absent", by=by)
        session.ask_hint.set()
        session.send_hint.set()
        return intent

    async def _free(self, tx: Tx, session: AccountSession, intent: Intent, row: OrderRow) -> None:
        """The number may be adopted: nobody else's."""
        known = await tx.orders.get(session.account_ref, row.ordered_at.date(), row.order.number)
        if known is not None and known.intent_id not in (None, intent.intent_id):
            raise Refusal("NUMBER_TAKEN", "그 주문번호는 다른 주문의 것이에요.")
        if known is not None and known.intent_id is None and (known.filled or not known.live):
            # Its shares stand in the book as bought outside, perhaps sold since: they are not counted a second time.
            raise Refusal("NUMBER_COUNTED", "그 주문은 밖에서 낸 주문으로 이미 장부에 있어요. 없음으로 판정해 주세요.")

    async def _judge(
        self, tx: Tx, intent: Intent, row: OrderRow | None, shown: list[int], evidence: Mapping[str, object]
    ) -> Intent:
        core = self._core
        chain = await tx.orders.chain(intent.intent_id)
        old = await live_link(tx, intent) or (chain[-1] if chain else None)
        if old is not None:  # it was a revision that could not be settled
            return await revision_judged(tx, core, intent, old, row, evidence)
        if row is None:
            # What the broker shows now has been judged: none of it may open the question again.
            baseline = dict(intent.baseline or {})
            baseline["numbers"] = sorted({*baseline.get("numbers", ()), *shown})
            return await core.mover.intent(tx, intent, Event.PERSON_ABSENT, evidence, baseline=baseline)
        return await bind_ack(
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

    async def _by_word(self, tx: Tx, intent: Intent, number: int) -> OrderRow:
        """A broker that shows no list cannot contradict the person, and must not make the case unsolvable: the number
        is taken as the intent's own. What it fills is still counted by evidence alone."""
        told = told_by(await tx.orders.notices_of_day(intent.account_ref, intent.trade_date)).get(
            (intent.trade_date, number)
        )
        if told is not None and (told.ticker, told.side) != (intent.ticker, intent.side):
            raise Refusal("NUMBER_UNFIT", "증권사 통보에 따르면 그 번호는 다른 주문이에요.")
        others = await tx.orders.of_day(intent.account_ref, intent.trade_date)
        branch = told.branch if told is not None else others[-1].branch if others else ""
        return replace(row_of_holdings(intent, BrokerNumber(branch, number)), filled=0, remaining=intent.quantity)

    async def _shown(self, session: AccountSession, intent_id: UUID) -> Executions:
        """The broker's list of the intent's day."""
        async with self._core.ledger.read() as tx:
            intent = await tx.intents.get(intent_id)
        if intent is None or intent.account_ref != session.account_ref:
            raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
        day = intent.trade_date
        return await session.client.order_list.executions(day, day, priority=Priority.UNKNOWN)

    async def _row(self, session: AccountSession, intent_id: UUID, adopt: str) -> OrderRow:
        if not (adopt.isascii() and adopt.isdigit()):
            raise Refusal("NUMBER", "주문번호는 숫자예요.")
        answer = await self._shown(session, intent_id)
        row = next((row for row in answer.rows if row.order.number == int(adopt)), None)
        async with self._core.ledger.read() as tx:
            intent = await tx.intents.get(intent_id)
            chain = await tx.orders.chain(intent_id)
            assert intent is not None
            if answer.inconclusive and row is None and not chain:
                return await self._by_word(tx, intent, int(adopt))
        # A revision moves what is left, so a chain's number may be smaller than the intent.
        fits = row is not None and (row.ticker, row.side) == (intent.ticker, intent.side)
        if row is None or not fits or (row.quantity > intent.quantity if chain else row.quantity != intent.quantity):
            raise Refusal("NUMBER_UNFIT", "증권사 내역에 그 번호의 같은 주문이 없어요.")
        return row
