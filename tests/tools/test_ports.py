"""Ports of embedded servers: free, and nobody else's by chance."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tools.embedded.ports import LOOPBACK, can_bind, free_port

GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_a_free_port_can_be_bound_and_two_askers_are_told_different_ones() -> None:
    ports = [free_port() for _ in range(20)]
    assert all(can_bind(port) for port in ports)
    assert len(set(ports)) > 15


def test_a_taken_port_is_no_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        taken = int(server.getsockname()[1])
        monkeypatch.setattr("tools.embedded.ports._RANGE", range(taken, taken + 1))
        with pytest.raises(OSError, match=f"expected a free port of {taken} to {taken}"):
            free_port()


@pytest.mark.skipif(not GIVEN_OUT.exists(), reason="only Linux tells which ports it gives to outgoing connections")
def test_a_server_that_is_down_for_a_second_does_not_lose_its_port_to_an_outgoing_connection() -> None:
    lowest = int(GIVEN_OUT.read_text().split()[0])
    assert max(free_port() for _ in range(50)) < lowest
