"""Where the web listens and what people type to get there; noted in run/web.json (0600).

Contract: the configured port or an error that names who has it; without one 8420, else the port of last time, else a
free one. What outsiders see is QUARTZ_WEB_URL when it is set.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.embedded.errors import ServiceError
from tools.embedded.files import read_json, write_json
from tools.embedded.ports import LOOPBACK, can_bind, free_port, holder
from tools.settings import Settings

USUAL_PORT = 8420
_LOOPBACK_HOSTS = ("0.0.0.0", "::", "localhost")  # noqa: S104  (listening there is reached from here over loopback)


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    port: int
    public_url: str

    @property
    def local_url(self) -> str:
        """As this machine reaches it."""
        return f"http://{LOOPBACK if self.host in _LOOPBACK_HOSTS else self.host}:{self.port}"


def choose_place(settings: Settings) -> Place:
    """Where a web process of this home is to listen now. Raises ServiceError naming the holder."""
    port = settings.web_port
    if port and not can_bind(port):
        raise ServiceError(f"expected QUARTZ_WEB_PORT={port} to be free, was taken by {holder(port)}")
    former = _noted(settings).get("port")
    wanted = [port] if port else [*([former] if isinstance(former, int) else []), USUAL_PORT]
    return _place(settings, next((each for each in wanted if can_bind(each)), None) or free_port())


def note_place(settings: Settings, place: Place) -> None:
    write_json(_file(settings), {"host": place.host, "port": place.port, "url": place.public_url})


def withdraw_place(settings: Settings) -> None:
    """Before a start: the former port stays wanted, but nobody is sent there until the web listens again. By then it
    may be somebody else's, who would answer as well."""
    port = _noted(settings).get("port")
    if isinstance(port, int):
        write_json(_file(settings), {"port": port})


def noted_place(settings: Settings) -> Place | None:
    """Where the web of this home listens, or did last; None when it never ran or is being started."""
    noted = _noted(settings)
    port = noted.get("port")
    return _place(settings, port) if isinstance(port, int) and "url" in noted else None


def _place(settings: Settings, port: int) -> Place:
    shown = LOOPBACK if settings.web_host in _LOOPBACK_HOSTS else settings.web_host
    return Place(settings.web_host, port, (settings.web_url or f"http://{shown}:{port}").rstrip("/"))


def _noted(settings: Settings) -> dict[str, Any]:
    return read_json(_file(settings)) or {}


def _file(settings: Settings) -> Path:
    return settings.run_dir / "web.json"
