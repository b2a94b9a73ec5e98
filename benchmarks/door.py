"""The door with many plans in flight, against a bulk INSERT of the same rows and a bare grpc.aio echo.

Orders a second, all in this process, one after another, on the same PostgreSQL: approved plans of many accounts
submitted at once and in turns of `IN_FLIGHT`, one order a plan, and as many orders again of other accounts in one plan
of up to 32 legs each; the very rows that the first left in the ledger, written again by other ids in multi-row INSERTs
with 32 orders a COMMIT; the same messages to a servicer that answers with a reply that it was given. Nothing is sent to
the broker meanwhile, and its figures are at hand when the clock starts.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import grpc
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from benchmarks.home import ms, percentile, table
from benchmarks.orderpath import OrderPath, Person, order_path
from domain.proto import oms_pb2 as pb
from domain.proto import oms_pb2_grpc
from tools.store.pool import connection_arguments
from tools.store.roles import role_url

ACCOUNTS = 16
A_COMMIT = 32
IN_FLIGHT = 64
_TABLES = ("intents", "reservations", "consumed_approvals", "transitions", "events")
_KEYS = {  # what puts the rows of one order in the same place of every table
    "intents": "intent_id",
    "reservations": "intent_id",
    "consumed_approvals": "approval_id",
    "transitions": "entity_id::uuid",
    "events": "intent_id",
}
Rows = dict[str, list[dict[str, Any]]]


async def _submitted(
    path: OrderPath, plans: list[tuple[Person, pb.SubmitRequest]], legs: int = 1
) -> tuple[float, list[float]]:
    waiting, took = iter(plans), []

    async def caller() -> None:
        for who, request in waiting:
            began = time.perf_counter()
            await path.submit(who, request, legs=legs)
            took.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - began, took


async def _rows(connection: AsyncConnection[Any], refs: list[str]) -> Rows:
    """What the admissions left, under other ids: an order's rows stay each other's."""
    others: dict[str, Any] = {}
    found: Rows = {}
    for name in _TABLES:
        where = {"transitions": " AND entity = 'intent'", "events": " AND intent_id IS NOT NULL"}.get(name, "")
        statement = f"SELECT * FROM ledger.{name} WHERE account_ref = ANY(%s){where} ORDER BY {_KEYS[name]}"  # noqa: S608
        cursor = await connection.execute(statement, (refs,))
        assert cursor.description is not None
        columns = [column.name for column in cursor.description]
        found[name] = []
        for values in await cursor.fetchall():
            row = dict(zip(columns, values, strict=True))
            for key in ("intent_id", "approval_id", "plan_id"):
                if key in row:
                    row[key] = others.setdefault(f"{key} {row[key]}", uuid4())
            if name == "transitions":
                row.pop("seq")
                row["entity_id"] = str(others[f"intent_id {row['entity_id']}"])
            if name == "events":
                row["seq"] += 1_000_000
            if name == "intents":
                row["state"] = "WITHDRAWN"
            found[name].append({k: Jsonb(v) if isinstance(v, dict) else v for k, v in row.items()})
    return found


async def _bulk(connection: AsyncConnection[Any], rows: Rows, count: int) -> float:
    """One statement a table and COMMIT, which is as fast as this driver writes without COPY."""
    began = time.perf_counter()
    for start in range(0, count, A_COMMIT):
        async with connection.transaction(), connection.pipeline():
            for name in _TABLES:
                part = rows[name][start : start + A_COMMIT]
                columns = tuple(part[0])
                marks = "(" + ", ".join(["%s"] * len(columns)) + ")"
                statement = f"INSERT INTO ledger.{name} ({', '.join(columns)}) VALUES {', '.join([marks] * len(part))}"  # noqa: S608
                await connection.execute(statement, [value for row in part for value in row.values()])
    return time.perf_counter() - began


class _Echo(oms_pb2_grpc.OmsServicer):  # type: ignore[misc]
    def __init__(self, reply: pb.SubmitReply) -> None:
        self._reply = reply

    async def Submit(self, request: pb.SubmitRequest, context: grpc.aio.ServicerContext) -> pb.SubmitReply:
        return self._reply


async def _echoed(path: OrderPath, plans: list[tuple[Person, pb.SubmitRequest]], reply: pb.SubmitReply) -> float:
    server = grpc.aio.server()
    oms_pb2_grpc.add_OmsServicer_to_server(_Echo(reply), server)
    address = f"unix:{path.settings.run_dir}/echo.sock"
    server.add_insecure_port(address)
    await server.start()
    waiting = iter(plans)
    try:
        async with grpc.aio.insecure_channel(address) as channel:
            stub = oms_pb2_grpc.OmsStub(channel)

            async def caller() -> None:
                for who, request in waiting:
                    await stub.Submit(request, metadata=who.metadata)

            began = time.perf_counter()
            await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
            return time.perf_counter() - began
    finally:
        await server.stop(None)


async def _asked(path: OrderPath, people: list[Person]) -> None:
    """The broker's figures of all of them, as while a card is looked at."""
    sessions = [await path.desk.accounts.ensure(who.account_ref) for who in people]
    await asyncio.gather(*(session.figures(max_age_s=0.0) for session in sessions))


