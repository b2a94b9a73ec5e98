"""Holding the book against the broker's balance: opening an account, finding what happened outside, marking the day.

Contract: compared only when nothing is under way that the figures might not show yet. Shares that no order of ours
explains go to the sleeve `outside`; a change of cash that no fill explains is an external flow (or the won that the
broker rounds differently), so it is no profit and no loss. Quantities at the broker are the truth.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from domain.book import MANUAL, OUTSIDE, Position
from domain.orders.transitions import RESERVING, UNANSWERED
from domain.orders.types import IntentState
from execution.oms.baseline import cash_rows
from execution.oms.core import Core
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import Sleeve
from execution.oms.sessions import AccountSession, Figures
from tools.kis.errors import ReadFailed

log = structlog.get_logger("oms.reconcile")
_ASKED_LATELY_S = 45.0  # longer than the pause between two comparisons
_ROUNDING = 10  # won a fill that the broker may count differently
_GUESS_BPS = 500  # an estimated amount is wrong by at most the collar
_NOTES = {
    "rounding": "증권사 비용 단위 차이",
    "estimate": "가격이 표시되지 않은 체결의 차이",
    "external": "주문으로 설명되지 않는 입출금",
}
_QUIET = RESERVING - {IntentState.NEW, IntentState.NOT_SENT}
_UNCLEAR = UNANSWERED | {IntentState.SENDING, IntentState.CANCEL_UNKNOWN}


class Reconciler:
    def __init__(self, core: Core) -> None:
        self._core = core
        self._beside: dict[str, tuple[int, datetime]] = {}  # cash that differs while orders are out, and since when

    async def open(self, session: AccountSession) -> None:
        """First sight of an account: what it holds becomes the start of its book. Raises KisError."""
        figures = await session.figures(max_age_s=0.0)
        core = self._core
        if contradicts_itself(figures):
            raise ReadFailed("expected one row a name in the balance, was more")
        async with core.ledger.write(session.account_ref) as tx:
            if await tx.books.base_capital(session.account_ref) is not None:
                return
            for ticker, rows in cash_rows(figures.balance).items():
                if rows[0].quantity > 0:
                    await self._import(tx, session.account_ref, ticker, rows[0].quantity, rows[0].cost or 0)
            cash = figures.balance.settled_cash
            day = core.market.trade_date
            await tx.books.add_cash_flow(session.account_ref, day, "opening", cash, "처음 확인한 예수금", tx.now)
            value = cash + await self._value(tx, session.account_ref, figures)
            await tx.books.set_base_capital(session.account_ref, value)
            await tx.books.put_mark(session.account_ref, day, value)
            await tx.journal.event(tx.now, session.account_ref, "book", "계좌를 열고 잔고를 확인했어요.")
        log.info("account_opened", account=session.account_ref)

    async def compare(self, session: AccountSession, *, max_age_s: float | None = None) -> bool:
        """True when book and broker agree, also after taking in what happened outside. Raises KisError."""
        figures = await session.figures(max_age_s=max_age_s)
        core = self._core
        if contradicts_itself(figures):
            log.warning("balance_contradicts_itself", account=session.account_ref)
            return "unreconciled" not in core.states.causes.get(session.account_ref, {})
        async with core.ledger.write(session.account_ref) as tx:
            if not await self._quiet(tx, session, figures):
                await self._flow_beside_orders(tx, session, figures)
                return "unreconciled" not in core.states.causes.get(session.account_ref, {})
            if await self._unasked(tx, session, figures):
                session.ask_hint.set()
                return "unreconciled" not in core.states.causes.get(session.account_ref, {})
            await self._shares(tx, session, figures)
            await self._cash(tx, session, figures)
            await self._mark(tx, session.account_ref, figures)
        core.states.clear_cause(session.account_ref, "unreconciled")
        return True

    async def _quiet(self, tx: Tx, session: AccountSession, figures: Figures) -> bool:
        """Nothing at the broker or on its way that these figures might lack."""
        if await tx.orders.live(session.account_ref):
            return False
        if any(intent.state in _QUIET for intent in await tx.intents.open(session.account_ref)):
            return False
        before = figures.asked_wall - timedelta(seconds=self._core.timing.lag_s)
        return all(
            fill.at <= before for fill in await tx.books.fills(session.account_ref, self._core.market.trade_date)
        )

    async def _flow_beside_orders(self, tx: Tx, session: AccountSession, figures: Figures) -> None:
        """Orders may rest all day: the day's value is marked all the same, and money that a person moves meanwhile must
        not look like a loss. Cash that differs while every share agrees is no fill; told twice, with the lag between,
        it is a flow."""
        ref, key = session.account_ref, figures.asked_wall
        difference = figures.balance.settled_cash - await expected_cash(tx, ref)
        unclear = any(i.state in _UNCLEAR for i in await tx.intents.open(ref))
        before = figures.asked_wall - timedelta(seconds=self._core.timing.lag_s)
        late = any(fill.at > before for fill in await tx.books.fills(ref, self._core.market.trade_date))
        if unclear or late or shown_shares(figures) != await booked_shares(tx, ref):
            self._beside.pop(ref, None)
            return
        if difference == 0:
            self._beside.pop(ref, None)
            await self._mark(tx, ref, figures)
            return
        seen, since = self._beside.setdefault(ref, (difference, key))
        if seen != difference:
            self._beside[ref] = (difference, key)
        elif (key - since).total_seconds() >= self._core.timing.lag_s:
            del self._beside[ref]
            await self._cash(tx, session, figures)

    async def _unasked(self, tx: Tx, session: AccountSession, figures: Figures) -> bool:
        """They differ and the order list has not been asked for a while: an order of ours may explain it."""
        if self._core.wall.monotonic() - session.last_inquiry <= _ASKED_LATELY_S:
            return False
        shown, booked = shown_shares(figures), await booked_shares(tx, session.account_ref)
        return shown != booked or figures.balance.settled_cash != await expected_cash(tx, session.account_ref)

    async def _shares(self, tx: Tx, session: AccountSession, figures: Figures) -> None:
        shown, booked = shown_shares(figures), await booked_shares(tx, session.account_ref)
        costs = {ticker: rows[0].cost or 0 for ticker, rows in cash_rows(figures.balance).items()}
        for ticker in sorted(set(shown) | set(booked)):
            difference = shown.get(ticker, 0) - booked.get(ticker, 0)
            if difference > 0:
                cost = costs.get(ticker, 0) * difference // max(1, shown[ticker])
                await self._import(tx, session.account_ref, ticker, difference, cost)
            elif difference < 0:
                await self._remove(tx, session.account_ref, ticker, -difference)
            if difference:
                log.warning("outside_change", account=session.account_ref, ticker=ticker, shares=difference)
                await tx.journal.event(
                    tx.now,
                    session.account_ref,
                    "book",
                    f"{ticker}: 밖에서 생긴 변화 {difference:+,}주를 장부에 맞췄어요.",
                )

    async def _cash(self, tx: Tx, session: AccountSession, figures: Figures) -> None:
        account_ref = session.account_ref
        difference = figures.balance.settled_cash - await expected_cash(tx, account_ref)
        if difference == 0:
            return
        day = self._core.market.trade_date
        fills = await tx.books.fills(account_ref, day)
        guessed = sum(fill.amount for fill in fills if fill.estimated)
        kind = "rounding" if abs(difference) <= _ROUNDING * len(fills) else "external"
        if kind == "external" and abs(difference) <= guessed * _GUESS_BPS // 10_000:
            kind = "estimate"  # a fill of which no price was told: the cash says what it was
        note = _NOTES[kind]
        await tx.books.add_cash_flow(account_ref, day, kind, difference, note, tx.now)
        log.warning("cash_flow", account=account_ref, kind=kind)
        if kind == "external":
            base = await tx.books.base_capital(account_ref)
            await tx.books.set_base_capital(account_ref, (base or 0) + difference)
            await tx.books.shift_marks(account_ref, day, difference)
            await tx.journal.event(
                tx.now, account_ref, "book", f"주문으로 설명되지 않는 현금 {difference:+,}원을 입출금으로 적었어요."
            )

    async def _mark(self, tx: Tx, account_ref: str, figures: Figures) -> None:
        """Without a value of the day's start nobody can tell its loss, and nothing may be bought."""
        value = figures.balance.settled_cash + await self._value(tx, account_ref, figures)
        await tx.books.put_mark(account_ref, self._core.market.trade_date, value)

    async def _import(self, tx: Tx, account_ref: str, ticker: str, quantity: int, cost: int) -> None:
        held = {s.sleeve: s.position for s in await tx.books.sleeves(account_ref, ticker)}
        position = held.get(OUTSIDE, Position()).imported(quantity, cost)
        await tx.books.put_sleeve(account_ref, Sleeve(ticker, OUTSIDE, position), tx.now)

    async def _remove(self, tx: Tx, account_ref: str, ticker: str, quantity: int) -> None:
        """Shares that left without an order of ours: from outside first, then the person's, then the others."""
        held = {s.sleeve: s.position for s in await tx.books.sleeves(account_ref, ticker)}
        names = [OUTSIDE, MANUAL, *sorted(name for name in held if name not in (OUTSIDE, MANUAL))]
        left = quantity
        for name in names:
            position = held.get(name)
            if position is None or left == 0:
                continue
            taken = min(left, position.quantity)
            if taken == 0:
                continue
            remaining = position.quantity - taken
            cost = position.cost * remaining // position.quantity
            shrunk = replace(position, basis_quantity=remaining, basis_cost=cost, sold=0)
            await tx.books.put_sleeve(account_ref, Sleeve(ticker, name, shrunk), tx.now)
            if remaining == 0:
                await tx.books.close_exit_mandate(account_ref, ticker, name, tx.now)
            left -= taken

    async def _value(self, tx: Tx, account_ref: str, figures: Figures) -> int:
        prices = {h.ticker: h.price for h in figures.balance.holdings if h.price}
        total = 0
        for sleeve in await tx.books.sleeves(account_ref):
            known = self._core.data.last(sleeve.ticker)
            price = known.price if known is not None else prices.get(sleeve.ticker)
            total += sleeve.position.quantity * price if price else sleeve.position.cost
        return total


def shown_shares(figures: Figures) -> dict[str, int]:
    """What the broker shows, without credit, shares by ticker; a row that came twice counts once."""
    shown = {ticker: max(row.quantity for row in rows) for ticker, rows in cash_rows(figures.balance).items()}
    return {ticker: count for ticker, count in shown.items() if count}


def contradicts_itself(figures: Figures) -> bool:
    """Two rows of one name that say different things: nothing may be taken from such an answer."""
    return any(len(rows) > 1 for rows in cash_rows(figures.balance).values())


async def booked_shares(tx: Tx, account_ref: str) -> dict[str, int]:
    """What the book holds, shares by ticker."""
    booked: dict[str, int] = {}
    for sleeve in await tx.books.sleeves(account_ref):
        if sleeve.position.quantity:
            booked[sleeve.ticker] = booked.get(sleeve.ticker, 0) + sleeve.position.quantity
    return booked


async def expected_cash(tx: Tx, account_ref: str) -> int:
    """Cash after all settlements by the ledger alone, won."""
    totals = await tx.books.totals(account_ref)
    flows = await tx.books.cash_flow_total(account_ref)
    return flows + totals.sold - totals.bought - totals.fee - totals.tax
