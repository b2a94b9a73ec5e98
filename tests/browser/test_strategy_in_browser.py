"""A strategy in a real browser on a whole running `up`: its card, its past as a chart, a change in words, its files;
and started, signed for, traded by the worker on the paper exchange, paused.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Locator, expect
from web_household import Talk, WebHousehold, into_view

from domain.strategy.kis_yaml import import_kis

TRIED_MS = 120_000  # the first backtest of a home compiles
TRADED_MS = 180_000  # the worker compiles at its first strategy, and acts on the next minute's bar


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


@pytest.mark.timeout(400)  # a minute's bar has to come, after the worker compiled
async def test_a_signed_strategy_is_traded_by_the_worker_and_paused(talk: Talk, house: WebHousehold, snap: Any) -> None:
    before = len(house.orders())
    await talk.say("골든크로스 전략 만들어줘")
    await expect(talk.card("strategy").locator("h3")).to_have_text("골든크로스")
    await talk.say("1분봉으로 바꿔줘, 점검은 봉마다")
    await expect(talk.page.get_by_text("봉마다로 바뀌었어요.")).to_be_visible()
    await talk.choose("전략 켜기")
    run = talk.card("runs").locator("[data-run]")
    await expect(run).to_contain_text("서명 전")
    await into_view(run)
    await snap(talk.page, "strategy-5-offer-phone-light")
    await talk.tap(run.locator("[data-act=sign]"))
    assert house.orders()[before:] == []
    await talk.tap(run.locator("[data-act=confirm]"))
    await expect(run).to_have_attribute("data-signed", "true")

    held = run.locator("[data-held]").first
    await expect(held).to_be_visible(timeout=TRADED_MS)
    await expect(run.locator("[data-part=gain]")).to_contain_text("원")
    bought = {ticker for ticker, side, *_ in house.orders()[before:] if side == "buy"}
    assert await held.get_attribute("data-held") in bought
    await into_view(run)
    await snap(talk.page, "strategy-6-traded-phone-light")

    await talk.tap(run.locator('[data-choice="전략 멈춰줘"]'))
    await expect(talk.page.get_by_text("새로 사지 않고, 가진 종목은 매도 조건에 따라 팔아요.").first).to_be_visible()
    await expect(talk.card("runs").locator("[data-run]")).to_have_attribute("data-state", "paused")
    assert await talk.texts_too_long() == []
    assert await talk.sideways() == []
    await talk.page.goto(house.url + "/desk")
    own = talk.page.locator('#desk-runs [data-card="run"]')
    await expect(own).to_have_attribute("data-state", "paused")
    await expect(own).to_contain_text("평가손익")
    for act, state in (("active", "active"), ("stopped", "stopped")):
        await talk.tap(own.locator(f"[data-act=run-{act}]"))
        await talk.tap(talk.page.locator("dialog[open] [data-act=confirm]"))
        await expect(own).to_have_attribute("data-state", state)
    assert await talk.sideways() == []
    await into_view(own)
    await snap(talk.page, "strategy-7-desk-phone-light")
    assert talk.faults == []
