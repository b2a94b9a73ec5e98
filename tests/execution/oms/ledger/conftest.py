"""Both ledgers: a test that asks for `bench` runs over PostgreSQL and in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from clones import Clones
from database_wire import Wire, wire_to
from databases import Database
from ledger_bench import DOUBTFUL, Bench, MemoryBench, PostgresBench
from pydantic import SecretStr

from execution.oms.ledger.port import Ledger
from tools.embedded.services import Endpoints
from tools.settings import Settings


@pytest.fixture(scope="package")
def clone(servers: Any, clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One database for all tests of this folder."""
    name = clones.take()
    url = clones.url(name)
    home = tmp_path_factory.mktemp("ledger")
    settings = Settings(home=Path(home), secret_key=SecretStr(servers.secret_key), postgres_url=SecretStr(url))
    yield Database(name, settings, Endpoints(url, servers.endpoints.redis_url, f"unix:{home}/oms.sock"))
    clones.give_back(name)


@pytest.fixture(scope="package")
def wire(servers: Any) -> Iterator[Wire]:
    wire = wire_to(servers.endpoints.postgres_admin_url, DOUBTFUL.encode())
    yield wire
    wire.close()


@pytest.fixture
async def postgres_bench(clone: Database, wire: Wire) -> AsyncIterator[PostgresBench]:
    async with await psycopg.AsyncConnection.connect(clone.admin_url, autocommit=True) as admin:
        yield PostgresBench(clone, wire, admin)


@pytest.fixture
def memory_bench() -> MemoryBench:
    return MemoryBench()


@pytest.fixture(params=["postgres", "memory"])
def bench(request: pytest.FixtureRequest) -> Bench:
    bench: Bench = request.getfixturevalue(f"{request.param}_bench")
    return bench


@pytest.fixture
async def ledger(bench: Bench) -> AsyncIterator[Ledger]:
    async with bench.ledger() as ledger:
        yield ledger
