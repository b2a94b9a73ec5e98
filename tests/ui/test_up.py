"""The whole of `quartz up`, exchange and OMS included: it serves, heals, and dies together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from databases import Prepared

from tools.embedded.locks import held
from tools.embedded.services import endpoints
from tools.settings import ROOT, Settings
from ui.doctor import Mark, examine
from ui.health import exchange_ok, guard_note, http_ok, oms_ok, oms_status, scheduler_note, worker_note
from ui.stack import make_stack, ready_lock
from ui.web.place import noted_place


def eventually(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "expected it to become true in time"
        threading.Event().wait(0.05)


# Whatever wants to leave this machine, as the scheduler for the news, meets a door that is shut.
SHUT = {"HTTP_PROXY": "http://127.0.0.1:1", "HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1,localhost"}


def command(home: Path, *arguments: str, stdout: int | None = None, scheduler: str = "off") -> subprocess.Popen[bytes]:
    environment = {**os.environ, **SHUT, "PYTHONPATH": str(ROOT), "QUARTZ_ENV_FILE": "", "QUARTZ_HOME": str(home)}
    environment["QUARTZ_SCHEDULER"] = scheduler
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


@pytest.fixture
def up(quartz_home: Path, prepared: Prepared) -> Iterator[subprocess.Popen[bytes]]:
    prepared.fill(quartz_home)
    with command(quartz_home, "up", scheduler="on") as process:
        eventually(lambda: held(ready_lock(Settings(home=quartz_home))) or process.poll() is not None, 90)
        yield process
        process.terminate()
        process.wait(60)
    with command(quartz_home, "down") as down:
        down.wait(60)


def pid_of(home: Path, name: str) -> int:
    return int((home / "run" / f"{name}.pid").read_text())


def test_everything_serves_heals_after_kill_9_and_stops_with_its_killed_owner(
    quartz_home: Path, up: subprocess.Popen[bytes]
) -> None:
    assert up.poll() is None, (quartz_home / "logs" / "up.log").read_text()
    settings = Settings(home=quartz_home)
    found = endpoints(settings)
    status = oms_status(found.oms_address, settings)
    assert status is not None
    assert status.environment == "sim"
    for note in (worker_note, scheduler_note):  # they start last, and `up` does not wait for them
        eventually(lambda note=note: (note(settings) or {}).get("ready"))  # type: ignore[misc]
    marks = {finding.subject: finding.mark for finding in examine(settings)}
    for subject in (
        "PostgreSQL",
        "Valkey/Redis",
        "모의 거래소",
        "주문 관리(OMS)",
        "손절 지킴이",
        "전략 일꾼",
        "스케줄러",
        "브라우저 화면",
    ):
        assert marks[subject] is Mark.GOOD, subject
    assert http_ok(web_of(settings) + "/health/ready", 5.0)

    for name, ok in (
        ("exchange", lambda: exchange_ok(endpoints(settings).exchange_url)),
        ("oms", lambda: oms_ok(found.oms_address)),
        ("guard", lambda: is_ready(guard_note(settings), pid_of(quartz_home, "guard"))),
        ("worker", lambda: is_ready(worker_note(settings), pid_of(quartz_home, "worker"))),
        ("scheduler", lambda: is_ready(scheduler_note(settings), pid_of(quartz_home, "scheduler"))),
        ("web", lambda: noted_place(settings) is not None and http_ok(web_of(settings) + "/health/live")),
    ):
        former = pid_of(quartz_home, name)
        os.kill(former, signal.SIGKILL)
        eventually(lambda name=name, former=former, ok=ok: pid_of(quartz_home, name) != former and ok())  # type: ignore[misc]
    assert endpoints(settings).exchange_url == found.exchange_url  # the port is kept

    up.kill()
    up.wait()
    for name in ("exchange", "oms", "guard", "worker", "scheduler", "web"):
        eventually(lambda name=name: not held(quartz_home / "run" / f"{name}.alive"), 30)  # type: ignore[misc]
    assert held(quartz_home / "run" / "postgres.alive")  # waits for the next owner; `down` in the fixture stops it


def is_ready(note: dict[str, Any] | None, pid: int) -> bool:
    return note is not None and bool(note["ready"]) and note["pid"] == pid


def web_of(settings: Settings) -> str:
    place = noted_place(settings)
    assert place is not None
    return place.local_url


CONVERSATION = """
import sys
from tools.settings import load_settings
from ui.stack_use import connect
with connect(load_settings()):
    print("connected", flush=True)
    sys.stdin.read()
