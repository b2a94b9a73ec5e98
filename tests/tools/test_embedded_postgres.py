"""The embedded PostgreSQL with real processes: kill −9, two at once, stale files, another account."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Timer
from typing import Any

import psycopg
import pytest

from tools.embedded import postgres as postgres_module
from tools.embedded.errors import ServiceError
from tools.embedded.files import read_json
from tools.embedded.postgres import Postgres
from tools.embedded.process import answers_in_time
from tools.settings import ROOT


@pytest.fixture
def postgres(quartz_home: Path) -> Iterator[Postgres]:
    server = Postgres(quartz_home)
    yield server
    server.stop()


def ask(server: Postgres, statement: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def test_it_starts_durable_on_loopback_with_a_password(postgres: Postgres) -> None:
    assert postgres.start() is True
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        assert ask(postgres, f"SHOW {name}") == "on"
    assert ask(postgres, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(postgres, "SHOW password_encryption") == "scram-sha-256"
    state = read_json(postgres.home / "postgres.json")
    assert state is not None
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url().replace(str(state["password"]), "wrong"))
    assert (postgres.home / "postgres.json").stat().st_mode & 0o077 == 0


def test_a_second_start_finds_the_running_server(postgres: Postgres) -> None:
    assert postgres.start() is True
    assert Postgres(postgres.home).start() is False


def test_port_password_and_data_survive_a_restart(postgres: Postgres) -> None:
    postgres.start()
    url = postgres.url()
    ask(postgres, "CREATE TABLE kept (x int)")
    postgres.stop()
    assert not postgres.alive()
    postgres.start()
    assert postgres.url() == url
    assert ask(postgres, "SELECT count(*) FROM kept") == 0


def insert_until_killed(server: Postgres) -> int:
    """How many rows were acknowledged before the server, killed after the fiftieth, went away."""
    pid, committed = server.pid(), 0
    assert pid is not None
    with psycopg.connect(server.url(), autocommit=True) as connection, suppress(psycopg.OperationalError):
        while True:
            connection.execute("INSERT INTO kept VALUES (%s)", (committed,))
            committed += 1
            if committed == 50:
                os.kill(pid, signal.SIGKILL)
    return committed


def test_committed_rows_survive_kill_9_of_the_server_under_load(postgres: Postgres) -> None:
    postgres.start()
    ask(postgres, "CREATE TABLE kept (x int)")
    committed = insert_until_killed(postgres)
    assert postgres.start() is True
    assert ask(postgres, "SELECT count(*) FROM kept") in (committed, committed + 1)


def test_a_backend_that_outlives_its_killed_server_is_waited_for(postgres: Postgres) -> None:
    postgres.start()
    ask(postgres, "CREATE TABLE kept (x int)")
    pid = postgres.pid()
    assert pid is not None
    with ThreadPoolExecutor(1) as threads:
        sleeper = threads.submit(ask, postgres, "SELECT pg_sleep(3)")
        time.sleep(0.3)
        os.kill(pid, signal.SIGKILL)
        assert postgres.start() is True
        assert isinstance(sleeper.exception(), psycopg.OperationalError)
    assert ask(postgres, "SELECT count(*) FROM kept") == 0


def test_a_server_killed_in_the_middle_of_its_start_is_started_again_at_the_same_port(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_time = answers_in_time
    killed: list[str] = []

    def killed_once(process: subprocess.Popen[bytes], answers: Callable[[], bool], *rest: Any) -> bool:
        answered = in_time(process, answers, *rest)
        if not killed:
            port = str((read_json(postgres.home / "postgres.json") or {})["port"])
            with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
                found = connection.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
                child = int(found.fetchall()[0][0])
            os.kill(child, signal.SIGSTOP)  # a child that cannot notice yet that its server is gone
            process.kill()
            process.wait()
            Timer(1.0, os.kill, (child, signal.SIGCONT)).start()
            killed.append(port)
            return False
        return answered

    monkeypatch.setattr(postgres_module, "answers_in_time", killed_once)
    assert postgres.start() is True
    assert ask(postgres, "SHOW port") == killed[0]


def test_a_stale_pid_file_that_names_a_living_stranger_does_not_matter(postgres: Postgres) -> None:
    postgres.start()
    data = Path(str((read_json(postgres.home / "postgres.json") or {})["data"]))
    text = (data / "postmaster.pid").read_text()
    postgres.stop()
    (data / "postmaster.pid").write_text(text.replace(text.split("\n", 1)[0], str(os.getpid()), 1))
    shutil.chown(data / "postmaster.pid", data.stat().st_uid, data.stat().st_gid)
    assert postgres.start() is True


def test_a_busy_port_is_given_up_for_a_free_one(postgres: Postgres) -> None:
    postgres.start()
    port = int(str((read_json(postgres.home / "postgres.json") or {})["port"]))
    postgres.stop()
    with socket.create_server(("127.0.0.1", port)):
        assert postgres.start() is True
        assert f":{port}/" not in postgres.url()
    assert ask(postgres, "SELECT 1") == 1


def test_an_interrupted_first_start_is_begun_again(postgres: Postgres) -> None:
    fresh = postgres.home / "postgres" / "data.new"
    fresh.mkdir(parents=True)
    (fresh / "PG_VERSION").write_text("18\n")
    assert postgres.start() is True


def test_a_full_disk_is_said_in_words(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(postgres.home)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1024))
    with pytest.raises(ServiceError, match="expected at least 200 MB free"):
        postgres.start()


STARTER = """
import sys
from pathlib import Path
from tools.embedded.postgres import Postgres
from tools.embedded.process import answers_in_time
print(Postgres(Path(sys.argv[1])).start(), flush=True)
sys.stdin.read()
"""


def starter(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error::ResourceWarning", "-c", STARTER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_two_processes_starting_together_get_one_server_that_stays_without_a_word(postgres: Postgres) -> None:
    with starter(postgres.home) as one, starter(postgres.home) as two:
        assert one.stdout is not None
        assert two.stdout is not None
        assert sorted([one.stdout.readline(), two.stdout.readline()]) == ["False\n", "True\n"]
        assert [one.communicate()[1], two.communicate()[1]] == ["", ""]
    assert ask(postgres, "SELECT 1") == 1


def test_the_server_outlives_kill_9_of_its_owner_and_is_adopted(postgres: Postgres) -> None:
    with starter(postgres.home) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "True\n"
        owner.kill()
    assert postgres.alive()
    assert postgres.start() is False
    postgres.stop()
    assert not postgres.alive()
