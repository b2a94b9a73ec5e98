"""Valkey, the facade, and both servers as root and as a plain user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from pydantic import SecretStr

from tools.embedded.account import Account, server_account
from tools.embedded.errors import ServiceError, ServicesDown
from tools.embedded.services import (
    Services,
    endpoints,
    ensure_services,
    make_socket_dir,
    oms_socket,
    running_services,
    services_file,
    start_services,
)
from tools.embedded.valkey import Valkey
from tools.settings import ROOT, Settings
from tools.store.roles import role_url


@pytest.fixture
def valkey(quartz_home: Path) -> Iterator[Valkey]:
    server = Valkey(quartz_home)
    yield server
    server.stop()


@pytest.fixture
def services(quartz_home: Path) -> Iterator[Services]:
    started = start_services(Settings(home=quartz_home))
    yield started
    started.stop()


def test_valkey_wants_its_password_and_keeps_it_out_of_the_process_list(valkey: Valkey) -> None:
    assert valkey.start() is True
    with redis.Redis.from_url(valkey.url()) as client:
        assert client.ping()
    port = int(valkey.url().rpartition(":")[2].split("/")[0])
    with redis.Redis(port=port) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    assert (valkey.home / "run" / "valkey.conf").stat().st_mode & 0o077 == 0


def test_valkey_keeps_what_it_wrote_over_kill_9(valkey: Valkey) -> None:
    valkey.start()
    with redis.Redis.from_url(valkey.url()) as client:
        client.set("kept", "1")
        client.waitaof(1, 0, 5000)
    pid = valkey.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert valkey.start() is True
    with redis.Redis.from_url(valkey.url()) as client:
        assert client.get("kept") == b"1"
    assert Valkey(valkey.home).start() is False


def test_the_facade_starts_notes_and_finds_again(services: Services) -> None:
    settings = Settings(home=services.postgres.home) if services.postgres else Settings()
    assert running_services(settings) == services.endpoints
    assert ensure_services(settings) == services.endpoints
    assert services_file(settings).stat().st_mode & 0o077 == 0
    assert "@" not in repr(services.endpoints)
    services.stop()
    assert running_services(settings) is None
    with pytest.raises(ServicesDown, match=r"\./quartz up"):
        endpoints(settings)


def test_what_is_configured_is_used_and_not_started(quartz_home: Path) -> None:
    settings = Settings(
        home=quartz_home,
        postgres_url=SecretStr("postgresql://u:p@db.internal/quartz"),
        redis_url=SecretStr("redis://cache.internal"),
        oms_address="oms.internal:50051",
    )
    started = start_services(settings)
    assert (started.postgres, started.valkey) == (None, None)
    assert started.endpoints.postgres_admin_url == "postgresql://u:p@db.internal/quartz"
    assert started.endpoints.oms_address == "oms.internal:50051"


def test_a_long_home_gets_a_short_socket(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 90)
    assert len(str(oms_socket(Settings(home=long)))) < 100
    assert oms_socket(Settings(home=Path("/h"))) == Path("/h/run/oms.sock")


def test_the_login_of_one_role_is_a_configured_database(quartz_home: Path) -> None:
    url, redis_url = SecretStr("postgresql://quartz_oms:p@db.internal/quartz"), SecretStr("redis://cache.internal")
    settings = Settings(home=quartz_home, postgres_url_oms=url, redis_url=redis_url)
    assert endpoints(settings).postgres_admin_url == ""
    assert role_url(settings, "oms") == url.get_secret_value()
    with pytest.raises(ServicesDown, match="QUARTZ_POSTGRES_URL_GRAPH"):
        role_url(settings, "graph")


def test_a_socket_folder_that_a_stranger_could_enter_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    settings = Settings(home=tmp_path / ("x" * 90))
    folder = make_socket_dir(settings)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with pytest.raises(ServiceError, match=r"expected .* to be this user's alone"):
        make_socket_dir(settings)


def test_root_never_runs_the_database_itself() -> None:
    account = server_account()
    if os.geteuid() == 0:
        assert account.uid not in (None, 0)
    else:
        assert account == Account()


def test_a_folder_behind_a_private_one_is_out_of_reach(tmp_path: Path) -> None:
    private = tmp_path / "private"
    (private / "inside").mkdir(parents=True)
    private.chmod(0o700)
    stranger = Account(uid=os.geteuid() + 12345, gid=os.getegid() + 12345)
    assert not stranger.can_reach(private / "inside")
    assert Account().can_reach(private / "inside")


ROUND_TRIP = """
import sys, psycopg
from pathlib import Path
from tools.embedded.services import start_services
from tools.settings import Settings
services = start_services(Settings(home=Path(sys.argv[1])))
with psycopg.connect(services.endpoints.postgres_admin_url) as connection:
    print(connection.execute("SELECT 40 + 2").fetchone()[0])
