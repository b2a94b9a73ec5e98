"""/settings: name and password, where orders go, a person's own keys, the model and what it cost this month.

Contract: keys go from the form to the door of the OMS and nowhere else: not stored, not logged, not shown again. Every
form carries the session's token. A new password ends every other session of the person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Protocol, runtime_checkable

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from domain.proto import oms_pb2 as pb
from tools.llm.think import badge
from tools.ports import Identity, PortUnavailable
from tools.settings import Broker
from tools.store.preferences import prefer, preferences_of
from tools.store.sessions import StoredSession
from tools.store.users import add_account, find_user_by_id
from ui.web.access import csrf
from ui.web.access.attempts import PER_NAME, TooMany
from ui.web.access.passwords import WeakPassword
from ui.web.api import records
from ui.web.api.labels import BADGES
from ui.web.context import visitor, web_parts
from ui.web.enter import MISMATCH, Field, check_form
from ui.web.pages import page

router = APIRouter(prefix="/settings")

Visitor = Annotated[StoredSession, Depends(visitor)]
Token = Annotated[str, Form(alias=csrf.FIELD)]

SAVED = "저장했어요."
CHANGED = "비밀번호를 저장했어요. 다른 기기에서는 다시 들어와야 해요."
WRONG = "지금 비밀번호가 맞지 않아요."
ENROLLED = "키를 등록했어요. 이제 내 계좌로 주문할 수 있어요."
NOT_OFFERED = "지금은 키를 등록할 수 없어요."
BAD_KEYS = "앱 키, 앱 시크릿과 12345678-01 모양의 계좌번호를 적어 주세요."
NO_ACCOUNT = "아직 없어요"


@runtime_checkable
class Enrolls(Protocol):
    """The door that takes a person's keys; the sim's fakes have none."""

    async def enroll(self, who: Identity, request: pb.EnrollRequest) -> pb.EnrollReply: ...


@router.get("")
async def show(request: Request, session: Visitor) -> Response:
    return await _page(request, session)


@router.post("/password")
async def change_password(
    request: Request, session: Visitor, token: Token = "", current: Field = "", password: Field = "", again: Field = ""
) -> Response:
    check_form(session, token)
    access = web_parts().access
    try:
        if await access.passwords.has_one(session.user_id):
            await access.attempts.take(PER_NAME, str(session.user_id))
            if not await access.passwords.is_right(session.user_id, current):
                return await _page(request, session, 403, error=WRONG)
        if password != again:
            raise WeakPassword(MISMATCH)
        await access.passwords.choose(session.user_id, session.name, password)
    except TooMany as wait:
        return await _page(request, session, 429, error=wait.message)
    except WeakPassword as weak:
        return await _page(request, session, 422, error=str(weak))
    await access.sessions.leave_others(session.user_id, session.session_hash)
    return await _page(request, session, said=CHANGED)


@router.post("/model")
async def choose_model(request: Request, session: Visitor, token: Token = "", use_model: Field = "") -> Response:
    check_form(session, token)
    made = web_parts().assembled
    async with made.people.connection() as connection:
        await prefer(connection, session.user_id, {"use_model": use_model == "yes"}, made.clock.now())
    return await _page(request, session, said=SAVED)


@router.post("/keys")
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
    made = web_parts().assembled
    oms = made.ports.oms
    if _keys(session) != "form" or not isinstance(oms, Enrolls):
        return await _page(request, session, 403, error=NOT_OFFERED)
    if not app_key.strip() or not app_secret.strip() or not re.fullmatch(r"\d{8}-?\d{2}", account_no.strip()):
        return await _page(request, session, 422, error=BAD_KEYS)
    who = await _with_account(session)
    wanted = pb.EnrollRequest(
        account_ref=who.account_ref,
        app_key=app_key.strip(),
        app_secret=app_secret.strip(),
        account_no=account_no.strip(),
        hts_id=hts_id.strip(),
    )
    try:
        reply = await oms.enroll(who, wanted)
    except PortUnavailable as gone:
        return await _page(request, session, 503, error=gone.message)
    if not reply.accepted:
        return await _page(request, session, 422, error=reply.message)
    return await _page(request, session, said=reply.message or ENROLLED)


async def _with_account(session: StoredSession) -> Identity:
    """Whose keys these will be; the OMS keeps them under a handle that has to exist first."""
    parts = web_parts()
    made, venue = parts.assembled, parts.assembled.settings.broker.value
    async with made.people.connection() as connection:
        await add_account(connection, session.user_id, venue, now=made.clock.now(), new_id=made.new_id)
        user = await find_user_by_id(connection, session.user_id)
    parts.access.sessions.refresh(session.session_hash)
    who = None if user is None else user.identity(venue)
    assert who is not None, "expected the account that was just made, was none"
    return who


def _keys(session: StoredSession) -> str:
    """What the keys' section offers: the form, or why not."""
    if web_parts().assembled.settings.broker is Broker.SIM:
        return "sim"
    return "owner" if session.is_owner else "form"


async def _page(
    request: Request, session: StoredSession, status: int = 200, *, said: str = "", error: str = ""
) -> Response:
    parts = web_parts()
    settings = parts.assembled.settings
    async with parts.assembled.people.connection() as connection:
        preferred = await preferences_of(connection, session.user_id)
    values = {
        "said": said,
        "error": error,
        "is_owner": session.is_owner,
        "venue": BADGES[settings.broker.value],
        "venue_key": settings.broker.value,
        "account": session.account.label if session.account is not None else NO_ACCOUNT,
        "has_password": await parts.access.passwords.has_one(session.user_id),
        "keys": _keys(session),
        "badge": badge().text,
        "use_model": preferred.get("use_model", True),
        "usage": await _usage(session),
    }
    return page(request, "settings.html", values, status)


async def _usage(session: StoredSession) -> Mapping[str, Any]:
    """Of this month in Korea."""
    made = web_parts().assembled
    since = made.clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = await records.model_calls(made.people, Identity(session.user_id, session.name, "", ""), since)
    milli = sum(row["won_milli"] for row in rows)
    return {
        "calls": sum(row["calls"] for row in rows),
        "tokens": sum(row["input_tokens"] + row["output_tokens"] for row in rows),
        "won": -(-milli // 1_000),
        "unpriced": sum(row["unpriced"] for row in rows),
    }
