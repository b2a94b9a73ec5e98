"""Durable admission of one order against a peer that writes the same rows in one transaction, in turns in one run.

Ours is the OMS's own: repeat, approval, authority, views, gate, reservation, intent, log, numbered event, COMMIT. The
peer reads and judges nothing: BEGIN, the account's lock, the very rows that an admission wrote (other ids), COMMIT,
over the same driver to the same server with the same `synchronous_commit`. Then the same through the door (gRPC on the
unix socket), beside the bare COMMIT of one row. Nothing is sent to the broker meanwhile. Statements are counted.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter
from typing import Any
from uuid import UUID, uuid4

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from benchmarks.home import ms, spread, table
from benchmarks.orderpath import TICKER, OrderPath, Person, order_path
from domain.proto import oms_pb2 as pb
from execution.oms.asked import Asked
from execution.oms.auth import Authority as Word
from execution.oms.auth import Caller
from execution.oms.ledger.postgres.session import Session
from tools.store.pool import connection_arguments
from tools.store.roles import role_url

A_ACCOUNT = 20  # open orders, so that views stay those of a person
_TABLES = ("intents", "reservations", "consumed_approvals", "transitions", "events")
_OF = {
    "intents": "intent_id = %(intent)s",
    "reservations": "intent_id = %(intent)s",
    "consumed_approvals": "approval_id = %(approval)s",
    "transitions": "entity_id = %(intent)s::text",
    "events": "intent_id = %(intent)s",
}


class Peer:
    """Writes an admission's rows again under other ids."""

    def __init__(self, connection: AsyncConnection[Any], account_ref: str, rows: dict[str, dict[str, Any]]) -> None:
        self._db = connection
        self._account = account_ref
        self._rows = rows
        self._inserts = {
            name: f"INSERT INTO ledger.{name} ({', '.join(row)}) VALUES ({', '.join(f'%({n})s' for n in row)})"  # noqa: S608
            for name, row in rows.items()
        }

    async def write(self) -> float:
        intent, plan, approval = uuid4(), uuid4(), uuid4()
        own = {"intent_id": intent, "plan_id": plan, "approval_id": approval, "entity_id": str(intent)}
        began = time.perf_counter()
        async with self._db.transaction():
            await self._db.execute("SELECT 1 FROM ledger.accounts WHERE account_ref = %s FOR UPDATE", (self._account,))
            for name in _TABLES[:-1]:
                row = self._rows[name]
                await self._db.execute(self._inserts[name], {**row, **{k: v for k, v in own.items() if k in row}})
            cursor = await self._db.execute(
                "UPDATE ledger.accounts SET event_seq = event_seq + 1 WHERE account_ref = %s RETURNING event_seq",
                (self._account,),
            )
            seq = await cursor.fetchone()
            assert seq is not None
            await self._db.execute(
                self._inserts["events"], {**self._rows["events"], "intent_id": intent, "seq": seq[0]}
            )
        return time.perf_counter() - began


async def peer_of(connection: AsyncConnection[Any], who: Person, reply: pb.SubmitReply, approval: str) -> Peer:
    """The peer for the rows that this reply's admission wrote. The sequences number their own rows."""
    rows = {}
    for name in _TABLES:
        cursor = await connection.execute(
            f"SELECT * FROM ledger.{name} WHERE {_OF[name]} LIMIT 1",  # noqa: S608
            {"intent": UUID(reply.orders[0].intent_id), "approval": UUID(approval)},
        )
        row = await cursor.fetchone()
        if row is None or cursor.description is None:
            raise RuntimeError(f"expected a row in ledger.{name}, was none")
        named = dict(zip((column.name for column in cursor.description), row, strict=True))
        if name == "transitions":
            named.pop("seq")
        # Withdrawn and not in force, so that the peer's rows are nobody's open orders.
        named |= {"state": "WITHDRAWN"} if name == "intents" else {}
        rows[name] = {k: Jsonb(v) if isinstance(v, dict) else v for k, v in named.items()}
    return Peer(connection, who.account_ref, rows)


class Statements:
    """Counts what the ledger asks of PostgreSQL while it is entered."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self._execute = Session.execute

    def __enter__(self) -> Statements:
        count, execute = self.count, self._execute

        async def counted(session: Session, statement: str, arguments: Any = None) -> Any:
            count[statement.split(None, 1)[0]] += 1
            return await execute(session, statement, arguments)

        Session.execute = counted  # type: ignore[method-assign,assignment]
        return self

    def __exit__(self, *_: object) -> None:
        Session.execute = self._execute  # type: ignore[method-assign]


async def _admit(path: OrderPath, who: Person, request: pb.SubmitRequest) -> float:
    """What `submit` does once the broker's figures and the plan are there."""
    core, admission = path.core, path.desk._admission
    session = await path.desk.accounts.ensure(who.account_ref)
    async with core.ledger.read() as tx:
        plan, plan_hash = await admission.load(tx, UUID(request.plan_id), 1)
    fetched = await core.views.fetch(session, [TICKER], buying=[TICKER])
    asked = Asked(Caller("web", who.user_id), plan, plan_hash, Word.APPROVAL, UUID(request.approval_id))
    began = time.perf_counter()
    admitted = await admission.admit(asked, session, fetched)
    took = time.perf_counter() - began
    if not admitted.fresh or len(admitted.intents) != 1:
        raise RuntimeError("expected one fresh intent")
    return took


