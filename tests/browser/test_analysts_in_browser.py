"""What the analysts show, in a real browser on a whole running `up`: the economy with its numbers' sources and the
candidates with their score's parts as a page; in conversation candidates, a chart with its reading, proposals whose
reasons name their sources, regular checks, names that are watched, alerts, and an order's receipt.
"""

from __future__ import annotations

import re
from typing import Any

from playwright.async_api import Locator, Page, expect
from web_household import DESK, PHONE, Talk, all_filled, into_view

PARTS = re.compile(r"시가총액 (\d+)/25 · 분위기 (\d+)/40 · 뉴스 수 (\d+)/25 · 선호 (\d+)/10 · 뉴스 \d+건")
TELEGRAM = "tgram://123456789:abcdefghij_klmnopqrstuvwxyz1234567/987654321"
LOOKS = ((DESK, "desk", "light"), (PHONE, "phone", "dark"))


async def _adds_up(row: Locator) -> None:
    """The four parts that stand below a score are the score, but for their rounding."""
    told = await row.inner_text()
    parts, score = PARTS.search(told), re.search(r"(\d+)점", told)
    assert parts, told
    assert score, told
    assert abs(sum(map(int, parts.groups())) - int(score[1])) <= 2


async def test_the_page_of_the_market_names_where_each_number_is_from(talk: Talk, snap: Any) -> None:
    page = talk.page
    await page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    await page.locator("#header").get_by_role("link", name="시장").click()
    await _market(page)
    await expect(page.get_by_role("navigation").get_by_role("link", name="시장")).to_have_attribute(
        "aria-current", "page"
    )
    economy = page.get_by_role("region", name="거시 보고서")
    await expect(economy.locator(".hint")).not_to_be_empty()
    await expect(economy.locator(".warned").first).to_contain_text("시연")
    first, second = economy.locator(".figure").first, economy.locator(".figure").nth(1)
    await _opens(first, page)
    await first.focus()
    await page.keyboard.press("Tab")
    await expect(first.locator(".source")).to_be_hidden()
    await expect(second).to_be_focused()
    await expect(second.locator(".source")).to_be_visible()
    await snap(page, "market-1-source-desk-light")
    news = page.get_by_role("region", name="뉴스로 본 후보")
    await expect(news.locator(".warned")).to_contain_text("시연 뉴스")
    candidates = news.locator(".candidates > li")
    assert await candidates.count() >= 1
    for row in await candidates.all():
        await _adds_up(row)
    assert await talk.sideways() == []

    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    await page.reload()
    await _market(page)
    await snap(page, "market-2-phone-dark")
    await _opens(first, page)
    await first.click()
    await snap(page, "market-3-source-phone-dark")
    await page.locator("summary").click()
    await into_view(page.locator("table"))
    await snap(page, "market-4-figures-phone-dark")
    await into_view(news)
    await snap(page, "market-5-candidates-phone-dark")
    assert await talk.sideways() == []
    assert talk.faults == []


