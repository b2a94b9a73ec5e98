"""A person's own 한국투자 keys: registered from the settings' form, and taken back there.

Contract: keys go from the form to the door of the OMS and nowhere else: not stored, not logged, not shown again. Taking
them back needs a tick of its own, because stops end with it; the OMS refuses while an order is open, and its sentence
is shown. Every form carries the session's token.
"""

from __future__ import annotations

import re
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from domain.proto import oms_pb2 as pb
from tools.ports import PortUnavailable
from tools.store.sessions import StoredSession
from tools.store.users import add_account, find_user_by_id
from ui.web.context import web_parts
from ui.web.enter import Field, check_form
from ui.web.settings_page import Token, Visitor, acting, offered, settings

router = APIRouter(prefix="/settings/keys")

ENROLLED = "키를 등록했어요. 이제 내 계좌로 주문할 수 있어요."
NOT_OFFERED = "지금은 키를 등록할 수 없어요."
BAD_KEYS = "앱 키, 앱 시크릿과 12345678-01 모양의 계좌번호를 적어 주세요."
WITHDRAWN = "키를 지웠어요. 이 계좌로는 더 주문하지 않아요."
TICK_FIRST = "키를 지우려면 손절·익절도 멈춘다는 것을 확인하는 칸에 표시해 주세요."
NONE_TO_WITHDRAW = "등록한 키가 없어요."


@router.post("")
async def enroll(
    request: Request,
    session: Visitor,
    token: Token = "",
    app_key: Field = "",
    app_secret: Field = "",
    account_no: Field = "",
    hts_id: Field = "",
) -> Response:
    check_form(session, token)
    if offered(session) != "form":
        return await settings(request, session, 403, error=NOT_OFFERED)
    if not app_key.strip() or not app_secret.strip() or not re.fullmatch(r"\d{8}-?\d{2}", account_no.strip()):
        return await settings(request, session, 422, error=BAD_KEYS)
    session = await _with_account(session)
    who = acting(session)
    assert who is not None, "expected somebody with an account, was nobody"
    wanted = pb.EnrollRequest(
        account_ref=who.account_ref,
        app_key=app_key.strip(),
        app_secret=app_secret.strip(),
        account_no=account_no.strip(),
        hts_id=hts_id.strip(),
    )
    try:
        reply = await web_parts().assembled.hand.enroll(who, wanted)
    except PortUnavailable as gone:
        return await settings(request, session, 503, error=gone.message)
    if not reply.accepted:
        return await settings(request, session, 422, error=reply.message)
    return await settings(request, session, said=reply.message or ENROLLED)


@router.post("/withdraw")
async def withdraw(request: Request, session: Visitor, token: Token = "", sure: Field = "") -> Response:
    check_form(session, token)
    who = acting(session)
    if who is None:
        return await settings(request, session, 409, error=NONE_TO_WITHDRAW)
    if sure != "yes":
        return await settings(request, session, 422, error=TICK_FIRST)
    try:
        reply = await web_parts().assembled.hand.unenroll(who)
    except PortUnavailable as gone:
        return await settings(request, session, 503, error=gone.message)
    if not reply.accepted:
        return await settings(request, session, 409, error=reply.message)
    return await settings(request, session, said=reply.message or WITHDRAWN)


async def _with_account(session: StoredSession) -> StoredSession:
    """The session with the account whose keys these will be; the OMS keeps them under a handle that must exist."""
    parts = web_parts()
    made, venue = parts.assembled, parts.assembled.settings.broker.value
    async with made.people.connection() as connection:
        await add_account(connection, session.user_id, venue, now=made.clock.now(), new_id=made.new_id)
        user = await find_user_by_id(connection, session.user_id)
    parts.access.sessions.refresh(session.session_hash)
    account = None if user is None else user.account(venue)
    assert account is not None, "expected the account that was just made, was none"
    return replace(session, account=account)