async def _run(rounds: int) -> int:
    async with order_path(limits="off") as path:
        path.core.sending = False  # intents stay NEW: what is timed is the admission
        people = [await path.person() for _ in range(2 + 2 * rounds // A_ACCOUNT)]
        await path.opened(people)
        prices = await path.resting_prices(A_ACCOUNT)
        url = role_url(path.settings, "oms", path.found)
        arguments = connection_arguments("bench-peer")
        async with await AsyncConnection.connect(url, **arguments) as connection:
            first = await path.approved(people[0], prices)
            warm = [await path.submit(people[0], request) for request in first]
            peer = await peer_of(connection, people[0], warm[0], first[0].approval_id)
            for _ in range(10):
                await peer.write()
            ours, theirs, door, bare = [], [], [], []
            with Statements() as of_admit:
                for at in range(rounds):
                    who = people[1 + at // A_ACCOUNT]
                    (request,) = await path.approved(who, [prices[at % A_ACCOUNT]])
                    ours.append(await _admit(path, who, request))
                    theirs.append(await peer.write())
            with Statements() as of_door:
                for at in range(rounds):
                    who = people[-1 - at // A_ACCOUNT]
                    (request,) = await path.approved(who, [prices[at % A_ACCOUNT]])
                    session = await path.desk.accounts.ensure(who.account_ref)
                    await session.figures()  # asked at most a second ago, as while a card is looked at
                    began = time.perf_counter()
                    await path.submit(who, request)
                    door.append(time.perf_counter() - began)
                    bare.append(await _bare_commit(connection, who.account_ref))
        await _whole(path, people, 2 * rounds + A_ACCOUNT)
        _show(rounds, ours, theirs, door, bare, of_admit.count.total(), of_door.count.total())
    return 0


async def _bare_commit(connection: AsyncConnection[Any], account_ref: str) -> float:
    began = time.perf_counter()
    await connection.execute("UPDATE ledger.accounts SET opened_at = opened_at WHERE account_ref = %s", (account_ref,))
    return time.perf_counter() - began


async def _whole(path: OrderPath, people: list[Person], expected: int) -> None:
    """Every admission is there whole: intent, reservation, log line, event and consumed approval."""
    refs = [who.account_ref for who in people]
    counted = (
        "SELECT count(*), count(r.intent_id), count(c.approval_id), count(t.entity_id), count(e.intent_id)"
        " FROM ledger.intents i LEFT JOIN ledger.reservations r USING (intent_id)"
        " LEFT JOIN ledger.consumed_approvals c ON c.approval_id = i.authority_id"
        " LEFT JOIN ledger.transitions t ON t.entity_id = i.intent_id::text"
        " LEFT JOIN ledger.events e ON e.intent_id = i.intent_id AND e.account_ref = i.account_ref"
        " WHERE i.account_ref = ANY(%s) AND i.state = 'NEW'"
    )
    with path.database("oms") as db:
        row = db.execute(counted, (refs,)).fetchone()
    if row != (expected,) * 5:
        raise RuntimeError(f"expected {expected} whole admissions, was {row}")


def _show(
    rounds: int, ours: list[float], theirs: list[float], door: list[float], bare: list[float], asked: int, in_all: int
) -> None:
    ratio = statistics.median(ours) / statistics.median(theirs)
    p95 = spread(ours)[1], spread(theirs)[1]
    table(
        f"durable admission, {rounds} orders one after another",
        ("what", "p50", "p95"),
        [
            ("admission (gate, reservation, intent, log, event)", *spread(ours)),
            ("peer: the same rows in one transaction", *spread(theirs)),
            ("Submit through the door, figures at hand", *spread(door)),
            ("one row committed by itself", *spread(bare)),
        ],
        {
            "admission to peer": f"{ratio:.2f} at p50 (aim ≤ 1.25), p95 {p95[0]} to {p95[1]}",
            "through the door": f"p50 {ms(statistics.median(door))} (aim ≤ 1 ms)",
            "statements": f"{asked / rounds:.1f} an admission with its plan, {in_all / rounds:.1f} a Submit (peer: 8)",
        },
    )


def main(rounds: int) -> int:
    return asyncio.run(_run(rounds))
