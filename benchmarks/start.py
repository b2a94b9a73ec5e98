"""From a warm `./quartz up` to a conversation that can be typed into, in a real browser.

The first round of a home makes its database and is not counted. The clock runs from the start of the process to
`#chat-input` in Chromium, the owner's link in between. The floor is what the machine cannot do without: the imports of
the three processes that `up` starts, all at once.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.home import home, spread, table
from tools.settings import ROOT

PARTS = ("ui.web.app, ui.talk.app", "execution.oms.cli", "simulation.exchange.cli")
NAME = "민수"
WAIT_MS = 120_000


def _environment(path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUARTZ_")}
    more = {"QUARTZ_HOME": str(path), "QUARTZ_ENV_FILE": "", "CHAINLIT_APP_ROOT": str(ROOT / "ui")}
    return {**kept, **more, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}


def _imports(environment: dict[str, str]) -> float:
    began = time.perf_counter()
    running = [subprocess.Popen([sys.executable, "-c", f"import {what}"], env=environment) for what in PARTS]
    if any(process.wait() for process in running):
        raise RuntimeError(f"expected {PARTS} to be imported, was a failure")
    return time.perf_counter() - began


def _enter(page: Page, link: str) -> None:
    page.goto(link)
    if page.locator("#chat-input").count() == 0 and page.locator("input[name=name]").count():
        page.fill("input[name=name]", NAME)
    if page.locator("form button[type=submit]").count():
        page.locator("form button[type=submit]").first.click()
    page.wait_for_selector("#chat-input", timeout=WAIT_MS)


def _up(browser: Browser, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds to the link, and to the conversation."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "ui.cli", "up"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"https?://\S+", process.stdout.readline())
            if found is None:
                raise RuntimeError("expected a link from quartz up, was none")
            linked = time.perf_counter() - began
            page = browser.new_page(locale="ko-KR")
            _enter(page, found[0])
            typed = time.perf_counter() - began
            page.close()
            return linked, typed
        finally:
            process.send_signal(signal.SIGTERM)


def main(rounds: int) -> int:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with home() as settings, sync_playwright() as playwright:
        environment = _environment(settings.home)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        _up(browser, environment)  # makes the database
        floor = [_imports(environment) for _ in range(min(rounds, 3) + 1)][1:]
        times = [_up(browser, environment) for _ in range(min(rounds, 5))]
        browser.close()
    linked, typed = [each[0] for each in times], [each[1] for each in times]
    rows = [
        ("up to #chat-input", *spread(typed)),
        ("up to the link", *spread(linked)),
        ("imports of its processes at once", *spread(floor)),
    ]
    ratio = statistics.median(typed) / statistics.median(floor)
    table("a warm start", ("what", "p50", "p95"), rows, {"ratio of medians": f"{ratio:.2f} (aim ≤ 10 s)"})
    return 0
