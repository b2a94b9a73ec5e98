"""The first five minutes in a real browser, from the link to a fill, on a whole running `up`; then what a person's own
order does at a desk. What counts at the end is the exchange's own journal.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any

from playwright.async_api import Page, expect
from web_household import DESK, PHONE, Talk, WebHousehold, all_filled, into_view, is_red, tab_to

SENTENCE = "2천만원으로 반도체 위주, 손실은 5%까지만"
WAY_OUT = "주식 비중을 낮추고 나머지는 현금성 상품에 두기"
ANSWERS = ("20~40세", "3년 이상", "주식·주식형 펀드·원금비보장 ELS", "잘 앎", "10% 이하", "일정하거나 늘어날 것 같음")
SPECIALISTS = ("거시 분석", "종목 선별", "기술적 분석")
MOST_TAPS = 12


async def test_from_the_link_to_a_fill_on_a_phone(house: WebHousehold, page_at: Any, snap: Any) -> None:
    page: Page = await page_at(PHONE, "light")
    talk = Talk(page, house)
    await page.goto(house.link())
    starters = page.locator("[data-choice]")
    await expect(starters).to_have_count(4)
    await expect(page.locator('[data-step-type="assistant_message"]')).to_have_count(1)
    assert await talk.texts_too_long(4) == []
    for words in ("모의 시세", "가상 1억원", "실제 주문은 나가지 않아요"):
        await expect(page.locator('[role="article"]').first).to_contain_text(words)
    await snap(page, "journey-1-greeting-phone-light")

    await talk.say(SENTENCE)
    await expect(page.get_by_text("이렇게 이해했어요")).to_be_visible()
    await talk.choose(WAY_OUT)
    for number, answer in enumerate(ANSWERS, 1):
        await expect(page.get_by_text(f"({number}/{len(ANSWERS)})")).to_be_visible()
        await talk.choose(answer)
    profile = talk.card("profile")
    await expect(profile).to_contain_text("반도체")
    await expect(profile).to_contain_text("20,000,000원")
    await expect(profile).to_contain_text("5%까지")
    await expect(profile).to_contain_text(f"고르신 대로 할게요: {WAY_OUT}")
    await expect(profile.locator("[data-choice]")).to_have_count(0)  # decided, so not asked again
    await expect(page.locator('[data-choice="고칠래요"]')).to_be_visible()
    await snap(page, "journey-2-profile-phone-light")

    await talk.choose("맞아요")
    proposals = talk.card("proposals")
    await expect(proposals.locator('[data-choice="이대로 주문"]')).to_be_visible()
    for name in SPECIALISTS:
        await expect(page.locator("h3", has_text=name)).to_be_visible()
    offered = proposals.locator("li")
    assert 1 <= await offered.count() <= 3
    for each in await offered.all():
        await expect(each.locator(".qz-quiet")).to_have_count(1)  # one reason
        await expect(each.locator(".qz-quiet")).not_to_be_empty()
    await _download(talk)
    await into_view(proposals)
    await snap(page, "journey-3-proposals-phone-light")

    await talk.choose("이대로 주문")
    card = await talk.asked()
    _, asked = await talk.ask("GET", f"/api/approvals/{await card.get_attribute('data-id')}")
    legs = asked["card"]["legs"]
    assert 1 <= len(legs) <= 3
    await expect(card).to_contain_text("남았어요")
    assert await is_red(card.locator(".qz-buy").first)
    await into_view(card)
    await snap(page, "journey-4-approval-phone-light")
    assert house.orders() == []

    await talk.tap(card.locator("[data-act=approve]"))
    await all_filled(card)
    await expect(talk.card("book")).to_contain_text("주문 가능 금액")
    after = card.locator("xpath=following::*[@data-card='choices']")
    await expect(after).to_have_count(1)  # the ways on are offered once
    await expect(after.locator("[data-choice]:not([disabled])")).to_have_count(3)
    await expect(page.locator('[data-card="orders"]')).to_have_count(1)
    await snap(page, "journey-5-filled-phone-light")

    assert talk.taps <= MOST_TAPS
    assert await talk.texts_too_long() == []
    assert await talk.sideways() == []
    wanted = [(leg["ticker"], leg["side"], leg["qty"], leg["price"]) for leg in legs]
    assert sorted(house.settled_orders(0, len(wanted))) == sorted(wanted)
    thread = page.url
    await _desk_agrees(talk, house, wanted)
    assert talk.faults == []
    await _looked_at(page, thread, house, snap)


async def _download(talk: Talk) -> None:
    """The strategy's file is what the card names: its hash is the hash."""
    link = talk.card("strategy").locator("[data-act=download]")
    async with talk.page.expect_download() as started:
        await link.click()
    file = await (await started.value).path()
    text = await asyncio.to_thread(file.read_text, "utf-8")
    _, known = await talk.ask("GET", "/api/strategies")
    assert hashlib.sha256(text.encode()).hexdigest() in {row["hash"] for row in known}
    assert json.loads(text)


