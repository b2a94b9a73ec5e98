"""An OMS that waits for its lease while the storage comes and goes."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from execution.oms.errors import StorageFault
from execution.oms.outside import outside_of
from execution.oms.server import OmsProcess
from execution.oms.timing import timing_for
from tools.embedded.services import Endpoints
from tools.settings import Settings


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
