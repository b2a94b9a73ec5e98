"""`quartz studio` as a process on a free port, over a household's stack, and people with tokens."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from databases import Prepared
from household import Household, eventually
from langgraph_sdk import get_client
from people import ACTIVE

from domain.clock import SystemClock
from graph.dev_token import issue
from tools.embedded.files import read_json
from tools.embedded.ports import free_port
from tools.settings import ROOT
from tools.store.roles import role_url
from tools.store.secrets import instance_secret
from tools.store.users import get_or_create
from ui.stack import up_state
from ui.stack_use import connect
from ui.wiring import system_ids

OWNER, GUEST = "민수", "영희"


class DevServer:
    """One home, one development server; `restart` keeps home and port."""

    def __init__(self, home: Household) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = home.home / "studio.err"
        self._out = home.home / "studio.out"

    def start(self) -> None:
        with self._log.open("ab") as log, self._out.open("wb") as out:  # not a pipe: the server writes a lot
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ui.cli", "studio", "--port", str(self.port)],
                stdout=out,
                stderr=log,
                env=self.home.environment,
                cwd=ROOT,
            )
        assert eventually(self._serves, 60), self._log.read_text("utf-8")[-3_000:]

    def _serves(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text("utf-8")[-3_000:]
        try:
            return httpx.get(f"{self.url}/ok", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        self._process.wait(timeout=30)
        self._process = None

    @property
    def said(self) -> str:
        """Everything the command and the server wrote, to either stream."""
        return self._out.read_text("utf-8") + self._log.read_text("utf-8")

    def restart(self) -> None:
        self.stop()
        self.start()

    def token(self, name: str, lifetime: timedelta = timedelta(hours=1)) -> str:
        return issue(instance_secret(self.home.settings), name, SystemClock().now(), lifetime).text

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(name)}"}

    def client(self, name: str) -> Any:
        return get_client(url=self.url, api_key=None, headers=self.headers(name))

    def orders(self) -> list[dict[str, Any]]:
        """What the exchange itself wrote down."""
        return self.home.journal("order")


async def join(home: Household) -> None:
    """Two users, the first of them the owner."""
    url = role_url(home.settings, "ui")
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        for name in (OWNER, GUEST):
            now, new_id = SystemClock().now(), system_ids()
            await get_or_create(connection, name, home.settings, now=now, new_id=new_id, local_terminal=True)


async def complete_profile(client: Any) -> None:
    """Answers what is asked, as a client of the server."""
    thread, text = (await client.threads.create())["thread_id"], "투자성향 알아보고 싶어요"
    for _ in range(20):
        given = {"messages": [{"role": "user", "content": text}]}
        values = await client.runs.wait(thread, "assistant", input=given)
        if values.get("profile_version"):
            return
        asked = values.get("pending_question") or {}
        text = ACTIVE.get(asked.get("field", ""), "맞아요")
    raise AssertionError(f"expected a confirmed profile after 20 turns, was {values['reply']}")


def _gone(pid: int) -> bool:
    """Whether the stack in the background, a child of ours, has ended."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


@pytest.fixture(scope="module")
def server(prepared: Prepared) -> Iterator[DevServer]:
    """With two people who have a profile."""
    home = Path(tempfile.mkdtemp(prefix="quartz-", dir="/tmp"))
    home.chmod(0o711)
    prepared.fill(home)
    household = Household(home)
    made = DevServer(household)
    try:
        with connect(household.settings):  # the services, without a browser's part
            asyncio.run(join(household))
            made.start()
            asyncio.run(_prepare(made))
            pid = int((read_json(up_state(household.settings)) or {})["pid"])
            yield made
            made.stop()
        assert eventually(lambda: _gone(pid), 60)
    finally:
        made.stop()
        shutil.rmtree(home, ignore_errors=True)


async def _prepare(server: DevServer) -> None:
    async with server.client(OWNER) as owner, server.client(GUEST) as guest:
        await asyncio.gather(complete_profile(owner), complete_profile(guest))


@pytest.fixture
async def owner(server: DevServer) -> AsyncIterator[Any]:
    """The SDK's client with the owner's token."""
    async with server.client(OWNER) as client:
        yield client


@pytest.fixture
async def guest(server: DevServer) -> AsyncIterator[Any]:
    async with server.client(GUEST) as client:
        yield client
