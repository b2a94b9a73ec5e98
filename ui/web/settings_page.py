"""/settings: name and password, where orders go, regular checks, the model, what it cost and may cost; own keys.

Contract: every form carries the session's token; what is done with keys is `own_keys`' to say. A new password ends
every other session of the person. An OMS that does not answer leaves the page without a word on whose keys serve.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response

from domain.mandate import MandateKind
from tools.checks import wants_checks
from tools.llm.mind import allowance_of
from tools.llm.think import badge
from tools.ports import Identity, PortUnavailable
from tools.settings import Broker
from tools.store.model_budget import TOKENS, WON, day_standing, own_allowance
from tools.store.notices import MOST_CHANNELS, Channels
from tools.store.preferences import prefer, preferences_of
from tools.store.sessions import StoredSession
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
NO_ACCOUNT = "아직 없어요"
NOT_A_LIMIT = "한도는 1 이상의 수로 적거나 비워 주세요. 모델을 쓰지 않으려면 ‘규칙만’을 골라 주세요."
MOST_LIMIT = 10**12


@router.get("")
async def show(request: Request, session: Visitor) -> Response:
    return await settings(request, session)


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
                return await settings(request, session, 403, error=WRONG)
        if password != again:
            raise WeakPassword(MISMATCH)
        await access.passwords.choose(session.user_id, session.name, password)
    except TooMany as wait:
        return await settings(request, session, 429, error=wait.message)
    except WeakPassword as weak:
        return await settings(request, session, 422, error=str(weak))
    await access.sessions.leave_others(session.user_id, session.session_hash)
    return await settings(request, session, said=CHANGED)


@router.post("/model")
async def choose_model(request: Request, session: Visitor, token: Token = "", use_model: Field = "") -> Response:
    check_form(session, token)
    made = web_parts().assembled
    async with made.people.connection() as connection:
        await prefer(connection, session.user_id, {"use_model": use_model == "yes"}, made.clock.now())
    return await settings(request, session, said=SAVED)


@router.post("/budget")
async def choose_budget(
    request: Request, session: Visitor, token: Token = "", won: Field = "", tokens: Field = ""
) -> Response:
    """Limits of a day of this person's own; empty takes them back. They count where they are lower than everybody's."""
    check_form(session, token)
    try:
        chosen = {WON: _limit(won), TOKENS: _limit(tokens)}
    except ValueError:
        return await settings(request, session, 422, error=NOT_A_LIMIT)
    made = web_parts().assembled
    async with made.people.connection() as connection:
        await prefer(connection, session.user_id, chosen, made.clock.now())
    return await settings(request, session, said=SAVED)


def _limit(text: str) -> int | None:
    plain = text.replace(",", "").strip()
    if not plain:
        return None
    if not (plain.isascii() and plain.isdecimal() and 1 <= int(plain[:20]) <= MOST_LIMIT):
        raise ValueError("expected a limit of at least 1, was another text")
    return int(plain)


def offered(session: StoredSession) -> str:
    """What the keys' section offers to do: the form, or why not (`sim`, `owner`)."""
    if web_parts().assembled.settings.broker is Broker.SIM:
        return "sim"
    return "owner" if session.is_owner else "form"


async def settings(
    request: Request, session: StoredSession, status: int = 200, *, said: str = "", error: str = ""
) -> Response:
    """The whole page, with what became of a form above it."""
    parts = web_parts()
    settings = parts.assembled.settings
    async with parts.assembled.people.connection() as connection:
        preferred = await preferences_of(connection, session.user_id)
        today = await day_standing(connection, session.user_id, parts.assembled.clock.now(), allowance_of(settings))
    values = {
        "said": said,
        "error": error,
        "is_owner": session.is_owner,
        "venue": BADGES[settings.broker.value],
        "venue_key": settings.broker.value,
        "account": session.account.label if session.account is not None else NO_ACCOUNT,
        "has_password": await parts.access.passwords.has_one(session.user_id),
        "keys": offered(session),
        "enrolled": await _serves_own(session),
        "badge": badge().text,
        "use_model": preferred.get("use_model", True),
        "usage": await _usage(session),
        "today": today,
        "own": own_allowance(preferred),
        "channels": await Channels(parts.assembled.people).of(session.user_id),
        "most_channels": MOST_CHANNELS,
        "checks": await _are_checked(acting(session)),
    }
    return page(request, "settings.html", values, status)


def acting(session: StoredSession) -> Identity | None:
    """Who acts at the venue in this session; None without an account there."""
    account = session.account
    return None if account is None else Identity(session.user_id, session.name, account.account_ref, account.venue)


async def _are_checked(who: Identity | None) -> bool | None:
    """Whether regular checks are on; None without an account, and when nobody can tell."""
    if who is None:
        return None
    made = web_parts().assembled
    try:
        choice = await made.ports.checks.choice(who.account_ref)
        rows = await made.ports.desk.mandates(who.account_ref)
    except PortUnavailable:
        return None
    live = [row for row in rows if row.kind == MandateKind.CYCLE and row.is_live(made.clock.now())]
    return wants_checks(choice, max((row.signed_at for row in live if row.signed_at), default=None))


async def _serves_own(session: StoredSession) -> bool:
    """Whether the account is served with keys that the person registered; False when the OMS does not say."""
    made, who = web_parts().assembled, acting(session)
    if who is None or made.settings.broker is Broker.SIM:
        return False
    try:
        return (await made.ports.oms.status(who)).keys == "own"
    except PortUnavailable:
        return False


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
