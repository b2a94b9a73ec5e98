"""The one place that everything said to a client passes: answers to requests, and texts of a WebSocket session.

Contract: `answer` is given a request's facts and a function that decides and makes its answer durable when called; what
it returns is sent. `told` is given each outgoing text and a function that queues it; `worded` a notice before it is
sealed; `enters` says whether a session may begin, `registers` whether a registration fails; `own` serves questions
under `/quartz/` that the application does not know. `Straight` changes nothing; whoever disturbs the wire on purpose
does it by another passage and nowhere else.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from simulation.exchange.envelope import Reply
from simulation.exchange.journal import Record

if TYPE_CHECKING:
    from simulation.exchange.exchange import Exchange
    from simulation.exchange.ws import Hub


class Kind(StrEnum):
    """What a text of a session is."""

    CONTROL = "control"
    PING = "ping"
    FRAME = "frame"
    NOTICE = "notice"


@dataclass(frozen=True)
class Asked:
    """A request as a passage may know it. Its repr shows nothing of keys, accounts or amounts."""

    method: str
    path: str
    tr_id: str
    request: web.Request | None = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)

    @cached_property
    def fields(self) -> dict[str, str]:
        """Body or query with upper-case names; empty when it cannot be read."""
        try:
            raw: Any = json.loads(self.body) if self.body else dict(self.query)
        except ValueError:
            return {}
        return {name.upper(): str(value) for name, value in raw.items()} if isinstance(raw, dict) else {}

    @property
    def account(self) -> str:
        """CANO and ACNT_PRDT_CD in one, or ''."""
        return self.fields.get("CANO", "") + self.fields.get("ACNT_PRDT_CD", "")

    def header(self, name: str) -> str:
        return self.request.headers.get(name, "") if self.request is not None else ""

    @property
    def transport(self) -> asyncio.Transport | None:
        """The connection it came on; None once that is gone."""
        return self.request.transport if self.request is not None else None


Make = Callable[[], Reply]
Push = Callable[[str], None]


class Passage(Protocol):
    """Contract: see the module."""

    def attach(self, exchange: Exchange, hub: Hub) -> None:
        """Called once, before anything is served."""
        ...

    async def answer(self, asked: Asked, make: Make) -> Reply: ...

    def enters(self) -> Reply | None:
        """None, or why no session may begin now."""
        ...

    def registers(self, tr_id: str, tr_key: str) -> str:
        """'', or the code of the error that a registration is answered with."""
        ...

    def told(self, kind: Kind, text: str, push: Push, about: Record | None = None) -> None:
        """`about` is the journal record that a notice tells of."""
        ...

    def worded(self, about: Record, plain: str) -> str:
        """The tokens of a notice as they will be sealed."""
        ...

    async def own(self, request: web.Request, path: str) -> web.Response | None:
        """The answer to a question of ours, or None when there is no such question."""
        ...


class Straight:
    """Everything as it is, at once."""

    def attach(self, exchange: Exchange, hub: Hub) -> None:
        del exchange, hub

    async def answer(self, asked: Asked, make: Make) -> Reply:
        del asked
        return make()

    def enters(self) -> Reply | None:
        return None

    def registers(self, tr_id: str, tr_key: str) -> str:
        del tr_id, tr_key
        return ""

    def told(self, kind: Kind, text: str, push: Push, about: Record | None = None) -> None:
        del kind, about
        push(text)

    def worded(self, about: Record, plain: str) -> str:
        del about
        return plain

    async def own(self, request: web.Request, path: str) -> web.Response | None:
        del request, path
        return None
