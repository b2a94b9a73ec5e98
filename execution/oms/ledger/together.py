"""Statements that need nothing of each other, asked together: a storage that can sends them in one round trip.

Contract: `ask` takes a call of a repository and gives an `Answer`, whose `value` is there once the block of
`Tx.together` has been left. They run in the order of asking. The first that fails ends the block with its error; the
transaction has failed then, as after any error of the ledger. No call may wait for another one's answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, Generic, Protocol, TypeVar

T = TypeVar("T")
_NOTHING: Any = object()
_WORTH = 4  # a pipeline of psycopg costs about as much as three round trips on one machine


class Answer(Generic[T]):
    """What one call said."""

    def __init__(self) -> None:
        self._value: T = _NOTHING

    @property
    def value(self) -> T:
        if self._value is _NOTHING:
            raise RuntimeError("expected the block of questions to be left before an answer is read, was inside it")
        return self._value

    def take(self, value: T) -> None:
        self._value = value


class Ask(Protocol):
    """What the block is given."""

    def __call__(self, call: Coroutine[Any, Any, T]) -> Answer[T]: ...


class Questions:
    """The calls of one block, for the adapters."""

    def __init__(self) -> None:
        self._asked: list[tuple[Coroutine[Any, Any, Any], Answer[Any]]] = []

    def __call__(self, call: Coroutine[Any, Any, T]) -> Answer[T]:
        answer: Answer[T] = Answer()
        self._asked.append((call, answer))
        return answer

    async def one_by_one(self) -> None:
        try:
            while self._asked:
                call, answer = self._asked.pop(0)
                answer.take(await call)
        finally:
            self.drop()

    async def within(self, pipeline: Callable[[], AbstractAsyncContextManager[None]]) -> None:
        """At once, inside what lets them travel together; a few are answered sooner one after another."""
        if len(self._asked) < _WORTH:
            await self.one_by_one()
            return
        async with pipeline():
            await self.at_once()

    async def at_once(self) -> None:
        asked, self._asked = self._asked, []
        found = await asyncio.gather(*(call for call, _ in asked), return_exceptions=True)
        for (_, answer), value in zip(asked, found, strict=True):
            if isinstance(value, BaseException):  # those behind it failed because it did
                raise value
            answer.take(value)

    def drop(self) -> None:
        """Forgets what has not been asked yet."""
        for call, _ in self._asked:
            call.close()
        self._asked.clear()
