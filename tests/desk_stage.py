"""The desk page on a stage of its own: the real API over a fake OMS, the real policy, a socket for a browser.

`open_desk(database)` serves it; `opened(desk, page_at, …)` is a page that has gone there and writes down its faults.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from api_bench import ROUTERS, Api, open_api
from fakes import USER
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.async_api import Page
from starlette.staticfiles import StaticFiles
from web_household import DESK

from tools.settings import ROOT
from ui.web.context import Person, person, web_parts
from ui.web.desk import HIDDEN, SECTIONS, WIDE
from ui.web.headers import PAGES_CSP
from ui.web.pages import STATIC, render
from ui.web.plotly_js import plotly_script

PageAt = Callable[..., Any]

EMPTY = {"figure": None, "label": "모의 시세", "as_of": None, "empty": "아직 그릴 날이 없어요."}
LINE = {"data": [{"type": "scatter", "x": ["2026-11-20", "2026-11-23"], "y": [1, 2]}], "layout": {"xaxis": {}}}


@dataclass
class Served:
    api: Api
    url: str


class _Quiet(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """The test's own loop keeps its signals."""


@asynccontextmanager
async def open_desk(database: Any) -> AsyncIterator[Served]:
    async with open_api(database) as api:
        app = FastAPI()
        for module in ROUTERS:
            app.include_router(module.router)
        app.dependency_overrides[person] = lambda: Person(api.who, True, b"session")
        app.dependency_overrides[web_parts] = lambda: api.parts

        @app.get("/desk")
        async def page() -> HTMLResponse:
            values = {
                "who": USER.name,
                "csrf": "",
                "here": "/desk",
                "sections": SECTIONS,
                "wide": WIDE,
                "hidden": HIDDEN,
            }
            answer = render("desk.html", values)
            answer.headers["content-security-policy"] = PAGES_CSP
            return answer

        @app.get("/api/charts/{name}")
        async def chart(name: str) -> dict[str, Any]:
            return EMPTY if name == "equity" else {**EMPTY, "figure": LINE, "empty": None}

        app.add_api_route("/static/plotly.min.js", plotly_script)
        app.mount("/static", StaticFiles(directory=STATIC))
        app.mount("/chat/public", StaticFiles(directory=ROOT / "ui" / "public"))
        listening = socket.create_server(("127.0.0.1", 0))
        server = _Quiet(uvicorn.Config(app, log_level="error", lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield Served(api, f"http://127.0.0.1:{listening.getsockname()[1]}")
        finally:
            server.should_exit = True
            await serving


def _is_fault(line: str) -> bool:
    """What the policy refused, but for plotly's own style sheet, which a chart does without."""
    return "Content Security Policy" in line and not line.startswith("Applying inline style")


async def opened(desk: Served, page_at: PageAt, size: tuple[int, int] = DESK, theme: str = "light") -> Page:
    page: Page = await page_at(size, theme)
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(str(error)))  # type: ignore[attr-defined]
    page.on("console", lambda line: page.faults.append(line.text) if _is_fault(line.text) else None)  # type: ignore[attr-defined]
    await page.goto(f"{desk.url}/desk")
    return page
