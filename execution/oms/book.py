"""The account as people read it: positions and sleeves from the confirmed book, cash from the broker, both compared.

Contract: profit and costs are the ledger's own arithmetic; deposit and settled cash are the broker's figures;
`reconciled` says whether they agree. Right after an order it waits up to a second for figures that have seen it, where
the broker's lag allows that; serves the last answer when the broker is silent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from domain.gate.plan import buying_power
from domain.gate.view import GateView
from domain.orders.types import IntentState
from domain.proto import oms_pb2 as pb
from execution.oms.core import Core
from execution.oms.ledger.port import Tx
from execution.oms.reconcile import booked_shares, expected_cash, shown_shares
from execution.oms.sessions import AccountSession, Figures

log = structlog.get_logger("oms.book")
_PATIENCE_S = 1.0
_STEP_S = 0.1
_UNCLEAR = frozenset({IntentState.UNKNOWN, IntentState.MANUAL, IntentState.CANCEL_UNKNOWN, IntentState.REVISE_UNKNOWN})
_MOVING = _UNCLEAR | {IntentState.SENDING, IntentState.ACKED, IntentState.PARTIAL, IntentState.CANCEL_PENDING}


async def book_of(core: Core, session: AccountSession) -> pb.BookReply:
    """The whole book of one account. Raises NotReady only by its caller; an unreachable broker leaves old figures."""
    end = core.wall.monotonic() + _PATIENCE_S
    while True:
        reply, wait = await _look(core, session)
        left = end - core.wall.monotonic()
        if wait is None or left <= 0.0 or core.timing.lag_s > _PATIENCE_S:
            return reply
        await core.wall.sleep(min(wait, left))
        session.forget_figures()


async def _look(core: Core, session: AccountSession) -> tuple[pb.BookReply, float | None]:
    """The book now, and after how many seconds it could agree better; None when waiting changes nothing."""
    async with core.ledger.read() as tx:
        tickers = sorted({s.ticker for s in await tx.books.sleeves(session.account_ref) if s.position.quantity})
        account = await tx.desk.account(session.account_ref)
    fetched = await core.views.fetch(session, tickers)
    figures, wait = fetched.figures, None
    reply = pb.BookReply()
    reply.as_of.FromDatetime(core.wall.now())
    async with core.ledger.read() as tx:
        await _positions(core, tx, session, reply, figures)
        await _profits(core, tx, session, reply)
        if account is not None:
            view = await core.views.build(tx, session, account.owner, fetched, None)
            if figures is not None:
                expected = await expected_cash(tx, session.account_ref)
                view = without_double(view, figures.balance.settled_cash, expected)
            reply.buying_power = buying_power(view) or 0
        if figures is not None:
            _cash(reply, figures)
            reply.reconciled = await _agrees(core, tx, session, figures)
            wait = await _settling(core, tx, session, figures, agrees=reply.reconciled)
        reply.total_value = reply.cash_d2 + sum(position.value for position in reply.positions)
        mark = await tx.books.mark(session.account_ref, core.market.trade_date)
        reply.day_start_value = mark[0] if mark is not None else reply.total_value
        reply.base_capital = await tx.books.base_capital(session.account_ref) or reply.total_value
    effective = core.states.effective(session.account_ref)
    reply.trading_state = effective.state.value
    reply.trading_state_reason = effective.reason
    return reply, wait


def _cash(reply: pb.BookReply, figures: Figures) -> None:
    balance = figures.balance
    reply.deposit, reply.cash_d2 = balance.deposit, balance.settled_cash
    ahead = [balance.deposit, balance.settled_cash]
    if balance.deposit_d1 is not None:
        ahead.append(balance.deposit_d1)
    reply.withdrawable = max(0, min(ahead))


def without_double(view: GateView, settled_cash: int, expected: int) -> GateView:
    """When the broker's settled cash is the ledger's own to the won it has seen every fill, so what fills took must not
    be taken a second time from its buying power. The gate stays careful for the whole lag; people read this."""
    cash = view.account.cash
    if cash is None or settled_cash != expected:
        return view
    return replace(view, account=replace(view.account, cash=replace(cash, unseen_spent=0)))


async def _settling(core: Core, tx: Tx, session: AccountSession, figures: Figures, *, agrees: bool) -> float | None:
    """Seconds until figures asked then will have seen what happened just now; None when nothing did."""
    lag = timedelta(seconds=core.timing.lag_s)
    day = core.market.trade_date
    moments = [fill.at for fill in await tx.books.fills(session.account_ref, day)]
    moments += [order.acked_at for order in await tx.orders.of_day(session.account_ref, day)]
    newest = max(moments, default=None)
    if newest is not None and newest + lag > figures.asked_wall:
        return max(_STEP_S, (newest + lag - core.wall.now()).total_seconds())
    if agrees:
        return None
    moving = any(intent.state in _MOVING for intent in await tx.intents.open(session.account_ref))
    return _STEP_S if moving else None


async def _positions(core: Core, tx: Tx, session: AccountSession, reply: pb.BookReply, figures: Figures | None) -> None:
    shown = {h.ticker: h for h in figures.balance.holdings if not h.credit} if figures is not None else {}
    parts: dict[str, pb.Position] = {}
    for row in await tx.books.sleeves(session.account_ref):
        if row.position.quantity == 0:
            continue
        message = parts.setdefault(row.ticker, pb.Position(ticker=row.ticker))
        message.quantity += row.position.quantity
        message.cost += row.position.cost
        message.sleeves[row.sleeve] += row.position.quantity
    resting: dict[str, int] = {}
    stops: dict[str, int] = {}  # they give way to a sale by hand
    for intent in await tx.intents.open(session.account_ref):
        if intent.stop_price is not None:
            stops[intent.ticker] = stops.get(intent.ticker, 0) + intent.quantity - intent.filled
        elif intent.side.value == "sell":
            resting[intent.ticker] = resting.get(intent.ticker, 0) + intent.quantity - intent.filled
    for ticker in sorted(parts):
        message, instrument = parts[ticker], core.instruments.get(ticker)
        broker, known = shown.get(ticker), core.data.last(ticker)
        message.name = instrument.name if instrument is not None else broker.name if broker is not None else ticker
        message.sector = instrument.sector if instrument is not None else ""
        message.product_risk = instrument.product_risk if instrument is not None else 1
        price = known.price if known is not None else broker.price if broker is not None else None
        message.price = price or message.cost // message.quantity
        message.value = message.price * message.quantity
        message.unrealised = message.value - message.cost
        message.sellable = max(0, message.quantity - resting.get(ticker, 0))
        if broker is not None and broker.sellable is not None:
            message.sellable = min(message.sellable, broker.sellable + stops.get(ticker, 0))
        reply.positions.append(message)
    reply.unrealised = sum(position.unrealised for position in reply.positions)


async def _profits(core: Core, tx: Tx, session: AccountSession, reply: pb.BookReply) -> None:
    today = await tx.books.totals(session.account_ref, core.market.trade_date)
    total = await tx.books.totals(session.account_ref)
    reply.realised_today, reply.realised_total = today.realised, total.realised
    reply.fees_today, reply.fees_total = today.fee, total.fee
    reply.taxes_today, reply.taxes_total = today.tax, total.tax
    for line in await tx.books.totals_by_ticker(session.account_ref):
        instrument = core.instruments.get(line.ticker)
        reply.realised_by_ticker.append(
            pb.RealisedLine(
                ticker=line.ticker,
                name=instrument.name if instrument is not None else line.ticker,
                realised=line.realised,
                fee=line.fee,
                tax=line.tax,
            )
        )


async def _agrees(core: Core, tx: Tx, session: AccountSession, figures: Figures) -> bool:
    """Quantities and settled cash are the same on both sides, and nothing is unclear."""
    if core.states.causes.get(session.account_ref, {}).get("unreconciled"):
        return False
    if any(intent.state in _UNCLEAR for intent in await tx.intents.open(session.account_ref)):
        return False
    booked, cash = await booked_shares(tx, session.account_ref), await expected_cash(tx, session.account_ref)
    return booked == shown_shares(figures) and figures.balance.settled_cash == cash
