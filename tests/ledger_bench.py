"""Both ledgers on one bench: the same people, the same faults, the same questions about who waits.

`PostgresBench` and `MemoryBench` offer storages of as many processes as a test wants, over one server. Every test has
an environment of its own on the server, so that tests can share it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID, uuid5

import psycopg
from database_wire import Wire
from databases import Database as PostgresDatabase
from psycopg.types.json import Jsonb

from domain.clock import KST, ManualClock
from domain.orders.types import Initiative, IntentState, OrderType, Plan, Side
from domain.orders.words import OrderState
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.people import People
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.port import Ledger, Storage
from execution.oms.ledger.postgres.storage import PostgresStorage
from execution.oms.ledger.rows import BrokerOrder, Fill, Intent, LeaseKey, Request, Reservation

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=KST)
TODAY = NOW.date()
DOUBTFUL = "in-doubt"
_SPACE = UUID("5d0f2c52-6a6e-4c1b-9d63-0d8a7c2f3b11")
_numbers = itertools.count(1)


def named(*words: object) -> UUID:
    """The same id for the same words."""
    return uuid5(_SPACE, "/".join(map(str, words)))


class Bench:
    """One server and the processes at it."""

    people: Any

    def __init__(self) -> None:
        number = next(_numbers)
        self.environment = f"env-{number}"
        self.key = LeaseKey(self.environment, "key")
        self.announced: list[str] = []
        self.clock = ManualClock(NOW)

    def storage(self, stall_s: float = 30.0) -> Storage:
        """Another process's."""
        raise NotImplementedError

    async def someone_waits(self) -> None:
        """Returns once somebody waits for a lock."""
        raise NotImplementedError

    async def crash(self) -> None:
        """Every connection breaks; what is not committed is lost."""
        raise NotImplementedError

    def in_doubt(self, outcome: str) -> None:
        """The next commit that wrote an event saying `DOUBTFUL`: "applied" or "lost", and no answer."""
        raise NotImplementedError

    async def person(self, *, venue: str = "sim") -> tuple[UUID, str]:
        """(user, account) that the desk knows and the ledger does not."""
        number = next(_numbers)
        user, account = named("user", number), f"acc-{number}"
        await self.people.user(user, f"user-{number}")
        await self.people.account(account, user, venue, NOW)
        return user, account

    @asynccontextmanager
    async def ledger(
        self, *, lease_s: float = 30.0, stall_s: float = 30.0, on_commit: Callable[[str], None] | None = None
    ) -> AsyncIterator[Ledger]:
        """Of a process that has taken the lease."""
        storage = self.storage(stall_s)
        async with storage.opened():
            lease = storage.lease(self.key, named("holder", next(_numbers)), lease_s, time.monotonic)
            await until(lease.take)
            yield storage.ledger(lease, self.clock, on_commit or self.announced.append)

    async def opened_account(self, ledger: Ledger) -> str:
        """An account that the ledger knows."""
        _, account = await self.person()
        async with ledger.write(None) as tx:
            assert await tx.states.open_account(account, NOW)
        return account


class MemoryBench(Bench):
    def __init__(self) -> None:
        super().__init__()
        self.database = Database(time.monotonic)
        self.people = People(self.database)

    def storage(self, stall_s: float = 30.0) -> MemoryStorage:
        return MemoryStorage(self.database, stall_s)

    async def someone_waits(self) -> None:
        async def look() -> bool:
            return self.database.locks.waiting > 0

        await until(look)

    async def crash(self) -> None:
        self.database.crash()

    def in_doubt(self, outcome: str) -> None:
        self.database.in_doubt("applied" if outcome == "applied" else "lost")


