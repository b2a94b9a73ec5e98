"""전체 정지 on the conversation's page, and the page around the cards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from playwright.async_api import expect

POST = "POST /api/trading-state"
NAMELESS = """[...document.querySelectorAll('button')].filter((node) => node.offsetParent
  && !(node.innerText || node.getAttribute('aria-label') || node.textContent).trim()
  && !node.querySelector('img[alt]'))"""
Open = Callable[..., Awaitable[Any]]


def me(state: str) -> dict[str, Any]:
    return {"name": "kim", "label": "모의 시세", "trading_state": state}


async def test_two_taps_stop_everything_and_two_start_it_again(stage: Open, snap: Open) -> None:
    opened = await stage()
    button = opened.page.locator("#quartz-halt")
    await expect(button).to_have_text("전체 정지")
    opened.api.answers[POST] = {"state": "HALTED", "message": "모든 주문을 멈췄어요.", "in_flight": []}
    opened.api.after_post = lambda: opened.api.answers.update({"GET /api/me": me("HALTED")})
    await button.click()
    assert opened.api.posts == []
    await snap(opened.page, "halt-asked")
    await opened.act("halt").dblclick()
    dialog = opened.page.get_by_role("dialog")
    await expect(dialog.get_by_role("status")).to_have_text("모든 주문을 멈췄어요.")
    assert [body["state"] for _, body, _ in opened.api.posts] == ["HALTED"]
    await opened.act("close").click()
    await expect(button).to_have_text("정지됨 · 재개")
    opened.api.answers[POST] = {"state": "ACTIVE", "message": "다시 시작했어요.", "in_flight": []}
    opened.api.after_post = lambda: opened.api.answers.update({"GET /api/me": me("ACTIVE")})
    await button.click()
    await opened.act("resume").click()
    await expect(dialog.get_by_role("status")).to_have_text("다시 시작했어요.")
    await opened.page.keyboard.press("Escape")
    await expect(button).to_have_text("전체 정지")
    await expect(button).to_be_focused()


async def test_a_stop_that_did_not_reach_the_desk_is_never_shown_as_done(stage: Open) -> None:
    opened = await stage()
    opened.api.answers[POST] = (503, {"message": "정지나 재개는 되지 않았어요."})
    await opened.page.locator("#quartz-halt").click()
    await opened.act("halt").click()
    await expect(opened.page.get_by_role("dialog").get_by_role("status")).to_have_text("정지나 재개는 되지 않았어요.")
    await expect(opened.act("halt")).to_be_enabled()
    await expect(opened.page.locator("#quartz-halt")).to_have_attribute("data-state", "ACTIVE")


async def test_a_stray_enter_neither_stops_nor_starts(stage: Open) -> None:
    opened = await stage(size=(1440, 900))
    await opened.page.locator("#quartz-halt").press("Enter")  # at once: the chat takes the focus when it is ready
    await expect(opened.act("close")).to_be_focused()
    await opened.page.keyboard.press("Enter")
    await expect(opened.page.get_by_role("dialog")).to_have_count(0)
    assert opened.api.posts == []


async def test_the_state_somebody_else_set_shows_after_a_reload(stage: Open) -> None:
    opened = await stage()
    opened.api.answers["GET /api/me"] = me("HALTED")
    await opened.reload()
    await expect(opened.page.locator("#quartz-halt")).to_have_text("정지됨 · 재개")


async def test_the_button_lies_over_nothing_and_stays_through_the_conversation(stage: Open) -> None:
    opened = await stage()
    await opened.say("안녕")
    await expect(opened.page.get_by_text("들었어요: 안녕")).to_be_visible()
    await opened.page.locator("#new-chat-button").click()
    halt = opened.page.locator("#quartz-halt")
    await expect(halt).to_have_count(1)
    box = await halt.bounding_box()
    assert box["y"] + box["height"] <= 60
    covered = await opened.page.evaluate(
        """() => {
          const halt = document.getElementById('quartz-halt').getBoundingClientRect();
          const hits = [...document.querySelectorAll('button, a, textarea, #chat-input')].filter((node) => {
            const box = node.getBoundingClientRect();
            return node.id !== 'quartz-halt' && box.width && box.left < halt.right && box.right > halt.left
              && box.top < halt.bottom && box.bottom > halt.top;
          });
          return hits.map((node) => node.outerHTML.slice(0, 80));
        }"""
    )
    assert covered == []
    assert await opened.overflow() <= 0


async def test_the_page_speaks_korean_and_names_its_buttons(stage: Open) -> None:
    opened = await stage()
    await opened.say("안녕")
    await expect(opened.page.get_by_text("들었어요: 안녕")).to_be_visible()
    await expect(opened.page.locator("#theme-toggle .sr-only")).to_have_text("밝기 바꾸기")
    assert await opened.page.locator("html").get_attribute("lang") == "ko"
    await opened.page.wait_for_function(f"() => {NAMELESS}.length === 0")
    english = await opened.page.evaluate(
        "() => document.body.innerText.split('\\n').filter((line) => /^[A-Za-z .,!]{3,}$/.test(line))"
    )
    assert english == []
