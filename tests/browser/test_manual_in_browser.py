"""직접 확인 and halts on the desk in a real browser: a verdict needs what was seen and the letters typed, works once,
and says so when the order moved on; every cause of a halt is told; one strategy is stopped alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from desk_stage import PageAt, Served, open_desk, opened
from playwright.async_api import Locator, Page, expect
from web_household import DESK, PHONE
from web_seat import open_server

from domain.proto import oms_pb2 as pb
from tools.settings import Broker

NUMBER = "0000012345"
PASSWORD = "아주 긴 비밀번호 하나"


@pytest_asyncio.fixture(loop_scope="session")
async def desk(database: Any) -> AsyncIterator[Served]:
    async with open_desk(database) as served:
        yield served


async def unsettled(desk: Served) -> str:
    """An approved order whose fate nobody could find out, on an account that reduces for it; its id."""
    oms = desk.api.oms
    oms.fill = False
    await desk.api.post(f"/approvals/{await desk.api.ask()}", {"decision": "approve"})
    intent, order = next(iter(oms.placed.items()))
    order.state, order.broker_order_no = "MANUAL", ""
    oms.at_broker.add(NUMBER)
    oms.trading_state, oms.reason = "REDUCING", "직접 확인이 필요한 주문이 있어 새로 사지 않아요."
    return intent


def card_of(page: Page, intent: str) -> Locator:
    return page.locator(f'[data-card="manual"][data-id="{intent}"]')


async def test_a_number_from_the_app_is_adopted_once_the_letters_are_typed(
    desk: Served, page_at: PageAt, snap: Any
) -> None:
    intent = await unsettled(desk)
    page = await opened(desk, page_at, PHONE)
    card = card_of(page, intent)
    await expect(card).to_contain_text("증권사의 답을 받지 못했어요")
    await expect(page.locator("#desk-trading")).to_contain_text("직접 확인할 주문이 1건 있어요.")
    send = card.locator("[data-act=verdict]")
    await expect(send).to_be_disabled()
    row = pb.BrokerRow(broker_order_no=NUMBER, side="buy", quantity=10, price=72_000, fits=True)
    row.ordered_at.FromDatetime(desk.api.clock.now())
    other = pb.BrokerRow(broker_order_no="0000012346", side="buy", quantity=10, price=72_000, owner="other")
    lines = ["보낸 시각과 내용이 같은 주문이 둘 있었어요."]
    desk.api.oms.shown = pb.EvidenceReply(rows=[other, row], shows_list=True, lines=lines)
    await card.locator("[data-act=evidence]").click()
    await expect(card).to_contain_text(lines[0])
    await expect(card.locator("[data-act=pick]")).to_have_count(1)
    await card.locator("[data-act=pick]").click()
    await expect(card.get_by_label("증권사에 주문이 있어요")).to_be_checked()
    await expect(card.get_by_label("증권사 주문번호")).to_have_value(NUMBER)
    await card.get_by_label("확인 글자").fill("00000000")
    await send.click()
    await expect(card.get_by_role("status")).to_contain_text("확인 글자가 달라요")
    assert desk.api.oms.verdicts == []
    await card.get_by_label("확인 글자").fill(intent[:8])
    await card.scroll_into_view_if_needed()
    await snap(page, "desk-manual-phone")
    await page.evaluate("node => node.scrollIntoView()", await card.element_handle())
    await snap(page, "desk-manual-phone-top")
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    await send.dblclick()
    await expect(card).to_have_attribute("data-state", "judged")
    await expect(card.get_by_role("status")).to_contain_text("판정을 기록했어요")
    await expect(page.locator("#desk-journal")).to_contain_text(f"'증권사에 주문이 있어요({NUMBER})'라고 판정했어요.")
    assert [each.adopt_broker_order_no for each in desk.api.oms.verdicts] == [NUMBER]
    assert page.faults == []  # type: ignore[attr-defined]


async def test_an_order_that_is_not_there_ends_and_a_stale_card_has_no_effect(desk: Served, page_at: PageAt) -> None:
    intent = await unsettled(desk)
    first, second = await opened(desk, page_at), await opened(desk, page_at)
    for page in (first, second):
        card = card_of(page, intent)
        await card.get_by_label("주문이 없어요", exact=True).check()
        await expect(card.get_by_label("증권사 주문번호")).to_be_hidden()
        await card.get_by_label("확인 글자").fill(intent[:8])
    await second.evaluate("() => { window.Quartz.get = () => new Promise(() => {}); }")  # a tab that hears nothing new
    await card_of(first, intent).locator("[data-act=verdict]").click()
    await expect(card_of(first, intent)).to_have_attribute("data-state", "judged")
    await card_of(second, intent).locator("[data-act=verdict]").click()
    said = card_of(second, intent).get_by_role("status")
    await expect(said).to_contain_text("그 사이 주문이 '미접수 확인' 상태가 됐어요. 판정은 기록하지 않았어요.")
    assert [each.absent for each in desk.api.oms.verdicts] == [True]


@pytest.mark.parametrize(("size", "theme"), [(PHONE, "dark"), (DESK, "light"), (DESK, "dark")])
async def test_causes_of_a_halt_and_the_stop_of_one_strategy(
    desk: Served, page_at: PageAt, snap: Any, size: tuple[int, int], theme: str
) -> None:
    await unsettled(desk)
    oms = desk.api.oms
    oms.trading_state, oms.reason, oms.unreachable = (
        "HALTED",
        "점심시간",
        "증권사 인증이 되지 않아 주문을 보낼 수 없어요.",
    )
    oms.hold("005930", 10, 70_000)
    oms.positions[0].sleeves["cycle"] = 4
    page = await opened(desk, page_at, size, theme)
    causes = page.locator("#desk-trading li")
    await expect(causes).to_have_count(3)
    await expect(causes.first).to_contain_text("직접 정지하셨어요 (점심시간).")
    row = page.locator("#desk-stops [data-sleeve=cycle]")
    await expect(row).to_contain_text("정기 점검: 따로 멈추지 않았어요.")
    await snap(page, f"desk-halt-{size[0]}-{theme}")
    await row.locator("[data-act=strategy-stop]").click()
    await page.locator("dialog[open] [data-act=confirm]").click()
    await expect(row).to_have_attribute("data-stopped", "true")
    assert (oms.stopped, oms.trading_state) == ({"cycle": "HALTED"}, "HALTED")
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(("size", "theme"), [(PHONE, "light"), (DESK, "dark")])
async def test_own_keys_are_taken_back_after_a_tick(
    database: Any, page_at: PageAt, snap: Any, size: tuple[int, int], theme: str
) -> None:
    async with open_server(database, broker=Broker.PAPER) as seat:
        door = Door()
        seat.parts.assembled.hand = door
        oms = seat.parts.assembled.ports.oms
        async with seat.browser() as owner:
            await seat.enter(owner)  # nobody else may sign up before
        await seat.member("민수", PASSWORD)
        page = await page_at(size, theme, f"{seat.url}/enter")
        await page.locator("#name").fill("민수")
        await page.locator("#password").fill(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/settings")
        for field, value in (("app_key", "PSkeykeykeykey"), ("app_secret", "s3cret"), ("account_no", "50012345-01")):
            await page.locator(f"#{field}").fill(value)
        oms.keys = "own"
        await page.get_by_role("button", name="등록", exact=True).click()
        await expect(page.get_by_role("status")).to_contain_text("키를 등록했어요")
        take_back = page.get_by_role("button", name="키 지우기")
        await take_back.click()  # the browser itself asks for the tick
        assert door.withdrawn == 0
        await page.get_by_label("손절·익절도 더는").check()
        await snap(page, f"settings-keys-{size[0]}-{theme}")
        await take_back.click()
        await expect(page.get_by_role("alert")).to_contain_text("미체결 주문이 있어서")
        door.open_orders, oms.keys = False, "none"
        await page.get_by_label("손절·익절도 더는").check()
        await take_back.click()
        await expect(page.get_by_role("status")).to_contain_text("키를 지웠어요")
        await expect(take_back).to_have_count(0)
        assert door.withdrawn == 2
        assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]


class Door:
    """Takes keys, and gives them back once no order is open."""

    def __init__(self) -> None:
        self.withdrawn = 0
        self.open_orders = True

    async def enroll(self, who: Any, request: pb.EnrollRequest) -> pb.EnrollReply:
        return pb.EnrollReply(accepted=True, code="OK")

    async def unenroll(self, who: Any) -> pb.EnrollReply:
        self.withdrawn += 1
        if self.open_orders:
            return pb.EnrollReply(code="ORDERS_OPEN", message="미체결 주문이 있어서 지금은 지울 수 없어요.")
        return pb.EnrollReply(accepted=True, code="OK")