class PostgresBench(Bench):
    """Over a wire that can break. `clone` is a database that several benches share."""

    def __init__(self, clone: PostgresDatabase, wire: Wire, admin: psycopg.AsyncConnection[Any]) -> None:
        super().__init__()
        self.wire = wire
        self.admin = admin
        self.people = PostgresPeople(admin)
        parts = urlsplit(clone.url("oms"))
        login = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{wire.port}"))

    def storage(self, stall_s: float = 30.0) -> PostgresStorage:
        return PostgresStorage(self.url, stall_s)

    async def someone_waits(self) -> None:
        async def look() -> bool:
            return await self._count("wait_event_type = 'Lock'") > 0

        await until(look)

    async def crash(self) -> None:
        await self.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE 'quartz-oms%'"
        )

        async def gone() -> bool:
            return await self._count("true") == 0

        await until(gone)

    def in_doubt(self, outcome: str) -> None:
        self.wire.fault = "kept" if outcome == "applied" else "lost"

    async def _count(self, where: str) -> int:
        cursor = await self.admin.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            f" AND application_name LIKE 'quartz-oms%' AND {where}"
        )
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


class PostgresPeople:
    """`People` with the tables of PostgreSQL."""

    def __init__(self, admin: psycopg.AsyncConnection[Any]) -> None:
        self._db = admin

    async def user(self, user_id: UUID, name: str, *, is_owner: bool = False) -> None:
        await self._insert("chat.users", user_id, name, is_owner, NOW)

    async def account(self, account_ref: str, owner: UUID, venue: str, at: datetime) -> None:
        await self._insert("desk.accounts", account_ref, owner, venue, "계좌", at)

    async def profile(
        self,
        user_id: UUID,
        version: int,
        grade: str,
        score: int,
        content: Mapping[str, Any],
        confirmed_at: datetime,
        expires_at: datetime,
    ) -> None:
        row = (user_id, version, grade, score, Jsonb(dict(content)), confirmed_at, expires_at)
        await self._insert("desk.profiles", *row)

    async def strategy(self, strategy_id: UUID, version: int, user_id: UUID, hash_: str) -> None:
        await self._insert("desk.strategies", strategy_id, version, user_id, hash_, Jsonb({}), NOW)

    async def plan(self, plan: Plan, plan_hash: str) -> None:
        async with self._db.transaction():
            await self._insert(
                "desk.plans",
                plan.plan_id,
                plan.version,
                plan.account_ref,
                plan.user_id,
                plan.sleeve,
                Jsonb(list(plan.origin)),
                plan.profile_version,
                plan.strategy_id,
                plan_hash,
                plan.created_at,
                plan.expires_at,
            )
            for leg in plan.legs:
                await self._insert(
                    "desk.plan_legs",
                    plan.plan_id,
                    plan.version,
                    leg.leg,
                    leg.ticker,
                    leg.side,
                    leg.quantity,
                    leg.order_type,
                    leg.limit_price,
                    leg.not_after,
                    leg.initiative,
                    leg.after_leg,
                    leg.reason,
                )

    async def question(
        self,
        approval_id: UUID,
        plan_id: UUID,
        version: int,
        plan_hash: str,
        account_ref: str,
        user_id: UUID,
        expires_at: datetime,
    ) -> None:
        row = (approval_id, plan_id, version, plan_hash, account_ref, user_id, "t", Jsonb({}), NOW, expires_at)
        await self._insert("desk.approval_requests", *row)

    async def answer(
        self,
        approval_id: UUID,
        user_id: UUID,
        plan_hash: str,
        decision: str,
        at: datetime,
        quantities: Mapping[int, int] | None = None,
        *,
        unsuitable_ack: bool = False,
    ) -> None:
        lowered = Jsonb({str(leg): n for leg, n in (quantities or {}).items()})
        row = (approval_id, user_id, plan_hash, decision, lowered, unsuitable_ack, "web", at)
        await self._insert("desk.approvals", *row)

    async def offer(
        self,
        mandate_id: UUID,
        account_ref: str,
        user_id: UUID,
        kind: str,
        strategy_hash: str | None,
        bounds: Mapping[str, Any],
        bounds_hash: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> None:
        await self._insert(
            "desk.mandate_offers",
            mandate_id,
            account_ref,
            user_id,
            kind,
            strategy_hash,
            Jsonb(dict(bounds)),
            bounds_hash,
            created_at,
            expires_at,
        )

    async def sign(self, mandate_id: UUID, user_id: UUID, bounds_hash: str, at: datetime) -> None:
        await self._insert("desk.mandates", mandate_id, user_id, bounds_hash, "web", at)

    async def revoke(self, mandate_id: UUID, user_id: UUID, at: datetime) -> None:
        await self._insert("desk.mandate_revocations", mandate_id, user_id, "web", at)

    async def _insert(self, table: str, *values: Any) -> None:
        await self._db.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(values))})", values)


