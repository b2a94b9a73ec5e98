"""Where a person's notices go: URLs registered from the settings' form, tried, and taken back there.

Contract: a URL goes from the form into its sealed row and nowhere else: not logged, not shown again but for its masked
form. It is taken only when its kind is on the list and its host is one that notices may reach. Every form carries the
session's token; a trial is sent at once, a few times an hour.
"""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tools.notify.addresses import BadAddress, Sealed, check, masked
from tools.notify.sending import Outcome, Sender, code_of
from tools.ports import PortUnavailable
from tools.store.notices import MOST_CHANNELS, Channels
from tools.store.secrets import instance_secret
from ui.web.access.attempts import PER_NAME, TooMany
from ui.web.context import web_parts
from ui.web.enter import Field, check_form
from ui.web.settings_page import Token, Visitor, settings

router = APIRouter(prefix="/settings/notices")

ADDED = "알림 받을 곳을 넣었어요. '시험'을 눌러 확인해 보세요."
FULL = f"알림 받을 곳은 {MOST_CHANNELS}개까지예요. 먼저 하나를 지워 주세요."
GONE = "알림 받을 곳을 지웠어요."
UNKNOWN = "그런 알림 받을 곳이 없어요."
TRIAL = "시험 알림이에요. 이 메시지가 보이면 잘 연결됐어요."
TOLD = {
    Outcome.SENT: "시험 알림을 보냈어요. 받은 곳에서 확인해 주세요.",
    Outcome.FAILED: "시험 알림을 보내지 못했어요. 주소와 받는 쪽 설정을 확인해 주세요.",
    Outcome.REFUSED: "그 주소로는 보낼 수 없어요. 지우고 다시 넣어 주세요.",
}


@router.post("")
async def add(request: Request, session: Visitor, token: Token = "", url: Field = "") -> Response:
    check_form(session, token)
    made = web_parts().assembled
    channels = Channels(made.people)
    try:
        if len(await channels.of(session.user_id)) >= MOST_CHANNELS:
            return await settings(request, session, 409, error=FULL)
        await check(url, private=made.settings.notify_private)
        channel_id = made.new_id()
        sealed = Sealed(instance_secret(made.settings)).seal(channel_id, url)
        await channels.add(session.user_id, channel_id, masked(url), sealed, made.clock.now())
    except BadAddress as bad:
        return await settings(request, session, 422, error=str(bad))
    except PortUnavailable as gone:
        return await settings(request, session, 503, error=gone.message)
    return await settings(request, session, said=ADDED)


@router.post("/{channel_id}/test")
async def trial(request: Request, session: Visitor, channel_id: UUID, token: Token = "") -> Response:
    check_form(session, token)
    parts = web_parts()
    made = parts.assembled
    try:
        await parts.access.attempts.take(PER_NAME, f"notice:{session.user_id}")
        sealed = await Channels(made.people).sealed(session.user_id, channel_id)
    except TooMany as wait:
        return await settings(request, session, 429, error=wait.message)
    except PortUnavailable as gone:
        return await settings(request, session, 503, error=gone.message)
    if sealed is None:
        return await settings(request, session, 404, error=UNKNOWN)
    url = Sealed(instance_secret(made.settings)).open(channel_id, sealed)
    outcome = Outcome.REFUSED
    if url is not None:
        sender = Sender(made.clock, private=made.settings.notify_private, tries=1)
        try:
            code = code_of(session.user_id, f"trial:{made.clock.now().isoformat()}")
            outcome = await sender.send(url, TRIAL, code)
        finally:
            sender.close()
    if outcome is Outcome.SENT:
        return await settings(request, session, said=TOLD[outcome])
    return await settings(request, session, 502, error=TOLD[outcome])


@router.post("/{channel_id}/end")
async def end(request: Request, session: Visitor, channel_id: UUID, token: Token = "") -> Response:
    check_form(session, token)
    made = web_parts().assembled
    try:
        gone = await Channels(made.people).end(session.user_id, channel_id, made.clock.now())
    except PortUnavailable as silent:
        return await settings(request, session, 503, error=silent.message)
    if not gone:
        return await settings(request, session, 404, error=UNKNOWN)
    return await settings(request, session, said=GONE)
