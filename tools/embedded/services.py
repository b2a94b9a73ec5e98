"""The services of one home behind one door: what is configured is used, what is not is started here.

`ensure_services(settings)` starts (or adopts) PostgreSQL and Valkey and writes $QUARTZ_HOME/run/services.json (0600);
`running_services(settings)` only looks. `up` adds where the exchange and the OMS listen. A process that wants to talk
to the others calls `endpoints(settings)`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from tools.embedded.errors import ServiceError, ServicesDown
from tools.embedded.files import private_dir, read_json, write_json
from tools.embedded.postgres import Postgres
from tools.embedded.valkey import Valkey
from tools.settings import Settings

_SOCKET_BYTES = 100  # macOS allows 104 in a socket's path, Linux 108


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where everything listens. URLs hold passwords: kept out of repr."""

    postgres_admin_url: str = field(repr=False)  # "" when only role URLs are configured
    redis_url: str = field(repr=False)
    oms_address: str  # gRPC target
    exchange_url: str = ""  # http://127.0.0.1:P of the paper exchange, "" when the broker is KIS


@dataclass(frozen=True, slots=True)
class Services:
    """What `ensure_services` brought up; `stop` takes down what was embedded, in reverse order."""

    endpoints: Endpoints
    postgres: Postgres | None
    valkey: Valkey | None

    def stop(self) -> None:
        if self.valkey is not None:
            self.valkey.stop()
        if self.postgres is not None:
            self.postgres.stop()


def ensure_services(settings: Settings) -> Endpoints:
    """Start what is not configured externally; returns where it listens. Raises ServiceError."""
    return start_services(settings).endpoints


def start_services(settings: Settings) -> Services:
    """As `ensure_services`, with the handles to watch and stop."""
    private_dir(settings.home, 0o711 if os.geteuid() == 0 else 0o700)
    postgres = None if settings.has_own_postgres else Postgres(settings.home)
    valkey = None if settings.redis_url else Valkey(settings.home)
    if postgres is not None:
        postgres.start()
    if valkey is not None:
        valkey.start()
    found = _assembled(settings, postgres, valkey, settings.exchange_url or "")
    write_endpoints(settings, found)
    return Services(found, postgres, valkey)


def running_services(settings: Settings) -> Endpoints | None:
    """Where services run that are configured or were started in this home; None when an embedded one is down."""
    postgres = None if settings.has_own_postgres else Postgres(settings.home)
    valkey = None if settings.redis_url else Valkey(settings.home)
    if (postgres is not None and not postgres.alive()) or (valkey is not None and not valkey.alive()):
        return None
    noted = read_json(services_file(settings)) or {}
    return _assembled(settings, postgres, valkey, settings.exchange_url or str(noted.get("exchange_url", "")))


def endpoints(settings: Settings) -> Endpoints:
    """As `running_services`, but raises ServicesDown."""
    found = running_services(settings)
    if found is None:
        raise ServicesDown(f"expected running services in {settings.home}, was none: start them with ./quartz up")
    return found


def write_endpoints(settings: Settings, found: Endpoints) -> None:
    """Note for other processes of this home; 0600, because the URLs hold passwords."""
    write_json(services_file(settings), asdict(found))


def with_exchange(found: Endpoints, url: str) -> Endpoints:
    return replace(found, exchange_url=url)


def services_file(settings: Settings) -> Path:
    return settings.run_dir / "services.json"


def oms_socket(settings: Settings) -> Path:
    """The OMS's unix socket: $QUARTZ_HOME/run/oms.sock, or a private short folder when that path is too long."""
    path = settings.run_dir / "oms.sock"
    if len(os.fsencode(path)) < _SOCKET_BYTES:
        return path
    digest = hashlib.sha256(os.fsencode(settings.home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"quartz-{os.geteuid()}-{digest}" / "oms.sock"


def make_socket_dir(settings: Settings) -> Path:
    """The folder of `oms_socket`, ours alone. Raises ServiceError when a stranger made it first."""
    folder = private_dir(oms_socket(settings).parent)
    info = folder.stat()
    if info.st_uid != os.geteuid() or (folder != settings.run_dir and info.st_mode & 0o077):
        raise ServiceError(f"expected {folder} to be this user's alone, was owned by or open to others")
    return folder


def _assembled(settings: Settings, postgres: Postgres | None, valkey: Valkey | None, exchange_url: str) -> Endpoints:
    postgres_url = settings.postgres_url.get_secret_value() if settings.postgres_url else ""
    redis_url = settings.redis_url.get_secret_value() if settings.redis_url else ""
    return Endpoints(
        postgres_admin_url=postgres.url() if postgres is not None else postgres_url,
        redis_url=valkey.url() if valkey is not None else redis_url,
        oms_address=settings.oms_address or f"unix:{oms_socket(settings)}",
        exchange_url=exchange_url,
    )
