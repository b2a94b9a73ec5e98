"""Taking back and stopping, on the conversation's page and at the desk; and with a keyboard alone, in the order in
which a screen reader reads it. The exchange's own journal is what counts.
"""

from __future__ import annotations

from typing import Any

from playwright.async_api import Locator, Page, expect
from web_household import DESK, WHERE, Talk, WebHousehold, all_filled, is_blue, is_red, nameless, tab_to

FOCUSED = "node => node === document.activeElement"


async def _resting(talk: Talk, shares: int) -> Locator:
    """An order that the market does not reach, approved and at the exchange."""
    card, _ = await talk.order(f"삼성전자 {shares}주 {await talk.well_below()}원에 매수")
    await talk.tap(card.locator("[data-act=approve]"))
    await expect(card.locator('[data-order-state="ACKED"]')).to_have_count(1)
    return card


def _of(rows: list[dict[str, Any]], kind: str) -> int:
    return sum(row["kind"] == kind for row in rows)


async def test_a_resting_order_is_taken_back_on_its_card(talk: Talk, house: WebHousehold, snap: Any) -> None:
    before = house.journal()
    card = await _resting(talk, 2)
    orders = talk.card("orders")
    await talk.tap(orders.locator("[data-act=cancel]").first)
    await snap(talk.page, "journey-7-cancel-phone-light")
    await talk.tap(orders.locator("[data-act=confirm]").first)
    await expect(card.locator('[data-order-state="CANCELLED"]')).to_have_count(1)
    await expect(orders.locator('[data-order-state="CANCELLED"]').first).to_be_visible()
    new = house.journal()[len(before) :]
    assert (_of(new, "order"), _of(new, "cancel"), _of(new, "fill")) == (1, 1, 0)
    assert talk.faults == []


async def test_a_resting_order_is_taken_back_at_the_desk(talk: Talk, house: WebHousehold, snap: Any) -> None:
    before = house.journal()
    await _resting(talk, 3)
    await talk.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    await talk.page.goto(house.url + "/desk")
    opened = talk.page.locator("#desk-open")
    await expect(opened).to_contain_text("삼성전자(005930)")
    await snap(talk.page, "journey-7-resting-desk-light")
    await talk.tap(opened.locator("[data-act=cancel]"))
    await talk.tap(talk.page.locator("dialog [data-act=confirm]"))
    await expect(opened).to_contain_text("미체결 주문이 없어요.")
    new = house.journal()[len(before) :]
    assert (_of(new, "order"), _of(new, "cancel"), _of(new, "fill")) == (1, 1, 0)
    assert talk.faults == []


async def test_after_a_halt_an_approval_makes_no_order_and_says_why(talk: Talk, house: WebHousehold, snap: Any) -> None:
    before = len(house.orders())
    card, _ = await talk.order("카카오 3주 시장가 매수")
    halt = talk.page.locator("#quartz-halt")
    await talk.tap(halt)
    await snap(talk.page, "journey-8-halt-phone-light")
    await talk.tap(talk.page.locator("#quartz-halt-dialog [data-act=halt]"))
    assert talk.taps == 2
    await expect(halt).to_contain_text("정지됨")
    await talk.page.keyboard.press("Escape")
    await card.locator("[data-act=approve]").click()
    await expect(talk.page.get_by_text("주문은 나가지 않았어요").first).to_be_visible()
    await expect(talk.page.get_by_text("전체 정지 중이에요")).to_be_visible()
    await snap(talk.page, "journey-8-halted-phone-light")
    assert house.settled_orders(before, 0) == []

    await halt.click()
    await talk.page.locator("#quartz-halt-dialog [data-act=resume]").click()
    await expect(halt).to_have_text("전체 정지")
    await talk.page.keyboard.press("Escape")
    card, _ = await talk.order("카카오 4주 시장가 매수")
    await card.locator("[data-act=approve]").click()
    await all_filled(card)
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 4)]


async def test_a_halt_at_the_desk_reaches_the_conversation(talk: Talk, house: WebHousehold, snap: Any) -> None:
    before = len(house.orders())
    card, card_id = await talk.order("카카오 5주 시장가 매수")
    desk = await talk.page.context.new_page()
    await desk.goto(house.url + "/desk")
    waiting = desk.locator(f'[data-card="approval"][data-id="{card_id}"]')
    await expect(waiting).to_be_visible()
    await desk.locator("#quartz-halt").click()
    await desk.locator("#quartz-halt-dialog [data-act=halt]").click()
    await expect(desk.locator("[data-trading]")).to_have_attribute("data-trading", "HALTED")
    await desk.keyboard.press("Escape")
    await expect(talk.page.locator("#quartz-halt")).to_contain_text("정지됨")
    await waiting.locator("[data-act=approve]").click()
    await expect(waiting.locator("[role=status]")).to_contain_text("나가지 않았어요")
    await snap(desk, "journey-8-halted-desk-phone-light")
    await expect(card).not_to_have_attribute("data-state", "open")
    assert house.settled_orders(before, 0) == []
    await desk.locator("#desk-trading [data-act=resume]").click()
    await desk.locator("dialog[open] [data-act=confirm]").click()
    await expect(desk.locator("[data-trading]")).to_have_attribute("data-trading", "ACTIVE")


