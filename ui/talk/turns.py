"""What happens on a page: it opens, somebody says something, an older conversation comes back, somebody stops.

Contract: a message is answered under its own id, so the same one again is answered once, also after a crash. One turn
at a time in a conversation; a second message meanwhile is told so. Whatever fails is one Korean sentence on the page
and text in the log, without values.
"""

from __future__ import annotations

import traceback
from typing import Any
from uuid import UUID, uuid4, uuid5

import structlog
from chainlit.session import WebsocketSession
from chainlit.types import ThreadDict

from graph.runner import TROUBLE
from nodes.account.talk import STARTERS, greeting
from tools.ports import Identity, PortUnavailable
from ui.chat.commands import CommandError, clean_text
from ui.chat.conversation import Conversation
from ui.talk.cards import approvals_in, greeting_of, waiting_card
from ui.talk.history_rows import name_of, uuid_of
from ui.talk.hub import Hub
from ui.talk.message import Shown, choices, element_rows, reply_id, stamp, step_row, user_row
from ui.talk.progress import Progress
from ui.talk.screens import emit, owner_of

log = structlog.get_logger(__name__)

CHANNEL = "browser"
MOST_TURNS = 3  # of one person at once, in all conversations
MAX_WAITING = 3  # cards of other conversations shown at the start
ELSEWHERE = "다른 대화에서 아직 답하고 있어요. 끝나면 이어서 말씀해 주세요."
BUSY = "앞의 말씀에 아직 답하고 있어요. 끝나면 이어서 말씀해 주세요."
STOPPED = "여기서 멈췄어요. 이어서 말씀해 주세요."
NO_ACCOUNT = "이 거래처에 계좌가 아직 없어요. 설정에서 한국투자 키를 등록해 주세요."


async def greet(hub: Hub, session: WebsocketSession) -> None:
    """The first words of a new conversation: cards that wait anywhere, else a greeting with ways to begin."""
    if session.thread_id_to_resume is not None:  # gone, or never there: what was said in it must not come back
        session.thread_id, session.thread_id_to_resume = str(uuid4()), None
    who = await _person(hub, session)
    if who is None:
        return
    talk = Conversation(hub.parts, who, thread=session.thread_id, channel=CHANNEL)
    waiting = await talk.waiting()
    for at, card in enumerate(waiting[:MAX_WAITING]):
        shown = waiting_card(card.approval_id) if at == 0 else waiting_card(card.approval_id, "")
        await hub.say(who.user_id, session.thread_id, shown, _waiting_id(card.approval_id, session.thread_id))
    if waiting:
        return
    first = str(uuid5(UUID(session.thread_id), "greeting"))
    result = await talk.hello(first)
    if result.failed or not result.pieces:  # the ways to begin are there all the same
        text = f"{greeting(who.venue)}\n{result.reply or TROUBLE}"
        await hub.say(who.user_id, session.thread_id, Shown(text, (choices(STARTERS, "next"),)), reply_id(first, 0))
        return
    await hub.say(who.user_id, session.thread_id, greeting_of(result.pieces), reply_id(first, 0))


async def answer(hub: Hub, session: WebsocketSession, message_id: str, text: str, parent_id: str | None = None) -> None:
    """One message of a person."""
    user_id, thread_id = owner_of(session), session.thread_id
    if user_id is None:
        return
    try:
        await _answer(hub, session, user_id, message_id, text, parent_id)
    except PortUnavailable as gone:
        await hub.say(user_id, thread_id, Shown(gone.message), reply_id(message_id, "trouble"), parent_id)
    except Exception:
        # The last door before Chainlit, which would show the error's own text to the person.
        log.error("talk.answer_failed", trace=traceback.format_exc())  # as text: a rendered traceback shows locals
        await hub.say(user_id, thread_id, Shown(TROUBLE), reply_id(message_id, "trouble"), parent_id)


