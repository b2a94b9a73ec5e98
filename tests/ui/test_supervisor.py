"""The supervisor with real processes: order, health, restart, cap, kill −9 of either side, one stack a home."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Prepared

from tools.embedded.errors import ServiceError
from tools.embedded.locks import Lock, held
from tools.settings import ROOT, Settings
from ui.stack import ready_lock, up_lock, users_lock
from ui.stack_use import READY_SECONDS, connect
from ui.supervisor import MAX_RESTARTS, Stack
from ui.supervisor_parts import ProcessPart, Step

CHILD = """
import pathlib, signal, sys, threading
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())
pathlib.Path(sys.argv[1]).write_text("up")
done.wait()
pathlib.Path(sys.argv[1]).unlink()
"""
STUBBORN = CHILD.replace("lambda *_: done.set()", "signal.SIG_IGN")
CRASHING = "import sys; sys.exit('the reason it crashed')"


class Record:
    """Takes events and remembers them."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def __call__(self, event: str, **facts: object) -> None:
        self.events.append((event, str(facts.get("part", ""))))

    def of(self, event: str) -> list[str]:
        return [part for kind, part in self.events if kind == event]


@pytest.fixture
def parts(quartz_home: Path) -> Iterator[list[ProcessPart]]:
    made: list[ProcessPart] = []
    yield made
    for part in made:
        part.stop()