async def _market(page: Page) -> None:
    await expect(page).to_have_url(re.compile("/analysis$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("시장")


async def _opens(number: Locator, page: Page) -> None:
    """Pointed at, it says its source, on the screen; left alone, no longer."""
    source = number.locator(".source")
    await expect(source).to_be_hidden()
    await number.hover()
    await expect(source).to_be_visible()
    await expect(source).to_contain_text("기준")
    box, size = await source.bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    assert box["y"] + box["height"] <= size["height"]
    await page.mouse.move(1, 1)
    await expect(source).to_be_hidden()


async def test_the_analysts_answer_in_conversation(talk: Talk, snap: Any) -> None:
    page = talk.page
    await _say(talk, "뉴스 어때?")
    rows = talk.card("candidates").locator("ol > li")
    await expect(rows.first).to_be_visible()
    for row in await rows.all():
        await _adds_up(row)
    await into_view(talk.card("candidates"))
    await snap(page, "analysts-1-candidates-phone-light")

    await _say(talk, "삼성전자 분석해줘")
    chart = talk.card("chart")
    await expect(chart.locator(".main-svg").first).to_be_visible()
    await expect(chart.locator("[data-part=reading]")).to_contain_text("기술적 분석")
    await chart.locator("summary").click()
    await expect(chart.locator("dl")).to_contain_text("RSI")
    await into_view(chart.locator("[data-part=reading]"))
    await snap(page, "analysts-2-chart-phone-light")

    for words, answer in (
        ("자동 점검 켜줘", "자동 점검을 켰어요."),
        ("관심종목에 삼성전자 넣어줘", "관심종목에 넣었어요."),
        ("삼성전자 40만원 넘으면 알려줘", "알려 드릴게요: 삼성전자 40만원 이상"),
        ("알림 목록", "걸어 둔 알림"),
    ):
        await _say(talk, words)
        await expect(page.locator('[data-step-type="assistant_message"]', has_text=answer).last).to_be_visible()
    await snap(page, "analysts-3-watching-phone-light")

    await _say(talk, "추천해줘")
    proposals = talk.card("proposals")
    await expect(proposals.locator('[data-choice="이대로 주문"]')).to_be_visible()
    number = proposals.locator(".qz-figure").first
    source = proposals.locator(".qz-source").first
    await expect(source).to_be_hidden()
    await number.focus()
    await page.keyboard.press("Enter")
    await expect(number).to_have_attribute("aria-expanded", "true")
    await expect(source).to_be_visible()
    await expect(source).to_contain_text(re.compile(r" · \d+월 \d+일"))
    await into_view(proposals)
    await snap(page, "analysts-4-proposals-phone-light")
    assert await talk.texts_too_long() == []

    await talk.choose("이대로 주문")
    card = await talk.asked()
    await talk.tap(card.locator("[data-act=approve]"))
    await all_filled(card)
    await _say(talk, "영수증 보여줘")
    receipt = talk.card("receipt")
    await expect(receipt).to_contain_text("추천해줘")
    await expect(receipt.get_by_role("link", name="내려받기")).to_be_visible()
    await into_view(receipt)
    await snap(page, "analysts-5-receipt-phone-light")
    assert await talk.sideways() == []
    await _looked_at(talk, snap)
    assert talk.faults == []


async def _say(talk: Talk, words: str) -> None:
    """Once the turn before is over: what is sent into a turn, the page keeps in the field."""
    await expect(talk.page.locator("#stop-button")).to_have_count(0)
    await talk.say(words)


async def _looked_at(talk: Talk, snap: Any) -> None:
    """Pictures of the talk, the desk and the settings in the looks that the walk does not take; the talk comes back
    as it was."""
    page, thread = talk.page, talk.page.url
    for size, name, theme in LOOKS:
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        if theme == "dark":  # the conversation takes its colours when it opens
            await page.goto(thread)
        for at, kind in enumerate(("candidates", "chart", "proposals", "receipt"), 6):
            await expect(talk.card(kind)).to_be_visible()
            await into_view(talk.card(kind))
            await snap(page, f"analysts-{at}-{kind}-{name}-{theme}")
        assert await talk.sideways() == []
    await page.goto(talk.home.url + "/settings")
    await _telegram(page)
    for size, name, theme in LOOKS:
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        await page.goto(talk.home.url + "/desk")
        wishes = page.locator("#desk-alerts")
        await expect(wishes).to_contain_text("삼성전자 40만원 이상")
        await into_view(wishes)
        await snap(page, f"analysts-desk-alerts-{name}-{theme}")
        assert await talk.sideways() == []
        await page.goto(talk.home.url + "/settings")
        await expect(page.get_by_label("장중에 점검하기")).to_be_checked()
        for part in ("checks", "notices", "model"):
            await into_view(page.locator(f"#{part}-title"))
            await snap(page, f"analysts-settings-{part}-{name}-{theme}")
        assert await talk.sideways() == []


async def _telegram(page: Page) -> None:
    """A place for notices is kept, shown without what opens it, and stands on one line with its buttons."""
    await page.get_by_label("주소 (slack").fill(TELEGRAM)
    await page.get_by_role("button", name="넣기").click()
    row = page.locator(".channel")
    await expect(row).to_be_visible()
    assert TELEGRAM not in await page.content()
    tops = [
        await each.evaluate("node => node.getBoundingClientRect().top")
        for each in await row.get_by_role("button").all()
    ]
    assert len(tops) == 2
    assert tops[0] == tops[1]
