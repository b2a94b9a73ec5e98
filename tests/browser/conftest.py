"""A real browser for the tests of the pages: one chromium a worker, a fresh profile a page; and whom it visits.

Contract: `page_at(size, theme)` opens a blank page; asynchronous Playwright, whose driver is a process that costs half
a second and belongs to the loop in which it began: so the tests of this folder share one loop, the session's, and
their asynchronous fixtures are of it (`pytest_asyncio.fixture(loop_scope="session")`). Without chromium these tests
skip, which QUARTZ_STRICT=1 turns into a failure. `house` is a whole running `up` of the module's own, `talk` a phone
of somebody with a profile in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from databases import Prepared
from playwright.async_api import Browser, Page, async_playwright
from web_household import PHONE, Cookies, Talk, WebHousehold, open_house, open_profile

from tools.settings import ROOT

NAMES = ("chromium", "chromium-browser", "google-chrome")
START_SECONDS = 60
HERE = Path(__file__).parent
SCREENSHOTS = ROOT / "screenshots"

PageAt = Callable[..., Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:  # of the whole run
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


def find_chromium() -> str | None:
    """QUARTZ_CHROMIUM, else what is on the PATH, else the one that Playwright installed."""
    named = os.environ.get("QUARTZ_CHROMIUM")
    if named:
        return named
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    own = sorted((Path.home() / ".cache" / "ms-playwright").glob("chromium-*/chrome-linux*/chrome"))
    return found or (str(own[-1]) if own else None)


@pytest.fixture(scope="session")
def browser_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where this worker's chromium listens."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("needs chromium: install it, or name one in QUARTZ_CHROMIUM")
    home = tmp_path_factory.mktemp("chromium")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=ko-KR"]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [chromium, *flags, *quiet, "--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank"],
            stdout=log,
            stderr=log,
        )
    try:
        yield f"http://127.0.0.1:{_port(home, process)}"
    finally:
        process.terminate()
        process.wait(timeout=30)


def _port(home: Path, process: subprocess.Popen[bytes]) -> int:
    told = home / "DevToolsActivePort"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if told.is_file() and (lines := told.read_text().split()):
            return int(lines[0])
        time.sleep(0.1)
    raise RuntimeError(f"expected chromium to listen, was: {(home / 'log').read_text(errors='replace')[-500:]}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(browser_address: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        connected = await playwright.chromium.connect_over_cdp(browser_address)
        yield connected
        await connected.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page_at(browser: Browser) -> AsyncIterator[PageAt]:
    """`await page_at(PHONE, "dark")`: a page of its own profile; `url` opens there. Closed after the test."""
    contexts = []

    async def open_page(size: tuple[int, int] = PHONE, theme: str = "light", url: str | None = None) -> Page:
        context = await open_profile(browser, size, theme)
        contexts.append(context)
        page = await context.new_page()
        if url is not None:
            await page.goto(url)
        return page

    yield open_page
    for context in contexts:
        await context.close()


@pytest.fixture
def snap() -> Callable[[Page, str], Awaitable[Path]]:
    """Keeps a picture under screenshots/ (not in the repository) for eyes to look at."""

    async def take(page: Page, name: str) -> Path:
        path = SCREENSHOTS / f"{name}.png"
        await page.screenshot(path=path)
        return path

    return take


@pytest.fixture(scope="module")
def house(browser_address: str, prepared: Prepared) -> Iterator[WebHousehold]:
    """After the browser, so that a machine without one starts nothing."""
    with open_house(prepared) as home:
        yield home


@pytest.fixture(scope="module")
def trader(house: WebHousehold) -> Cookies:
    return house.trader("영희")


@pytest_asyncio.fixture(loop_scope="session")
async def talk(house: WebHousehold, trader: Cookies, page_at: PageAt) -> Talk:
    talk = Talk(await page_at(PHONE, "light"), house)
    await talk.enter(trader)
    await talk.ready()
    await talk.active()
    return talk
