"""What speaks for and against every number that could be an order's: shown to the person who has to decide.

Contract: asks the broker for its list of the order's day and reads the ledger; writes nothing and concludes nothing.
Raises Refusal for an order that is not this account's, KisError when the broker cannot be asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from domain.clock import KST
from domain.orders.types import OrderType
from domain.orders.words import Event
from domain.proto import oms_pb2 as pb
from execution.oms.core import Core
from execution.oms.errors import Refusal
from execution.oms.evidence import told_rows
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent
from execution.oms.sessions import AccountSession
from execution.oms.texts import NOTES
from execution.oms.unknown import Unknowns
from execution.oms.wire import order_message
from tools.kis.budget import Priority
from tools.kis.executions import OrderRow

_SIDES = {"buy": "매수", "sell": "매도"}


class Showing:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._unknowns = Unknowns(core)

    async def evidence(self, session: AccountSession, intent_id: UUID) -> pb.EvidenceReply:
        core, ref = self._core, session.account_ref
        async with core.ledger.read() as tx:
            intent = await tx.intents.get(intent_id)
        if intent is None or intent.account_ref != ref:
            raise Refusal("ORDER_UNKNOWN", "그런 주문이 없어요.")
        day = intent.trade_date
        answer = await session.client.order_list.executions(day, day, priority=Priority.UNKNOWN)
        async with core.ledger.read() as tx:
            intent = await tx.intents.get(intent_id)
            assert intent is not None
            chain = await tx.orders.chain(intent_id)
            known = {(order.trade_date, order.odno): order for order in await tx.orders.of_day(ref, day)}
            rows = [row for row in answer.rows if row.ticker == intent.ticker and row.original is None]
            if answer.inconclusive:
                rows = [row for row in await told_rows(tx, ref, day) if row.ticker == intent.ticker]
            reply = pb.EvidenceReply(
                order=order_message(intent, chain, core.instruments),
                rows=[self._row(intent, row, known) for row in rows],
                shows_list=not answer.inconclusive,
                lines=await self._lines(tx, session, intent, inconclusive=answer.inconclusive),
            )
        reply.as_of.FromDatetime(core.wall.now())
        if intent.sent_at is not None:
            reply.sent_at.FromDatetime(intent.sent_at)
        return reply

    def _row(self, intent: Intent, row: OrderRow, known: dict[tuple[date, int], BrokerOrder]) -> pb.BrokerRow:
        order = known.get((row.ordered_at.date(), row.order.number))
        owner = order.intent_id if order is not None else None
        seen = (intent.baseline or {}).get("numbers", ())
        message = pb.BrokerRow(
            broker_order_no=f"{row.order.number:010d}",
            side=row.side.value,
            quantity=row.quantity,
            price=row.price if row.type_code != "01" else 0,
            filled=row.filled,
            remaining=row.remaining,
            keyed_by=row.entry,
            owner="" if owner is None else "this" if owner == intent.intent_id else "other",
            fits=self._unknowns.fits(intent, row),
            seen_before=row.order.number in seen,
        )
        message.ordered_at.FromDatetime(row.ordered_at)
        return message

    async def _lines(self, tx: Tx, session: AccountSession, intent: Intent, *, inconclusive: bool) -> list[str]:
        price = f"{intent.limit_price:,}원" if intent.order_type is OrderType.LIMIT else "시장가"
        lines = [f"보내려던 주문: {_SIDES[intent.side.value]} {intent.quantity:,}주 {price}"]
        if intent.sent_at is not None:
            lines.append(f"보내기 시작한 시각: {_clock(intent.sent_at)}")
        baseline = intent.baseline or {}
        if baseline.get("held") is not None:
            lines.append(f"보내기 전 보유: {baseline['held']:,}주, 주문 가능 금액: {baseline['buying_power']:,}원")
        figures = session.last_figures()
        if figures is not None:
            held = sum(row.quantity for row in figures.balance.holdings if row.ticker == intent.ticker)
            lines.append(f"지금 증권사 보유: {held:,}주, 주문 가능 금액: {figures.power.amount:,}원")
        lines += _became(await tx.journal.transitions_of(str(intent.intent_id)))
        if inconclusive:
            lines.append(
                "증권사가 주문 내역을 보여 주지 않아 없다는 것도 확인할 수 없어요. 증권사 앱에서 확인해 주세요."
            )
        return lines


def _became(moves: Sequence[tuple[str, str, str]]) -> list[str]:
    """The last moves as people read them."""
    notes = [NOTES.get(Event(event), "") for _, event, _ in moves[-4:]]
    return [note for note in notes if note]


def _clock(at: datetime) -> str:
    return at.astimezone(KST).strftime("%m월 %d일 %H:%M:%S")
