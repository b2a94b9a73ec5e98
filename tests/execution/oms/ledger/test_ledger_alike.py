"""Whatever is done to both ledgers, they answer alike: random transactions, and every repository's every answer."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, is_dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import psycopg
import pytest
from database_wire import Wire
from databases import Database
from hypothesis import HealthCheck, given, settings
from ledger_bench import Bench, MemoryBench, PostgresBench
from ledger_programs import DAYS, SLEEVES, TICKERS, Party, programs
from ledger_rows import NOW, intent, named

from domain.orders.types import IntentState
from domain.proto import oms_pb2 as pb
from execution.oms.errors import OmsError, Taken, Unfit
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import LeaseKey
from execution.oms.ledger.standing import StandingOf

_examples = itertools.count(1)


class _Regret(Exception):
    """The body changes its mind."""


def _label(error: Exception) -> str:
    return f"{type(error).__name__} {error.constraint if isinstance(error, Taken | Unfit) else ''}".strip()


async def _run(side: Party, account: int, steps: Any, regret: bool) -> list[Any]:
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


async def _everything(side: Party) -> dict[str, Any]:
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


async def _of_account(side: Party, tx: Tx, ref: str) -> dict[str, Any]:
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
            f"standing {day}": await tx.standing(_standing_of(side, ref, day, plan)),
            f"order {day}": [await tx.orders.get(ref, day, odno) for odno in (1, 2, 3)],
        }
    for ticker, sleeve in itertools.product(TICKERS, SLEEVES):
        found[f"generation {ticker} {sleeve}"] = await tx.books.next_exit_generation(ref, ticker, sleeve)
    for which in range(1, 5):
        exit_id = named(side.bench.environment, "exit", which)
        found[f"exit {which}"] = await tx.books.exit_mandate(exit_id, ref)
    return {f"{ref} {name}": answer for name, answer in found.items()}


def _standing_of(side: Party, ref: str, day: date, plan: UUID) -> StandingOf:
    return StandingOf(
        account_ref=ref,
        owner=named("alike", ref),
        day=day,
        recent_since=NOW + timedelta(seconds=3),
        paced_since=NOW + timedelta(seconds=5),
        outcomes=3,
        spent_since=NOW + timedelta(seconds=10) if day == DAYS[0] else None,
        plan_id=plan if day == DAYS[0] else None,
        approval_id=named(side.bench.environment, "approval", 1),
    )


def _plain(side: Party, answer: Any) -> Any:
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

    async def sides(self) -> list[Party]:
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
            sides.append(Party(name, bench, ledger, accounts))
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

    async def _compare(self, sides: list[Party], program: Any) -> None:
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


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), print_blob=False)
@given(program=programs)
def test_both_ledgers_answer_alike(pair: Callable[[Any], None], program: Any) -> None:
    pair(program)
