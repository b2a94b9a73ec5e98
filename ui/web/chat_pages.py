"""The few paths under /chat that we answer ourselves: the page, and what its script asks about signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from tools.store.sessions import StoredSession
from ui.web.context import visitor
from ui.web.conversation import PATH
from ui.web.enter import leave_session

Visitor = Annotated[StoredSession, Depends(visitor)]


def chat_pages(html: str) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    @router.get(PATH)
    async def home() -> Response:
        return RedirectResponse(f"{PATH}/", 303)

    @router.get(f"{PATH}/login")  # where Chainlit's script goes when a session is over
    async def login() -> Response:
        return RedirectResponse("/enter", 303)

    @router.get(f"{PATH}/")
    @router.get(f"{PATH}/thread/{{thread_id}}")
    @router.get(f"{PATH}/element/{{element_id}}")
    async def show() -> Response:
        return HTMLResponse(html)

    @router.post(f"{PATH}/set-session-cookie")  # stickiness of a load balancer, which we have none of
    async def sticky() -> Response:
        return JSONResponse({})

    @router.post(f"{PATH}/logout")
    async def logout(request: Request, session: Visitor) -> Response:
        return await leave_session(session, JSONResponse({"success": True}))

    return router
