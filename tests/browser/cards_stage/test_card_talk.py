"""The cards that speak for the person: choices, proposals, profile and strategy."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from card_samples import PROFILE, PROPOSALS, STRATEGY, past
from playwright.async_api import Locator, expect

Open = Callable[..., Awaitable[Any]]


def heard(opened: Any, words: str) -> Locator:
    return opened.page.get_by_text(f"들었어요: {words}", exact=True)


async def test_a_choice_says_its_label_and_stays_marked(stage: Open) -> None:
    opened = await stage()
    await opened.show("Choices", {"options": ["맞아요", "고칠래요"]})
    chosen = opened.page.locator('[data-choice="맞아요"]')
    await chosen.dblclick()
    await expect(heard(opened, "맞아요")).to_have_count(1)
    await expect(chosen).to_have_attribute("aria-pressed", "true")
    await expect(chosen).to_be_disabled()
    await expect(opened.page.locator('[data-choice="고칠래요"]')).to_be_disabled()
    assert opened.errors == []


async def test_a_typed_answer_marks_its_button_too(stage: Open) -> None:
    opened = await stage()
    await opened.show("Choices", {"options": ["맞아요", "고칠래요"]})
    await expect(opened.page.locator('[data-choice="고칠래요"]')).to_be_enabled()
    await opened.say("고칠래요")
    await expect(opened.page.locator('[data-choice="고칠래요"]')).to_have_attribute("aria-pressed", "true")
    await expect(opened.page.locator('[data-choice="맞아요"]')).to_be_disabled()


async def test_buttons_of_an_older_question_are_closed_and_suggestions_stay(stage: Open) -> None:
    opened = await stage()
    await opened.show("Choices", {"options": ["3년", "5년"]})
    await opened.show("Choices", {"options": ["잔고 보기", "차트 보기"], "owner": "next"})
    await expect(opened.page.locator('[data-choice="3년"]')).to_be_disabled()
    await opened.say("안녕")
    await expect(heard(opened, "안녕")).to_be_visible()
    await expect(opened.page.locator('[data-choice="잔고 보기"]')).to_be_enabled()


async def test_proposals_are_ordered_in_words_the_conversation_knows(stage: Open) -> None:
    opened = await stage()
    opened.api.answers["GET /api/cards/c1"] = PROPOSALS
    await opened.show("ProposalsCard", {"card_id": "c1"})
    card = opened.card("proposals")
    await expect(card.locator("li")).to_have_count(3)
    await expect(card).to_contain_text("그 밖에 2건")
    await card.get_by_role("button", name="왜?").click()
    await expect(heard(opened, "왜?")).to_be_visible()
    await card.get_by_role("button", name="2번만").click()
    await expect(heard(opened, "2번만 주문")).to_be_visible()
    await expect(card.get_by_role("button", name="이대로 주문")).to_be_disabled()


async def test_profile_shows_what_was_understood_and_the_ways_out(stage: Open) -> None:
    opened = await stage()
    opened.api.answers["GET /api/threads/t1/profile"] = PROFILE
    await opened.show("ProfileCard", {"thread_id": "t1"})
    card = opened.card("profile")
    for words in ("위험중립형", "100점 중 53점", "20,000,000원", "2년 6개월", "5%까지", "반도체", "소득, 투자 경험"):
        await expect(card).to_contain_text(words)
    await card.get_by_role("button", name="손실 한도 10%로").click()
    await expect(heard(opened, "손실 한도 10%로")).to_be_visible()


async def test_a_confirmed_profile_has_nothing_left_to_settle_and_says_its_year(stage: Open) -> None:
    opened = await stage()
    confirmed = {**PROFILE, "confirmed": True, "missing": [], "expires_at": "2027-11-22T09:53:00+00:00"}
    opened.api.answers["GET /api/threads/t1/profile"] = confirmed
    await opened.show("ProfileCard", {"thread_id": "t1"})
    card = opened.card("profile")
    await expect(card).to_contain_text("2027년 11월 22일까지 쓸 수 있어요.")
    await expect(card.locator("button")).to_have_count(0)


async def test_strategy_is_read_in_lines_and_taken_along_as_json(stage: Open) -> None:
    opened = await stage()
    opened.api.answers["GET /api/strategies/s-1"] = STRATEGY
    await opened.show("StrategyCard", {"strategy_id": "s-1"})
    card = opened.card("strategy")
    await expect(card.locator("li")).to_have_text(["한 종목 20%까지", "매주 월요일 점검"])
    await card.locator("summary").click()
    assert json.loads(await card.locator("pre").inner_text()) == STRATEGY["spec"]
    link = card.get_by_role("link", name="JSON 내려받기")
    assert await link.get_attribute("href") == f"/api/strategies/s-1.json?version={STRATEGY['version']}"
    assert await link.get_attribute("download") is not None


async def test_a_past_that_is_under_way_is_asked_for_again_and_what_a_file_leaves_out_is_named(stage: Open) -> None:
    opened = await stage()
    waits = iter([past("running", "과거 시세로 검증하고 있어요…")])
    opened.api.answers["GET /api/strategies/s-1"] = STRATEGY
    opened.api.answers["GET /api/strategies/s-1/backtest?version=2"] = lambda: next(waits, past())
    await opened.show("StrategyCard", {"strategy_id": "s-1"})
    card = opened.card("strategy")
    await expect(card).to_contain_text("과거 시세로 검증하고 있어요…")
    await expect(card.locator("[data-act=report]")).to_have_count(0)
    await expect(card.locator("[data-part=past]")).to_have_attribute("data-state", "ready")
    await expect(card.locator("[data-act=report]")).to_have_count(1)
    await card.get_by_role("button", name="KIS 파일").click()
    await expect(card.get_by_role("note")).to_contain_text("거래할 종목, 비중")
    link = card.get_by_role("link", name="빼고 받기")
    assert await link.get_attribute("href") == "/api/strategies/s-1/kis.yaml?version=2&without=universe,sizing"


async def test_a_card_that_is_not_ones_own_says_so(stage: Open) -> None:
    opened = await stage()
    await opened.show("ProposalsCard", {"card_id": "somebody else's"})
    await expect(opened.card("proposals")).to_have_text("찾을 수 없어요.")
