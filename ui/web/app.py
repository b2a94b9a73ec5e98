"""The web application: our pages, the JSON API and the mounted conversation behind one guard.

Contract: `make_app(parts)` returns an ASGI application that needs no lifespan; Chainlit's own lifespan, which ends the
process by force, never runs, because a mounted application's does not. `conversation.prepare` was called before.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from fastapi import APIRouter, FastAPI
from fastapi.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from ui.web import (
    analysis_page,
    api,
    charts_api,
    checks_settings,
    conversation,
    desk,
    enter,
    help_page,
    notice_settings,
    own_keys,
    settings_page,
)
from ui.web.access.guard import Guard
from ui.web.chat_pages import chat_pages
from ui.web.context import WebParts, set_web_parts
from ui.web.errors import add_handlers
from ui.web.headers import Headers, chat_csp
from ui.web.health import Condition, health_pages
from ui.web.pages import STATIC


def make_app(
    parts: WebParts, conditions: dict[str, Condition] | None = None, *, talk: str = conversation.TALK
) -> ASGIApp:
    """`conditions` are those of /health/ready; `talk` names the module that registers the conversation's callbacks."""
    set_web_parts(parts)
    inner = conversation.chainlit_app(talk)
    add_handlers(inner)
    html = conversation.page()
    app = FastAPI(title="Quartz", docs_url=None, redoc_url=None, openapi_url=None)
    add_handlers(app)
    for router in _routers():
        app.include_router(router)
    app.include_router(health_pages(conditions or {}))
    app.include_router(chat_pages(html))
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_api_route("/favicon.ico", _icon)
    app.mount(conversation.PATH, inner)
    origins = parts.access.origins
    return Guard(app, parts.access, Headers(secure=origins.secure, chat=chat_csp(html, origins.public_origin)))


def _routers() -> Iterator[APIRouter]:
    for found in pkgutil.iter_modules(api.__path__):
        router = getattr(import_module(f"{api.__name__}.{found.name}"), "router", None)
        if isinstance(router, APIRouter):
            yield router
    pages = (analysis_page, charts_api, desk, enter, help_page, settings_page)
    forms = (checks_settings, notice_settings, own_keys)
    yield from (page.router for page in (*pages, *forms))


async def _icon() -> Response:
    return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")
