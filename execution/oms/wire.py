"""Ledger rows as messages of the door. Names come from the bundled instrument table; nothing here is a secret."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.gate.finding import Finding
from domain.instruments import Instruments
from domain.orders.types import OrderType
from domain.proto import oms_pb2 as pb
from execution.oms.ledger.rows import BrokerOrder, Intent


def order_message(intent: Intent, chain: Sequence[BrokerOrder], instruments: Instruments) -> pb.Order:
    """`chain` in order of acknowledgement; its last number is shown."""
    instrument = instruments.get(intent.ticker)
    message = pb.Order(
        intent_id=str(intent.intent_id),
        plan_id=str(intent.plan_id),
        version=intent.version,
        leg=intent.leg,
        account_ref=intent.account_ref,
        ticker=intent.ticker,
        name=instrument.name if instrument is not None else intent.ticker,
        side=intent.side.value,
        order_type=intent.order_type.value,
        price=intent.limit_price or 0 if intent.order_type is OrderType.LIMIT else 0,
        quantity=intent.quantity,
        filled=intent.filled,
        provisional=intent.provisional,
        filled_amount=intent.filled_amount,
        fee=intent.fee,
        tax=intent.tax,
        state=intent.state.value,
        reason=intent.reason,
        state_note=intent.state_note,
        broker_order_no=f"{chain[-1].odno:010d}" if chain and chain[-1].odno > 0 else "",
        sleeve=intent.sleeve,
        amount_estimated=intent.amount_estimated,
        authority=intent.authority,
        stop_price=intent.stop_price or 0,
        replaces=str(intent.replaces or ""),
    )
    message.created_at.FromDatetime(intent.created_at)
    message.updated_at.FromDatetime(intent.updated_at)
    return message


def finding_messages(findings: Iterable[Finding]) -> list[pb.Finding]:
    return [
        pb.Finding(code=f.code, effect=f.effect.value, leg=f.leg, message=f.message, was=f.was, limit=f.limit)
        for f in findings
    ]
