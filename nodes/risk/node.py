"""Room `risk`: target weights become at most three proposals that fit.

Contract: may reduce, never adds; prices are fresh from the read door. The order desk's gate looks again before anything
is asked or sent: this room exists so that the gate has little to change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from langgraph.runtime import Runtime

from domain.constraints import Clamp
from domain.evidence import Figure, Unit
from domain.orders.types import Side
from domain.proto import oms_pb2 as pb
from domain.reports import Analyst, AnalystReport, Stance
from nodes.asking import block
from nodes.basis import sized
from nodes.investor import investor_for
from nodes.market_day import market_date
from nodes.overview import overview
from nodes.portfolio.scene import Target, on_the_way
from nodes.reporting import file_reports
from nodes.risk.rules import Held, Market, Proposal, size
from nodes.state import AssistantState, RunContext
from tools.ports import Identity, JournalEntry, Ports, PortUnavailable

MANUAL = "manual"
SIDES = {"buy": "매수", "sell": "매도"}
NOTHING = "지금은 한도 안에서 새로 제안할 주문이 없어요."


def risk(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        who = ports.identity(runtime)
        targets = [_target(row) for row in state.get("targets", [])]
        book, waiting = await asyncio.gather(ports.oms.book(who), ports.oms.orders(who, open_only=True))
        investor = await investor_for(ports, who, book.total_value)
        proposals: tuple[Proposal, ...] = ()
        basis: dict[str, Any] | None = None
        clamps = tuple(Clamp(**row) for row in state.get("clamps") or [])
        if investor is not None and targets:
            wanted = [target.ticker for target in targets]
            markets, day = await asyncio.gather(_markets(ports, wanted), market_date(ports))
            given: dict[str, Any] = {
                "table": ports.instruments,
                "investor": investor,
                "targets": targets,
                "markets": markets,
                "held": held_of(book, state.get("sleeve") or MANUAL, on_the_way(book, ports.instruments, waiting)),
                "cash": book.buying_power,
                "on": day,
            }
            proposals, more = size(**given)
            basis = sized(state.get("basis"), given, proposals, more, state.get("reports") or [])
            clamps += more
        report = _report(proposals, clamps, book, ports)
        plain = [as_proposal(proposal) for proposal in proposals]
        filed, _ = await asyncio.gather(
            file_reports(ports, who.user_id, [report]), _journal(ports, who, plain, clamps, state)
        )
        notices = [{"code": "limit", "text": clamp.message} for clamp in clamps[:3]]
        seen = overview(state.get("reports", []))
        said = [block("reports", "\n".join(seen))] if seen else []
        said += _said(proposals, clamps, state)
        told = {"proposals": plain, "basis": basis, "notices": notices, "say": said}
        return {"route": ["risk"], "reports": filed, **told}

    return node


def held_of(book: pb.BookReply, sleeve: str, moving: Mapping[str, int] = MappingProxyType({})) -> dict[str, Held]:
    """What is held, and how much of it an order of `sleeve` may sell: an origin its own, the person everything. The
    value counts with what open orders are `moving`, won by ticker."""
    held = {
        each.ticker: Held(
            each.quantity,
            each.sellable if sleeve == MANUAL else min(each.sellable, each.sleeves.get(sleeve, 0)),
            max(0, each.value + moving.get(each.ticker, 0)),
            of_others=each.sellable if sleeve != MANUAL and not each.sleeves.get(sleeve, 0) else 0,
        )
        for each in book.positions
    }
    return held | {ticker: Held(0, 0, won) for ticker, won in moving.items() if ticker not in held and won > 0}


def _target(row: Mapping[str, Any]) -> Target:
    side = row.get("side")
    return Target(
        str(row["ticker"]), int(row["weight_bps"]), str(row["reason"]), side=None if side is None else Side(side)
    )


def as_proposal(proposal: Proposal) -> dict[str, Any]:
    """As state, journal and faces carry it."""
    return {
        "ticker": proposal.ticker,
        "name": proposal.name,
        "side": proposal.side.value,
        "qty": proposal.quantity,
        "price": proposal.price,
        "reason": proposal.reason,
        "initiative": "agent",
    }


async def _markets(ports: Ports, tickers: Sequence[str]) -> dict[str, Market]:
    """Quotes and order books, asked for side by side; of what has no price the book does not count."""
    books = asyncio.gather(*(_best(ports, ticker) for ticker in tickers))
    found, seen = await asyncio.gather(ports.market.quotes(tickers), books)
    best = dict(zip(tickers, seen, strict=True))
    return {
        quote.ticker: Market(quote.price, *best[quote.ticker], quote.upper_limit or None, quote.lower_limit or None)
        for quote in found
        if quote.found and not quote.halted
    }


async def _best(ports: Ports, ticker: str) -> tuple[int | None, int | None]:
    """Best bid and ask; unknown is no reason to propose nothing."""
    try:
        book = await ports.market.order_book(ticker)
    except PortUnavailable:
        return None, None
    return (book.bids[0].price if book.bids else None, book.asks[0].price if book.asks else None)


def _report(proposals: Sequence[Proposal], clamps: Sequence[Clamp], book: pb.BookReply, ports: Ports) -> AnalystReport:
    now = ports.clock.now()
    amount = sum(each.quantity * each.price for each in proposals if each.side.value == "buy")
    figures = (
        Figure(id="r.amount", value=amount, unit=Unit.WON, source="수량 계산", as_of=now, label="매수 금액"),
        Figure(id="r.cash", value=book.buying_power, unit=Unit.WON, source="잔고", as_of=now, label="살 수 있는 돈"),
    )
    return AnalystReport(
        analyst=Analyst.RISK,
        stance=Stance.NEUTRAL,
        confidence=100,
        drivers=("살 수 있는 돈 {{f:r.cash}} 가운데 {{f:r.amount|을/를}} 쓰는 제안이에요.",) if amount else (),
        risks=tuple(clamp.message for clamp in clamps),
        figures=figures,
        as_of=now,
    )


async def _journal(
    ports: Ports, who: Identity, proposals: list[dict[str, Any]], clamps: Sequence[Clamp], state: AssistantState
) -> None:
    views = [
        {key: report.get(key) for key in ("analyst", "ticker", "stance", "status")}
        for report in state.get("reports", [])
    ]
    limits = [{"code": clamp.code, "ticker": clamp.ticker, "message": clamp.message} for clamp in clamps]
    summary = "; ".join(
        f"{row['name']} {row['qty']}주 {SIDES[row['side']]}: {row['reason'].rstrip('.')}" for row in proposals
    )
    entry = JournalEntry(
        at=ports.clock.now(),
        kind="proposal",
        subject=proposals[0]["ticker"] if proposals else "",
        summary=summary or NOTHING,
        detail={"proposals": proposals, "limits": limits, "views": views, "decisions": state.get("decisions") or []},
    )
    await ports.desk.note(who.user_id, entry)


def _said(proposals: Sequence[Proposal], clamps: Sequence[Clamp], state: AssistantState) -> list[dict[str, Any]]:
    """What a limit changed, or why there is nothing; the proposals are for `respond` to tell, or for the card."""
    lines = [NOTHING] if state.get("goal") == "trade" and not proposals else []
    if not proposals:
        weighed = [report for report in state.get("reports", []) if report["analyst"] == Analyst.PORTFOLIO]
        lines += [str(text) for report in weighed for text in report.get("risks", [])]
    lines += dict.fromkeys(clamp.message for clamp in clamps)
    return [block("limits", "\n".join(lines[:4]))] if lines else []
