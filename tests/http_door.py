"""A program that orders over HTTP: what it would send, and what a forger would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from domain.proto import oms_pb2 as pb
from tools.settings import Settings
from tools.store.secrets import caller_token, instance_secret


@dataclass(frozen=True)
class Answered:
    """Status and body of one answer."""

    status: int
    body: dict[str, Any]

    @property
    def codes(self) -> set[str]:
        """Every code in it: the error, the reply's, the findings'."""
        found = {self.body.get("error", ""), self.body.get("code", "")}
        return {*found, *(each["code"] for each in self.body.get("findings", []))} - {""}


class HttpDoor:
    """One caller; `user` is whom the web principal acts for."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, principal: str, token: str, user: UUID | None = None
    ) -> None:
        self._session = session
        self.url = url
        self.headers = {"X-Quartz-Principal": principal, "Authorization": f"Bearer {token}"}
        if user is not None:
            self.headers["X-Quartz-User"] = str(user)

    async def call(self, method: str, path: str, **options: Any) -> Answered:
        options = {"headers": self.headers, **options}
        async with self._session.request(method, self.url + path, **options) as answer:
            text = await answer.text()
        try:
            return Answered(answer.status, json.loads(text))
        except ValueError:
            return Answered(answer.status, {"text": text})

    async def order(self, request: pb.SubmitRequest | dict[str, Any], **more: Any) -> Answered:
        body = request if isinstance(request, dict) else as_body(request)
        return await self.call("POST", "/api/order", json={**body, **more})

    async def cancel(self, account: str, intent_id: str, request_id: str = "") -> Answered:
        body = {"account_ref": account, "intent_id": intent_id, "request_id": request_id or uuid4().hex}
        return await self.call("POST", "/api/cancel-order", json=body)

    async def cancelable(self, account: str) -> Answered:
        return await self.call("GET", f"/api/cancelable-orders?account_ref={account}")

    @asynccontextmanager
    async def follow(self, account: str, after_seq: int = 0, **options: Any) -> AsyncIterator[Any]:
        path = f"/ws/orders?account_ref={account}&after_seq={after_seq}"
        options = {"headers": self.headers, **options}
        async with self._session.ws_connect(self.url + path, **options) as socket:
            yield socket


def as_body(request: pb.SubmitRequest) -> dict[str, Any]:
    """The JSON of a Submit."""
    return {field.name: value for field, value in request.ListFields()}


def pages_url(settings: Settings) -> str:
    """Where the OMS of this home serves HTTP."""
    return str(json.loads((settings.run_dir / "oms-pages.json").read_text())["url"])


@asynccontextmanager
async def http_door(
    settings: Settings, principal: str, user: UUID | None = None, token: str | None = None
) -> AsyncIterator[HttpDoor]:
    """A caller with the token that its principal has on this installation, or another."""
    shown = caller_token(instance_secret(settings), principal) if token is None else token
    async with aiohttp.ClientSession() as session:
        yield HttpDoor(session, pages_url(settings), principal, shown, user)
