"""A tap on the OMS's side of the wires: when the first byte of an order left, and what the request said.

Contract: it sees what a process hands to its kernel, before any fault; it changes nothing. Requests that are no orders
are not looked at further than their first bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from proving.ends import End
from proving.oracle.judge import Post

_TOKEN = b"POST /oauth2/tokenP"
_PATH = b"POST /uapi/domestic-stock/v1/trading/order-cash"
_SALES = frozenset({"TTTC0011U", "VTTC0011U", "TTTC0801U", "VTTC0801U"})
Told = Callable[[Post, Mapping[str, Any], str], None]


class _Request:
    def __init__(self, post: Post, begun: bytes) -> None:
        self.post = post
        self.raw = begun

    def whole(self) -> tuple[Mapping[str, Any], str] | None:
        """(body, side) once all of it is there."""
        head, found, body = self.raw.partition(b"\r\n\r\n")
        if not found:
            return None
        headers = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip().decode("latin-1")
        if len(body) < int(headers.get(b"content-length", "0")):
            return None
        fields: dict[str, Any] = json.loads(body)
        return fields, "sell" if headers.get(b"tr_id") in _SALES else "buy"


class OrderTap:
    """`begins` makes the picture of the moment; `told` is given the whole request with it; `token` hears of tokenP."""

    def __init__(self, begins: Callable[[End], Post], told: Told, token: Callable[[], None]) -> None:
        self._begins = begins
        self._token = token
        self._told = told
        self._open: dict[int, _Request] = {}

    def sees(self, sender: End, data: bytes) -> None:
        request = self._open.get(id(sender))
        if request is not None:
            request.raw += data
        elif data.startswith(_PATH):
            request = self._open[id(sender)] = _Request(self._begins(sender), data)
        else:
            if data.startswith(_TOKEN):
                self._token()
            return
        whole = request.whole()
        if whole is not None:
            del self._open[id(sender)]
            self._told(request.post, *whole)
