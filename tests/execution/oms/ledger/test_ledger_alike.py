"""Whatever is done to both ledgers, they answer alike: random transactions, and every repository's every answer."""

from __future__ import annotations

import asyncio
import inspect
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, is_dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

import psycopg
import pytest
from database_wire import Wire
from databases import Database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_bench import (
    NOW,
    TODAY,
    Bench,
    MemoryBench,
    PostgresBench,
    broker_order,
    fill,
    intent,
    named,
    request,
    reservation,
)

from domain.book import Position
from domain.orders.types import IntentState, Side
from domain.orders.words import OrderState
from domain.proto import oms_pb2 as pb
from execution.oms.errors import OmsError, Taken, Unfit
from execution.oms.ledger.port import Ledger, Tx
from execution.oms.ledger.rows import LeaseKey, Sleeve

TICKERS = ("005930", "000660")
SLEEVES = ("manual", "cycle")
DAYS = (TODAY, TODAY + timedelta(days=1))
_examples = itertools.count(1)

Act = Callable[["Side_", Tx], Awaitable[Any]]


class Side_:
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


def _intent(account: int, which: int, **more: Any) -> Callable[[Side_], Any]:
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

    async def do(side: Side_, tx: Tx) -> None:
        at = side.tick()
        row = _intent(account, which, ticker=ticker, sleeve=sleeve, side=side_, state=state, leg=leg)(side)
        row = replace(row, version=version, authority=authority, trade_date=day, created_at=at, updated_at=at)
        row = replace(row, sent_at=at if sent else None, authority_id=named("authority", account, which))
        await tx.intents.insert(row)

    return Step("insert", do)


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

    async def do(side: Side_, tx: Tx) -> None:
        await tx.intents.change(_intent(account, which)(side).intent_id, side.tick(), **values)

    return Step("change", do)


@st.composite
def _hold(draw: st.DrawFn) -> Step:
    account, which, cash, shares = draw(_account), draw(_which), draw(_won), draw(_few)
    what = draw(st.sampled_from(["reserve", "resize", "acked", "release", "again"]))

    async def do(side: Side_, tx: Tx) -> None:
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

    async def do(side: Side_, tx: Tx) -> Any:
        row, at = _intent(account, which)(side), side.tick()
        if new:
            return await tx.intents.add_request(request(row, word, state=state, created_at=at, updated_at=at))
        return await tx.intents.change_request(row.account_ref, word, at, state=state, odno=which, message="말")

    return Step("request", do)


@st.composite
def _consume(draw: st.DrawFn) -> Step:
    account, which = draw(_account), draw(_which)

    async def do(side: Side_, tx: Tx) -> bool:
        approval = named(side.bench.environment, "approval", which)
        return await tx.intents.consume_approval(approval, side.accounts[account], approval, 1, side.tick())

    return Step("consume", do)


@st.composite
def _order(draw: st.DrawFn) -> Step:
    account, which, odno = draw(_account), draw(_which), draw(st.integers(1, 3))
    foreign, state, day, new = draw(st.booleans()), draw(_order_state), draw(_day), draw(st.booleans())
    branch = draw(st.sampled_from(["1", "2"]))
    values = draw(st.fixed_dictionaries({}, optional={"filled": _few, "noticed": _few, "quantity": _few}))

    async def do(side: Side_, tx: Tx) -> Any:
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

    async def do(side: Side_, tx: Tx) -> Any:
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

    async def do(side: Side_, tx: Tx) -> Any:
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

    async def do(side: Side_, tx: Tx) -> Any:
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

    async def do(side: Side_, tx: Tx) -> Any:
        values = (side.accounts[account], f"k{key}", f"n{number}", b"sealed", side.tick())
        return await (tx.states.keep_credential(*values) if keep else tx.states.replace_credential(*values))

    return Step("keys", do)


_acts = st.one_of(
    _insert(), _insert(), _change(), _change(), _hold(), _ask(), _consume(), _order(), _order(), _notice(), _book(),
    _book(), _say(), _keys(),
)  # fmt: skip
_steps = st.lists(st.tuples(_acts, st.booleans()), min_size=1, max_size=6)
_transactions = st.lists(st.tuples(_account, _steps, st.booleans()), min_size=1, max_size=8)


class _Regret(Exception):
    """The body changes its mind."""