def process(home: Path, name: str, source: str = CHILD, *, seconds: float = 10.0, stop: float = 5.0) -> ProcessPart:
    (home / "modules").mkdir(exist_ok=True)
    (home / "modules" / f"{name}_module.py").write_text(source)
    mark = home / f"{name}.up"
    return ProcessPart(
        name,
        f"{name}_module",
        home,
        arguments=lambda: [str(mark)],
        healthy=mark.exists,
        environment={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{home / 'modules'}"},
        start_seconds=seconds,
        stop_seconds=stop,
    )


def pid_of(home: Path, name: str) -> int:
    return int((home / "run" / f"{name}.pid").read_text())


def eventually(condition: object, seconds: float = 15.0) -> None:
    assert callable(condition)
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "expected it to become true in time"
        threading.Event().wait(0.02)


def test_parts_start_in_order_and_stop_in_reverse(quartz_home: Path, parts: list[ProcessPart]) -> None:
    parts += [process(quartz_home, "first"), process(quartz_home, "second")]
    record = Record()
    stack = Stack([parts[0], Step("between", lambda: "done"), parts[1]], record)
    stack.start()
    assert record.of("ready") == ["first", "between", "second"]
    stack.stop()
    assert record.of("stopped") == ["second", "first"]
    assert not (quartz_home / "first.up").exists()


def test_a_part_that_cannot_start_takes_the_others_down_and_says_why(
    quartz_home: Path, parts: list[ProcessPart]
) -> None:
    parts += [process(quartz_home, "good"), process(quartz_home, "bad", CRASHING)]
    with pytest.raises(ServiceError, match=r"expected bad to start, was exit code 1(.|\n)*the reason it crashed"):
        Stack(parts, Record()).start()
    assert not parts[0].alive()


def test_a_silent_part_is_given_up_after_its_time(quartz_home: Path, parts: list[ProcessPart]) -> None:
    parts.append(process(quartz_home, "silent", "import time; time.sleep(60)", seconds=0.5))
    with pytest.raises(ServiceError, match="expected silent to answer within 0 s, was silent"):
        Stack(parts, Record()).start()
    assert not held(quartz_home / "run" / "silent.alive")


def test_a_killed_part_is_started_again(quartz_home: Path, parts: list[ProcessPart]) -> None:
    parts.append(process(quartz_home, "part"))
    record, stop = Record(), threading.Event()
    stack = Stack(parts, record, first_backoff=0.01)
    stack.start()
    watcher = threading.Thread(target=stack.watch, args=(stop.is_set,))
    watcher.start()
    former = pid_of(quartz_home, "part")
    os.kill(former, signal.SIGKILL)
    eventually(lambda: record.of("restarted"))
    assert pid_of(quartz_home, "part") != former
    stop.set()
    watcher.join()
    stack.stop()


def test_a_part_that_keeps_dying_ends_the_watch(quartz_home: Path, parts: list[ProcessPart]) -> None:
    parts.append(process(quartz_home, "part"))
    record = Record()
    stack = Stack(parts, record, first_backoff=0.001)
    stack.start()
    (quartz_home / "modules" / "part_module.py").write_text(CRASHING)
    (quartz_home / "part.up").unlink()
    os.kill(pid_of(quartz_home, "part"), signal.SIGKILL)
    with pytest.raises(ServiceError, match=f"expected part to stay up, was down {MAX_RESTARTS + 1} times"):
        stack.watch(lambda: False)
    assert record.of("died") == ["part"] * MAX_RESTARTS
    stack.stop()


SLOW = """
import pathlib, sys, threading
while not (pathlib.Path(sys.argv[1]).parent / "go").exists():
    threading.Event().wait(0.02)
pathlib.Path(sys.argv[1]).write_text("up")
threading.Event().wait()
"""


def test_a_part_that_is_slow_to_come_back_does_not_keep_another_down(
    quartz_home: Path, parts: list[ProcessPart]
) -> None:
    (quartz_home / "go").touch()
    parts += [process(quartz_home, "slow", SLOW, seconds=60.0), process(quartz_home, "quick")]
    record, stop = Record(), threading.Event()
    stack = Stack(parts, record, first_backoff=0.01)
    stack.start()
    (quartz_home / "go").unlink()
    for name in ("slow", "quick"):
        (quartz_home / f"{name}.up").unlink()
        os.kill(pid_of(quartz_home, name), signal.SIGKILL)
    watcher = threading.Thread(target=stack.watch, args=(stop.is_set,))
    watcher.start()
    eventually(lambda: record.of("restarted") == ["quick"])
    (quartz_home / "go").touch()
    eventually(lambda: record.of("restarted") == ["quick", "slow"])
    stop.set()
    watcher.join()
    stack.stop()


class Leaning:
    """A part that cannot start while the one it leans on is down."""

    runs = True

    def __init__(self, name: str, on: Leaning | None = None) -> None:
        self.name = name
        self.on = on
        self.up = False
        self.takes_along = False  # what it leans on dies as it is started again

    def start(self) -> str:
        if self.takes_along and self.on is not None:
            self.on.up, self.takes_along = False, False
        if self.on is not None and not self.on.up:
            raise ServiceError(f"expected {self.on.name} to be there, was not")
        self.up = True
        return ""

    def alive(self) -> bool:
        return self.up

    def stop(self) -> None:
        self.up = False


def test_a_part_that_cannot_come_back_without_another_does_not_keep_that_one_waiting() -> None:
    below = Leaning("below")
    above = Leaning("above", below)
    said = Record()
    stack = Stack([below, above], said, first_backoff=0.01)
    stack.start()
    above.up, above.takes_along = False, True
    stack.watch(lambda: below.up and above.up)
    assert said.of("failed") == ["above"]
    assert said.of("restarted") == ["below", "above"]


def test_a_part_that_ignores_the_request_to_stop_is_killed(quartz_home: Path, parts: list[ProcessPart]) -> None:
    parts.append(process(quartz_home, "part", STUBBORN, stop=0.3))
    parts[0].start()
    parts[0].stop()
    assert not held(quartz_home / "run" / "part.alive")


SUPERVISOR = """
import sys
from pathlib import Path
from ui.supervisor_parts import ProcessPart
home = Path(sys.argv[1])
part = ProcessPart("part", "part_module", home, arguments=lambda: [str(home / "part.up")],
                   healthy=(home / "part.up").exists)
part.start()
print("started", flush=True)
sys.stdin.read()
"""


def test_a_child_ends_by_itself_when_its_supervisor_is_killed(quartz_home: Path, parts: list[ProcessPart]) -> None:
    parts.append(process(quartz_home, "part"))
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(quartz_home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{quartz_home / 'modules'}"},
    ) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "started\n"
        supervisor.kill()
    eventually(lambda: not held(quartz_home / "run" / "part.alive"))
    parts[0].start()  # and the next supervisor starts it afresh
    assert parts[0].alive()


# The whole command, without exchange and OMS: these have tests of their own ------------------------------------------


def environment(home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "QUARTZ_ENV_FILE": "",
        "QUARTZ_HOME": str(home),
        "QUARTZ_EXCHANGE_URL": "http://127.0.0.1:9",
        "QUARTZ_OMS_ADDRESS": "unix:/nonexistent",
    }


def quartz(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ui.cli", *arguments],
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def settings_of(home: Path) -> Settings:
    return Settings(home=home, exchange_url="http://127.0.0.1:9", oms_address="unix:/nonexistent")


def servers_of(home: Path) -> list[bool]:
    return [held(home / "run" / f"{name}.alive") for name in ("postgres", "valkey")]


def test_up_starts_serves_and_stops_cleanly_on_either_signal_and_starts_again(quartz_home: Path) -> None:
    ready = ready_lock(settings_of(quartz_home))
    for number in (signal.SIGINT, signal.SIGTERM):
        with quartz(quartz_home, "up") as up:
            eventually(lambda: held(ready), READY_SECONDS)
            assert servers_of(quartz_home) == [True, True]
            with quartz(quartz_home, "up") as second:
                _, said = second.communicate(timeout=30)
                assert second.returncode == 1
                assert f"이미 켜져 있어요 (pid {up.pid})" in said
            up.send_signal(number)
            up.communicate(timeout=30)
            assert up.returncode == 0
        assert servers_of(quartz_home) == [False, False]


def test_after_kill_9_of_up_the_next_one_adopts_the_servers_and_down_stops_them(
    quartz_home: Path, prepared: Prepared
) -> None:
    prepared.fill(quartz_home)
    with quartz(quartz_home, "up") as up:
        eventually(lambda: held(ready_lock(settings_of(quartz_home))), READY_SECONDS)
        up.kill()
        up.communicate()
    assert servers_of(quartz_home) == [True, True]
    with quartz(quartz_home, "up") as again:
        eventually(lambda: held(ready_lock(settings_of(quartz_home))), READY_SECONDS)
        again.kill()
        again.communicate()
    with quartz(quartz_home, "down") as down:
        down.communicate(timeout=30)
        assert down.returncode == 0
    assert servers_of(quartz_home) == [False, False]


USER = """
import sys
from tools.settings import load_settings
from ui.stack_use import connect
with connect(load_settings()) as connected:
    print(connected.endpoints.exchange_url, flush=True)
    sys.stdin.read()
"""


def user(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", USER],
        env=environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_users_share_one_background_stack_that_ends_after_the_last_was_killed(
    quartz_home: Path, prepared: Prepared
) -> None:
    prepared.fill(quartz_home)
    with user(quartz_home) as one, user(quartz_home) as two:
        for each in (one, two):
            assert each.stdout is not None
            assert each.stdout.readline() == "http://127.0.0.1:9\n"
        one.kill()
        assert held(up_lock(settings_of(quartz_home)))
        two.kill()
    eventually(lambda: not held(up_lock(settings_of(quartz_home))), 30)
    assert servers_of(quartz_home) == [False, False]


def test_a_stack_that_cannot_start_is_explained_to_its_user(quartz_home: Path) -> None:
    blocked = quartz_home / "valkey"
    blocked.write_text("a file where a folder belongs")
    with pytest.raises(ServiceError, match=r"background\.log"):
        connect(settings_of(quartz_home))
    with Lock(users_lock(settings_of(quartz_home))) as users:
        assert users.acquire()
    assert not any(servers_of(quartz_home))


def test_a_misspelt_setting_ends_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "settings.env"
    file.write_text(textwrap.dedent("QUARTZ_BROKR=live\n"))
    done = subprocess.run(
        [sys.executable, "-m", "ui.cli", "up"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "QUARTZ_ENV_FILE": str(file)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (
        1,
        "quartz: QUARTZ_BROKR: expected a known setting, was unknown (see .env.example)\n",
    )
