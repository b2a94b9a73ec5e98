"""Who may do what on LangGraph's development server: langgraph.json names `auth` here.

Contract: no request without a token of `quartz studio`, Studio's own included. A thread belongs to who made it, by
metadata that only this file writes; to others it does not exist. Runs are cleaned by `graph.dev_wishes`. What has no
handler is refused: state written by hand, assistants of one's own, crons (our scheduler decides when), the store (no
room reads it).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from langgraph_sdk import Auth

from domain.clock import SystemClock
from graph.dev_token import holder
from graph.dev_wishes import NO_STATE, Refused, clean
from tools.settings import load_settings
from tools.store.secrets import instance_secret

UNKNOWN = "토큰이 없거나 틀렸거나 시간이 지났어요. ./quartz studio 가 알려 준 토큰을 넣어 주세요. (bearer token)"
NOT_HERE = "개발 서버에서는 쓸 수 없는 기능이에요. (not available on this server)"
OWNER = "owner"  # metadata key

auth = Auth()
_clock = SystemClock()


@auth.authenticate
def authenticate(authorization: str | None) -> Any:
    """Not a coroutine: the server runs it in a thread, and the secret may be read from its file."""
    scheme, _, text = (authorization or "").partition(" ")
    name = holder(_secret(), text.strip(), _clock.now()) if scheme.lower() == "bearer" else None
    if name is None:
        raise Auth.exceptions.HTTPException(status_code=401, detail=UNKNOWN)
    return {"identity": name, "display_name": name, "is_authenticated": True, "permissions": []}


@lru_cache(maxsize=1)
def _secret() -> bytes:
    return instance_secret(load_settings())


@auth.on
async def refuse(ctx: Any, value: Any) -> None:
    raise Auth.exceptions.HTTPException(status_code=403, detail=NOT_HERE)


@auth.on.threads.create
async def create_thread(ctx: Any, value: Any) -> dict[str, str]:
    return _sealed(ctx, value)


@auth.on.threads.update
async def update_thread(ctx: Any, value: Any) -> dict[str, str]:
    """A thread's metadata, or an end to its run. Neither is there when a client writes state."""
    if "metadata" not in value:
        raise Auth.exceptions.HTTPException(status_code=403, detail=NO_STATE)
    return _sealed(ctx, value)


@auth.on.threads.create_run
async def create_run(ctx: Any, value: Any) -> dict[str, str]:
    try:
        clean(value["kwargs"])
    except Refused as no:
        raise Auth.exceptions.HTTPException(status_code=403, detail=str(no)) from None
    return _sealed(ctx, value)


@auth.on.threads.read
async def read_thread(ctx: Any, value: Any) -> dict[str, str]:
    return _mine(ctx)


@auth.on.threads.delete
async def delete_thread(ctx: Any, value: Any) -> dict[str, str]:
    return _mine(ctx)


@auth.on.threads.search
async def search_threads(ctx: Any, value: Any) -> dict[str, str]:
    return _mine(ctx)


@auth.on.assistants.read
async def read_assistant(ctx: Any, value: Any) -> dict[str, str]:
    return {"created_by": "system"}


@auth.on.assistants.search
async def search_assistants(ctx: Any, value: Any) -> dict[str, str]:
    return {"created_by": "system"}


def _mine(ctx: Any) -> dict[str, str]:
    return {OWNER: ctx.user.identity}


def _sealed(ctx: Any, value: Any) -> dict[str, str]:
    """Writes whose it is over whatever the client said."""
    value.setdefault("metadata", {})[OWNER] = ctx.user.identity
    return _mine(ctx)
