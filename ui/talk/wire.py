"""Chainlit's socket events as Quartz wants them: what a browser sends is checked, what it may not send does not exist.

Contract: replaces handlers of Chainlit's server, once a process. A session's name must be a UUID, since Chainlit makes
a path of it and removes what lies there; a conversation that is not the person's is a new one, so that nobody learns
which exist; a message is its id and its text, whatever else came along; who sends too many is told to slow down.
No file is ever written for an element. Stopping says so in Korean.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import chainlit.socket as theirs
from chainlit.auth import get_token_from_cookies
from chainlit.auth.jwt import decode_jwt
from chainlit.context import init_ws_context
from chainlit.server import sio
from chainlit.session import BaseSession, WebsocketSession
from starlette.requests import cookie_parser

from ui.talk import turns
from ui.talk.history_rows import MAX_TEXT, uuid_of
from ui.talk.hub import Hub
from ui.talk.message import Shown, reply_id, stamp
from ui.talk.screens import emit, owner_of

REFUSED = "연결할 수 없어요."
TOO_FAST = "말씀이 너무 빨라서 방금 것은 받지 못했어요. 잠시 뒤에 다시 보내 주세요."
_SAME = ("clear_session",)  # Chainlit's own handlers that stay
_repairs: set[asyncio.Task[None]] = set()  # the loop itself holds tasks weakly


def install(hub: Callable[[], Hub]) -> None:
    """`hub` is asked for at each event."""

    async def connect(sid: str, environ: dict[str, Any], auth: object = None) -> bool:
        given = auth if isinstance(auth, Mapping) else {}
        person = _person(environ)
        if uuid_of(given.get("sessionId")) is None or not person or not hub().paces.pages.take(person):
            raise ConnectionRefusedError(REFUSED)
        checked = {
            "sessionId": str(uuid_of(given["sessionId"])),
            "clientType": "webapp",
            "userEnv": None,
            "chatProfile": None,
            "threadId": await _own_thread(hub(), person, given.get("threadId")),
        }
        taken = bool(await theirs.connect(sid, environ, checked))
        _comes_back(WebsocketSession.get(sid), str(checked["threadId"]))
        return taken

    async def connection_successful(sid: str) -> None:
        session = WebsocketSession.get(sid)
        if session is None:
            return
        hub().screens.add(session)
        if session.restored and session.has_first_interaction and session.thread_id_to_resume is None:
            await _drawn_again(hub(), session)
        await theirs.connection_successful(sid)
        await hub().opened(session)
        left = hub().unanswered.pop(session.id, None)
        if left is not None:
            task = asyncio.create_task(_repaired(hub(), session, *left))
            _repairs.add(task)
            task.add_done_callback(_repairs.discard)

    async def disconnect(sid: str, reason: object = None) -> None:
        session = WebsocketSession.get(sid)
        if session is not None:
            await hub().closed(session)
        await theirs.disconnect(sid)

    async def stop(sid: str) -> None:
        session = WebsocketSession.get(sid)
        if session is None:
            return
        if session.current_task:
            session.current_task.cancel()
            await asyncio.gather(session.current_task, return_exceptions=True)
        await turns.stop(hub(), session)

    async def client_message(sid: str, payload: object) -> None:
        session = WebsocketSession.get(sid)
        message = message_in(payload, stamp(hub().parts.clock.now()))
        user = None if session is None else owner_of(session)
        if session is None or user is None or message is None:
            return
        if hub().paces.messages.take(user):
            given: Any = {"message": message, "fileReferences": None}
            session.current_task = asyncio.create_task(theirs.process_message(session, given))
        elif hub().paces.reminders.take(user):
            await hub().say(user, session.thread_id, Shown(TOO_FAST), reply_id(message["id"], "pace"))

    handlers = sio.handlers["/"]
    for event in [event for event in handlers if event not in _SAME]:
        del handlers[event]
    for handler in (connect, connection_successful, disconnect, stop, client_message):
        sio.on(handler.__name__, handler)
    setattr(BaseSession, "persist_file", _no_file)  # noqa: B010  (a method of another's class, replaced on purpose)


def _comes_back(session: WebsocketSession | None, thread_id: str) -> None:
    """A connection that broke before it brought the conversation back: Chainlit takes the next one for one that has
    shown it all, or for a new conversation, and the page would stay empty."""
    if session is None or not session.restored or session.has_first_interaction:
        return
    if thread_id:
        session.thread_id_to_resume = session.thread_id = thread_id
    if session.thread_id_to_resume:
        session.restored = False


def message_in(payload: object, at: str) -> dict[str, Any] | None:
    """What a person said, with nothing else of what was sent; None when that is no message."""
    sent = payload.get("message") if isinstance(payload, Mapping) else None
    if not isinstance(sent, Mapping) or not isinstance(sent.get("output"), str):
        return None
    message_id = uuid_of(sent.get("id"))
    if message_id is None or message_id.version != 4:
        return None
    text = sent["output"].replace("\0", "")[:MAX_TEXT]
    return {"id": str(message_id), "type": "user_message", "name": "나", "output": text, "createdAt": at}


def _person(environ: Mapping[str, Any]) -> str:
    """Whose token the guard put there; nothing for nobody."""
    token = get_token_from_cookies(cookie_parser(environ.get("HTTP_COOKIE") or ""))
    return str(decode_jwt(token).identifier) if token else ""


async def _own_thread(hub: Hub, person: str, wanted: object) -> str:
    """The conversation to come back to, if it is the person's."""
    thread = uuid_of(wanted)
    if thread is None:
        return ""
    author = await hub.history.get_thread_author(str(thread))
    return str(thread) if author and author == person else ""


async def _drawn_again(hub: Hub, session: WebsocketSession) -> None:
    """A phone that was away: what was said meanwhile is in the history and not on the page."""
    thread = await hub.history.get_thread(session.thread_id)
    if thread is not None:
        await turns.come_back(hub, session, thread)
        await emit(session, "resume_thread", thread)


async def _repaired(hub: Hub, session: WebsocketSession, message_id: str, text: str) -> None:
    """Answers what a crash left without an answer."""
    init_ws_context(session)
    await emit(session, "task_start", {})
    try:
        await turns.answer(hub, session, message_id, text)
    finally:
        await emit(session, "task_end", {})


async def _no_file(session: BaseSession, *_: object, **__: object) -> dict[str, str]:
    """Elements have no files; Chainlit wants a name for one."""
    return {"id": str(uuid4())}
