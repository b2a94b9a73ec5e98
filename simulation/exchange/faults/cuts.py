"""Answers that break off: the bytes of an answer, where they may be cut, and the cutting.

Contract: `cut_at` gives the number of bytes that still leave, inside the region the kind names; a drawn place comes
from the given generator. `reset` ends a connection so that the other side sees a reset where there is a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from simulation.exchange.envelope import Reply, to_response
from simulation.exchange.faults.fault import Fault
from simulation.exchange.faults.kinds import FaultKind

_NO_LINGER = struct.pack("ii", 1, 0)
_BARE = b"<html>\r\n<head><title>%s</title></head>\r\n<body><center><h1>%s</h1></center></body>\r\n</html>\r\n"


def answer_bytes(reply: Reply, tr_id: str, uid: str, at: datetime) -> bytes:
    """The whole answer as it goes over the wire."""
    response = to_response(reply, tr_id, uid)
    body = response.body if isinstance(response.body, bytes) else b""
    headers = {**response.headers, "Content-Length": str(len(body)), "Date": _http_date(at), "Server": "nginx"}
    return _head(response.status, headers) + body


def bare_error(status: int, at: datetime) -> bytes:
    """A proxy's own error page: no KIS envelope, no JSON."""
    title = f"{status} {HTTPStatus(status).phrase}".encode()
    body = _BARE % (title, title)
    headers = {
        "Server": "nginx",
        "Date": _http_date(at),
        "Content-Type": "text/html",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    return _head(status, headers) + body


def _http_date(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)


def _head(status: int, headers: dict[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def cut_at(fault: Fault, raw: bytes, rng: random.Random) -> int:
    """How many bytes of `raw` leave. A place that the fault names counts from the start of its region."""
    status_end = raw.index(b"\r\n") + 2
    head_end = raw.index(b"\r\n\r\n") + 4
    low, high = {
        FaultKind.RESET_BEFORE_REPLY: (0, 0),
        FaultKind.RESET_IN_STATUS_LINE: (1, status_end - 1),
        FaultKind.RESET_IN_HEADERS: (status_end, head_end - 1),
        FaultKind.RESET_AFTER_HEADERS: (head_end, head_end),
        FaultKind.RESET_IN_BODY: (head_end + 1, len(raw) - 1),
        FaultKind.RESET_AFTER_REPLY: (len(raw), len(raw)),
    }[fault.kind]
    if fault.at_byte is not None:
        return min(low + fault.at_byte, high)
    return low if low == high else rng.randint(low, high)


async def send_and_reset(transport: asyncio.Transport | None, data: bytes) -> None:
    """The bytes, then the end of the connection."""
    if transport is None or transport.is_closing():
        return
    if data:
        transport.write(data)
        await asyncio.sleep(0)
    reset(transport)


async def send_and_close(transport: asyncio.Transport | None, data: bytes) -> None:
    """The bytes, then an orderly end."""
    if transport is None or transport.is_closing():
        return
    transport.write(data)
    transport.close()


def reset(transport: asyncio.BaseTransport | None) -> None:
    """End a connection at once: a TCP reset where there is a socket underneath."""
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError, AttributeError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    if isinstance(transport, asyncio.WriteTransport):
        transport.abort()
    else:
        transport.close()