async def until(done: Callable[[], Any], limit_s: float = 10.0) -> None:
    """Asks until it is so."""
    async with asyncio.timeout(limit_s):
        while not await done():  # noqa: ASYNC110 - asks a server
            await asyncio.sleep(0.01)


async def ended(task: asyncio.Task[Any]) -> None:
    """Cancels and waits, whatever it says."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task


# Rows ---------------------------------------------------------------------------------------------------------------


def intent(account_ref: str, *name: object, **values: Any) -> Intent:
    """A limit buy that was admitted; `name` tells it from others."""
    plain: dict[str, Any] = {
        "intent_id": named(account_ref, "intent", *name),
        "plan_id": named(account_ref, "plan", *name),
        "version": 1,
        "leg": 1,
        "account_ref": account_ref,
        "user_id": named(account_ref, "user"),
        "ticker": "005930",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "limit_price": 70_000,
        "quantity": 10,
        "not_after": NOW + timedelta(hours=1),
        "initiative": Initiative.USER,
        "after_leg": None,
        "sleeve": "manual",
        "reason": "까닭",
        "payload_hash": "hash",
        "authority": "approval",
        "authority_id": named(account_ref, "authority", *name),
        "profile_version": 1,
        "strategy_id": None,
        "plan_expires_at": NOW + timedelta(hours=2),
        "trade_date": TODAY,
        "state": IntentState.NEW,
        "state_note": "",
        "filled": 0,
        "provisional": 0,
        "filled_amount": 0,
        "fee": 0,
        "tax": 0,
        "amount_estimated": False,
        "epoch": None,
        "sent_at": None,
        "send_deadline": None,
        "baseline": None,
        "uncertain_since": None,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Intent(**{**plain, **values})


def reservation(of: Intent, cash: int = 700_000, shares: int = 0) -> Reservation:
    return Reservation(of.intent_id, of.account_ref, of.ticker, cash, shares, None, None)


def broker_order(of: Intent | None, account_ref: str, odno: int, **values: Any) -> BrokerOrder:
    plain: dict[str, Any] = {
        "account_ref": account_ref,
        "trade_date": TODAY,
        "branch": "00950",
        "odno": odno,
        "intent_id": of.intent_id if of is not None else None,
        "kind": "order" if of is not None else "foreign",
        "replaces": None,
        "ticker": "005930",
        "side": Side.BUY,
        "order_type": "00",
        "price": 70_000,
        "quantity": 10,
        "filled": 0,
        "amount": 0,
        "estimated": False,
        "noticed": 0,
        "noticed_amount": 0,
        "cancelled": 0,
        "rejected": 0,
        "state": OrderState.LIVE if of is not None else OrderState.FOREIGN,
        "how": "reply",
        "acked_at": NOW,
        "updated_at": NOW,
    }
    return BrokerOrder(**{**plain, **values})


def request(of: Intent, request_id: str, **values: Any) -> Request:
    plain: dict[str, Any] = {
        "account_ref": of.account_ref,
        "request_id": request_id,
        "intent_id": of.intent_id,
        "kind": "cancel",
        "new_price": None,
        "state": "ASKED",
        "odno": None,
        "code": "",
        "message": "",
        "asked_by": "web",
        "created_at": NOW,
        "updated_at": NOW,
    }
    return Request(**{**plain, **values})


def fill(account_ref: str, odno: int, quantity: int, cumulative: int, **values: Any) -> Fill:
    plain: dict[str, Any] = {
        "account_ref": account_ref,
        "trade_date": TODAY,
        "branch": "00950",
        "odno": odno,
        "intent_id": None,
        "ticker": "005930",
        "side": Side.BUY,
        "sleeve": "manual",
        "quantity": quantity,
        "amount": quantity * 70_000,
        "cumulative": cumulative,
        "fee": 100,
        "tax": 0,
        "realised": 0,
        "estimated": False,
        "at": NOW,
    }
    return Fill(**{**plain, **values})


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)