def _label(error: Exception) -> str:
    return f"{type(error).__name__} {error.constraint if isinstance(error, Taken | Unfit) else ''}".strip()


async def _run(side: Side_, account: int, steps: Any, regret: bool) -> list[Any]:
    """What each step of one transaction said, and how it ended."""
    said: list[Any] = []
    try:
        async with side.ledger.write(side.accounts[account]) as tx:
            for step, safe in steps:
                if not safe:
                    said.append((step.name, await step.do(side, tx)))
                    continue
                try:
                    async with tx.savepoint():
                        said.append((step.name, await step.do(side, tx)))
                except (OmsError, LookupError) as error:
                    said.append((step.name, _label(error)))
            if regret:
                raise _Regret
    except (OmsError, LookupError, _Regret) as error:
        said.append(_label(error))
    return said


async def _everything(side: Side_) -> dict[str, Any]:
    """Every answer of every repository."""
    found: dict[str, Any] = {}
    async with side.ledger.read() as tx:
        found["accounts"] = await tx.states.accounts()
        found["latest"] = await tx.states.latest()
        found["everywhere"] = await tx.intents.open_everywhere(side.bench.environment)
        found["protected"] = await tx.books.protected(side.bench.environment)
        for ref in side.accounts:
            found |= await _of_account(side, tx, ref)
        for ref, which in itertools.product(side.accounts, range(1, 5)):
            one = intent(ref, which).intent_id
            found[f"{ref} {which}"] = [
                await tx.intents.get(one),
                await tx.intents.requests_of(one),
                await tx.orders.chain(one),
                await tx.books.fills_of(one),
                await tx.journal.transitions_of(f"{ref}/{which}"),
            ]
        for account, plan in itertools.product(range(2), range(3)):
            found[f"plan {account} {plan}"] = await tx.intents.of_plan(named("plan", account, plan))
    return {name: _plain(side, answer) for name, answer in found.items()}


async def _of_account(side: Side_, tx: Tx, ref: str) -> dict[str, Any]:
    ids = [intent(ref, which).intent_id for which in range(1, 5)]
    plan = named("plan", side.accounts.index(ref), 1)
    found: dict[str, Any] = {
        "open": await tx.intents.open(ref),
        "uncertain": await tx.intents.in_state(ref, IntentState.UNKNOWN, IntentState.MANUAL),
        "some": await tx.intents.in_state(ref, IntentState.NEW, IntentState.FILLED),
        "newest": await tx.intents.newest(ref, limit=3),
        "newest open": await tx.intents.newest(ref, open_only=True),
        "newest of": await tx.intents.newest(ref, plan_id=plan, since=DAYS[1]),
        "held": sorted(await tx.intents.held(ref), key=lambda r: r.intent_id),
        "spent": await tx.intents.spent_since(ref, NOW + timedelta(seconds=10)),
        "pending": await tx.intents.requests_pending(ref),
        "request": await tx.intents.request(ref, "r1"),
        "live": await tx.orders.live(ref),
        "chains": await tx.orders.chains(ids),
        "unworked": await tx.orders.unworked_notices(ref),
        "totals": await tx.books.totals(ref),
        "tickers": await tx.books.totals_by_ticker(ref),
        "sleeves": await tx.books.sleeves(ref),
        "of a ticker": await tx.books.sleeves(ref, TICKERS[0]),
        "flows": await tx.books.cash_flow_total(ref),
        "base": await tx.books.base_capital(ref),
        "high": await tx.books.high_water(ref),
        "days": await tx.books.days(ref, 5),
        "day": await tx.books.days(ref, 1),
        "fills": await tx.books.fills(ref),
        "protected": await tx.books.protected(side.bench.environment, ref),
        "events": await tx.journal.events_after(ref, 0),
        "some events": await tx.journal.events_after(ref, 1, 2),
        "credential": await tx.states.credential(ref),
        "number": await tx.states.number_hash(ref),
    }
    for day in DAYS:
        found |= {
            f"created {day}": await tx.intents.created_on(ref, day),
            f"orders {day}": await tx.orders.of_day(ref, day),
            f"numbers {day}": await tx.orders.numbers_of_day(ref, day),
            f"notices {day}": await tx.orders.notices_of_day(ref, day),
            f"fills {day}": await tx.books.fills(ref, day),
            f"totals {day}": await tx.books.totals(ref, day),
            f"mark {day}": await tx.books.mark(ref, day),
            f"pace {day}": await tx.intents.pace(ref, day, NOW + timedelta(seconds=5), 3),
            f"order {day}": [await tx.orders.get(ref, day, odno) for odno in (1, 2, 3)],
        }
    for ticker, sleeve in itertools.product(TICKERS, SLEEVES):
        found[f"generation {ticker} {sleeve}"] = await tx.books.next_exit_generation(ref, ticker, sleeve)
    for which in range(1, 5):
        exit_id = named(side.bench.environment, "exit", which)
        found[f"exit {which}"] = await tx.books.exit_mandate(exit_id, ref)
    return {f"{ref} {name}": answer for name, answer in found.items()}


