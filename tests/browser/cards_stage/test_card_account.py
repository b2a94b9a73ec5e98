"""Orders, the book and the charts in a real browser."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from card_samples import BOOK, PLAN, at, chart, order
from playwright.async_api import expect

ORDERS = f"GET /api/orders?plan_id={PLAN}"
Open = Callable[..., Awaitable[Any]]


async def test_an_order_is_cancelled_by_a_second_tap(stage: Open) -> None:
    opened = await stage()
    opened.api.answers[ORDERS] = {"orders": [order(1, "PARTIAL", "일부 체결", 3), order(2)], "as_of": at()}
    cancelled = {"orders": [order(1, "CANCELLED", "취소", 3), order(2)], "as_of": at()}
    opened.api.answers["POST /api/orders/intent-1/cancel"] = {"accepted": True, "message": "취소를 보냈어요."}
    opened.api.after_post = lambda: opened.api.answers.update({ORDERS: cancelled})
    await opened.show("OrdersCard", {"plan_id": PLAN})
    row = opened.page.locator('[data-order="intent-1"]')
    await expect(row).to_contain_text("3/10주 체결")
    await expect(row).to_contain_text("이유: 실적 개선 기대와 거래량 증가")
    await row.locator('[data-act="cancel"]').click()
    assert opened.api.posts == []
    await expect(row.locator('[data-act="keep"]')).to_be_focused()
    await expect(row).to_contain_text("남은 7주를 취소할까요?")
    await row.locator('[data-act="confirm"]').click()
    await expect(row.get_by_role("status")).to_have_text("취소를 보냈어요.")
    await expect(row).to_have_attribute("data-order-state", "CANCELLED")
    await expect(row.locator("button")).to_have_count(0)
    assert len(opened.api.posts) == 1


async def test_a_cancellation_that_fails_is_explained_at_its_order(stage: Open) -> None:
    opened = await stage()
    opened.api.answers[ORDERS] = {"orders": [order(1)], "as_of": at()}
    opened.api.answers["POST /api/orders/intent-1/cancel"] = (409, {"message": "이미 모두 체결됐어요."})
    await opened.show("OrdersCard", {"plan_id": PLAN})
    await opened.act("cancel").click()
    await opened.act("confirm").click()
    await expect(opened.page.locator('[data-order="intent-1"]').get_by_role("status")).to_have_text(
        "이미 모두 체결됐어요."
    )


async def test_open_orders_are_asked_for_as_such(stage: Open) -> None:
    opened = await stage()
    opened.api.answers["GET /api/orders?open=1"] = {"orders": [], "as_of": at()}
    await opened.show("OrdersCard", {"plan_id": "", "open": True})
    await expect(opened.card("orders")).to_contain_text("미체결 주문이 없어요.")


async def test_an_order_that_waits_for_a_person_leads_to_the_desk(stage: Open, snap: Any) -> None:
    opened = await stage()
    note = "어느 주문인지 자동으로 가릴 수 없어요. 직접 확인이 필요해요."
    row = order(1, "MANUAL", "직접 확인 필요", note=note)
    opened.api.answers["GET /api/orders?open=1"] = {"orders": [row], "as_of": at()}
    await opened.show("OrdersCard", {"plan_id": "", "open": True})
    shown = opened.page.locator('[data-order="intent-1"]')
    await expect(shown).to_contain_text(note)
    await expect(shown.locator('[data-act="judge"]')).to_have_attribute("href", "/desk")
    await expect(shown.locator("button")).to_have_count(0)
    await snap(opened.page, "card-orders-manual")


async def test_the_book_shows_gains_red_losses_blue_and_five_holdings(stage: Open) -> None:
    opened = await stage()
    opened.api.answers["GET /api/book"] = BOOK
    await opened.show("BookCard")
    card = opened.card("book")
    await expect(card.locator("li")).to_have_count(5)
    for words in ("101,234,500원", "+534,500원", "+1,246,800원", "-12,300원", "(+8.2%)", "(0.0%)", "모두 보기 (6종목)"):
        await expect(card).to_contain_text(words)
    red = await card.locator(".qz-rise").first.evaluate("node => getComputedStyle(node).color")
    blue = await card.locator(".qz-fall").first.evaluate("node => getComputedStyle(node).color")
    assert (red, blue) == ("rgb(200, 30, 44)", "rgb(29, 95, 209)")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_chart_is_drawn_in_the_pages_colours_and_asked_anew_for_a_week(stage: Open, theme: str) -> None:
    opened = await stage(theme=theme)
    opened.api.answers["GET /api/charts/price/005930?period=D"] = chart("D")
    opened.api.answers["GET /api/charts/price/005930?period=W"] = chart("W")
    await opened.show("ChartCard", {"ticker": "005930", "period": "D"})
    card = opened.card("chart")
    drawn = card.locator(".qz-chart .main-svg").first
    await expect(drawn).to_be_visible(timeout=20_000)
    ink = "rgb(23, 28, 38)" if theme == "light" else "rgb(236, 239, 243)"
    await expect(card.locator(".ytick text").first).to_have_css("fill", ink)
    box = await drawn.bounding_box()
    assert box["width"] <= 390
    assert await opened.overflow() <= 0
    read = card.locator("[data-part=reading]")
    await expect(read.get_by_role("listitem")).to_have_text([re.compile("뚜렷한 오름세"), re.compile("저항선")])
    await read.locator("summary").click()
    await expect(read.locator("dd")).to_have_text(["71,300원", "61.2", "72,000원 · 11월 12일"])
    await expect(read.locator("dd").first).to_have_attribute("title", "모의 거래소 일봉 2026-11-20")
    await card.get_by_role("button", name="주봉").click()
    await expect(card).to_have_attribute("data-period", "W")
    await expect(read).to_have_count(0)
    await expect(card.get_by_role("status")).to_contain_text("삼성전자 W 19개 봉")
    assert "삼성전자 W" in (await card.locator(".qz-chart").get_attribute("aria-label"))
    assert opened.errors == []


async def test_an_empty_chart_says_why_instead_of_drawing(stage: Open) -> None:
    opened = await stage()
    empty = {"figure": {"data": [], "layout": {}}, "label": "모의 시세", "as_of": at(), "empty": "아직 기록이 없어요."}
    opened.api.answers["GET /api/charts/equity"] = empty
    await opened.show("EquityCard")
    await expect(opened.card("equity").get_by_role("status")).to_contain_text("아직 기록이 없어요.")
    await expect(opened.card("equity").locator(".qz-chart")).to_be_hidden()
