"""The open pages of this process: who looks at which conversation, and how something is put on their screens.

Contract: a page counts from the moment it says that it is ready until its connection ends. Putting something on a page
that just went away is nothing. Knows no texts and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from chainlit.session import WebsocketSession

from ui.talk.history_rows import uuid_of


class Screens:
    """Pages by the person who is signed in on them."""

    def __init__(self) -> None:
        self._open: dict[UUID, dict[str, WebsocketSession]] = {}

    def add(self, session: WebsocketSession) -> UUID | None:
        """The person whose page it is."""
        user = owner_of(session)
        if user is not None:
            self._open.setdefault(user, {})[session.id] = session
        return user

    def remove(self, session: WebsocketSession) -> UUID | None:
        """The person, when this was the last page."""
        user = owner_of(session)
        if user is None or user not in self._open:
            return None
        self._open[user].pop(session.id, None)
        if self._open[user]:
            return None
        del self._open[user]
        return user

    def of(self, user_id: UUID, thread_id: str | None = None) -> list[WebsocketSession]:
        """A person's pages, or those of one conversation."""
        pages = list(self._open.get(user_id, {}).values())
        return [page for page in pages if thread_id is None or page.thread_id == thread_id]

    def threads(self, user_id: UUID) -> list[str]:
        """The conversations that a person looks at, once each."""
        return list(dict.fromkeys(page.thread_id for page in self.of(user_id)))

    async def emit(self, user_id: UUID, thread_id: str, event: str, data: Any, *, but: str = "") -> None:
        """To every page of the conversation except the session `but`."""
        for page in self.of(user_id, thread_id):
            if page.id != but:
                await emit(page, event, data)

    async def show(
        self, user_id: UUID, thread_id: str, step: Mapping[str, Any], elements: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """A message with its cards."""
        await self.emit(user_id, thread_id, "new_message", dict(step))
        for element in elements:
            await self.emit(user_id, thread_id, "element", dict(element))


async def emit(page: WebsocketSession, event: str, data: Any) -> None:
    """One event to one page. Chainlit declares the function that it hands a session as one that returns nothing."""
    await cast(Callable[[str, Any], Awaitable[None]], page.emit)(event, data)


def owner_of(session: WebsocketSession) -> UUID | None:
    """The signed-in person of a page."""
    return uuid_of(session.user.identifier) if session.user is not None else None
