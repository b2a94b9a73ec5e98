"""A strategy in a real browser on a whole running `up`: its card, its past as a chart, a change in words, its files;
and started, signed for, traded by the worker on the paper exchange because its condition came true, paused.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from crossing_market import CROSSED, crossing_market
from databases import Prepared, short_home
from desk_stage import PageAt
from playwright.async_api import Locator, expect
from web_household import PHONE, Talk, WebHousehold, into_view

from domain.strategy.kis_yaml import import_kis

TRIED_MS = 120_000  # the first backtest of a home compiles
TRADED_MS = 180_000  # the worker compiles at its first strategy


async def _file(talk: Talk, link: Locator) -> tuple[str, str]:
    """Name and text of what a tap brings."""
    async with talk.page.expect_download() as started:
        await link.click()
    download = await started.value
    return download.suggested_filename, await asyncio.to_thread(Path(await download.path()).read_text, "utf-8")


async def test_a_strategy_shows_its_past_is_changed_in_words_and_taken_along(talk: Talk, snap: Any) -> None:
    await talk.say("골든크로스 전략 만들어줘")
    card = talk.card("strategy")
    await expect(card.locator("h3")).to_have_text("골든크로스")
    past = card.locator("[data-part=past]")
    await expect(past).to_have_attribute("data-state", "ready", timeout=TRIED_MS)
    await expect(past.locator(".main-svg").first).to_be_visible()
    await expect(past.get_by_role("status")).to_contain_text("모의 시세")
    await past.locator("summary").click()
    await expect(past.locator("details")).to_contain_text("최대 낙폭")
    await expect(past.locator("details")).to_contain_text("지난 성과는 앞으로의 수익을 보장하지 않아요.")
    await into_view(past)
    await snap(talk.page, "strategy-1-past-phone-light")

    _, known = await talk.ask("GET", "/api/strategies")
    name, text = await _file(talk, card.locator("[data-act=download]"))
    assert name.endswith(".json")
    assert hashlib.sha256(text.encode()).hexdigest() in {row["hash"] for row in known}
    await talk.tap(card.locator("[data-act=kis-ask]"))
    await expect(card.get_by_role("note")).to_contain_text("거래할 종목")
    await snap(talk.page, "strategy-2-kis-phone-light")
    name, text = await _file(talk, card.locator("[data-act=kis]"))
    assert name.endswith(".kis.yaml")
    assert import_kis(text).strategy.entry.conditions
    name, text = await _file(talk, card.locator("[data-act=report]"))
    assert name.endswith(".html")
    assert "지난 성과는 앞으로의 수익을 보장하지 않아요." in text

    await talk.say("손절을 2%로, 거래는 주 1회만")
    await expect(talk.page.get_by_text("손절이 5%에서 2%로 바뀌었어요.")).to_be_visible()
    newer = talk.card("strategy")
    await expect(newer).to_have_attribute("data-version", str(int(known[0]["version"]) + 1))
    await expect(newer.locator("[data-part=past]")).to_have_attribute("data-state", "ready", timeout=TRIED_MS)
    await expect(newer).to_contain_text("한 주에 새로 사기 1번까지")
    await into_view(newer)
    await snap(talk.page, "strategy-3-changed-phone-light")
    assert await talk.texts_too_long() == []
    assert await talk.sideways() == []

    await talk.page.goto(talk.home.url + "/desk")
    own = talk.page.locator('#desk-strategies [data-card="strategy"]').first
    await own.locator("summary").click()
    name, text = await _file(talk, own.locator("[data-act=kis]"))
    assert name.endswith(".kis.yaml")
    name, text = await _file(talk, own.get_by_role("link", name="JSON 받기"))
    assert json.loads(text)["risk"]["stop_loss"]["percent"] == "2"
    assert await talk.sideways() == []
    await snap(talk.page, "strategy-4-desk-phone-light")
    assert talk.faults == []


@pytest.fixture(scope="module")
def past_house(browser_address: str, prepared: Prepared) -> Iterator[WebHousehold]:
    """A home of its own on a market that replays days of which the test knows what they bring."""
    with short_home() as folder, crossing_market(folder) as url:
        prepared.fill(folder)
        home = WebHousehold(folder)
        home.environment["QUARTZ_EXCHANGE_URL"] = url
        with home:
            yield home


@pytest.mark.timeout(400)  # the worker compiles
async def test_a_signed_strategy_buys_when_its_condition_is_met_and_is_paused(
    past_house: WebHousehold, page_at: PageAt, snap: Any
) -> None:
    talk = Talk(await page_at(PHONE, "light"), past_house)
    await talk.enter(past_house.trader("영희"))
    await talk.ready()
    await talk.say("골든크로스 전략 만들어줘")
    card = talk.card("strategy")
    await expect(card.locator("h3")).to_have_text("골든크로스")
    await expect(card).to_contain_text("20일 이동평균이 60일 이동평균을 위로 넘을 때")
    await expect(card).to_contain_text("매도 조건")
    await talk.choose("전략 켜기")
    run = talk.card("runs").locator("[data-run]")
    await expect(run).to_contain_text("서명 전")
    await into_view(run)
    await snap(talk.page, "strategy-5-offer-phone-light")
    await talk.tap(run.locator("[data-act=sign]"))
    assert past_house.orders() == []
    await talk.tap(run.locator("[data-act=confirm]"))
    await expect(run).to_have_attribute("data-signed", "true")

    held = run.locator("[data-held]").first
    await expect(held).to_be_visible(timeout=TRADED_MS)
    await expect(run.locator("[data-part=gain]")).to_contain_text("원")
    await expect(run.locator("[data-part=costs]")).not_to_have_text("0원")
    bought = str(await held.get_attribute("data-held"))
    await run.locator("summary").click()
    trade = run.locator("[data-trade]").filter(has_text="매수 조건이 맞았어요").first  # several names crossed at once
    await expect(trade).to_be_visible()
    assert await trade.get_attribute("data-trade") in {
        ticker for ticker, side, *_ in past_house.orders() if side == "buy"
    }
    await expect(talk.card("runs")).to_contain_text(f"과거 시세 재생 {CROSSED}부터")
    await into_view(run)
    await snap(talk.page, "strategy-6-traded-phone-light")

    await talk.tap(run.locator('[data-choice="전략 멈춰줘"]'))
    await expect(talk.page.get_by_text("새로 사지 않고, 가진 종목은 매도 조건에 따라 팔아요.").first).to_be_visible()
    await expect(talk.card("runs").locator("[data-run]")).to_have_attribute("data-state", "paused")
    assert await talk.texts_too_long() == []
    assert await talk.sideways() == []
    await snap(talk.page, "strategy-6-paused-phone-light")
    await talk.page.set_viewport_size({"width": 1280, "height": 800})
    await into_view(talk.card("runs"))
    await snap(talk.page, "strategy-6-paused-1280-light")
    assert await talk.sideways() == []
    await talk.page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await talk.page.goto(past_house.url + "/desk")
    own = talk.page.locator('#desk-runs [data-card="run"]')
    await expect(own).to_have_attribute("data-state", "paused")
    await expect(own).to_contain_text(bought)
    await expect(own).to_contain_text("평가손익")
    await expect(own).to_contain_text("낸 수수료·세금")
    for act, state in (("active", "active"), ("stopped", "stopped")):
        await talk.tap(own.locator(f"[data-act=run-{act}]"))
        await talk.tap(talk.page.locator("dialog[open] [data-act=confirm]"))
        await expect(own).to_have_attribute("data-state", state)
    assert await talk.sideways() == []
    await into_view(own)
    await snap(talk.page, "strategy-7-desk-phone-light")
    assert talk.faults == []
