"""Durable admission of one order against a peer that writes the same rows in one transaction, in turns in one run.

Ours is the OMS's own: repeat, approval, authority, views, gate, reservation, intent, log, numbered event, COMMIT. The
peer reads and judges nothing: BEGIN, the account's lock, the very rows that an admission wrote (other ids), COMMIT,
over the same driver to the same server with the same `synchronous_commit`. Then the same through the door (gRPC on the
unix socket), beside the bare COMMIT of one row. Nothing is sent to the broker meanwhile. Statements and this process's
processor time are counted: unlike seconds they hardly move with what else the machine does.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
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
from execution.oms.ledger.postgres.ledger import Ledger
from execution.oms.ledger.postgres.session import Session
from tools.store.pool import connection_arguments
from tools.store.roles import role_url

A_ACCOUNT = 20  # open orders, so that views stay those of a person
PEERS = 9  # statements of the peer: BEGIN, the lock, five INSERTs, one UPDATE, COMMIT
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

    async def write(self) -> None:
        intent, plan, approval = uuid4(), uuid4(), uuid4()
        own = {"intent_id": intent, "plan_id": plan, "approval_id": approval, "entity_id": str(intent)}
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
    """Counts what the ledger asks of PostgreSQL while it is entered, BEGIN and COMMIT included."""

    def __init__(self) -> None:
        self.count = 0
        self._execute = Session.execute
        self._write = Ledger.write

    def __enter__(self) -> Statements:
        execute, write = self._execute, self._write

        async def counted(session: Session, statement: str, arguments: Any = None) -> Any:
            self.count += 1
            return await execute(session, statement, arguments)

        def bounded(ledger: Ledger, account_ref: str | None) -> Any:
            self.count += 2
            return write(ledger, account_ref)

        Session.execute = counted  # type: ignore[method-assign,assignment]
        Ledger.write = bounded  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        Session.execute, Ledger.write = self._execute, self._write  # type: ignore[method-assign]


@dataclass
class Took:
    """Seconds by the clock and of the processor, one pair an order."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    async def of(self, work: Awaitable[Any]) -> Any:
        """Notes what the work takes, and what this process spends meanwhile."""
        cpu, wall = time.process_time(), time.perf_counter()
        done = await work
        self.wall.append(time.perf_counter() - wall)
        self.cpu.append(time.process_time() - cpu)
        return done

    def row(self, name: str) -> tuple[str, str, str, str]:
        return (name, *spread(self.wall), ms(statistics.median(self.cpu)))


async def _admit(path: OrderPath, who: Person, request: pb.SubmitRequest, took: Took, statements: Statements) -> None:
    """What `submit` does once the broker's figures and the plan are there."""
    core, admission = path.core, path.desk._admission
    session = await path.desk.accounts.ensure(who.account_ref)
    async with core.ledger.read() as tx:
        plan, plan_hash = await admission.load(tx, UUID(request.plan_id), 1)
    fetched = await core.views.fetch(session, [TICKER], buying=[TICKER])
    asked = Asked(Caller("web", who.user_id), plan, plan_hash, Word.APPROVAL, UUID(request.approval_id))
    with statements:
        admitted = await took.of(admission.admit(asked, session, fetched))
    if not admitted.fresh or len(admitted.intents) != 1:
        raise RuntimeError("expected one fresh intent")


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
            ours, theirs, door, bare = Took(), Took(), Took(), Took()
            of_admit, of_door = Statements(), Statements()
            for at in range(rounds):
                who = people[1 + at // A_ACCOUNT]
                (request,) = await path.approved(who, [prices[at % A_ACCOUNT]])
                await _admit(path, who, request, ours, of_admit)
                await theirs.of(peer.write())
            for at in range(rounds):
                who = people[-1 - at // A_ACCOUNT]
                (request,) = await path.approved(who, [prices[at % A_ACCOUNT]])
                session = await path.desk.accounts.ensure(who.account_ref)
                await session.figures()  # asked at most a second ago, as while a card is looked at
                with of_door:
                    await door.of(path.submit(who, request))
                await bare.of(_bare_commit(connection, who.account_ref))
        await _whole(path, people, 2 * rounds + A_ACCOUNT)
        _show(rounds, ours, theirs, door, bare, of_admit.count, of_door.count)
    return 0


async def _bare_commit(connection: AsyncConnection[Any], account_ref: str) -> None:
    await connection.execute("UPDATE ledger.accounts SET opened_at = opened_at WHERE account_ref = %s", (account_ref,))


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


def _show(rounds: int, ours: Took, theirs: Took, door: Took, bare: Took, asked: int, in_all: int) -> None:
    middle = statistics.median
    ratio, spent = middle(ours.wall) / middle(theirs.wall), middle(ours.cpu) / middle(theirs.cpu)
    table(
        f"durable admission, {rounds} orders one after another",
        ("what", "p50", "p95", "processor"),
        [
            ours.row("admission (gate, reservation, intent, log, event)"),
            theirs.row("peer: the same rows in one transaction"),
            door.row("Submit through the door, figures at hand"),
            bare.row("one row committed by itself"),
        ],
        {
            "admission to peer": f"{ratio:.2f} at p50 (aim ≤ 1.25), {spent:.2f} of its processor time",
            "through the door": f"p50 {ms(middle(door.wall))} (aim ≤ 1 ms)",
            "statements, each a round trip": f"{asked / rounds:.1f} an admission, {in_all / rounds:.1f} a Submit"
            f" (peer: {PEERS})",
        },
    )


def main(rounds: int) -> int:
    return asyncio.run(_run(rounds))
