"""What `up` runs.

`make_stack(settings)` assembles the parts in order: postgres → valkey → migrate → exchange (only when the broker is the
simulation and none is configured) → oms → guard → web, whose imports run while exchange and OMS start → worker →
scheduler.
One stack a home: the file lock run/up.lock says so, run/ready.lock says that it serves. Who needs it running asks
`ui.stack_use`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tools.embedded.errors import ServiceError
from tools.embedded.files import read_json, write_json
from tools.embedded.ports import LOOPBACK, can_bind, free_port, holder
from tools.embedded.postgres import Postgres
from tools.embedded.services import (
    endpoints,
    make_socket_dir,
    start_services,
    with_exchange,
    write_endpoints,
)
from tools.embedded.valkey import Valkey
from tools.life import read_note
from tools.settings import ROOT, Broker, Settings
from ui.supervisor import Say, Stack
from ui.supervisor_parts import Early, LatePart, Part, ProcessPart, ServerPart, Step
from ui.web.place import choose_place, noted_place, withdraw_place


def up_lock(settings: Settings) -> Path:
    """Held by the one supervisor of a home."""
    return settings.run_dir / "up.lock"


def users_lock(settings: Settings) -> Path:
    """Held, shared, by everybody who uses a stack in the background."""
    return settings.run_dir / "users.lock"


def ready_lock(settings: Settings) -> Path:
    """Held by the supervisor once everything serves; unlike a file's words, a lock cannot be left behind."""
    return settings.run_dir / "ready.lock"


def up_state(settings: Settings) -> Path:
    """{"pid", "background"} of the supervisor, for messages."""
    return settings.run_dir / "up.json"


def web_lock(settings: Settings) -> Path:
    """Held by an `up` that looks after a web process beside somebody else's services."""
    return settings.run_dir / "web.lock"


def make_stack(settings: Settings, say: Say, *, web: bool = True) -> Stack:
    """The parts of this configuration, not started; without `web` what a conversation in a terminal needs."""
    parts = services_of(settings) + ([_web(settings)] if web else [])
    processes = [part for part in parts if isinstance(part, ProcessPart)]
    first = [part for part in parts if part not in processes]
    last = [*_worker(settings), *_scheduler(settings)] if web else []
    return Stack([*first, Early(processes), *processes, *last] if len(processes) > 1 else [*parts, *last], say)


def make_web_stack(settings: Settings, say: Say) -> Stack:
    """The web process alone, beside services that run already."""
    return Stack([_web(settings)], say)


def services_of(settings: Settings) -> list[Part]:
    """What is ours to run here: everything but the web, the worker and the scheduler."""
    parts: list[Part] = []
    if not settings.has_own_postgres:
        parts.append(ServerPart("postgres", Postgres(settings.home)))
    if settings.redis_url is None:
        parts.append(ServerPart("valkey", Valkey(settings.home)))
    if settings.postgres_url is not None or not settings.has_own_postgres:  # with a role's login alone we may not
        parts.append(Step("migrate", lambda: _migrate(settings)))
    if settings.broker is Broker.SIM and settings.exchange_url is None:
        parts.append(_exchange(settings))
    if settings.oms_address is None:
        parts += [_oms(settings), _guard(settings)]
    return parts


def _worker(settings: Settings) -> list[Part]:
    """After everything a person waits for: its compiler takes seconds, and nothing on the first page needs it."""
    if settings.oms_address is not None:
        return []

    return [
        LatePart(
            "worker",
            "execution.worker",
            settings.home,
            healthy=lambda: _note_of_ours(settings, "worker") is not None,
            environment=child_environment(settings),
        )
    ]


def _scheduler(settings: Settings) -> list[Part]:
    """Last of all: nothing is due that could not wait some seconds. With the OMS elsewhere it is for whoever runs it
    there."""
    if settings.scheduler == "off" or settings.oms_address is not None:
        return []
    return [
        LatePart(
            "scheduler",
            "graph.schedule",
            settings.home,
            healthy=lambda: _note_of_ours(settings, "scheduler") is not None,
            environment=child_environment(settings),
            stop_seconds=15.0,
        )
    ]


