"""Every card on a phone and at a desk, in light and dark: nothing scrolls sideways or breaks; a picture of each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from card_samples import (
    APPROVAL,
    BOOK,
    PLAN,
    PROFILE,
    PROPOSALS,
    RUNS,
    STRATEGY,
    approval,
    at,
    candidates,
    chart,
    decided,
    order,
    past,
)
from playwright.async_api import expect

CARDS: list[tuple[str, dict[str, Any], str]] = [
    ("Choices", {"options": ["맞아요", "고칠래요", "3년 이상 5년 미만", "잘 모르겠어요"]}, "choices"),
    ("ProfileCard", {"thread_id": "t1"}, "profile"),
    ("StrategyCard", {"strategy_id": "s-1"}, "strategy"),
    ("RunsCard", {}, "runs"),
    ("ProposalsCard", {"card_id": "c1"}, "proposals"),
    ("ApprovalCard", {"approval_id": APPROVAL}, "approval"),
    ("ApprovalCard", {"approval_id": "done"}, "approval"),
    ("OrdersCard", {"plan_id": PLAN}, "orders"),
    ("BookCard", {}, "book"),
    ("ChartCard", {"ticker": "005930", "period": "D"}, "chart"),
    ("EquityCard", {}, "equity"),
    ("CandidatesCard", {}, "candidates"),
]
ORDERS = [order(1, "PARTIAL", "일부 체결", 3), order(2), order(3, "FILLED", "체결", 5)]
ANSWERS: dict[str, Any] = {
    "GET /api/threads/t1/profile": PROFILE,
    "GET /api/strategies/s-1": STRATEGY,
    "GET /api/strategies/s-1/backtest?version=2": past(),
    "GET /api/strategy-runs": RUNS,
    "GET /api/cards/c1": PROPOSALS,
    f"GET /api/approvals/{APPROVAL}": lambda: approval(ack=True),
    "GET /api/approvals/done": lambda: {
        **approval("approved", decision=decided("approve"), orders=ORDERS), "id": "done"
    },
    f"GET /api/orders?plan_id={PLAN}": lambda: {"orders": ORDERS, "as_of": at()},
    "GET /api/book": BOOK,
    "GET /api/charts/price/005930?period=D": chart(),
    "GET /api/charts/equity": chart(),
    "POST /api/candidates": candidates(),
}  # fmt: skip


@pytest.mark.parametrize("size", [(390, 844), (1440, 900)], ids=["phone", "desk"])
@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_every_card_is_drawn_within_its_screen(
    stage: Callable[..., Awaitable[Any]], snap: Callable[..., Awaitable[Any]], size: tuple[int, int], theme: str
) -> None:
    opened = await stage(size, theme)
    opened.api.answers.update(ANSWERS)
    for at_, (name, props, kind) in enumerate(CARDS):
        await opened.show(name, props)
        card = opened.page.locator("[data-card]").nth(at_)
        await expect(card).to_have_attribute("data-card", kind)
        await expect(card.locator("h3, button").first).to_be_visible()
        if kind in ("chart", "equity"):
            await expect(card.locator(".main-svg").first).to_be_visible(timeout=20_000)
        await card.scroll_into_view_if_needed()
        assert await opened.overflow() <= 0, name
        box = await card.bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= size[0], name
        await snap(opened.page, f"cards-{size[0]}-{theme}-{at_}-{kind}")
    assert opened.errors == []
