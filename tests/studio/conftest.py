"""`quartz studio` as a process on a free port, over a household's stack, and people with tokens."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from household import Household, complete_profile, eventually
from langgraph_sdk import get_client
from people import ACTIVE

from domain.clock import SystemClock
from graph.dev_token import issue
from tools.embedded.ports import free_port
from tools.settings import ROOT
from tools.store.secrets import instance_secret

OWNER, GUEST = "민수", "영희"


class DevServer:
    """One home, one development server; `restart` keeps home and port."""

    def __init__(self, home: Household) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.said = ""
        self._process: subprocess.Popen[str] | None = None
        self._log = home.home / "studio.err"

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ui.cli", "studio", "--port", str(self.port)],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self.home.environment,
                cwd=ROOT,
                text=True,
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
        out, _ = self._process.communicate(timeout=30)
        self.said, self._process = out, None

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


@pytest.fixture(scope="module")
def server() -> Iterator[DevServer]:
    """With two people who have a profile."""
    home = Path(tempfile.mkdtemp(prefix="quartz-", dir="/tmp"))
    home.chmod(0o711)
    household = Household(home)
    made = DevServer(household)
    try:
        household.up()
        for name in (OWNER, GUEST):
            chat = household.chat(name)
            complete_profile(chat, ACTIVE)
            chat.close()
        made.start()
        yield made
    finally:
        made.stop()
        household.down()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def owner(server: DevServer) -> AsyncIterator[Any]:
    """The SDK's client with the owner's token."""
    async with server.client(OWNER) as client:
        yield client


@pytest.fixture
async def guest(server: DevServer) -> AsyncIterator[Any]:
    async with server.client(GUEST) as client:
        yield client
