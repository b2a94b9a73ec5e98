"""The one place that everything said to a client passes: answers to requests, and texts of a WebSocket session.

Contract: `answer` is given a request's facts and a function that decides and makes its answer durable when called; what
it returns is sent. `told` is given each outgoing text and returns what to send and after how many seconds. `Straight`
changes nothing; whoever disturbs the wire on purpose does it by another passage and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from simulation.exchange.envelope import Reply


class Kind(StrEnum):
    """What a text of a session is."""

    CONTROL = "control"
    PING = "ping"
    FRAME = "frame"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as far as a passage may know it: nothing of keys, accounts or amounts."""

    method: str
    path: str
    tr_id: str


class Passage(Protocol):
    """Contract: see the module."""

    async def answer(self, asked: Asked, make: Callable[[], Reply]) -> Reply: ...

    def told(self, kind: Kind, text: str) -> Iterable[tuple[float, str]]: ...


class Straight:
    """Everything as it is, at once."""

    async def answer(self, asked: Asked, make: Callable[[], Reply]) -> Reply:
        del asked
        return make()

    def told(self, kind: Kind, text: str) -> Iterable[tuple[float, str]]:
        del kind
        return ((0.0, text),)
