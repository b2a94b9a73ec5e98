"""A turn on the page while it runs: rooms as steps, words as they are written.

Contract: the runner calls `take` in the middle of its stream, so `take` only queues; one task draws in order. What is
drawn here is for the eye: the messages that stay are drawn from the turn's result when it is there. Leaving closes
every step that is still open and takes the half-written words away.
"""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import structlog

from graph.events import RoomClosed, RoomOpened, RoomProgress, TurnEvent, Words
from ui.talk.hub import Hub
from ui.talk.message import Shown, plain, reply_id, step_row
from ui.talk.steps import Steps

log = structlog.get_logger(__name__)


class Progress:
    """`async with`; hand `take` to the runner."""

    def __init__(self, hub: Hub, user_id: UUID, thread_id: str, message_id: str, parent_id: str | None) -> None:
        self._hub = hub
        self._user_id = user_id
        self._thread_id = thread_id
        self._steps = Steps(message_id, thread_id, parent_id)
        self._draft = step_row(
            Shown(""),
            message_id=reply_id(message_id, "words"),
            thread_id=thread_id,
            at=self._now(),
            parent_id=parent_id,
        )
        self._writing = False
        self._events: asyncio.Queue[TurnEvent | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def take(self, event: TurnEvent) -> None:
        self._events.put_nowait(event)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._draw())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.put_nowait(None)
        if self._task is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _draw(self) -> None:
        while (event := await self._events.get()) is not None:
            await self._tried(self._drawn(event))
        await self._tried(self._close())

    async def _tried(self, drawing: Awaitable[None]) -> None:
        try:
            await drawing
        except Exception:  # a picture that fails must not cost the answer
            log.error("talk.not_drawn", trace=traceback.format_exc())

    async def _drawn(self, event: TurnEvent) -> None:
        match event:
            case RoomOpened(room):
                row = self._steps.opened(room, self._now())
                if row is not None:
                    await self._emit("new_message", row)
            case RoomProgress(room, done, of):
                row = self._steps.progressed(room, done, of)
                if row is not None:
                    await self._emit("update_message", row)
            case RoomClosed(room, reports):
                row = self._steps.closed(room, reports, self._now())
                if row is not None:
                    await self._emit("update_message", row)
                    await self._hub.keep_steps(self._user_id, [row])
            case Words(text, restart):
                await self._write(plain(text), restart)

    async def _write(self, text: str, restart: bool) -> None:
        if not self._writing:
            self._writing = True
            await self._emit("stream_start", {**self._draft, "streaming": True, "output": text})
            return
        token = {"id": self._draft["id"], "token": text, "isSequence": restart, "isInput": False}
        await self._emit("stream_token", token)

    async def _close(self) -> None:
        left = self._steps.stopped(self._now())
        for row in left:
            await self._emit("update_message", row)
        if left:
            await self._hub.keep_steps(self._user_id, left)
        if self._writing:
            await self._emit("delete_message", self._draft)

    async def _emit(self, event: str, data: dict[str, Any]) -> None:
        await self._hub.screens.emit(self._user_id, self._thread_id, event, dict(data))

    def _now(self) -> datetime:
        return self._hub.parts.clock.now()