def _migrate(settings: Settings) -> str:
    from tools.store.migrate import head_revision, is_current, migrate

    found = start_services(settings).endpoints  # they run already: this notes where
    if not is_current(settings, found.postgres_admin_url):
        migrate(settings, found.postgres_admin_url)
    return f"revision {head_revision()}"


def _exchange(settings: Settings) -> ProcessPart:
    def url() -> str:
        return f"http://{LOOPBACK}:{_noted_port(settings)}"

    def arguments() -> list[str]:
        port = _choose_port(settings)
        write_endpoints(settings, with_exchange(endpoints(settings), url()))
        words = ["--port", str(port), "--always-open", "--any-account", "--limits", "documented"]
        return [*words, "--seed", str(settings.exchange_seed), "--data-dir", str(settings.home / "exchange")]

    def healthy() -> bool:
        from ui.health import exchange_ok

        return exchange_ok(url())

    return ProcessPart(
        "exchange",
        "simulation.exchange",
        settings.home,
        arguments=arguments,
        healthy=healthy,
        where=url,
        environment=child_environment(settings),
    )


def _oms(settings: Settings) -> ProcessPart:
    def healthy() -> bool:
        from ui.health import oms_ok

        return oms_ok(endpoints(settings).oms_address)

    def arguments() -> list[str]:
        make_socket_dir(settings)
        return []

    return ProcessPart(
        "oms",
        "execution.oms",
        settings.home,
        arguments=arguments,
        healthy=healthy,
        environment=child_environment(settings),
        stop_seconds=15.0,
    )


def _guard(settings: Settings) -> ProcessPart:
    """Beside the OMS and whatever else runs: stops must not depend on a browser or a conversation."""

    return ProcessPart(
        "guard",
        "execution.guard",
        settings.home,
        healthy=lambda: bool((_note_of_ours(settings, "guard") or {}).get("ready")),
        environment=child_environment(settings),
    )


def _note_of_ours(settings: Settings, name: str) -> dict[str, Any] | None:
    """What the process that we started last said of itself; None while another one's note stands there, or none."""
    note, pid = read_note(settings, name), settings.run_dir / f"{name}.pid"
    return note if note is not None and pid.exists() and pid.read_text() == str(note["pid"]) else None


def _web(settings: Settings) -> ProcessPart:
    def arguments() -> list[str]:
        choose_place(settings)  # a configured port that is taken is said here, where its user reads it
        withdraw_place(settings)
        return []

    def where() -> str:
        place = noted_place(settings)
        return place.local_url if place is not None else ""

    def healthy() -> bool:
        from ui.health import http_ok

        return bool(where()) and http_ok(where() + "/health/live")

    return ProcessPart(
        "web",
        "ui.web",
        settings.home,
        arguments=arguments,
        healthy=healthy,
        where=where,
        environment=child_environment(settings),
    )


def child_environment(settings: Settings) -> dict[str, str]:
    """Our environment with this home, the repository first on the path and no stranger's modules before it."""
    return {**os.environ, "QUARTZ_HOME": str(settings.home), "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}


def _noted_port(settings: Settings) -> int:
    return int((read_json(settings.home / "exchange.json") or {}).get("port", 0))


def _choose_port(settings: Settings) -> int:
    """The configured port, or the one kept from last time, or a free one. Raises ServiceError naming the holder."""
    port = settings.exchange_port
    if port and not can_bind(port):
        raise ServiceError(f"expected QUARTZ_EXCHANGE_PORT={port} to be free, was taken by {holder(port)}")
    port = port or _noted_port(settings)
    if not port or not can_bind(port):
        port = free_port()
    write_json(settings.home / "exchange.json", {"port": port})
    return port
