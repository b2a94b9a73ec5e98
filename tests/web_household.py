"""A household with a face: people come in by the owner's link or by signing up, and talk on real pages.

Everything is the real thing in its own process, as in `household`. A test reads the exchange's journal to learn which
orders there are; `age_card` is the one thing no person can do: it moves a card's deadline into the past.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import psycopg
from databases import Prepared, short_home
from household import Household, complete_profile, eventually
from people import ACTIVE
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tools.settings import ROOT
from ui.web.place import noted_place

PHONE = (390, 844)
DESK = (1440, 900)
PASSWORD = "아주 긴 비밀번호 하나"
PATIENCE_MS = 40_000  # a loaded machine is not a fault
LINK = re.compile(r"http\S+/enter/\S+")
NAMED = re.compile(r'- [a-z]+ "|- text: \S')
NOW = re.compile(r"\(005930\)\s([\d,]+)원")
expect.set_options(timeout=PATIENCE_MS)

Cookies = list[dict[str, Any]]

# How many lines a text takes as it is drawn: rectangles whose middles are closer than half a line are one line.
RENDERED_LINES = """node => {
  const middles = [];
  const walk = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    for (const box of range.getClientRects()) {
      const middle = box.top + box.height / 2;
      if (box.width > 0 && !middles.some(known => Math.abs(known - middle) < 8)) middles.push(middle);
    }
  }
  return middles.length;
}"""

# What sticks out to the right, or can be scrolled sideways by somebody who reads.
SIDEWAYS = """() => {
  const told = node => `${node.tagName} ${node.className} ${node.textContent.slice(0, 40)}`;
  const wide = document.documentElement.scrollWidth > window.innerWidth ? ['the page'] : [];
  for (const node of document.body.querySelectorAll('*')) {
    const scrolls = ['auto', 'scroll'].includes(getComputedStyle(node).overflowX) && node.tagName !== 'TEXTAREA';
    if (scrolls && node.scrollWidth > node.clientWidth + 1) wide.push(told(node));
    const box = node.closest('[data-card]') ? node.getBoundingClientRect() : null;
    if (box && box.width && box.right > window.innerWidth + 1) wide.push(told(node));
  }
  return wide;
}"""

# What the keyboard is at: a choice, an act of a card, an element with a name of its own.
WHERE = """() => {
  const node = document.activeElement;
  return node.dataset.choice ?? node.dataset.act ?? (node.id || node.tagName);
}"""

# What can be pressed, followed or written in.
CONTROLS = "button, a, input:not([type=hidden]), textarea, summary, [role=textbox]"

ASK = """async ([method, path, body, token]) => {
  const csrf = document.cookie.split('; ').find(pair => pair.startsWith('quartz_csrf='))?.slice(12) ?? '';
  const headers = {'Content-Type': 'application/json', 'X-Quartz-CSRF': token ?? decodeURIComponent(csrf)};
  const answer = await fetch(path, {method, headers, body: method === 'GET' ? undefined : JSON.stringify(body)});
  return [answer.status, await answer.json().catch(() => null)];
}"""


class WebHousehold(Household):
    """A home whose `up` anybody may join."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, {"QUARTZ_SIGNUP": "open"})

    @cached_property
    def url(self) -> str:
        """It stays the same when the web dies and comes again."""
        place = noted_place(self.settings)
        assert place is not None, "expected a web process, was none"
        return place.public_url

    def link(self) -> str:
        """A fresh one-time link, as `quartz link` prints it."""
        said = subprocess.run(
            [sys.executable, "-m", "ui.cli", "link"],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        found = LINK.search(said)
        assert found, said
        return found[0]

    def enter(self) -> Cookies:
        """The owner comes in; the cookies of their browser."""
        return self._come_in("/enter/link", {"token": self.link().rpartition("/")[2]})

    @cached_property
    def owner(self) -> Cookies:
        """The owner's browser, come in once: before that nobody may sign up."""
        return self.enter()

    def join(self, name: str) -> Cookies:
        """Somebody signs up; the cookies of their browser."""
        assert self.owner
        return self._come_in("/join", {"name": name, "password": PASSWORD, "again": PASSWORD})

    def _come_in(self, path: str, form: dict[str, str]) -> Cookies:
        with httpx.Client(base_url=self.url, headers={"Origin": self.url}, timeout=60) as browser:
            answer = browser.post(path, data=form)
            assert answer.status_code == 303, answer.text
            return [{"name": n, "value": v, "url": self.url} for n, v in browser.cookies.items()]

    def trader(self, name: str) -> Cookies:
        """Somebody who signed up and has a confirmed profile."""
        cookies = self.join(name)
        chat = self.chat(name)
        complete_profile(chat, ACTIVE)
        chat.close()
        return cookies

    def orders(self) -> list[tuple[str, str, int, int]]:
        """(ticker, side, quantity, price) of every order that the exchange ever took."""
        return [(order["ticker"], order["side"], order["qty"], order["price"]) for order in self.journal("order")]

    def settled_orders(self, before: int, expected: int) -> list[tuple[str, str, int, int]]:
        """The orders after the first `before`, given the time in which one too many would come."""
        eventually(lambda: len(self.orders()) >= before + expected)
        eventually(lambda: len(self.orders()) > before + expected, seconds=1.0)
        return self.orders()[before:]

    def age_card(self, approval_id: str) -> None:
        """The card's time is over now."""
        with psycopg.connect(self.admin_url) as connection:
            connection.execute(
                "UPDATE desk.approval_requests SET expires_at = now() - interval '1 second' WHERE approval_id = %s",
                (approval_id,),
            )


@contextmanager
def open_house(prepared: Prepared) -> Iterator[WebHousehold]:
    """A home of its own with everything running."""
    with short_home() as folder:
        prepared.fill(folder)
        with WebHousehold(folder) as home:
            yield home


async def open_profile(browser: Browser, size: tuple[int, int], theme: str) -> BrowserContext:
    """Somebody's browser that was never used: a phone or a desk, in light or dark."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        has_touch=size == PHONE,
        locale="ko-KR",
        timezone_id="Asia/Seoul",
        accept_downloads=True,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


class Talk:
    """A page of the conversation, the faults that its browser saw, and what a person does on it."""

    def __init__(self, page: Page, home: WebHousehold) -> None:
        self.page = page
        self.home = home
        self.faults: list[str] = []
        self.taps = 0
        page.on("console", lambda line: self.faults.append(f"console: {line.text}") if line.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("request", lambda asked: self._foreign(asked.url))
        page.on("requestfailed", lambda asked: self._failed(asked.url, asked.failure))
        page.on("response", lambda got: self.faults.append(f"{got.status}: {got.url}") if got.status >= 400 else None)

    def _foreign(self, url: str) -> None:
        ours = (self.home.url + "/", self.home.url.replace("http", "ws", 1) + "/", "data:", "blob:")
        if not url.startswith(ours):
            self.faults.append(f"another host: {url}")

    def _failed(self, url: str, why: str | None) -> None:
        if why != "net::ERR_ABORTED":  # a page that is left takes its questions along
            self.faults.append(f"{why}: {url}")

    async def enter(self, cookies: Cookies, path: str = "/chat/") -> None:
        await self.page.context.add_cookies(cookies)  # type: ignore[arg-type]
        await self.page.goto(self.home.url + path)

    async def ready(self) -> None:
        """The conversation can be written in."""
        await expect(self.page.locator("#chat-input")).to_be_visible()
        await expect(self.page.locator('[data-step-type="assistant_message"]').first).to_be_visible()

    async def say(self, text: str) -> None:
        await self.page.locator("#chat-input").fill(text)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator('[data-step-type="user_message"]').last).to_contain_text(text)

    async def tap(self, button: Locator) -> None:
        self.taps += 1
        await button.click()

    async def choose(self, label: str) -> None:
        """The newest button of this name that can still be pressed."""
        button = self.page.locator(f'[data-choice="{label}"]:not([disabled])').last
        await expect(button).to_be_visible()
        await self.tap(button)

    def card(self, kind: str) -> Locator:
        return self.page.locator(f'[data-card="{kind}"]').last

    async def asked(self, known: Sequence[str] = ()) -> Locator:
        """The open approval card that is not among `known`, found again by its id."""
        others = "".join(f':not([data-id="{each}"])' for each in known)
        shown = self.page.locator(f'[data-card="approval"][data-state="open"]{others}').last
        await expect(shown).to_be_visible()
        return self.page.locator(f'[data-card="approval"][data-id="{await shown.get_attribute("data-id")}"]')

    async def order(self, text: str) -> tuple[Locator, str]:
        """Says an order; its card and the card's id."""
        known = [
            await card.get_attribute("data-id") or ""
            for card in await self.page.locator('[data-card="approval"]').all()
        ]
        await self.say(text)
        card = await self.asked(known)
        return card, str(await card.get_attribute("data-id"))

    async def well_below(self) -> int:
        """A price of 삼성전자 far enough below the market to rest, inside the collar."""
        figures = self.page.locator('[role="article"]', has_text=NOW).last
        await self.say("삼성전자 현재가")
        await expect(figures).to_be_visible()
        price = NOW.search(await figures.inner_text())  # the day's high stands beside it
        assert price, await figures.inner_text()
        return int(price[1].replace(",", "")) * 97 // 100 // 1_000 * 1_000

    async def ask(
        self, method: str, path: str, body: Any = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """What a script on this very page would be answered."""
        status, answer = await self.page.evaluate(ASK, [method, path, body, token])
        return status, answer

    async def active(self) -> None:
        """Trading goes on, whatever happened before."""
        status, _ = await self.ask("POST", "/api/trading-state", {"state": "ACTIVE"})
        assert status == 200

    async def texts_too_long(self, most: int = 6) -> list[str]:
        """Messages whose words take more than `most` lines as this page draws them."""
        texts = await self.page.locator('[data-step-type="assistant_message"] [role="article"]').all()
        return [await text.inner_text() for text in texts if await text.evaluate(RENDERED_LINES) > most]

    async def sideways(self) -> list[str]:
        found: list[str] = await self.page.evaluate(SIDEWAYS)
        return found


async def tab_to(page: Page, wanted: str) -> None:
    """Tab until the keyboard is there."""
    for _ in range(60):
        if await page.evaluate(WHERE) == wanted:
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"expected Tab to reach {wanted}, was never there")


async def nameless(page: Page, tries: int = 25) -> list[str]:
    """Controls that a screen reader can only call 'button' or 'link', once the page has had time to name them."""
    found: list[str] = []
    for _ in range(tries):
        shown = [each for each in await page.locator(CONTROLS).all() if await each.is_visible()]
        bare = [each for each in shown if not NAMED.match(await each.aria_snapshot())]
        found = [str(await each.evaluate("node => node.outerHTML.slice(0, 200)")) for each in bare]
        if not found:
            return found
        await page.wait_for_timeout(200)
    return found


async def all_filled(card: Locator) -> None:
    """Every order of the card is at its end, filled."""
    await expect(card).to_have_attribute("data-state", "approved")
    await expect(card.locator("[data-order]").first).to_be_visible()
    await expect(card.locator('[data-order]:not([data-order-state="FILLED"])')).to_have_count(0)


async def into_view(place: Locator) -> None:
    """In the middle of the page, whatever floats above or below."""
    with suppress(Exception):  # a card that is redrawn meanwhile is in view or the next picture shows it
        await place.evaluate("node => node.scrollIntoView({block: 'center'})")


async def is_red(node: Locator) -> bool:
    """Drawn in a colour that is more red than anything else, as buys and rises are."""
    red, green, blue = await _colour(node)
    return red > green + 60 and red > blue + 60


async def is_blue(node: Locator) -> bool:
    """As sells and falls are."""
    red, _, blue = await _colour(node)
    return blue > red + 60


async def _colour(node: Locator) -> tuple[int, int, int]:
    drawn = re.findall(r"\d+", await node.evaluate("node => getComputedStyle(node).color"))
    return int(drawn[0]), int(drawn[1]), int(drawn[2])
