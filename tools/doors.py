"""Where the OMS's door is and how one knocks: a unix socket of this machine, or mutual TLS between machines.

An address is `unix:PATH` (the file system says who may knock: 0600), `mtls:HOST:PORT/FOLDER` (both sides show a
certificate of one authority; FOLDER holds `ca.pem`, `cert.pem` and `key.pem`, a pair for each process), or
`127.0.0.1:PORT` for tools on one machine. Contract: nothing else is opened or dialled, so no token of a caller ever
travels in clear between machines. Raises DoorError that names what was expected, never what a file holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MTLS = "mtls:"
_LOOPBACK = ("127.0.0.1:", "localhost:", "[::1]:")
_FILES = ("ca.pem", "key.pem", "cert.pem")
Options = Sequence[tuple[str, Any]]


class DoorError(ValueError):
    """An address at which nobody may listen or knock."""


@dataclass(frozen=True, slots=True)
class Place:
    """`target` as gRPC writes it; `folder` holds the certificates, None where none are needed."""

    target: str
    folder: Path | None = None

    def files(self) -> tuple[bytes, bytes, bytes]:
        """Authority, own key, own certificate."""
        assert self.folder is not None
        try:
            authority, key, certificate = ((self.folder / name).read_bytes() for name in _FILES)
        except OSError as error:
            raise DoorError(f"expected {', '.join(_FILES)} in {self.folder}, was {type(error).__name__}") from None
        return authority, key, certificate


def place_of(address: str) -> Place:
    """Raises DoorError."""
    if address.startswith("unix:"):
        return Place(address)
    if address.startswith(_LOOPBACK):
        return Place(address)
    if address.startswith(_MTLS):
        target, slash, folder = address.removeprefix(_MTLS).partition("/")
        host, colon, port = target.rpartition(":")
        if slash and host and colon and port.isdigit():
            return Place(target, Path(f"/{folder}"))
    raise DoorError(
        f"expected unix:PATH, mtls:HOST:PORT/FOLDER or 127.0.0.1:PORT as the OMS's address, was {address!r}"
    )


def listen(server: Any, address: str) -> int:
    """Adds the door's port to a gRPC server that is not started yet. Raises DoorError."""
    import grpc

    place = place_of(address)
    if place.folder is None:
        return int(server.add_insecure_port(place.target))
    authority, key, certificate = place.files()
    credentials = grpc.ssl_server_credentials(
        [(key, certificate)], root_certificates=authority, require_client_auth=True
    )
    return int(server.add_secure_port(place.target, credentials))


def dial(address: str, options: Options = ()) -> Any:
    """A channel to the door, for threads."""
    import grpc

    place = place_of(address)
    if place.folder is None:
        return grpc.insecure_channel(place.target, options=options)
    return grpc.secure_channel(place.target, _credentials(place), options=options)


def dial_aio(address: str, options: Options = ()) -> Any:
    """A channel to the door, inside a running event loop."""
    import grpc

    place = place_of(address)
    if place.folder is None:
        return grpc.aio.insecure_channel(place.target, options=options)
    return grpc.aio.secure_channel(place.target, _credentials(place), options=options)


def _credentials(place: Place) -> Any:
    import grpc

    authority, key, certificate = place.files()
    return grpc.ssl_channel_credentials(authority, key, certificate)
