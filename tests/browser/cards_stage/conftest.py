"""The stage running, and a page on it whose /api is whatever the test says: an answer, or a function that gives it.

To load the page costs a browser seconds, a new conversation on it a fraction: so a page of a size and a theme serves
one test after the other, each with a conversation, an API and a list of errors of its own. A page on which a test
failed serves no more, nor does one that a test loaded again (`Stage.reload`).
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, Route, expect
from web_household import PHONE, open_profile

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
    api: Api = field(default_factory=Api)
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    loaded_again: bool = False

    async def show(self, name: str, props: dict[str, Any] | None = None, text: str = "확인해 주세요.") -> None:
        await self.say(json.dumps({"name": name, "props": props or {}, "text": text}, ensure_ascii=False))

    async def say(self, words: str) -> None:
        await self.page.locator("#chat-input").fill(words)
        await self.page.locator("#chat-submit").click()  # Enter is a new line on a phone

    def card(self, kind: str) -> Locator:
        return self.page.locator(f'[data-card="{kind}"]').last

    def act(self, name: str) -> Locator:
        return self.page.locator(f'[data-act="{name}"]').last

    async def reload(self) -> None:
        self.loaded_again = True
        await self.page.reload()

    async def overflow(self) -> int:
        """Pixels that would scroll sideways."""
        script = "Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) - innerWidth"
        return int(await self.page.evaluate(script))


# A page remembers what it was answered, and a decided card never opens again: no stage begins with another's answers.
FORGET = """asked => {
  const known = window.Quartz.known;
  const old = new Map(asked.map(path => [path, known(path)]));
  window.Quartz.known = path => {
    const answer = known(path);
    return answer === old.get(path) ? null : answer;
  };
}"""
ME = {"name": "kim", "label": "모의 시세", "trading_state": "ACTIVE"}
OpenStage = Callable[..., Awaitable[Stage]]


class Kept:
    """A page that is loaded once; what it asks, and what goes wrong on it, is the present stage's."""

    def __init__(self, page: Page, url: str) -> None:
        self._page = page
        self._url = url
        self.stage = Stage(page)

    async def load(self) -> None:
        self.stage.api.answers["GET /api/me"] = ME
        self._page.on("pageerror", lambda error: self.stage.errors.append(str(error)))
        self._page.on("request", lambda request: self._note_foreign(request.url))
        await self._page.route("**/api/**", lambda route: self.stage.api.reply(route))
        await self._page.route("https://**", lambda route: route.abort())
        await self._page.context.add_cookies([{"name": "quartz_csrf", "value": "token", "url": self._url}])
        await self._page.goto(self._url)
        await self._page.locator("#chat-input").wait_for()

    async def anew(self) -> None:
        """Another stage on this page: a person's new conversation, in which nothing was said."""
        await self._page.keyboard.press("Escape")  # out of a question that the test left open
        await self._page.locator("#new-chat-button").click()
        await expect(self._page.locator("[data-step-type]")).to_have_count(0)
        await self._page.evaluate(FORGET, [each.partition(" ")[2] for each in self.stage.api.asked])
        self.stage = Stage(self._page)
        self.stage.api.answers["GET /api/me"] = ME

    async def close(self) -> None:
        await self._page.context.close()

    def _note_foreign(self, url: str) -> None:
        if not url.startswith((self._url.split("/chat/")[0], "data:", "blob:")):
            self.stage.foreign.append(url)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kept_pages(browser: Browser) -> AsyncIterator[dict[tuple[Any, str], Kept]]:
    """By size and theme."""
    pages: dict[tuple[Any, str], Kept] = {}
    yield pages
    for kept in pages.values():
        await kept.close()


@pytest_asyncio.fixture(loop_scope="session")
async def stage(
    request: pytest.FixtureRequest, browser: Browser, stage_url: str, kept_pages: dict[tuple[Any, str], Kept]
) -> AsyncIterator[OpenStage]:
    failed = request.session.testsfailed
    used: list[tuple[tuple[Any, str], Kept]] = []

    async def open_stage(size: tuple[int, int] = PHONE, theme: str = "light") -> Stage:
        kept = kept_pages.pop((size, theme), None)
        if kept is None:
            kept = Kept(await (await open_profile(browser, size, theme)).new_page(), stage_url)
            await kept.load()
        used.append(((size, theme), kept))
        return kept.stage

    yield open_stage
    for looks, kept in used:
        if request.session.testsfailed > failed or kept.stage.loaded_again or looks in kept_pages:
            await kept.close()
        else:
            await kept.anew()
            kept_pages[looks] = kept