def _plain(side: Side_, answer: Any) -> Any:
    """Comparable, and the ids of notices by their order: the two sequences have nothing to do with each other."""
    match answer:
        case Enum() | None | str() | bytes() | int() | date():
            return answer
        case pb.Event():
            return answer.SerializeToString(deterministic=True)
        case list() | tuple():
            return [_plain(side, one) for one in answer]
        case dict():
            return {str(name): _plain(side, one) for name, one in answer.items()}
        case _ if is_dataclass(answer) and not isinstance(answer, type):
            values = asdict(answer)
            if "digest" in values:
                values["id"] = sorted(side.notices).index(values["id"])
            return _plain(side, values)
    return str(answer)


class Pair:
    """Both ledgers, for many random programs."""

    def __init__(self, clone: Database, wire: Wire) -> None:
        self._clone, self._wire = clone, wire
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        connect = psycopg.AsyncConnection.connect(self._clone.admin_url, autocommit=True)
        admin = await self._stack.enter_async_context(await connect)
        self._benches: list[tuple[str, Bench]] = [
            ("postgres", PostgresBench(self._clone, self._wire, admin)),
            ("memory", MemoryBench()),
        ]
        self._storages = [bench.storage() for _, bench in self._benches]
        for storage in self._storages:
            await self._stack.enter_async_context(storage.opened())

    async def close(self) -> None:
        await self._stack.aclose()

    async def sides(self) -> list[Side_]:
        """Fresh accounts in a fresh environment, the same ones in both."""
        number, sides = next(_examples), []
        for (name, bench), storage in zip(self._benches, self._storages, strict=True):
            bench.environment = f"alike-{number}"
            lease = storage.lease(LeaseKey(bench.environment, "key"), named("holder"), 600.0, lambda: 0.0)
            assert await lease.take()
            ledger = storage.ledger(lease, bench.clock, bench.announced.append)
            accounts = [f"alike-{number}-{k}" for k in range(2)]
            for account in accounts:
                await bench.people.user(named("alike", account), account)
                await bench.people.account(account, named("alike", account), "sim", NOW)
            sides.append(Side_(name, bench, ledger, accounts))
            async with ledger.write(None) as tx:
                for account in accounts:
                    assert await tx.states.open_account(account, sides[-1].tick())
        return sides

    async def compare(self, program: Any) -> None:
        sides = await self.sides()
        try:
            await self._compare(sides, program)
        finally:
            for side in sides:
                await side.ledger.lease.release()

    async def _compare(self, sides: list[Side_], program: Any) -> None:
        for account, steps, regret in program:
            before = [list(side.notices) for side in sides]
            said = [await _run(side, account, steps, regret) for side in sides]
            for side, notices in zip(sides, before, strict=True):
                if said[0] and isinstance(said[0][-1], str):  # rolled back, and its notices with it
                    side.notices = notices
            assert said[0] == said[1]
        one, other = [await _everything(side) for side in sides]
        for name in one:
            assert one[name] == other[name], name
        announced = [side.bench.announced for side in sides]
        assert announced[0] == announced[1]


@pytest.fixture(scope="module")
def pair(clone: Database, wire: Wire) -> Iterator[Callable[[Any], None]]:
    with asyncio.Runner() as runner:
        both = Pair(clone, wire)
        runner.run(both.open())
        yield lambda program: runner.run(both.compare(program))
        runner.run(both.close())


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False)
@given(program=_transactions)
def test_both_ledgers_answer_alike(pair: Callable[[Any], None], program: Any) -> None:
    pair(program)