async def _desk_agrees(talk: Talk, house: WebHousehold, wanted: list[tuple[str, str, int, int]]) -> None:
    await talk.page.goto(house.url + "/desk")
    held = talk.page.locator("#desk-holdings")
    for ticker, _, quantity, _ in wanted:
        await expect(held).to_contain_text(f"({ticker})")
        await expect(held).to_contain_text(f"{quantity:,}주")
    bought = {ticker: quantity for ticker, _, quantity, _ in wanted}
    _, book = await talk.ask("GET", "/api/book")
    assert {row["ticker"]: row["qty"] for row in book["holdings"]} == bought
    spent = sum(fill["qty"] * fill["price"] + fill["fee"] for fill in house.journal("fill"))
    assert book["cash"] == 100_000_000 - spent
    await expect(talk.page.locator("#desk-summary")).to_contain_text(f"{book['cash']:,}원")
    assert await talk.sideways() == []


async def _looked_at(page: Page, thread: str, house: WebHousehold, snap: Any) -> None:
    """Pictures of what came back after a reload, in the two looks that no test walks through."""
    for size, name, theme in ((PHONE, "phone", "dark"), (DESK, "desk", "light")):
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.goto(thread)
        for at, kind in enumerate(("profile", "strategy", "proposals", "approval", "orders", "book"), 2):
            card = page.locator(f'[data-card="{kind}"]').last
            await expect(card).to_be_visible()
            await into_view(card)
            await snap(page, f"journey-again-{at}-{kind}-{name}-{theme}")
        await page.goto(house.url + "/desk")
        await expect(page.locator("#desk-holdings")).to_contain_text("주")
        await snap(page, f"journey-6-desk-{name}-{theme}")


async def _own_curves(talk: Talk, snap: Any) -> None:
    """Words ask for the card; its other view is a tap away."""
    await talk.say("손익 그래프")
    card = talk.page.locator('[data-card="equity"]')
    await expect(card).to_have_attribute("data-view", "pnl")
    await expect(card.locator(".main-svg").first).to_be_visible()
    await expect(card.get_by_role("status")).to_contain_text("보유 1종목")
    await into_view(card)
    await snap(talk.page, "journey-9-pnl-desk-dark")
    await talk.tap(card.get_by_role("button", name="자산"))
    await expect(card).to_have_attribute("data-view", "equity")
    await expect(card.get_by_role("status")).to_contain_text("총자산")
    await into_view(card)
    await snap(talk.page, "journey-9-equity-desk-dark")


async def test_an_own_order_is_lowered_at_a_desk_in_the_dark(house: WebHousehold, page_at: Any, snap: Any) -> None:
    cookies = house.trader("영희")
    before = len(house.orders())
    page: Page = await page_at(DESK, "dark")
    talk = Talk(page, house)
    await talk.enter(cookies)
    await talk.ready()
    await snap(page, "journey-1-greeting-desk-dark")
    card, _ = await talk.order("삼성전자 3주 매수")
    await expect(card).to_contain_text("매수 3주")
    assert await is_red(card.locator(".qz-buy").first)
    await snap(page, "journey-4-approval-desk-dark")
    await talk.tap(card.locator("[data-act=lower]"))
    await talk.tap(card.get_by_role("button", name="삼성전자 수량 1주 줄이기"))
    await expect(card.get_by_role("spinbutton")).to_have_value("2")
    await snap(page, "journey-4-lowered-desk-dark")
    await talk.tap(card.locator("[data-act=confirm]"))
    await all_filled(card)
    await expect(talk.card("book")).to_contain_text("삼성전자")
    await snap(page, "journey-5-filled-desk-dark")
    ((ticker, side, quantity, _),) = house.settled_orders(before, 1)
    assert (ticker, side, quantity) == ("005930", "buy", 2)
    assert await talk.sideways() == []
    await _own_curves(talk, snap)
    await page.goto(house.url + "/desk")
    await expect(page.locator("#desk-holdings")).to_contain_text("삼성전자(005930)")
    await expect(page.locator("#desk-holdings")).not_to_contain_text("KODEX")
    await snap(page, "journey-6-desk-desk-dark")
    assert await talk.sideways() == []
    assert talk.faults == []


async def test_the_first_minutes_need_no_mouse(house: WebHousehold, page_at: Any) -> None:
    before = len(house.orders())
    page: Page = await page_at(DESK, "light")
    talk = Talk(page, house)
    await talk.enter(house.join("숙희"))
    await talk.ready()
    await expect(page.locator("[data-choice]")).to_have_count(4)
    await tab_to(page, "chat-input")
    await page.keyboard.type(SENTENCE)
    await page.keyboard.press("Enter")
    for label in (WAY_OUT, *ANSWERS, "맞아요", "이대로 주문"):
        await expect(page.locator(f'[data-choice="{label}"]:not([disabled])').last).to_be_visible()
        await tab_to(page, label)
        await page.keyboard.press("Enter")
    card = await talk.asked()
    await tab_to(page, "approve")
    await page.keyboard.press("Enter")
    await all_filled(card)
    legs = await card.locator("[data-order]").count()
    assert len(house.settled_orders(before, legs)) == legs
    assert talk.faults == []