async def _answer(
    hub: Hub, session: WebsocketSession, user_id: UUID, message_id: str, text: str, parent_id: str | None
) -> None:
    thread_id = session.thread_id
    try:
        said = clean_text(text)
    except CommandError as error:
        await hub.say(user_id, thread_id, Shown(str(error)), reply_id(message_id, 0), parent_id)
        return
    if not said:
        return
    if (user_id, thread_id) in hub.busy:
        await hub.say(user_id, thread_id, Shown(BUSY), reply_id(message_id, "busy"), parent_id)
        return
    if sum(user == user_id for user, _ in hub.busy) >= MOST_TURNS:
        await hub.say(user_id, thread_id, Shown(ELSEWHERE), reply_id(message_id, "busy"), parent_id)
        return
    hub.busy.add((user_id, thread_id))
    try:
        who = await _person(hub, session)
        if who is None:
            return
        row = user_row(text, message_id=message_id, thread_id=thread_id, at=hub.parts.clock.now())
        await hub.screens.emit(user_id, thread_id, "new_message", row, but=session.id)
        await hub.begin(user_id, thread_id, name_of(text))
        await emit(session, "window_message", {"quartz_thread": thread_id})  # for address.js
        talk = Conversation(hub.parts, who, thread=thread_id, channel=CHANNEL)
        async with Progress(hub, user_id, thread_id, message_id, parent_id) as progress:
            result = await talk.say(said, message_id, progress.take)
        await hub.answer(user_id, thread_id, result, message_id, parent_id)
    finally:
        hub.busy.discard((user_id, thread_id))


async def come_back(hub: Hub, session: WebsocketSession, thread: ThreadDict) -> None:
    """Completes what the history says before the page draws it: steps that a crash left open, cards that wait."""
    now = hub.parts.clock.now()
    for step in thread["steps"]:
        if step.get("start") and not step.get("end"):
            step["end"] = stamp(now)
    who = await _person(hub, session)
    if who is None:
        return
    talk = Conversation(hub.parts, who, thread=session.thread_id, channel=CHANNEL)
    steps: list[Any] = thread["steps"]
    elements: list[Any] = thread["elements"] or []
    shown = approvals_in(elements)
    for card in [card for card in await talk.waiting() if str(card.approval_id) not in shown][:MAX_WAITING]:
        message, message_id = waiting_card(card.approval_id), _waiting_id(card.approval_id, session.thread_id)
        row = step_row(message, message_id=message_id, thread_id=session.thread_id, at=now)
        cards = element_rows(message, message_id=message_id, thread_id=session.thread_id)
        await hub.history.keep(who.user_id, [row], cards)
        steps.append(row)
        elements.extend(cards)
    thread["elements"] = elements


def unanswered(thread: ThreadDict) -> tuple[str, str] | None:
    """The message that a crash left without an answer: its id and text."""
    said: list[Any] = [step for step in thread["steps"] if "message" in str(step.get("type"))]
    if not said or said[-1]["type"] != "user_message":
        return None
    return str(said[-1]["id"]), str(said[-1].get("output") or "")


async def stop(hub: Hub, session: WebsocketSession) -> None:
    """After the page's task was cancelled."""
    user_id = owner_of(session)
    if user_id is not None:
        await hub.say(user_id, session.thread_id, Shown(STOPPED), str(uuid4()))


async def _person(hub: Hub, session: WebsocketSession) -> Identity | None:
    """Who acts on this page; somebody without an account here is told what is missing."""
    user_id = owner_of(session)
    if user_id is None or uuid_of(session.thread_id) is None:
        return None
    who = await hub.identity(user_id)
    if who is None:
        await hub.say(user_id, session.thread_id, Shown(NO_ACCOUNT), str(uuid4()))
    return who


def _waiting_id(approval_id: UUID, thread_id: str) -> str:
    return str(uuid5(approval_id, f"waits:{thread_id}"))