async def test_a_keyboard_alone_lowers_and_approves(talk: Talk, house: WebHousehold) -> None:
    before = len(house.orders())
    card, _ = await talk.order("카카오 7주 시장가 매수")
    await tab_to(talk.page, "approve")
    assert await _next(talk.page, 2) == ["lower", "reject"]
    await talk.page.keyboard.press("Shift+Tab")
    await talk.page.keyboard.press("Enter")
    quantity = card.get_by_role("spinbutton")
    assert await quantity.evaluate(FOCUSED)
    await talk.page.keyboard.press("ArrowDown")
    await expect(quantity).to_have_value("6")
    await tab_to(talk.page, "confirm")
    await talk.page.keyboard.press("Enter")
    await all_filled(card)
    assert await card.get_by_role("status").evaluate(FOCUSED)
    assert [order[:3] for order in house.settled_orders(before, 1)] == [("035720", "buy", 6)]


async def test_a_choice_is_reached_in_the_order_in_which_it_is_seen(talk: Talk) -> None:
    await expect(talk.page.locator("[data-choice]")).to_have_count(4)
    labels = [await each.get_attribute("data-choice") for each in await talk.page.locator("[data-choice]").all()]
    await talk.page.locator("#quartz-halt").focus()
    await tab_to(talk.page, str(labels[0]))
    assert await _next(talk.page, 3) == labels[1:]
    assert await _next(talk.page, 1) == ["chat-input"]
    await talk.page.locator('[data-choice="도움말"]').focus()
    await talk.page.keyboard.press("Enter")
    await expect(talk.page.locator('[data-step-type="user_message"]')).to_contain_text("도움말")


async def test_a_card_is_read_from_its_question_to_its_buttons(talk: Talk) -> None:
    card, _ = await talk.order("카카오 8주 매수")
    read = await card.aria_snapshot()
    order = ("heading", "카카오(035720)", "매수 8주", "지정가", "예상 매수 금액", "수수료", "세금", "남았어요")
    places = [read.index(words) for words in (*order, 'button "승인"', 'button "수량 줄이기"', 'button "거절"')]
    assert places == sorted(places), read
    assert await is_red(card.locator(".qz-buy").first)
    await card.locator("[data-act=reject]").click()
    await expect(card).to_have_attribute("data-state", "rejected")


async def test_everything_on_the_pages_that_can_be_pressed_has_a_name(talk: Talk, house: WebHousehold) -> None:
    await talk.order("카카오 9주 매수")
    await talk.page.set_viewport_size({"width": DESK[0], "height": DESK[1]})  # with the side list
    for path in (None, "/desk", "/settings", "/help/orders"):
        if path is not None:
            await talk.page.goto(house.url + path)
            await expect(talk.page.locator("main")).to_be_visible()
        await expect(talk.page.locator("button").first).to_be_visible()
        assert await nameless(talk.page) == [], path


async def test_the_halt_keeps_the_focus_until_escape(talk: Talk) -> None:
    halt = talk.page.locator("#quartz-halt")
    await halt.focus()
    await talk.page.keyboard.press("Enter")
    dialog = talk.page.locator("#quartz-halt-dialog")
    await expect(dialog).to_be_visible()
    assert await _next(talk.page, 0) == ["close"]  # never under a stray Enter
    for where in await _next(talk.page, 6):
        assert where in ("halt", "close", "BODY"), where
    read = await dialog.aria_snapshot()
    assert read.index("heading") < read.index('button "정지"') < read.index('button "닫기"')
    await talk.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert await halt.evaluate(FOCUSED)
    _, trading = await talk.ask("GET", "/api/trading-state")
    assert trading["state"] == "ACTIVE"


async def test_a_sale_is_blue_and_takes_the_shares_away(talk: Talk, house: WebHousehold, snap: Any) -> None:
    before = len(house.orders())
    card, _ = await talk.order("카카오 10주 시장가 매수")
    await card.locator("[data-act=approve]").click()
    await all_filled(card)
    card, _ = await talk.order("카카오 2주 시장가 매도")
    assert await is_blue(card.locator(".qz-sell").first)
    await snap(talk.page, "journey-9-sale-phone-light")
    await card.locator("[data-act=approve]").click()
    await all_filled(card)
    new = [order[:3] for order in house.settled_orders(before, 2)]
    assert new == [("035720", "buy", 10), ("035720", "sell", 2)]


async def _next(page: Page, times: int) -> list[str]:
    """Where Tab leads, step by step; where the focus is when no step is asked for."""
    found: list[str] = []
    for _ in range(times):
        await page.keyboard.press("Tab")
        found.append(await page.evaluate(WHERE))
    return found or [await page.evaluate(WHERE)]
