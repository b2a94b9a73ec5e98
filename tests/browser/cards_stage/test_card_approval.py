"""The approval card in a real browser: what it shows, what it sends, and that it sends it once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from card_samples import APPROVAL, NEWER, approval, at, decided, order
from playwright.async_api import expect

PATH = f"/api/approvals/{APPROVAL}"
GET, POST = f"GET {PATH}", f"POST {PATH}"
MOST_HEIGHT = 640  # of 844: under the header, over the composer

Open = Callable[..., Awaitable[Any]]


async def shown(stage: Open, answer: Any, **how: Any) -> Any:
    opened = await stage(**how)
    opened.api.answers[GET] = answer
    await opened.show("ApprovalCard", {"approval_id": APPROVAL})
    await expect(opened.page.locator(f'[data-card="approval"][data-id="{APPROVAL}"] h3')).to_be_visible()
    return opened


async def test_three_legs_with_everything_fit_a_phones_screen(stage: Open) -> None:
    opened = await shown(stage, lambda: approval(ack=True))
    card = opened.card("approval")
    box = await card.bounding_box()
    assert box["height"] <= MOST_HEIGHT
    assert await opened.overflow() <= 0
    for button in await card.locator("button").all():
        size = await button.bounding_box()
        assert size["height"] >= 44
    for words in ("삼성전자", "매수 10주", "매도 5주", "지정가 71,300원", "지금 71,400원", "713,000원", "모의 시세"):
        await expect(card).to_contain_text(words)
    for words in ("예상 매수 금액", "수수료", "세금", "주문 뒤 주문 가능 금액", "한도 때문에 12주 → 8주", "남았어요"):
        await expect(card).to_contain_text(words)
    assert opened.errors == []


async def test_a_card_that_comes_below_long_words_is_brought_into_view_and_the_head_stays(stage: Open) -> None:
    opened = await stage()
    opened.api.answers[GET] = approval(ack=True)
    await opened.show("ApprovalCard", {"approval_id": APPROVAL}, text="\n\n".join(["이유를 길게 말해요."] * 14))
    await expect(opened.act("reject")).to_be_in_viewport(ratio=1)
    await expect(opened.page.locator("#quartz-halt")).to_be_in_viewport(ratio=1)


async def test_it_is_read_in_the_order_it_is_seen(stage: Open) -> None:
    opened = await shown(stage, lambda: approval(ack=True))
    tops = await opened.card("approval").evaluate(
        "card => [...card.querySelectorAll('h3,li,dl,.qz-warn,[role=timer],label,.qz-actions')]"
        ".map(node => node.getBoundingClientRect().top)"
    )
    assert tops == sorted(tops)
    heading = await opened.card("approval").get_attribute("aria-labelledby")
    await expect(opened.page.locator(f"#{heading}")).to_have_text("이 주문을 승인할까요?")


async def test_double_click_sends_one_approval_with_the_token_of_the_page(stage: Open) -> None:
    opened = await shown(stage, lambda: approval(limits=False))
    done = approval("approved", decision=decided("approve"))
    opened.api.answers[POST] = {"recorded": "RECORDED", "message": "승인했어요.", "approval": done}
    opened.api.after_post = lambda: opened.api.answers.update({GET: done})
    opened.api.slow_post = 0.4
    await opened.act("approve").dblclick()
    await expect(opened.card("approval")).to_have_attribute("data-state", "approved")
    assert [(path, body) for path, body, _ in opened.api.posts] == [
        (PATH, {"decision": "approve", "quantities": {}, "unsuitable_ack": False})
    ]
    assert opened.api.posts[0][2]["x-quartz-csrf"] == "token"
    await expect(opened.act("approve")).to_have_count(0)
    await expect(opened.card("approval").get_by_role("status")).to_be_focused()


async def test_keyboard_alone_lowers_and_approves(stage: Open) -> None:
    opened = await shown(stage, lambda: approval(limits=False), size=(1440, 900))
    less = approval("approved", decision=decided("approve", {"1": 5, "2": 8, "3": 5}))
    opened.api.answers[POST] = {"recorded": "RECORDED", "message": "", "approval": less}
    keyboard = opened.page.keyboard
    await opened.act("lower").focus()
    await keyboard.press("Enter")
    field = opened.page.get_by_label("삼성전자 수량", exact=True)
    await expect(field).to_be_focused()
    await keyboard.press("ControlOrMeta+A")
    await keyboard.type("4")
    await keyboard.press("Tab")  # the plus
    await keyboard.press("Enter")
    await expect(field).to_have_value("5")
    await expect(opened.card("approval")).to_contain_text("매수 5주")
    await opened.act("confirm").focus()
    await keyboard.press("Enter")
    await expect(opened.card("approval")).to_have_attribute("data-state", "approved")
    await expect(opened.card("approval")).to_contain_text("약 1,784,500원")
    assert opened.api.posts[0][1]["quantities"] == {"1": 5, "2": 8, "3": 5}


async def test_more_than_was_asked_cannot_be_sent(stage: Open) -> None:
    opened = await shown(stage, lambda: approval(legs=1))
    await opened.act("lower").click()
    await opened.page.get_by_label("삼성전자 수량", exact=True).fill("11")
    await expect(opened.card("approval").get_by_role("alert")).to_contain_text("1주에서 10주 사이")
    await expect(opened.act("confirm")).to_be_disabled()
    await opened.act("back").click()
    await expect(opened.act("approve")).to_be_enabled()


async def test_what_is_being_lowered_survives_a_new_message(stage: Open) -> None:
    """Chainlit evaluates an element's file again when it draws: the component must stay itself."""
    opened = await shown(stage, lambda: approval(legs=1), size=(1440, 900))
    await opened.act("lower").click()
    field = opened.page.get_by_label("삼성전자 수량", exact=True)
    await field.fill("3")
    await opened.say("왜?")
    await expect(opened.page.get_by_text("들었어요: 왜?")).to_be_visible()
    await expect(field).to_have_value("3")


