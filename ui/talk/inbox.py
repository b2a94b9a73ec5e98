"""Unread alerts on open pages: what the follower of facts wrote into a person's inbox, told in the conversation.

Contract: while at least one page of a person is open, new alerts are shown in every open conversation, together where
they come together, and then count as read. What the OMS itself tells an open page (fills, halts) is not said a second
time. The same alert is the same message, so a page that was told and a process that died tell it once. An inbox that
does not answer is asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import structlog

from domain.clock import KST
from domain.watch import StoredAlert, from_the_oms
from tools.ports import Identity, PortUnavailable
from ui.talk.message import Shown

if TYPE_CHECKING:
    from ui.talk.hub import Hub

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
LINES = 5
CHANNEL = "talk"


@asynccontextmanager
async def telling_alerts(hub: Hub, who: Identity) -> AsyncIterator[None]:
    """Inside, the person's pages are told."""
    task = asyncio.create_task(_keep_telling(hub, who))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _keep_telling(hub: Hub, who: Identity) -> None:
    while True:
        try:
            await tell_unread(hub, who)
        except PortUnavailable as gone:
            log.info("inbox.silent", where=gone.where)
        await asyncio.sleep(LOOK_SECONDS)


async def tell_unread(hub: Hub, who: Identity) -> int:
    """Shows what is unread on every open conversation; how many alerts that were. Raises PortUnavailable."""
    watch, threads = hub.parts.ports.watch, hub.screens.threads(who.user_id)
    unread = list(reversed(await watch.inbox(who.user_id, unread_only=True)))
    if not unread or not threads:
        return 0
    mine = [each for each in unread if not from_the_oms(each.alert.key)]
    for thread in threads if mine else ():
        message_id = str(uuid5(UUID(thread), f"alert:{mine[-1].number}"))
        await hub.say(who.user_id, thread, Shown(alert_text(mine)), message_id)
    await watch.mark_read(who.user_id, [each.alert.key for each in unread], CHANNEL, hub.parts.clock.now())
    return len(mine)


def alert_text(alerts: Sequence[StoredAlert]) -> str:
    """The newest lines under one heading, oldest first."""
    lines = [f"· {each.alert.at.astimezone(KST):%H:%M} {each.alert.text}" for each in alerts[-LINES:]]
    left = len(alerts) - LINES
    more = [f"그 밖에 {left}건이 더 있어요. '알림 목록'이라고 해 주세요."] if left > 0 else []
    return "\n".join(["알림이 왔어요.", *lines, *more])
