"""The desk page in a real browser under its real policy: it works without a chat, on a phone, in the dark, and says so
when the order desk is silent. The API behind it is real; the OMS is a fake that can be told to fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from desk_stage import PageAt, Served, open_desk, opened
from fakes import USER
from playwright.async_api import expect
from web_household import PHONE

from domain.proto import oms_pb2 as pb


@pytest_asyncio.fixture(loop_scope="session")
async def desk(database: Any) -> AsyncIterator[Served]:
    async with open_desk(database) as served:
        yield served


async def test_a_card_is_lowered_and_approved_on_the_desk_alone(desk: Served, page_at: PageAt) -> None:
    desk.api.oms.fill = False
    card = await desk.api.ask()
    page = await opened(desk, page_at)
    shown = page.locator(f'[data-card="approval"][data-id="{card}"]')
    await expect(shown).to_have_attribute("data-state", "open")
    await shown.locator("[data-act=lower]").click()
    await shown.get_by_label("수량 (1~10)").fill("4")
    await shown.locator("[data-act=approve]").click()
    await expect(shown).to_have_attribute("data-state", "approved")
    await expect(shown).to_contain_text("미체결")
    assert [order.quantity for order in desk.api.oms.placed.values()] == [4]
    await page.locator("#desk-open [data-act=cancel]").click()
    await page.locator("dialog [data-act=confirm]").click()
    await expect(page.locator("#desk-open")).to_contain_text("미체결 주문이 없어요.")
    assert [order.state for order in desk.api.oms.placed.values()] == ["CANCELLED"]
    assert page.faults == []  # type: ignore[attr-defined]


async def test_a_quantity_above_the_card_is_refused_and_the_card_can_still_be_answered(
    desk: Served, page_at: PageAt
) -> None:
    card = await desk.api.ask()
    page = await opened(desk, page_at)
    shown = page.locator(f'[data-card="approval"][data-id="{card}"]')
    await shown.locator("[data-act=lower]").click()
    await shown.locator("input[type=number]").fill("11")
    await shown.locator("[data-act=approve]").click()
    await expect(shown.get_by_role("status")).to_contain_text("수량은 1주부터")
    await shown.locator("[data-act=reject]").click()
    await expect(shown).to_have_attribute("data-state", "rejected")
    assert desk.api.oms.placed == {}


async def test_trading_is_halted_and_resumed_by_keyboard(desk: Served, page_at: PageAt) -> None:
    page = await opened(desk, page_at)
    await page.locator("#desk-reason").fill("점심시간")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-trading]")).to_have_attribute("data-trading", "HALTED")
    assert desk.api.oms.trading_state == "HALTED"
    await page.locator("#desk-trading [data-act=resume]").focus()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Escape")
    assert desk.api.oms.trading_state == "HALTED"
    await page.locator("#desk-trading [data-act=resume]").click()
    await page.locator("dialog[open] [data-act=confirm]").click()
    await expect(page.locator("[data-trading]")).to_have_attribute("data-trading", "ACTIVE")


async def test_an_exit_rule_is_seen_changed_and_taken_back(desk: Served, page_at: PageAt, snap: Any) -> None:
    desk.api.oms.protected.append(protected_samsung())
    page = await opened(desk, page_at, PHONE)
    row = page.locator("#desk-guard tr[data-ticker='005930']")
    await expect(row).to_contain_text("66,500원")
    await expect(row).to_contain_text("기본 기준: 손절 -5% · 익절 +15%")
    await row.locator("[data-act=guard-change]").click()
    dialog = page.locator("dialog[open]")
    await dialog.get_by_label("손절: 평균").fill("일곱")
    await dialog.locator("[data-act=guard-save]").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("숫자로 적어 주세요")
    await dialog.get_by_label("손절: 평균").fill("7.5")
    await dialog.get_by_label("익절").fill("")
    await dialog.get_by_label("증권사에도").check()
    await snap(page, "desk-guard-dialog")
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await dialog.locator("[data-act=guard-save]").click()
    await expect(row).to_contain_text("64,750원")
    await expect(row).to_contain_text("직접 정한 기준: 손절 -7.5%")
    await expect(page.locator("#desk-said")).to_contain_text("기준을 바꿨어요")
    (kept,) = desk.api.rows("SELECT stop_bps, take_bps, resting FROM desk.guard_rules")
    assert (kept["stop_bps"], kept["take_bps"], kept["resting"]) == (750, None, True)
    await row.locator("[data-act=guard-reset]").click()
    await page.locator("dialog[open] [data-act=confirm]").click()
    await expect(row).to_contain_text("기본 기준")
    await page.locator("[data-act=guard-all]").click()
    await page.locator("dialog[open] [data-act=guard-off]").click()
    await expect(row).to_contain_text("자동 매도 없음")
    assert page.faults == []  # type: ignore[attr-defined]


def protected_samsung() -> pb.ProtectedPosition:
    return pb.ProtectedPosition(
        exit_mandate_id=str(uuid4()),
        account_ref=USER.account_ref,
        ticker="005930",
        name="삼성전자",
        sleeve="manual",
        quantity=10,
        cost=700_000,
        entered_on="2026-11-20",
        generation=1,
        takes_resting=True,
    )


async def test_a_silent_order_desk_is_said_in_each_section_and_shows_no_figures(desk: Served, page_at: PageAt) -> None:
    desk.api.oms.down = True
    page = await opened(desk, page_at)
    for name in ("summary", "holdings", "guard", "open", "orders", "trading"):
        await expect(page.locator(f"#desk-{name}")).to_have_text("주문 창구가 응답하지 않아요.")
    await expect(page.locator("#desk-mandates")).to_contain_text("아직 위임이 없어요")
    await expect(page.locator("#desk-journal")).to_contain_text("아직 기록이 없어요")


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_phone_scrolls_only_downwards_and_every_button_has_a_name(
    desk: Served, page_at: PageAt, theme: str, snap: Any
) -> None:
    desk.api.oms.fill = False
    for ticker, price in (("005930", 72_000), ("035720", 45_000), ("069500", 36_000)):
        desk.api.oms.hold(ticker, 1_234_567, price, cost=price * 1_300_000)
    await desk.api.post(f"/approvals/{await desk.api.ask()}", {"decision": "approve"})
    await desk.api.ask("m2")
    page = await opened(desk, page_at, PHONE, theme)
    await expect(page.locator("#desk-holdings tbody tr")).to_have_count(3)
    await expect(page.locator("#desk-open [data-act=cancel]")).to_have_count(1)
    await expect(page.locator('[data-card="approval"]')).to_have_count(1)
    await page.locator("#desk-charts").scroll_into_view_if_needed()
    await expect(page.locator("#desk-charts")).to_contain_text("아직 그릴 날이 없어요.")
    await expect(page.locator('[data-chart="pnl"] .main-svg').first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    for control in await page.locator("button, a, input:not([type=hidden])").all():
        if await control.is_visible():
            assert (await control.aria_snapshot()).count('"') >= 2, await control.evaluate("node => node.outerHTML")
    await page.evaluate("window.scrollTo(0, 0)")
    await snap(page, f"desk-phone-{theme}")
    assert page.faults == []  # type: ignore[attr-defined]