async def test_a_product_riskier_than_the_profile_wants_a_tick_first(stage: Open) -> None:
    opened = await shown(stage, lambda: approval(ack=True))
    await expect(opened.act("approve")).to_be_disabled()
    await opened.act("ack").check()
    opened.api.answers[POST] = {"recorded": "RECORDED", "message": "", "approval": approval("approved")}
    await opened.act("approve").click()
    await expect(opened.card("approval")).to_have_attribute("data-state", "approved")
    assert opened.api.posts[0][1]["unsuitable_ack"] is True


async def test_a_card_that_is_over_says_so_cannot_act_and_asks_no_more(stage: Open) -> None:
    notes = {
        "rejected": "거절하셔서 주문은 나가지 않았어요.",
        "expired": "승인 시간이 지났어요.",
        "superseded": "새 카드로 바뀌었어요.",
    }
    opened = await stage()
    for state, note in notes.items():
        opened.api.answers[f"GET /api/approvals/{state}"] = {**approval(state, note=note), "id": state}
        await opened.show("ApprovalCard", {"approval_id": state})
        card = opened.page.locator(f'[data-card="approval"][data-id="{state}"]')
        await expect(card).to_have_attribute("data-state", state)
        await expect(card.get_by_role("status")).to_have_text(note)
        await expect(card.locator("button")).to_have_count(0)
    asked = len(opened.api.asked)
    await opened.page.wait_for_timeout(2600)
    assert [call for call in opened.api.asked[asked:] if "/api/approvals/" in call] == []


async def test_it_closes_by_itself_when_its_time_is_up(stage: Open) -> None:
    soon = approval(seconds=4)
    opened = await shown(stage, lambda: {**soon, "now": at()})
    await expect(opened.card("approval")).to_have_attribute("data-state", "expired", timeout=9000)
    await expect(opened.act("approve")).to_have_count(0)


async def test_orders_move_on_the_card_until_they_are_done(stage: Open) -> None:
    opened = await shown(
        stage,
        lambda: approval("approved", legs=1, decision=decided("approve"), orders=[order(1, "PARTIAL", "일부 체결", 3)]),
    )
    await expect(opened.card("approval")).to_contain_text("3/10주 체결")
    done = approval("approved", legs=1, decision=decided("approve"), orders=[order(1, "FILLED", "체결", 10)])
    opened.api.answers[GET] = done
    await expect(opened.card("approval")).to_contain_text("10/10주 체결")
    asked = len(opened.api.asked)
    await opened.page.wait_for_timeout(2600)
    assert GET not in opened.api.asked[asked:]


async def test_a_refused_click_is_explained_and_the_card_shows_what_is_true(stage: Open) -> None:
    opened = await shown(stage, lambda: approval())
    true = approval("rejected", note="거절하셔서 주문은 나가지 않았어요.", decision=decided("reject"))
    opened.api.answers[POST] = (409, {"recorded": "ALREADY", "message": "이미 거절한 주문이에요.", "approval": true})
    opened.api.after_post = lambda: opened.api.answers.update({GET: true})
    await opened.act("approve").click()
    await expect(opened.card("approval").get_by_role("alert")).to_have_text("이미 거절한 주문이에요.")
    await expect(opened.card("approval")).to_have_attribute("data-state", "rejected")
    await expect(opened.act("approve")).to_have_count(0)


async def test_trouble_on_the_way_is_said_and_the_card_can_be_tried_again(stage: Open) -> None:
    opened = await shown(stage, lambda: approval())
    opened.api.answers[POST] = (503, {"message": "주문 창구가 답하지 않아요."})
    await opened.act("approve").click()
    await expect(opened.card("approval").get_by_role("alert")).to_have_text("주문 창구가 답하지 않아요.")
    await expect(opened.act("approve")).to_be_enabled()


async def test_a_replaced_card_leads_to_the_newer_one(stage: Open) -> None:
    opened = await shown(stage, lambda: approval("superseded", note="새 카드로 바뀌었어요.", newer=NEWER))
    fresh = {**approval(), "id": NEWER, "created_at": at()}
    opened.api.answers[f"GET /api/approvals/{NEWER}"] = fresh
    await opened.act("newer").click()
    await expect(opened.page.locator(f'[data-card="approval"][data-id="{NEWER}"]')).to_have_attribute(
        "data-state", "open"
    )
