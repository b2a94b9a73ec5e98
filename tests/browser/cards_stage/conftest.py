"""The stage running, and a page on it whose /api is whatever the test says: an answer, or a function that gives it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, Page, Route

from tools.settings import ROOT

STAGE = Path(__file__).with_name("stage.py")


@pytest.fixture(scope="session")
def stage_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("stage")
    shutil.copytree(ROOT / "ui" / "public", root / "public")
    shutil.copytree(ROOT / "ui" / ".chainlit", root / ".chainlit")
    # Tests of the web in this very process leave Chainlit's own switches behind, a login among them.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CHAINLIT_")}
    environment = {**inherited, "PYTHONPATH": str(ROOT), "CHAINLIT_AUTH_SECRET": "for the stage only"}
    with (root / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(STAGE), str(root)], stdout=subprocess.PIPE, stderr=log, env=environment
        )
    assert process.stdout is not None
    try:
        port = process.stdout.readline().strip()
        assert port, f"expected the stage to print its port, was: {(root / 'log').read_text()[-800:]}"
        yield f"http://127.0.0.1:{int(port)}/chat/"
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@dataclass
class Api:
    """What /api answers: `answers["GET /api/me"] = {…}` or `(status, {…})`; `posts` is what the page sent."""

    answers: dict[str, Any] = field(default_factory=dict)
    posts: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    after_post: Callable[[], None] | None = None
    slow_post: float = 0.0

    async def reply(self, route: Route) -> None:
        request = route.request
        path = "/api/" + request.url.split("/api/", 1)[1]
        self.asked.append(f"{request.method} {path}")
        if request.method == "POST":
            self.posts.append((path, json.loads(request.post_data or "{}"), await request.all_headers()))
        answer = self.answers.get(f"{request.method} {path}", (404, {"detail": "찾을 수 없어요."}))
        answer = answer() if callable(answer) else answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        if request.method == "POST":
            await asyncio.sleep(self.slow_post)
            if self.after_post is not None:
                self.after_post()
        await route.fulfill(status=status, json=body)


@dataclass
class Stage:
    page: Page
    api: Api
    errors: list[str]
    foreign: list[str]

    async def show(self, name: str, props: dict[str, Any] | None = None, text: str = "확인해 주세요.") -> None:
        await self.say(json.dumps({"name": name, "props": props or {}, "text": text}, ensure_ascii=False))

    async def say(self, words: str) -> None:
        await self.page.locator("#chat-input").fill(words)
        await self.page.locator("#chat-submit").click()  # Enter is a new line on a phone

    def card(self, kind: str) -> Locator:
        return self.page.locator(f'[data-card="{kind}"]').last

    def act(self, name: str) -> Locator:
        return self.page.locator(f'[data-act="{name}"]').last

    async def overflow(self) -> int:
        """Pixels that would scroll sideways."""
        script = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"
        return int(await self.page.evaluate(script))


OpenStage = Callable[..., Awaitable[Stage]]


@pytest.fixture
def stage(page_at: Callable[..., Awaitable[Page]], stage_url: str) -> OpenStage:
    async def open_stage(size: tuple[int, int] = (390, 844), theme: str = "light") -> Stage:
        page = await page_at(size, theme)
        opened = Stage(page, Api(), [], [])
        opened.api.answers["GET /api/me"] = {"name": "kim", "label": "모의 시세", "trading_state": "ACTIVE"}
        page.on("pageerror", lambda error: opened.errors.append(str(error)))
        page.on("request", lambda request: _note_foreign(opened, request.url, stage_url))
        await page.route("**/api/**", opened.api.reply)
        await page.route("https://**", lambda route: route.abort())
        await page.context.add_cookies([{"name": "quartz_csrf", "value": "token", "url": stage_url}])
        await page.goto(stage_url)
        await page.locator("#chat-input").wait_for()
        return opened

    return open_stage


def _note_foreign(opened: Stage, url: str, ours: str) -> None:
    if not url.startswith((ours.split("/chat/")[0], "data:", "blob:")):
        opened.foreign.append(url)
