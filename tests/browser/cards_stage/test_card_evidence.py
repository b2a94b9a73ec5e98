"""Where a number is from, and a decision's receipt: by mouse, finger and keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from card_samples import PLAN, at
from playwright.async_api import expect

Open = Callable[..., Awaitable[Any]]
RSI = {"id": "t.rsi", "text": "62.5", "label": "RSI", "source": "모의 거래소 일봉", "as_of": at()}
CHANGE = {"id": "t.change20", "text": "+3.2%", "label": "20일 등락", "source": "모의 거래소 일봉", "as_of": at()}
REASON = "선호하시는 반도체 업종이고, 차트 흐름이 좋고(RSI 62.5, 20일 +3.2%), 거시 지표는 주식에 우호적이에요."
LEG = {"ticker": "005930", "name": "삼성전자", "side": "buy", "qty": 10, "price": 72_300}
PROPOSALS = {
    "kind": "proposals",
    "created_at": at(),
    "body": {"proposals": [{**LEG, "reason": REASON, "figures": [RSI, CHANGE]}], "more": 0},
}
LINES = {
    "id": PLAN,
    "headline": "11월 23일 10:00 삼성전자 10주 매수",
    "lines": ["· 하신 말씀: 추천해줘 → 이대로 주문", "· 근거: 적극투자형 성향, 거시 긍정적", "· 승인: 승인하심"],
    "outcome": "모두 체결",
    "steps": 24,
    "head": "0123456789abcdef" * 4,
    "done": True,
}


async def test_a_number_of_a_reason_says_where_it_is_from(stage: Open, snap: Callable[..., Awaitable[Any]]) -> None:
    opened = await stage()
    opened.api.answers["GET /api/cards/c1"] = PROPOSALS
    await opened.show("ProposalsCard", {"card_id": "c1"})
    card = opened.card("proposals")
    number = card.get_by_role("button", name="62.5")
    source = card.locator(".qz-source").first
    await expect(source).to_be_hidden()
    await number.click()
    await expect(source).to_be_visible()
    await expect(source).to_contain_text("RSI: 모의 거래소 일봉")
    box = await source.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= opened.page.viewport_size["width"]
    await snap(opened.page, "evidence_in_a_reason")
    await opened.page.keyboard.press("Escape")
    await expect(number).to_have_attribute("aria-expanded", "false")
    await opened.page.keyboard.press("Tab")  # the next number, by the keyboard alone
    await expect(card.get_by_role("button", name="+3.2%")).to_be_focused()
    await expect(card.locator(".qz-source").nth(1)).to_be_visible()
    await expect(card.locator(".qz-reason")).to_contain_text("거시 지표는 주식에 우호적이에요.")


async def test_figures_below_a_report_and_the_receipt_open_on_a_phone(
    stage: Open, snap: Callable[..., Awaitable[Any]]
) -> None:
    opened = await stage()
    opened.api.answers[f"GET /api/receipts/{PLAN}/lines"] = LINES
    await opened.show("EvidenceCard", {"figures": [RSI, CHANGE]})
    evidence = opened.card("evidence")
    await evidence.get_by_text("숫자 2개의 근거").click()
    await expect(evidence).to_contain_text("모의 거래소 일봉")
    await opened.show("ReceiptCard", {"plan_id": PLAN})
    receipt = opened.card("receipt")
    await expect(receipt).to_contain_text("추천해줘 → 이대로 주문")
    link = receipt.get_by_role("link", name="내려받기")
    await expect(link).to_have_attribute("download", f"quartz-receipt-{PLAN}.json")
    assert str(await link.get_attribute("href")).endswith(f"/api/receipts/{PLAN}")
    await snap(opened.page, "receipt")
