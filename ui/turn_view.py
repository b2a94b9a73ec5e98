"""From what the graph's state and the OMS say to the one public shape of a turn. Pure mapping, nothing decided here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from domain.clock import KST
from domain.orders.types import IntentState, Side
from domain.proto import oms_pb2 as pb
from nodes.mind import ANSWERED_BY, who_answered
from ui.turn import (
    HoldingView,
    Notice,
    NoticeCode,
    OrderView,
    PortfolioView,
    ProposalView,
    ReportView,
)


def order_view(order: pb.Order) -> OrderView:
    return OrderView(
        intent_id=order.intent_id,
        ticker=order.ticker,
        side=Side(order.side),
        qty=order.quantity,
        filled=order.filled,
        state=IntentState(order.state),
    )


def portfolio_view(book: pb.BookReply) -> PortfolioView:
    return PortfolioView(
        cash=book.cash_d2,
        buying_power=book.buying_power,
        total_value=book.total_value,
        realised_today=book.realised_today,
        unrealised=book.unrealised,
        holdings=[
            HoldingView(
                ticker=held.ticker,
                name=held.name,
                qty=held.quantity,
                sellable=held.sellable,
                value=held.value,
                unrealised=held.unrealised,
            )
            for held in book.positions
            if held.quantity
        ],
        trading_state=_trading_state(book.trading_state),
        as_of=book.as_of.ToDatetime(tzinfo=KST).isoformat(timespec="seconds"),
    )


def _trading_state(text: str) -> Any:
    # An OMS that does not say is treated as the strictest state, never as the loosest.
    return text or "HALTED"


def report_views(reports: Iterable[Mapping[str, Any]]) -> list[ReportView]:
    return [
        ReportView(analyst=r["analyst"], ticker=r.get("ticker"), stance=r["stance"], status=r["status"])
        for r in reports
    ]


def proposal_views(proposals: Iterable[Mapping[str, Any]]) -> list[ProposalView]:
    return [
        ProposalView(
            ticker=p["ticker"],
            name=p["name"],
            side=Side(p["side"]),
            qty=p["qty"],
            price=p["price"] or 0,
            reason=p["reason"],
        )
        for p in proposals
    ]


def notice_views(notices: Iterable[Mapping[str, Any]]) -> list[Notice]:
    """Each notice as it is; who answered comes last, in one line for all rooms."""
    rows = list(notices)
    told = [Notice(code=NoticeCode(row["code"]), text=row["text"]) for row in rows if row["code"] != ANSWERED_BY]
    return [*told, *(Notice(code=NoticeCode.ANSWERED_BY, text=text) for text in who_answered(rows))]
