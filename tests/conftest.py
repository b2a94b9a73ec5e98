"""Shared fixtures: a real PostgreSQL and Valkey brought up by the project's own code, a migrated database a test.

One pair of servers serves a whole run, xdist workers included; the last worker to leave stops them. Each test that
asks for `database` gets a clone of a migrated template that is as new. Under QUARTZ_STRICT=1 a skip is a failure.
"""

from __future__ import annotations

import gc
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from clones import Clones
from databases import Database, Prepared, short_home
from pydantic import SecretStr
from sharing import shared
from turns import FromBothEnds, in_turn

from tools import strict as strict  # before anything imports LangGraph
from tools.embedded.files import last_lines
from tools.embedded.locks import Lock, exclusive
from tools.embedded.postgres import Postgres
from tools.embedded.services import Endpoints, Services, start_services
from tools.settings import ROOT, Settings
from tools.store.migrate import migrate

for _name in Settings.model_fields:
    os.environ.pop(f"QUARTZ_{_name.upper()}", None)  # a developer's keys, servers and home are not for tests
os.environ["QUARTZ_ENV_FILE"] = ""
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):  # hundreds of processes would each compile every module they import
    os.environ.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / ".venv" / "pycache"))

LOG_LINES = 15
_run_key = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    # One name a run, shared by the workers of that run and by nobody else.
    worker: dict[str, Any] | None = getattr(config, "workerinput", None)
    config.stash[_run_key] = str(worker["testrunuid"]) if worker else secrets.token_hex(8)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = in_turn(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FromBothEnds | None:
    return FromBothEnds(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Iterator[None]:
    yield
    shared.keep_for(nextitem)


def pytest_collection_finish() -> None:
    """What every test module imported stays to the end, and is a great deal: no collection of garbage looks at it
    again. What the tests make is collected, and complained about, as before."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if os.environ.get("QUARTZ_STRICT") == "1" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"expected every test to run under QUARTZ_STRICT=1, was skipped: {reason}"
    if report.failed:
        report.sections += _logs_of(item)
    return report


def _logs_of(item: pytest.Item) -> list[tuple[str, str]]:
    """What the processes of a failed test wrote last: their homes are gone when somebody reads of the failure."""
    given = getattr(item, "funcargs", {}).values()
    homes = dict.fromkeys(h for each in given if isinstance(h := getattr(each, "home", each), Path))
    logs = [log for home in homes for log in sorted((home / "logs").glob("*.log"))]
    paths = [getattr(getattr(each, "oms", None), "log_path", None) for each in given]
    logs += [log for log in dict.fromkeys(paths) if log is not None and log.exists()]
    return [(f"end of {log.name}", last_lines(log, LOG_LINES)) for log in logs]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """No test leaves a process behind; asked where the kernel lists children (Linux).

    Not in a worker of a parallel run: the one that started the shared servers may finish before the others.
    """
    shared.keep_for(None)  # a run that was stopped had a next test
    if hasattr(session.config, "workerinput"):
        return
    left = [name for name in _children() if "resource_tracker" not in name and "execnet" not in name]
    if left:
        sys.stderr.write(f"\nexpected no child process after the tests, was: {'; '.join(left)}\n")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _children() -> list[str]:
    found = []
    for listing in Path("/proc/self/task").glob("*/children"):
        for pid in listing.read_text().split():
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except OSError:
                continue
            if words:  # a zombie has no words
                found.append(f"{pid} {words[:80]}")
    return found


@pytest.fixture(autouse=True)
def _logs_as_new(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test, or a process it plays, sets up for its log ends with the test: structlog's set-up is one a process,
    and a logger that keeps the first one it meets would write every later test's words there."""
    configure = structlog.configure

    def for_one_test(**given: Any) -> None:
        configure(**given | {"cache_logger_on_first_use": False})

    monkeypatch.setattr(structlog, "configure", for_one_test)
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of real data and samples (QUARTZ_SHARED, default ../shared)."""
    path = Path(os.environ.get("QUARTZ_SHARED", ROOT.parent / "shared")).resolve()
    if not path.is_dir():
        pytest.skip(f"expected real data in {path} (QUARTZ_SHARED), was absent")
    return path


@pytest.fixture
def quartz_home() -> Iterator[Path]:
    with short_home() as home:
        yield home


@pytest.fixture(scope="session")
def prepared() -> Iterator[Prepared]:
    """What a home is after its first start; the first start itself is for the tests of `up` and of the supervisor."""
    with short_home() as home:
        postgres = Postgres(home)
        try:
            postgres.start()
            migrate(Settings(home=home), postgres.url())
        finally:
            postgres.stop()
        yield Prepared(home)


@dataclass(frozen=True)
class Servers:
    """The servers of this run and the secret from which the roles' passwords come."""

    endpoints: Endpoints
    secret_key: str
    template: str


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Iterator[Servers]:
    """PostgreSQL with a migrated template database, and Valkey."""
    home = Path(tempfile.gettempdir()) / f"quartz-run-{pytestconfig.stash[_run_key][:12]}"
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    users = Lock(home / "run" / "users.lock")
    started: Services | None = None
    try:
        with exclusive(home / "run" / "turn.lock", 120, "the start of the test servers"):
            assert users.acquire(shared=True, timeout=60)
            started = start_services(Settings(home=home))
            template = _template(home, started)
        yield Servers(started.endpoints, (home / "secret.key").read_text(), template)
    finally:
        with exclusive(home / "run" / "turn.lock", 120, "the stop of the test servers"):
            if users.acquire():  # nobody else uses them any more
                if started is not None:
                    started.stop()
                shutil.rmtree(home, ignore_errors=True)
            users.close()


@pytest.fixture(scope="session")
def clones(servers: Servers) -> Clones:
    return Clones(servers.endpoints.postgres_admin_url, servers.template)


@pytest.fixture
def database(servers: Servers, clones: Clones, quartz_home: Path) -> Iterator[Database]:
    """A clone of the migrated template as new, with `settings` that point at it; Valkey's keys are shared by the
    run."""
    name = clones.take()
    url = clones.url(name)
    settings = Settings(
        home=quartz_home,
        secret_key=SecretStr(servers.secret_key),
        postgres_url=SecretStr(url),
        redis_url=SecretStr(servers.endpoints.redis_url),
    )
    endpoints = Endpoints(url, servers.endpoints.redis_url, f"unix:{quartz_home}/run/oms.sock")
    yield Database(name, settings, endpoints)
    clones.give_back(name)


@pytest.fixture
def empty_database(servers: Servers) -> Iterator[str]:
    """The administrator's URL of a database without any migration."""
    name = f"test_{secrets.token_hex(6)}"
    admin = servers.endpoints.postgres_admin_url
    _command(admin, f"CREATE DATABASE {name}")
    yield admin.rpartition("/")[0] + f"/{name}"
    _command(admin, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _template(home: Path, started: Services) -> str:
    name = "quartz_template"
    admin = started.endpoints.postgres_admin_url
    with psycopg.connect(admin, autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
    if found is None:
        _command(admin, f"DROP DATABASE IF EXISTS {name}_new WITH (FORCE)")
        _command(admin, f"CREATE DATABASE {name}_new")
        migrate(Settings(home=home), admin.rpartition("/")[0] + f"/{name}_new")
        _command(admin, f"ALTER DATABASE {name}_new RENAME TO {name}")
    return name


def _command(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
