"""An OMS that waits for its lease while the storage comes and goes."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import SecretStr

from execution.oms.errors import CommitInDoubt, Refusal, StorageFault
from execution.oms.outside import outside_of
from execution.oms.server import UNSERVED, OmsProcess
from execution.oms.timing import timing_for
from tools.embedded.services import Endpoints
from tools.settings import ROOT, Settings


class Storage:
    """Breaks at the first question for the lease, and then stops the process that goes on asking."""

    def __init__(self) -> None:
        self.asked = 0

    async def check_revision(self) -> None: ...

    async def require_durable(self) -> None: ...

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        yield

    def lease(self, *given: object) -> Any:
        return self

    async def take(self) -> bool:
        self.asked += 1
        if self.asked == 1:
            raise StorageFault("expected an answer of PostgreSQL, was OperationalError")
        self.process.stop()
        return False


async def test_a_storage_that_breaks_while_the_lease_is_waited_for_is_asked_again(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, secret_key=SecretStr("5" * 64), postgres_url=SecretStr("postgresql://x@127.0.0.1/x")
    )
    found = Endpoints("postgresql://x@127.0.0.1/x", "", f"unix:{tmp_path}/oms.sock", exchange_url="http://127.0.0.1:9")
    timing = dataclasses.replace(timing_for("sim"), renew_s=0.02)
    storage: Any = Storage()
    outside = dataclasses.replace(outside_of(settings, found, timing.lease_s), storage=storage)
    storage.process = OmsProcess(settings, found, timing, outside=outside)
    assert await storage.process.run() == 0
    assert storage.asked == 2


UNSERVED_OMS = """
import sys
from pathlib import Path
from pydantic import SecretStr
from execution.oms.server import serve
from tools.embedded.services import Endpoints
from tools.settings import ROOT, Settings
home, nowhere = Path(sys.argv[1]), "postgresql://x@127.0.0.1:1/x"
settings = Settings(home=home, secret_key=SecretStr("5" * 64), postgres_url=SecretStr(nowhere))
sys.exit(serve(settings, Endpoints(nowhere, "", f"unix:{home}/oms.sock")))
"""


def test_without_its_database_it_ends_with_one_line(tmp_path: Path) -> None:
    """In a process of its own: how a process logs is said once."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", UNSERVED_OMS, str(tmp_path)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == UNSERVED
    (line,) = (done.stdout + done.stderr).strip().splitlines()
    assert "ended_without_ledger" in line
    assert "StorageFault" in line


class Refuses:
    """A ledger that does not answer the first time, and accounts of which one cannot be told from the ledger once."""

    def __init__(self) -> None:
        self.asked = 0
        self.tried: list[str] = []

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        self.asked += 1
        if self.asked == 1:
            raise StorageFault("expected an answer, was none")
        yield self

    @property
    def states(self) -> Any:
        return self

    async def accounts(self) -> list[str]:
        return ["one", "two", "three"]

    async def ensure(self, account_ref: str, *, wait: bool) -> None:
        self.tried.append(account_ref)
        if account_ref == "one":
            raise Refusal("ACCOUNT_UNKNOWN", "그런 계좌가 없어요.")
        if self.tried == ["one", "two"]:
            raise CommitInDoubt("expected an answer, was none")


async def test_accounts_that_the_ledger_would_not_tell_are_opened_when_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(
        home=tmp_path, secret_key=SecretStr("5" * 64), postgres_url=SecretStr("postgresql://x@127.0.0.1/x")
    )
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("execution.oms.server.asyncio.sleep", sleep)
    process = OmsProcess(settings, Endpoints("postgresql://x@127.0.0.1/x", "", f"unix:{tmp_path}/oms.sock"))
    ledger: Any = Refuses()
    await process._open_accounts(SimpleNamespace(ledger=ledger), ledger)  # type: ignore[arg-type]
    assert ledger.tried == ["one", "two", "two", "three"]
    assert pauses == [1.0, 1.0]
