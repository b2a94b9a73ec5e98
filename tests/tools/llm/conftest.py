"""Nothing here may reach beyond loopback, whatever a client library tries."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Refuses other addresses and names, and fails the test afterwards even if the refusal was swallowed."""
    tried: list[str] = []

    def allowed(host: object) -> bool:
        name = host.decode() if isinstance(host, bytes) else str(host)
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name in ("localhost", "None")

    def guarded(original: Any) -> Any:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not allowed(address[0]):
                tried.append(str(address))
                raise OSError(f"expected loopback only, was {address}")
            return original(self, address)

        return connect

    real = socket.getaddrinfo

    def lookup(host: Any, *given: Any, **named: Any) -> Any:
        if not allowed(host):
            tried.append(host.decode() if isinstance(host, bytes) else str(host))
            raise socket.gaierror(f"expected loopback only, was {host}")
        return real(host, *given, **named)

    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return tried


@pytest.fixture(autouse=True)
def _nobody_left_the_machine(only_loopback: list[str]) -> Any:
    yield
    assert only_loopback == []