services.stop()
"""


def round_trip(home: Path, python: str, path: Path, **identity: object) -> str:
    # A copied interpreter must find its own libpython, not the system's.
    libraries = {"LD_LIBRARY_PATH": str(Path(python).parents[1] / "lib")} if "/python/bin/" in python else {}
    done = subprocess.run(  # type: ignore[call-overload]
        [python, "-c", ROUND_TRIP, str(home)],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(path),
            "QUARTZ_ENV_FILE": "",
            "HOME": str(home.parent),
            **libraries,
        },
        cwd="/",
        capture_output=True,
        text=True,
        **identity,
    )
    return str(done.stdout + done.stderr)


def test_a_private_home_of_root_works_and_stays_private() -> None:
    """As root the data then lives under /var/lib/quartz; as a plain user it is simply the private home."""
    parent = Path(tempfile.mkdtemp(prefix="quartz-private-", dir="/tmp"))
    home = parent / "home"
    base: Path | None = None
    try:
        assert round_trip(home, sys.executable, ROOT) == "42\n"
        assert parent.stat().st_mode & 0o077 == 0
        state = (home / "postgres.json").read_text()
        if os.geteuid() == 0:
            assert "/var/lib/quartz/" in state
            base = Path(state.split('"base": "')[1].split('"')[0])
            assert (base / "data").stat().st_uid != 0
    finally:
        shutil.rmtree(parent)
        if base is not None:
            shutil.rmtree(base)


def test_a_plain_user_runs_everything_as_itself() -> None:
    identity: dict[str, object] = {}
    parent = Path(tempfile.mkdtemp(prefix="quartz-plain-", dir="/tmp"))
    path = ROOT
    try:
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            identity = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            os.chown(parent, nobody.pw_uid, nobody.pw_gid)
            if not Account(nobody.pw_uid, nobody.pw_gid).can_reach(ROOT / "tools"):
                path = parent / "code"  # a checkout in a private home
                shutil.copytree(ROOT / "tools", path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
                shutil.chown(path, nobody.pw_uid)
        python, packages = reachable_python(parent)
        separator = os.pathsep.join([str(path), *packages])
        assert round_trip(parent / "home", python, Path(separator), **identity) == "42\n"
        assert (parent / "home" / "postgres" / "data").stat().st_uid == parent.stat().st_uid
    finally:
        shutil.rmtree(parent)


def reachable_python(parent: Path) -> tuple[str, list[str]]:
    """An interpreter that another account may run, with our packages; a private one is copied out of its home."""
    if os.geteuid() != 0:
        return sys.executable, []
    nobody = pwd.getpwnam("nobody")
    account = Account(nobody.pw_uid, nobody.pw_gid)
    real = Path(sys.executable).resolve()
    site = Path(psycopg.__file__).parents[1]
    if account.can_reach(real.parent) and account.can_reach(site):
        return str(sys.executable), [str(site)]
    home = parent / "python"
    shutil.copytree(
        sys.base_prefix,
        home,
        symlinks=True,
        ignore=shutil.ignore_patterns("__pycache__", "site-packages", "test", "share"),
    )
    if not account.can_reach(site):
        copy = parent / "packages"
        shutil.copytree(site, copy, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        site = copy
    return str(home / "bin" / real.name), [str(site)]