async def _run(rounds: int) -> int:
    count = ACCOUNTS * rounds
    async with order_path(limits="off") as path:
        path.core.sending = False
        everybody = [await path.person() for _ in range(2 * ACCOUNTS)]
        people, others = everybody[:ACCOUNTS], everybody[ACCOUNTS:]
        await path.opened(everybody)
        prices = await path.resting_prices(rounds + 1)
        for who in everybody:  # statements prepared, names and volumes known
            await path.submit(who, (await path.approved(who, prices[-1:]))[0])
        plans = [(who, request) for who in people for request in await path.approved(who, prices[:-1])]
        plans = plans[::rounds] + [plan for at, plan in enumerate(plans) if at % rounds]  # all accounts from the start
        many = [(who, request) for who in others for request in await path.approved(who, prices[:-1], legs=rounds)]
        await _asked(path, people)
        spent = [time.process_time()]
        ours, took = await _submitted(path, plans)
        spent.append(time.process_time())
        refs, arguments = [who.account_ref for who in people], connection_arguments("bench-peer")
        async with await AsyncConnection.connect(role_url(path.settings, "oms", path.found), **arguments) as connection:
            rows = await _rows(connection, refs)
            for name, there in rows.items():
                if len(there) != count + ACCOUNTS:
                    raise RuntimeError(f"expected {count + ACCOUNTS} rows in {name}, was {len(there)}")
            spent.append(time.process_time())
            bulk = await _bulk(connection, rows, count)
            spent.append(time.process_time())
        reply = await path.oms.Submit(plans[0][1], metadata=plans[0][0].metadata)
        if reply.outcome != pb.SubmitReply.ALREADY_ADMITTED:
            raise RuntimeError(f"expected a repeat to be recognised, was {reply}")
        spent.append(time.process_time())
        echo = await _echoed(path, plans, reply)
        spent.append(time.process_time())
        await _asked(path, others)
        spent.append(time.process_time())
        at_once, each_took = await _submitted(path, many, rounds)
        spent.append(time.process_time())

    def each(at: int) -> str:
        """Of this process, the caller's part included; what PostgreSQL spends is its own."""
        return f"{(spent[at + 1] - spent[at]) / count * 1000:.2f} ms"

    table(
        f"the door, {count} approved plans of {ACCOUNTS} accounts, {IN_FLIGHT} in flight",
        ("what", "orders a second", "processor an order"),
        [
            ("Submit of one order, admitted durably", f"{count / ours:,.0f}", each(0)),
            (f"Submit of {rounds} orders, admitted durably", f"{count / at_once:,.0f}", each(6)),
            (
                f"bulk INSERT of the same {len(_TABLES)} rows an order, {A_COMMIT} a COMMIT",
                f"{count / bulk:,.0f}",
                each(2),
            ),
            ("bare grpc.aio echo of the same messages", f"{count / echo:,.0f}", each(4)),
        ],
        {
            "of a bulk INSERT": f"one a Submit {100 * bulk / ours:.1f} %, {rounds} a Submit"
            f" {100 * bulk / at_once:.1f} % (aim ≥ 50 %)",
            "of a bare echo, one order a message": f"{100 * echo / ours:.1f} and {100 * echo / at_once:.1f} %",
            "a Submit of one among the others": f"p50 {ms(percentile(took, 0.5))}, p95 {ms(percentile(took, 0.95))}",
            f"a Submit of {rounds}": f"p50 {ms(percentile(each_took, 0.5))}, p95 {ms(percentile(each_took, 0.95))}",
        },
    )
    return 0


def main(rounds: int) -> int:
    return asyncio.run(_run(min(rounds, A_COMMIT)))  # an account may have 50 orders open
