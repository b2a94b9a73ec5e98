"""Where a thread that sends notices may connect to: public addresses alone, whatever a name resolves to.

Contract: inside `only_public()` every connection of this thread to a private, loopback, link-local or otherwise not
public address fails before a byte leaves, also after a redirect, by mail, or when a name answers differently the second
time. The interpreter's audit hook is asked at each connection with the address itself, so there is no gap between look
and use. Other threads are not concerned.
"""

from __future__ import annotations

import ipaddress
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotPublic(ConnectionError):
    """A connection that was refused here. Names no address: it may be a secret."""


@dataclass
class Watch:
    """What happened in a guarded stretch."""

    refused: bool = False


_guarded = threading.local()
_installed = threading.Lock()
_hooked = False


def is_public(address: str) -> bool:
    """Whether an address (text) belongs to the internet at large."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


@contextmanager
def only_public() -> Iterator[Watch]:
    """Guards this thread."""
    _install()
    watch = Watch()
    _guarded.watch = watch
    try:
        yield watch
    finally:
        _guarded.watch = None


def _install() -> None:
    global _hooked
    with _installed:
        if not _hooked:
            sys.addaudithook(_asked)
            _hooked = True


def _asked(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    watch: Watch | None = getattr(_guarded, "watch", None)
    if watch is None:
        return
    address = arguments[1]
    host = address[0] if isinstance(address, tuple) and address else ""
    if not isinstance(host, str) or not is_public(host):
        watch.refused = True
        raise NotPublic("expected a public address for a notice, was another one")
