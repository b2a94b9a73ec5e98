"""The OMS over HTTP: is it alive, is it ready, how is its token; and the doors of others, where some are given.

Contract: loopback only unless an address is configured. The three pages are GET only and read or change no order, and
none holds a key, a token or an account number. What `doors` adds answers for itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from tools.kis.token import TokenState, TokenStatus

USABLE = frozenset({TokenState.VALID, TokenState.DUE})
LOST = frozenset({TokenState.WAITING, TokenState.UNREACHABLE})  # one that nobody has needed yet is not lost


_LEAVE_S = 2.0  # for answers that are under way when the OMS stops


class Doors(Protocol):
    """More routes on the same port."""

    def add_to(self, app: web.Application) -> None: ...


class Pages:
    """`ready` names each condition and whether it holds; `tokens` gives every key's status."""

    def __init__(
        self,
        ready: Callable[[], Mapping[str, bool]],
        tokens: Callable[[], Sequence[TokenStatus]],
        doors: Doors | None = None,
    ) -> None:
        self._ready = ready
        self._tokens = tokens
        self._doors = doors
        self._runner: web.AppRunner | None = None

    async def open(self, host: str, port: int) -> str:
        """Serves until `close`; returns the URL (port 0: a free one)."""
        app = web.Application()
        app.router.add_get("/health/live", self._live)
        app.router.add_get("/health/ready", self._is_ready)
        app.router.add_get("/result/auth-token/status", self._token_status)
        if self._doors is not None:
            self._doors.add_to(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LEAVE_S)
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        await site.start()
        bound = self._runner.addresses[0]
        return f"http://{bound[0]}:{bound[1]}"

    async def close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _is_ready(self, request: web.Request) -> web.Response:
        conditions = dict(self._ready())
        tokens = [shown(status) for status in self._tokens()]
        ready = all(conditions.values())
        body = {"status": "ok" if ready else "not ready", "conditions": conditions, "tokens": tokens}
        return web.json_response(body, status=200 if ready else 503)

    async def _token_status(self, request: web.Request) -> web.Response:
        return web.json_response({"tokens": [shown(status) for status in self._tokens()]})


def shown(status: TokenStatus) -> dict[str, Any]:
    """Everything that may be known of a token; `key` is a fingerprint of the app key."""
    return {
        "environment": status.environment,
        "key": status.key,
        "state": status.state.value,
        "usable": status.state in USABLE,
        "issued_at": _iso(status.issued_at),
        "expires_at": _iso(status.expires_at),
        "retry_at": _iso(status.retry_at),
        "last_error": status.last_error,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="seconds")
