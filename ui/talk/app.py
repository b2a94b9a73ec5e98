"""Chainlit's callbacks: the module that the web process has Chainlit load. It only hands over.

Contract: importing registers everything. No callback raises: what fails inside is told in Korean and logged there.
"""

from __future__ import annotations

import traceback
from collections.abc import Awaitable

import chainlit as cl
import structlog
from chainlit.data.base import BaseDataLayer
from chainlit.session import WebsocketSession
from chainlit.types import ThreadDict

from ui.talk import turns, wire
from ui.talk.history import History
from ui.talk.hub import Hub
from ui.web.context import web_parts

log = structlog.get_logger(__name__)


def _hub() -> Hub:
    return web_parts().hub


def _session() -> WebsocketSession:
    session = cl.context.session
    if not isinstance(session, WebsocketSession):
        raise RuntimeError("expected a page, was another client")
    return session


async def _safely(work: Awaitable[None]) -> None:
    """A callback of Chainlit's may not raise: it would show the error's own text to the person. Logged instead."""
    try:
        await work
    except Exception:
        log.error("talk.failed", trace=traceback.format_exc())  # as text: a rendered traceback shows locals


@cl.data_layer
def history() -> BaseDataLayer:
    return History(lambda: web_parts().assembled.people, web_parts().assembled.clock)


@cl.on_chat_start
async def on_chat_start() -> None:
    await _safely(turns.greet(_hub(), _session()))


@cl.on_message
async def on_message(message: cl.Message) -> None:
    run = cl.context.current_step
    await turns.answer(_hub(), _session(), message.id, message.content, run.id if run is not None else None)


@cl.on_chat_resume
async def on_chat_resume(thread: ThreadDict) -> None:
    session = _session()
    await _safely(turns.come_back(_hub(), session, thread))
    left = turns.unanswered(thread)
    if left is not None:
        _hub().unanswered[session.id] = left


wire.install(_hub)
