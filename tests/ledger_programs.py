"""Random programs for a ledger: transactions of a few accounts, each step a call of a repository.

Every party runs a program against its own ledger; ids and moments are the same for all, whatever the ledger.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from ledger_bench import Bench
from ledger_rows import NOW, TODAY, broker_order, fill, intent, named, request, reservation

from domain.book import Position
from domain.orders.types import IntentState, Side
from domain.orders.words import OrderState
from domain.proto import oms_pb2 as pb
from execution.oms.ledger.port import Ledger, Tx
from execution.oms.ledger.rows import Placed, Sleeve

TICKERS = ("005930", "000660")
SLEEVES = ("manual", "cycle")
DAYS = (TODAY, TODAY + timedelta(days=1))

Act = Callable[["Party", Tx], Awaitable[Any]]


class Party:
    """One of the two ledgers, and what a random program calls by number there."""

    def __init__(self, name: str, bench: Bench, ledger: Ledger, accounts: list[str]) -> None:
        self.name, self.bench, self.ledger, self.accounts = name, bench, ledger, accounts
        self.notices: list[int] = []
        self.at = NOW

    def tick(self) -> datetime:
        """Moments that are all different, so that every order by time is one order."""
        self.at += timedelta(seconds=1)
        return self.at


_account = st.integers(0, 1)
_which = st.integers(1, 4)
_ticker = st.sampled_from(TICKERS)
_sleeve = st.sampled_from(SLEEVES)
_side = st.sampled_from(Side)
_day = st.sampled_from(DAYS)
_state = st.sampled_from(IntentState)
_order_state = st.sampled_from(OrderState)
_few = st.integers(-1, 12)
_won = st.integers(-5, 100_000)


def _intent(account: int, which: int, **more: Any) -> Callable[[Party], Any]:
    return lambda side: intent(side.accounts[account], which, plan_id=named("plan", account, which // 2), **more)


class Step:
    """One call, with what it was drawn with in its text."""

    def __init__(self, name: str, do: Act) -> None:
        self.name, self.do = name, do

    def __repr__(self) -> str:
        return f"{self.name} {inspect.getclosurevars(self.do).nonlocals}"


@st.composite
def _insert(draw: st.DrawFn) -> Step:
    account, which, ticker, sleeve = draw(_account), draw(_which), draw(_ticker), draw(_sleeve)
    state, side_, version = draw(_state), draw(_side), draw(st.integers(1, 2))
    leg, authority, day = draw(st.integers(1, 2)), draw(st.sampled_from(["approval", "exit"])), draw(_day)
    sent = draw(st.booleans())

    async def do(side: Party, tx: Tx) -> None:
        at = side.tick()
        row = _intent(account, which, ticker=ticker, sleeve=sleeve, side=side_, state=state, leg=leg)(side)
        row = replace(row, version=version, authority=authority, trade_date=day, created_at=at, updated_at=at)
        row = replace(row, sent_at=at if sent else None, authority_id=named("authority", account, which))
        await tx.intents.insert(row)

    return Step("insert", do)


@st.composite
def _admitted(draw: st.DrawFn) -> Step:
    account, which, ticker, side_ = draw(_account), draw(_which), draw(_ticker), draw(_side)
    authority, cash, version = draw(st.sampled_from(["approval", "exit"])), draw(_won), draw(st.integers(1, 2))

    consumes = draw(st.booleans())

    async def do(side: Party, tx: Tx) -> bool:
        at = side.tick()
        row = _intent(account, which, ticker=ticker, side=side_, authority=authority, version=version)(side)
        row = replace(row, created_at=at, updated_at=at, state_note="접수")
        # of this account and order alone: else two things could be wrong at once, and either may be said first
        row = replace(row, authority_id=named("authority", side.bench.environment, account, which))
        order = pb.Order(intent_id=str(row.intent_id), reason="까닭")
        said = {"by": "web", "findings": [which]}
        done = await tx.admitted([Placed(row, reservation(row, cash), said, order)], "ADMITTED", consumes=consumes)
        if not done:
            raise LookupError("the approval was consumed")
        return done

    return Step("admitted", do)


@st.composite
def _change(draw: st.DrawFn) -> Step:
    account, which = draw(_account), draw(_which)
    values = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "state": _state,
                "filled": _few,
                "provisional": _few,
                "quantity": _few,
                "filled_amount": _won,
                "fee": _won,
                "version": st.integers(1, 3),
                "trade_date": _day,
                "baseline": st.none() | st.dictionaries(st.sampled_from("ab"), _won | st.none()),
                "state_note": st.sampled_from(["", "메모"]),
            },
        )
    )

    async def do(side: Party, tx: Tx) -> None:
        await tx.intents.change(_intent(account, which)(side).intent_id, side.tick(), **values)

    return Step("change", do)


@st.composite
def _hold(draw: st.DrawFn) -> Step:
    account, which, cash, shares = draw(_account), draw(_which), draw(_won), draw(_few)
    what = draw(st.sampled_from(["reserve", "resize", "acked", "release", "again"]))

    async def do(side: Party, tx: Tx) -> None:
        row, at = _intent(account, which)(side), side.tick()
        match what:
            case "reserve":
                await tx.intents.reserve(reservation(row, cash, shares))
            case "resize":
                await tx.intents.resize_reservation(row.intent_id, cash, shares)
            case "acked":
                await tx.intents.reservation_acked(row.intent_id, at)
            case "release":
                await tx.intents.release(row.intent_id, at)
            case _:
                await tx.intents.hold_again(row.intent_id)

    return Step(what, do)


@st.composite
def _ask(draw: st.DrawFn) -> Step:
    account, which, word = draw(_account), draw(_which), draw(st.sampled_from(["r1", "r2"]))
    state = draw(st.sampled_from(["ASKED", "SENDING", "ACKED", "REFUSED", "UNKNOWN", "DONE", "LOST"]))
    new = draw(st.booleans())

    async def do(side: Party, tx: Tx) -> Any:
        row, at = _intent(account, which)(side), side.tick()
        if new:
            return await tx.intents.add_request(request(row, word, state=state, created_at=at, updated_at=at))
        return await tx.intents.change_request(row.account_ref, word, at, state=state, odno=which, message="말")

    return Step("request", do)


@st.composite
def _consume(draw: st.DrawFn) -> Step:
    account, which = draw(_account), draw(_which)

    async def do(side: Party, tx: Tx) -> bool:
        approval = named(side.bench.environment, "approval", which)
        return await tx.intents.consume_approval(approval, side.accounts[account], approval, 1, side.tick())

    return Step("consume", do)


@st.composite
def _order(draw: st.DrawFn) -> Step:
    account, which, odno = draw(_account), draw(_which), draw(st.integers(1, 3))
    foreign, state, day, new = draw(st.booleans()), draw(_order_state), draw(_day), draw(st.booleans())
    branch = draw(st.sampled_from(["1", "2"]))
    values = draw(st.fixed_dictionaries({}, optional={"filled": _few, "noticed": _few, "quantity": _few}))

    async def do(side: Party, tx: Tx) -> Any:
        of, at = None if foreign else _intent(account, which)(side), side.tick()
        order = broker_order(of, side.accounts[account], odno, trade_date=day, state=state, branch=branch)
        order = replace(order, acked_at=at, updated_at=at)
        if new:
            return await tx.orders.add(replace(order, **values))
        return await tx.orders.change(order, at, state=state, intent_id=order.intent_id, **values)

    return Step("order", do)


@st.composite
def _notice(draw: st.DrawFn) -> Step:
    account, which, day, new = draw(_account), draw(_which), draw(_day), draw(st.booleans())

    async def do(side: Party, tx: Tx) -> Any:
        if new or not side.notices:
            number, seen = await tx.orders.store_notice(
                side.bench.environment, side.accounts[account], side.tick(), day, f"d{which}", {"number": which}
            )
            side.notices.append(number)
            return seen
        return await tx.orders.notice_done(side.notices[which % len(side.notices)], "x", side.tick())

    return Step("notice", do)


@st.composite
def _book(draw: st.DrawFn) -> Step:
    account, which, ticker, sleeve, day = draw(_account), draw(_which), draw(_ticker), draw(_sleeve), draw(_day)
    what = draw(st.sampled_from(["fill", "fill of", "sleeve", "flow", "base", "mark", "shift", "open", "close"]))
    side_, few, won, kind = draw(_side), draw(_few), draw(_won), draw(st.sampled_from(["external", "dividend"]))

    async def do(side: Party, tx: Tx) -> Any:
        ref, at = side.accounts[account], side.tick()
        match what:
            case "fill" | "fill of":
                of = _intent(account, which)(side).intent_id if what == "fill of" else None
                row = fill(ref, which, few, few, intent_id=of, ticker=ticker, sleeve=sleeve, side=side_, realised=won)
                return await tx.books.add_fill(replace(row, trade_date=day, at=at))
            case "sleeve":
                held = Position(basis_quantity=few, basis_cost=won, sold=which, realised=won, fees=1, taxes=2)
                return await tx.books.put_sleeve(ref, Sleeve(ticker, sleeve, held), at)
            case "flow":
                return await tx.books.add_cash_flow(ref, day, kind, won, "", at)
            case "base":
                return await tx.books.set_base_capital(ref, won)
            case "mark":
                return await tx.books.put_mark(ref, day, won)
            case "shift":
                return await tx.books.shift_marks(ref, day, won)
            case "open":
                new_id = named(side.bench.environment, "exit", which)
                return await tx.books.open_exit_mandate(new_id, ref, ticker, sleeve, "approval", new_id, at)
            case _:
                return await tx.books.close_exit_mandate(ref, ticker, sleeve, at)

    return Step(what, do)


@st.composite
def _say(draw: st.DrawFn) -> Step:
    account, which, state = draw(_account), draw(_which), draw(st.sampled_from(["ACTIVE", "HALTED", "ASLEEP"]))
    what = draw(st.sampled_from(["event", "order event", "transition", "state", "global", "strategy", "resolution"]))
    sleeve = draw(st.sampled_from(["", *SLEEVES]))

    async def do(side: Party, tx: Tx) -> Any:
        ref, at, row = side.accounts[account], side.tick(), _intent(account, which)(side)
        match what:
            case "event":
                return await tx.journal.event(at, ref, "notice", f"{which}")
            case "order event":
                return await tx.journal.event(at, ref, "order", "", pb.Order(intent_id=str(row.intent_id)))
            case "transition":
                entity = f"{ref}/{which}"
                return await tx.journal.transition(at, ref, "intent", entity, "A", f"{which}", "B", {"at": which})
            case "state":
                return await tx.states.add("account", ref, state, "까닭", "test", at)
            case "strategy":
                return await tx.states.add("strategy", ref, state, "까닭", "test", at, sleeve)
            case "global":
                return await tx.states.add("global", None, state, "까닭", "test", at)
            case _:
                return await tx.journal.resolution(row.intent_id, "absent", None, "r", "p", {}, at)

    return Step(what, do)


@st.composite
def _keys(draw: st.DrawFn) -> Step:
    account, key, number = draw(_account), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    keep = draw(st.booleans())

    async def do(side: Party, tx: Tx) -> Any:
        values = (side.accounts[account], f"k{key}", f"n{number}", b"sealed", side.tick())
        return await (tx.states.keep_credential(*values) if keep else tx.states.replace_credential(*values))

    return Step("keys", do)


_acts = st.one_of(
    _insert(), _insert(), _admitted(), _change(), _change(), _hold(), _ask(), _consume(), _order(), _order(), _notice(),
    _book(), _book(), _say(), _keys(),
)  # fmt: skip
_steps = st.lists(st.tuples(_acts, st.booleans()), min_size=1, max_size=6)
programs = st.lists(st.tuples(_account, _steps, st.booleans()), min_size=1, max_size=8)
