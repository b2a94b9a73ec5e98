"""A household: one home, one running `up`, people who type into `quartz chat --json`, and the books to compare after.

Everything is the real thing in its own process; the only thing a test does that a person could not is to read the
exchange's journal and the ledger's tables.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import psycopg

from simulation.exchange.journal import read_journal
from tools.embedded.locks import held
from tools.settings import ROOT, Settings
from ui.stack import ready_lock

TURN_SECONDS = 60.0


class Chat:
    """One `quartz chat --json --user NAME`: a line in, a turn out."""

    def __init__(self, home: Path, user: str, environment: dict[str, str]) -> None:
        self.user = user
        self._errors = (home / f"chat-{user}-{time.monotonic_ns()}.err").open("wb")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "chat", "--json", "--user", user],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            cwd=ROOT,
        )
        self._lines: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def send(self, text: str) -> None:
        self.send_bytes(text.encode() + b"\n")

    def send_bytes(self, line: bytes) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line)
        self._process.stdin.flush()

    def turn(self, seconds: float = TURN_SECONDS) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"expected a turn within {seconds:.0f} s, was silence\n{self.errors()}") from None
        turn: dict[str, Any] = json.loads(line)
        return turn

    def say(self, text: str) -> dict[str, Any]:
        self.send(text)
        return self.turn()

    def errors(self) -> str:
        self._errors.flush()
        return Path(self._errors.name).read_text(encoding="utf-8", errors="replace")[-3_000:]

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._end()

    def close(self) -> None:
        assert self._process.stdin is not None
        if not self._process.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._end()

    def _end(self) -> None:
        self._process.wait(timeout=20)
        self._reader.join(timeout=5)
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None and not stream.closed:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


class Household:
    """A home with a running stack."""

    def __init__(self, home: Path, extra: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.settings = Settings(home=home)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("QUARTZ_")},
            "QUARTZ_HOME": str(home),
            "QUARTZ_ENV_FILE": "",
            "PYTHONPATH": str(ROOT),
            "PYTHONSAFEPATH": "1",
            "QUARTZ_SCHEDULER": "off",  # it would read the news of the real world
            **(extra or {}),
        }
        self._chats: list[Chat] = []
        self._up: subprocess.Popen[bytes] | None = None

    def up(self) -> None:
        log = (self.home / "up.err").open("ab")
        self._up = subprocess.Popen(
            [sys.executable, "-m", "ui.cli", "up"], stdout=log, stderr=log, env=self.environment, cwd=ROOT
        )
        log.close()
        until = time.monotonic() + 90
        while not held(ready_lock(self.settings)):
            assert self._up.poll() is None, (self.home / "up.err").read_text(encoding="utf-8")[-3_000:]
            assert time.monotonic() < until, (self.home / "up.err").read_text(encoding="utf-8")[-3_000:]
            _pause(0.1)

    def chat(self, user: str = "민수") -> Chat:
        chat = Chat(self.home, user, self.environment)
        self._chats.append(chat)
        return chat

    def pid_of(self, part: str) -> int:
        """The process id of a supervised child."""
        return int((self.home / "run" / f"{part}.pid").read_text())

    def journal(self, kind: str | None = None) -> list[dict[str, Any]]:
        rows = list(read_journal(self.home / "exchange"))
        return [dict(row) for row in rows if kind is None or row["kind"] == kind]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.admin_url) as connection:
            return connection.execute(query, values or None).fetchall()

    @property
    def admin_url(self) -> str:
        from tools.embedded.services import endpoints

        return endpoints(self.settings).postgres_admin_url

    def __enter__(self) -> Self:
        try:
            self.up()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def down(self) -> None:
        for chat in self._chats:
            chat.close()
        if self._up is not None:
            self._up.send_signal(signal.SIGTERM)
            try:
                self._up.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self._up.kill()
                self._up.wait()


class Guest:
    """One person in a household where others have been: their chats, and what the exchange wrote since they came."""

    def __init__(self, home: Household, name: str) -> None:
        self.home = home
        self.name = name
        self._chats: list[Chat] = []
        self._came = len(home.journal())

    def chat(self) -> Chat:
        self._chats.append(self.home.chat(self.name))
        return self._chats[-1]

    def journal(self, kind: str) -> list[dict[str, Any]]:
        return [row for row in self.home.journal()[self._came :] if row["kind"] == kind]

    def leave(self) -> None:
        for chat in self._chats:
            chat.close()


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


def eventually(check: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first true value of `check`, or its last value when time is up."""
    until = time.monotonic() + seconds
    while True:
        value = check()
        if value or time.monotonic() > until:
            return value
        _pause(0.2)


# What a person does, said once -----------------------------------------------------------------------------------


def complete_profile(chat: Chat, answers: Mapping[str, str]) -> dict[str, Any]:
    """Answers what is asked until nothing is missing, settles contradictions by the first way out, confirms."""
    turn = chat.say("투자성향 알아보고 싶어요")
    for _ in range(30):
        profile = turn["profile"]
        if profile["confirmed"]:
            return turn
        if profile["missing"]:
            turn = chat.say(answers[profile["missing"][0]])
        elif "맞아요" in turn["reply"]:
            turn = chat.say("맞아요")
        else:
            turn = chat.say("1번")
    raise AssertionError(f"expected a confirmed profile after 30 turns, was {turn}")


def invest(chat: Chat, answers: Mapping[str, str]) -> dict[str, Any]:
    """From nothing to a fill: profile, strategy, proposals, approval."""
    turn = complete_profile(chat, answers)
    if turn["strategy"] is None:
        turn = chat.say("전략 만들어줘")
    assert turn["strategy"] is not None, turn["reply"]
    turn = chat.say("추천해줘")
    assert turn["proposals"], turn["reply"]
    turn = chat.say("이대로 주문")
    return approve_and_wait(chat, turn)


def approve_and_wait(chat: Chat, turn: Mapping[str, Any]) -> dict[str, Any]:
    """Approves the waiting card and looks again until every order has ended."""
    assert turn["approval"] is not None, turn["reply"]
    turn = chat.say(f"/approve {turn['approval']['id']}")
    until = time.monotonic() + 60
    while any(order["state"] in ("NEW", "SENDING", "ACKED", "PARTIAL") for order in turn["orders"]):
        assert time.monotonic() < until, turn
        _pause(0.5)
        turn = chat.say("잔고")
    return dict(turn)
