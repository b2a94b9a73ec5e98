"""Chainlit's data layer on our tables: conversations as their readers saw them.

Contract: rows belong to a person, and every write names its owner: in a browser's session the signed-in user, else the
caller. Somebody else's conversation is as good as none, and an id that is no id is nobody's. Users exist before they
come here and none is made. A database that does not answer raises psycopg's error: Chainlit logs it, the talk goes on.

It decides nothing: decisions and orders live in `desk` and `ledger`. Feedback, files and favourites are off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

from chainlit.context import context
from chainlit.data.base import BaseDataLayer
from chainlit.data.utils import queue_until_user_message
from chainlit.element import Element, ElementDict
from chainlit.step import StepDict
from chainlit.types import Feedback, PageInfo, PaginatedResponse, Pagination, ThreadDict, ThreadFilter
from chainlit.user import PersistedUser, User
from psycopg import AsyncConnection
from psycopg.rows import TupleRow, dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from domain.clock import Clock
from ui.talk import history_sql as sql
from ui.talk.history_rows import element_body, like, name_of, said_at, step_body, uuid_of
from ui.talk.message import stamp

PAGE = 50  # conversations in a page of the list, at most
STEPS = 400  # of a long conversation the newest so many are shown again

People = AsyncConnectionPool[AsyncConnection[TupleRow]]

_Method = TypeVar("_Method", bound=Callable[..., Any])
# Until somebody has said something there is no conversation to write into; Chainlit hands these in when there is.
_queued = cast(Callable[[], Callable[[_Method], _Method]], queue_until_user_message)()


class History(BaseDataLayer):
    """`pool` logs in as quartz_ui; it is asked for at each use, since Chainlit keeps one layer for a whole process."""

    def __init__(self, pool: Callable[[], People], clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    # Users ------------------------------------------------------------------------------------------------------
    async def get_user(self, identifier: str) -> PersistedUser | None:
        rows = await self._all(
            "SELECT user_id, name, created_at FROM chat.users WHERE user_id = %(user)s", {"user": uuid_of(identifier)}
        )
        if not rows:
            return None
        user = str(rows[0]["user_id"])
        return PersistedUser(
            id=user, identifier=user, display_name=rows[0]["name"], createdAt=stamp(rows[0]["created_at"])
        )

    async def create_user(self, user: User) -> PersistedUser | None:
        return await self.get_user(user.identifier)

    # Conversations ----------------------------------------------------------------------------------------------
    async def get_thread_author(self, thread_id: str) -> str:
        rows = await self._all("SELECT user_id FROM chat.threads WHERE thread_id = %(id)s", {"id": uuid_of(thread_id)})
        return str(rows[0]["user_id"]) if rows else ""

    async def update_thread(
        self,
        thread_id: str,
        name: str | None = None,
        user_id: str | None = None,
        metadata: dict[str, Any] | None = None,
        tags: list[str] | None = None,
    ) -> None:
        """With `user_id` the first message, which names the conversation; without it somebody renames it.

        What a session remembers (`metadata`) is not kept: a conversation that comes back asks the tables.
        """
        if name is None:
            return
        if user_id is not None:
            await self.begin(uuid_of(user_id), thread_id, name_of(name))
        else:
            await self._all(
                "UPDATE chat.threads SET name = %(name)s WHERE thread_id = %(id)s RETURNING 1",
                {"name": name_of(name), "id": uuid_of(thread_id)},
            )

    async def delete_thread(self, thread_id: str) -> None:
        await self._all("DELETE FROM chat.threads WHERE thread_id = %(id)s RETURNING 1", {"id": uuid_of(thread_id)})

    async def list_threads(self, pagination: Pagination, filters: ThreadFilter) -> PaginatedResponse[ThreadDict]:
        first = max(1, min(pagination.first, PAGE))
        rows = await self._all(
            sql.LIST,
            {
                "user": uuid_of(filters.userId),
                "cursor": uuid_of(pagination.cursor),
                "search": like(filters.search) if filters.search else None,
                "limit": first + 1,
            },
        )
        shown = rows[:first]
        ends = (str(shown[0]["thread_id"]), str(shown[-1]["thread_id"])) if shown else (None, None)
        return PaginatedResponse(
            pageInfo=PageInfo(hasNextPage=len(rows) > first, startCursor=ends[0], endCursor=ends[1]),
            data=[_thread(row, [], []) for row in shown],
        )

    async def get_thread(self, thread_id: str) -> ThreadDict | None:
        wanted = {"id": uuid_of(thread_id), "limit": STEPS}
        found = await self._all(
            "SELECT thread_id, user_id, name, created_at FROM chat.threads WHERE thread_id = %(id)s", wanted
        )
        if not found:
            return None
        steps = await self._all(sql.STEPS, wanted)
        elements = await self._all(
            "SELECT element_id, thread_id, step_id, body FROM chat.elements WHERE thread_id = %(id)s", wanted
        )
        return _thread(found[0], [_step(row) for row in steps], [_element(row) for row in elements])

    # What was said ----------------------------------------------------------------------------------------------
    @_queued
    async def create_step(self, step_dict: StepDict) -> None:
        owner, thread = _session_user(), str(step_dict.get("threadId"))
        words = str(step_dict.get("output") or "") if step_dict.get("type") == "user_message" else None
        await self.begin(owner, thread, None if words is None else name_of(words))
        await self.keep(owner, [step_dict])

    @_queued
    async def update_step(self, step_dict: StepDict) -> None:
        await self.keep(_session_user(), [step_dict])

    @_queued
    async def delete_step(self, step_id: str) -> None:
        await self._all(sql.DELETE_STEP, {"id": uuid_of(step_id), "user": _session_user()})

    @_queued
    async def create_element(self, element: Element) -> None:
        await self.keep(_session_user(), (), [element.to_dict()])

    @_queued
    async def create_message(self, step: Mapping[str, Any], elements: Sequence[Mapping[str, Any]]) -> None:
        """A message of ours with its cards, in one go."""
        owner = _session_user()
        await self.begin(owner, str(step.get("threadId")), None)
        await self.keep(owner, [step], elements)

    async def get_element(self, thread_id: str, element_id: str) -> ElementDict | None:
        rows = await self._all(
            "SELECT element_id, thread_id, step_id, body FROM chat.elements"
            " WHERE thread_id = %(thread)s AND element_id = %(id)s",
            {"thread": uuid_of(thread_id), "id": uuid_of(element_id)},
        )
        return _element(rows[0]) if rows else None

    @_queued
    async def delete_element(self, element_id: str, thread_id: str | None = None) -> None:
        await self._all(sql.DELETE_ELEMENT, {"id": uuid_of(element_id), "user": _session_user()})

    async def keep(
        self,
        owner: UUID | None,
        steps: Sequence[Mapping[str, Any]],
        elements: Sequence[Mapping[str, Any]] = (),
    ) -> bool:
        """Writes into a conversation of `owner`; the same id again is the newer text. False when it is not theirs."""
        kept = True
        async with self._pool().connection() as connection, connection.transaction():
            for step in steps:
                at = said_at(step, self._clock.now())
                values = {
                    "id": uuid_of(step.get("id")),
                    "thread": uuid_of(step.get("threadId")),
                    "parent": uuid_of(step.get("parentId")),
                    "owner": owner,
                    "body": Jsonb(step_body(step)),
                    "at": at,
                }
                cursor = await connection.execute(sql.KEEP_STEP, values)
                kept = kept and cursor.rowcount > 0
                await connection.execute(sql.TOUCH, {**values, "now": self._clock.now()})
            for element in elements:
                body = element_body(element)
                if body is None:
                    continue
                cursor = await connection.execute(
                    sql.KEEP_ELEMENT,
                    {
                        "id": uuid_of(element.get("id")),
                        "thread": uuid_of(element.get("threadId")),
                        "step": uuid_of(element.get("forId")),
                        "owner": owner,
                        "body": Jsonb(body),
                    },
                )
                kept = kept and cursor.rowcount > 0
        return kept

    async def begin(self, owner: UUID | None, thread_id: str, name: str | None) -> None:
        """The conversation exists and is the owner's, or stays somebody else's; its first name stays."""
        thread = uuid_of(thread_id)
        if thread is not None and owner is not None:
            await self._all(sql.BEGIN, {"id": thread, "user": owner, "name": name, "now": self._clock.now()})

    async def _all(self, query: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        async with self._pool().connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query, values)
            return await cursor.fetchall() if cursor.description is not None else []

    # Off --------------------------------------------------------------------------------------------------------
    async def upsert_feedback(self, feedback: Feedback) -> str:
        return ""

    async def delete_feedback(self, feedback_id: str) -> bool:
        return False

    async def get_favorite_steps(self, user_id: str) -> list[StepDict]:
        return []

    async def build_debug_url(self) -> str:
        return ""

    async def close(self) -> None:
        """The pool belongs to whoever opened it."""


def _session_user() -> UUID | None:
    """The signed-in person of the session that writes."""
    user = context.session.user
    return uuid_of(user.identifier) if user is not None else None


def _thread(row: Mapping[str, Any], steps: list[StepDict], elements: list[ElementDict]) -> ThreadDict:
    return ThreadDict(
        id=str(row["thread_id"]),
        createdAt=stamp(row["created_at"]),
        name=row["name"],
        userId=str(row["user_id"]),
        userIdentifier=str(row["user_id"]),
        tags=[],
        metadata={},
        steps=steps,
        elements=elements,
    )


def _step(row: Mapping[str, Any]) -> StepDict:
    parent = row["parent_id"]
    ids = {"id": str(row["step_id"]), "threadId": str(row["thread_id"])}
    return cast(StepDict, {**row["body"], **ids, "parentId": None if parent is None else str(parent)})


def _element(row: Mapping[str, Any]) -> ElementDict:
    ids = {"id": str(row["element_id"]), "threadId": str(row["thread_id"]), "forId": str(row["step_id"])}
    return cast(ElementDict, {**row["body"], **ids})
