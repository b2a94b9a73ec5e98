"""What a request, or a callback of the conversation, may ask for: the process's parts and whose session it is.

Contract: `person` is the only way to an Identity in this process. It is what the guard found in the database for the
request's cookie; nothing that a client sends reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request

from tools.ports import Identity
from tools.store.sessions import StoredSession

if TYPE_CHECKING:  # wiring brings LangGraph along, which pages do not need
    from ui.talk.hub import Hub
    from ui.web.access.access import Access
    from ui.wiring import Assembled

SESSION = "quartz.session"  # where the guard leaves a StoredSession in the scope
SIGN_IN = "다시 로그인해 주세요."
NO_ACCOUNT = "이 거래처에 계좌가 아직 없어요. 설정에서 한국투자 키를 등록해 주세요."


@dataclass(frozen=True, slots=True)
class WebParts:
    """One a process."""

    assembled: Assembled
    public_url: str
    hub: Hub
    access: Access


@dataclass(frozen=True, slots=True)
class Person:
    """Whose request it is; `who` acts on the account of the configured venue and on no other."""

    who: Identity
    is_owner: bool
    session_hash: bytes


_parts: WebParts | None = None


def set_web_parts(parts: WebParts) -> None:
    """Called where the app is made."""
    global _parts
    _parts = parts


def web_parts() -> WebParts:
    """The parts of this process, for callbacks that get no request."""
    if _parts is None:
        raise RuntimeError("expected a web process, was another one")
    return _parts


def session_of(request: Request) -> StoredSession | None:
    """The living session, also of somebody without an account at the venue."""
    found = request.scope.get(SESSION)
    return found if isinstance(found, StoredSession) else None


async def visitor(request: Request) -> StoredSession:
    """FastAPI dependency of pages that need a sign-in and no account: 401 when nobody."""
    session = session_of(request)
    if session is None:
        raise HTTPException(401, SIGN_IN)
    return session


async def person(request: Request) -> Person:
    """FastAPI dependency: 401 when nobody, 409 for somebody whose keys are still to be registered."""
    session = await visitor(request)
    if session.account is None:
        raise HTTPException(409, NO_ACCOUNT)
    who = Identity(session.user_id, session.name, session.account.account_ref, session.account.venue)
    return Person(who, session.is_owner, session.session_hash)