"""


def test_beside_the_services_of_a_conversation_up_brings_the_browser_alone(
    quartz_home: Path, prepared: Prepared
) -> None:
    prepared.fill(quartz_home)
    settings = Settings(home=quartz_home)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QUARTZ_ENV_FILE": "", "QUARTZ_HOME": str(quartz_home)}
    with subprocess.Popen(
        [sys.executable, "-c", CONVERSATION],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as conversation:
        assert conversation.stdout is not None
        assert conversation.stdout.readline() == "connected\n"
        assert not held(quartz_home / "run" / "web.alive")
        services = pid_of(quartz_home, "oms")
        with command(quartz_home, "up", stdout=subprocess.PIPE) as up:
            assert up.stdout is not None
            line = up.stdout.readline().decode()
            assert line.startswith(f"브라우저에서 여세요: {web_of(settings)}/enter/")
            assert http_ok(web_of(settings) + "/health/ready", 5.0)
            assert pid_of(quartz_home, "oms") == services
            token = line.partition("/enter/")[2].partition(" ")[0]
            assert token not in (quartz_home / "logs" / "up.log").read_text()
            with command(quartz_home, "up") as second:
                assert second.wait(60) == 1
            assert http_ok(web_of(settings) + "/health/live", 5.0)
            up.terminate()
            assert up.wait(60) == 0
            assert up.stdout.read() == b""
        assert not held(quartz_home / "run" / "web.alive")
        assert pid_of(quartz_home, "oms") == services
        conversation.kill()
    with command(quartz_home, "down") as down:
        down.wait(60)


def test_two_installations_that_start_at_once_have_a_page_and_a_link_each(quartz_home: Path) -> None:
    homes = [quartz_home / name for name in ("one", "two")]
    for home in homes:
        home.mkdir(mode=0o711)
    ups = [command(home, "up", stdout=subprocess.PIPE) for home in homes]
    try:
        links = []
        for home, up in zip(homes, ups, strict=True):
            assert up.stdout is not None
            line = up.stdout.readline().decode()
            assert line.startswith(f"브라우저에서 여세요: {web_of(Settings(home=home))}/enter/"), line
            links.append(line.split()[2])
        own, other = links[0], links[1]
        assert "들어가기" in httpx.get(own).text
        assert httpx.get(own.partition("/enter/")[0] + "/enter/" + other.rpartition("/")[2]).status_code == 410
        assert "들어가기" in httpx.get(other).text
    finally:
        for up in ups:
            up.terminate()
        for home, up in zip(homes, ups, strict=True):
            up.communicate(timeout=60)
            with command(home, "down") as down:
                down.wait(60)


def test_settings_that_cannot_be_used_are_one_line_and_nothing_starts(quartz_home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "up"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QUARTZ_HOME": str(quartz_home), "QUARTZ_BROKER": "live"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "QUARTZ_KIS_LIVE_APP_KEY" in done.stderr
    assert not list(quartz_home.iterdir())


@pytest.mark.parametrize(
    ("given", "last"),
    [
        ({}, ["worker", "scheduler"]),
        ({"scheduler": "off"}, ["worker"]),
        ({"oms_address": "unix:/elsewhere"}, []),  # both belong to whoever runs the OMS there
    ],
)
def test_the_scheduler_comes_last_unless_it_is_switched_off_or_lives_elsewhere(
    quartz_home: Path, given: dict[str, Any], last: list[str]
) -> None:
    stack = make_stack(Settings(home=quartz_home, **given), lambda event, **facts: None)
    names = [part.name for part in stack._parts]
    assert [name for name in names if name in ("worker", "scheduler")] == last
    assert names[len(names) - len(last) :] == last
    alone = make_stack(Settings(home=quartz_home, **given), lambda event, **facts: None, web=False)
    assert not {"worker", "scheduler", "web"} & {part.name for part in alone._parts}
