"""Coming in and going: name and password, the owner's one-time link, signing up, leaving.

Contract: nobody learns here whether a name exists. Attempts are counted before a name is looked up. A link is used up
by a button's POST alone, so that a preview of it changes nothing; it cannot be guessed, so links are not counted and
nobody's wrong tries keep the owner out.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from tools.store.sessions import StoredSession
from tools.store.users import MAX_NAME, NameTaken, SignupClosed, is_signup_open, likeness, sign_up
from ui.web.access import csrf, sessions
from ui.web.access.attempts import PER_ADDRESS, PER_NAME, SIGN_UPS, TooMany
from ui.web.access.passwords import WeakPassword
from ui.web.context import session_of, visitor, web_parts
from ui.web.pages import page

router = APIRouter()
log = structlog.get_logger()

WRONG = "이름이나 비밀번호가 맞지 않아요."
USED = "이미 쓴 링크이거나 시간이 지났어요. 터미널에서 ./quartz link로 새 링크를 받아 주세요."
MISMATCH = "두 비밀번호가 서로 달라요."
TAKEN = "이미 있는 이름이에요. 다른 이름을 적어 주세요."
BAD_NAME = f"이름은 1~{MAX_NAME}자로, 한글·영문·한자와 숫자로 적어 주세요."
CLOSED = "지금은 새로 가입할 수 없어요."

Field = Annotated[str, Form(max_length=1_000)]
Visitor = Annotated[StoredSession, Depends(visitor)]


@router.get("/enter")
async def enter_form(request: Request) -> Response:
    if session_of(request) is not None:
        return RedirectResponse("/chat/", 303)
    return _enter_page(request)


@router.post("/enter")
async def enter(request: Request, name: Field = "", password: Field = "") -> Response:
    access = web_parts().access
    try:
        await access.attempts.take(PER_ADDRESS, _address(request))
        await access.attempts.take(PER_NAME, likeness(name))
    except TooMany as wait:
        return _enter_page(request, 429, error=wait.message, typed=name)
    user_id = await access.passwords.verify(name, password)
    if user_id is None:
        log.info("sign-in refused", by="password")
        return _enter_page(request, 401, error=WRONG, typed=name)
    await access.attempts.forget(PER_NAME, likeness(name))
    return await _come_in(request, user_id, "password")


@router.post("/enter/link")
async def enter_by_link(request: Request, token: Field = "") -> Response:
    access = web_parts().access
    user_id = await access.links.enter(token)
    if user_id is None:
        return page(request, "link.html", {"token": None, "error": USED}, 410)
    return await _come_in(request, user_id, "link")


@router.get("/enter/{token}")
async def link_page(request: Request, token: str) -> Response:
    if not await web_parts().access.links.is_usable(token):
        return page(request, "link.html", {"token": None, "error": USED}, 410)
    return page(request, "link.html", {"token": token, "error": None})


@router.get("/join")
async def join_form(request: Request) -> Response:
    return await _join_page(request)


@router.post("/join")
async def join(request: Request, name: Field = "", password: Field = "", again: Field = "") -> Response:
    parts = web_parts()
    if not await _is_signup_open():
        return await _join_page(request, 403)
    try:
        await parts.access.attempts.take(SIGN_UPS, _address(request))
        if password != again:
            raise WeakPassword(MISMATCH)
        hashed = await parts.access.passwords.hashed(name, password)
        made = parts.assembled
        async with made.people.connection() as connection:
            user_id = await sign_up(connection, name, hashed, made.settings, now=made.clock.now(), new_id=made.new_id)
    except TooMany as wait:
        return await _join_page(request, 429, error=wait.message, typed=name)
    except WeakPassword as weak:
        return await _join_page(request, 422, error=str(weak), typed=name)
    except NameTaken:
        return await _join_page(request, 409, error=TAKEN, typed=name)
    except SignupClosed:
        return await _join_page(request, 403, error=CLOSED)
    except ValueError:
        return await _join_page(request, 422, error=BAD_NAME, typed=name)
    return await _come_in(request, user_id, "sign-up")


@router.post("/leave")
async def leave(request: Request, session: Visitor, token: Annotated[str, Form(alias=csrf.FIELD)] = "") -> Response:
    check_form(session, token)
    return await leave_session(session, RedirectResponse("/enter", 303))


def check_form(session: StoredSession, token: str) -> None:
    """Raises 403 unless the form was on a page of this very session."""
    if not web_parts().access.csrf.is_right(session.session_hash, token):
        raise HTTPException(403)


async def leave_session(session: StoredSession, response: Response) -> Response:
    await web_parts().access.sessions.leave(session.session_hash)
    secure = web_parts().access.origins.secure
    for name in (sessions.cookie_name(secure=secure), csrf.COOKIE):
        response.delete_cookie(name, path="/", secure=secure, samesite="lax")
    return response


async def _come_in(request: Request, user_id: UUID, by: str) -> Response:
    access = web_parts().access
    former = session_of(request)
    if former is not None:  # the old cookie is about to be overwritten; nobody should find it alive
        await access.sessions.leave(former.session_hash)
    token = await access.sessions.begin(user_id)
    session = await access.sessions.find(token)
    assert session is not None, "expected the session that was just begun, was none"
    log.info("signed in", by=by, user=str(user_id))
    response = RedirectResponse("/chat/", 303)
    secure = access.origins.secure
    seconds = int(sessions.LIFE.total_seconds())
    kept = sessions.cookie_name(secure=secure)
    response.set_cookie(kept, token, max_age=seconds, httponly=True, samesite="lax", secure=secure)
    shown = access.csrf.token(session.session_hash)
    response.set_cookie(csrf.COOKIE, shown, max_age=seconds, httponly=False, samesite="lax", secure=secure)
    return response


def _enter_page(request: Request, status: int = 200, error: str | None = None, typed: str = "") -> Response:
    values = {"error": error, "typed": typed, "signup": web_parts().assembled.settings.signup == "open"}
    return page(request, "enter.html", values, status)


async def _join_page(request: Request, status: int = 200, error: str | None = None, typed: str = "") -> Response:
    values = {"error": error, "typed": typed, "open": await _is_signup_open()}
    values["wanted"] = web_parts().assembled.settings.signup == "open"  # an owner is what is missing, then
    return page(request, "join.html", values, status)


async def _is_signup_open() -> bool:
    made = web_parts().assembled
    async with made.people.connection() as connection:
        return await is_signup_open(connection, made.settings)


def _address(request: Request) -> str:
    """The peer's address as the kernel tells it; a forwarded one is a claim."""
    return request.client.host if request.client is not None else ""
