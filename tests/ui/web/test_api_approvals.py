"""Approval cards in the browser: one click, one decision, at most one order, whatever is sent and whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from api_bench import THREAD, Api, open_api
from fakes import OTHER, USER

from execution.desk import words
from execution.desk.card import AGAIN
from graph.turn import TurnResult
from tools.ports import PortUnavailable
from tools.store.decisions import MESSAGES, Recorded
from ui.web.api import deciding
from ui.web.sweeper import swept

APPROVE = {"decision": "approve"}
BACK = timedelta(days=1)


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    async with open_api(database) as made:
        yield made


async def test_an_open_card_is_shown_with_what_it_asks(api: Api) -> None:
    card = await api.ask()
    shown = (await api.get(f"/approvals/{card}")).json()
    assert shown["state"] == "open"
    assert shown["card"]["legs"][0]["qty"] == 10
    assert shown["orders"] == []
    assert shown["decision"] is None
    assert shown["newer"] is None
    assert shown["now"] < shown["expires_at"]
    assert [each["id"] for each in (await api.get("/approvals")).json()["approvals"]] == [card]


async def test_an_approval_places_the_order_once_and_says_what_came_of_it(api: Api) -> None:
    card = await api.ask()
    answer = await api.post(f"/approvals/{card}", APPROVE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["recorded"] == "recorded"
    assert body["message"] == "확인했어요. 삼성전자(005930) 10주 매수 체결됐어요 · 평균 72,000원."
    assert body["approval"]["state"] == "approved"
    assert [order["qty"] for order in body["approval"]["orders"]] == [10]
    assert api.decided[0]["channel"] == "browser"
    assert len(api.oms.placed) == 1
    ((told, conversation, result),) = api.hub.told
    assert (told, conversation) == (USER.user_id, THREAD)
    assert result.outcome == "submitted"
    assert (await api.get("/approvals")).json()["approvals"] == []


async def test_a_second_click_is_told_that_it_is_done(api: Api) -> None:
    card = await api.ask()
    await api.post(f"/approvals/{card}", APPROVE)
    again = await api.post(f"/approvals/{card}", {"decision": "reject"})
    assert again.status_code == 409
    assert again.json()["recorded"] == "already"
    assert again.json()["message"] == MESSAGES[Recorded.ALREADY]
    assert [row["decision"] for row in api.decided] == ["approve"]
    assert len(api.oms.submits) == 1


async def test_two_tabs_at_once_make_one_decision_and_one_order(api: Api) -> None:
    card = await api.ask()
    bodies: list[dict[str, Any]] = [APPROVE, APPROVE, {"decision": "reject"}, APPROVE | {"quantities": {"1": 3}}]
    answers = await asyncio.gather(*(api.post(f"/approvals/{card}", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert all(answer.json()["message"] for answer in answers)
    assert len(api.decided) == 1
    assert len(api.oms.placed) <= 1


FORGED_QUANTITIES: list[Any] = [
    {"1": 11},
    {"1": 0},
    {"1": -5},
    {"1": 10**30},
    {"2": 1},
    {"01": 1},
    {"1 OR 1=1": 1},
    {"1": "5"},
    {"1": 5.0},
    {"1": True},
    {"1": None},
    {"1": [5]},
    [5],
    "5",
]
FORGED_BODIES: list[Any] = [
    {},
    {"decision": "APPROVE"},
    {"decision": ["approve"]},
    APPROVE | {"unsuitable_ack": "yes"},
    APPROVE | {"unsuitable_ack": 1},
    APPROVE | {"plan_id": str(UUID(int=1))},
    APPROVE | {"price": 1, "card": {"legs": []}},
    [],
    "approve",
]


async def test_a_forged_quantity_decides_nothing(api: Api) -> None:
    card = await api.ask()
    for quantities in FORGED_QUANTITIES:
        answer = await api.post(f"/approvals/{card}", APPROVE | {"quantities": quantities})
        assert answer.status_code == 422, quantities
        assert answer.json()["message"] == MESSAGES[Recorded.BAD_QUANTITY], quantities
    assert api.decided == []
    assert not api.oms.submits


async def test_a_forged_body_decides_nothing(api: Api) -> None:
    card = await api.ask()
    for body in FORGED_BODIES:
        answer = await api.http.post(f"/api/approvals/{card}", json=body)
        assert answer.status_code == 422, body
        assert answer.json()["message"], body
    assert api.decided == []


async def test_a_body_that_is_too_large_or_no_json_is_not_read(api: Api) -> None:
    card = await api.ask()
    large = await api.http.post(
        f"/api/approvals/{card}", content=b" " * 9_000, headers={"content-type": "application/json"}
    )
    form = await api.http.post(f"/api/approvals/{card}", data={"decision": "approve"})
    broken = await api.http.post(
        f"/api/approvals/{card}", content=b'{"decision":', headers={"content-type": "application/json"}
    )
    assert [large.status_code, form.status_code, broken.status_code] == [413, 415, 422]
    assert api.decided == []


async def test_another_persons_card_does_not_exist(api: Api) -> None:
    card = await api.ask()
    api.as_(OTHER)
    assert (await api.get(f"/approvals/{card}")).status_code == 404
    assert (await api.post(f"/approvals/{card}", APPROVE)).status_code == 404
    assert (await api.get("/approvals")).json()["approvals"] == []
    assert api.decided == []


async def test_the_same_persons_card_for_another_account_does_not_exist(api: Api) -> None:
    card = await api.ask()
    api.as_(replace(USER, account_ref="paper-x", venue="paper"))
    assert (await api.get(f"/approvals/{card}")).status_code == 404
    assert (await api.post(f"/approvals/{card}", APPROVE)).status_code == 404
    assert api.decided == []


async def test_an_id_that_is_none_is_not_found(api: Api) -> None:
    for name in ("1", "no-such-id", "{00000000-0000-4000-8000-000000000001}", "%27%20OR%201=1", "x" * 500):
        assert (await api.get(f"/approvals/{name}")).status_code == 404, name
        assert (await api.post(f"/approvals/{name}", APPROVE)).status_code == 404, name


async def test_a_lowered_quantity_is_what_is_ordered(api: Api) -> None:
    card = await api.ask()
    body = (await api.post(f"/approvals/{card}", APPROVE | {"quantities": {"1": 4}})).json()
    assert [order["qty"] for order in body["approval"]["orders"]] == [4]
    assert body["approval"]["decision"]["quantities"] == {"1": 4}
    assert [order.quantity for order in api.oms.placed.values()] == [4]


async def test_an_unsuitable_product_needs_its_own_word(api: Api) -> None:
    api.oms.unsuitable.add("005930")
    card = await api.ask()
    refused = await api.post(f"/approvals/{card}", APPROVE)
    assert refused.status_code == 422
    assert refused.json()["message"] == MESSAGES[Recorded.NEEDS_ACK]
    assert refused.json()["approval"]["state"] == "open"
    assert api.decided == []
    assert (await api.post(f"/approvals/{card}", APPROVE | {"unsuitable_ack": True})).status_code == 200
    assert api.decided[0]["unsuitable_ack"] is True


async def test_a_rejection_ends_the_card_and_orders_nothing(api: Api) -> None:
    card = await api.ask()
    body = (await api.post(f"/approvals/{card}", {"decision": "reject", "quantities": {"9": 9}})).json()
    assert "주문은 나가지 않았어요" in body["message"]
    assert body["approval"]["state"] == "rejected"
    assert api.decided[0]["quantities"] == {}
    assert not api.oms.submits


async def test_an_expired_card_is_not_taken_and_asks_again_at_todays_price(api: Api) -> None:
    card = await api.ask()
    api.clock.advance(11 * 60)
    assert (await api.get(f"/approvals/{card}")).json()["state"] == "expired"
    late = await api.post(f"/approvals/{card}", APPROVE)
    assert late.status_code == 409
    assert late.json()["recorded"] == "expired"
    assert AGAIN["expired"] in late.json()["message"]
    newer = late.json()["approval"]["newer"]
    assert newer not in (None, card)
    assert late.json()["approval"]["state"] == "superseded"
    assert (await api.get(f"/approvals/{newer}")).json()["state"] == "open"
    assert api.decided == []
    assert not api.oms.submits


async def test_a_rejection_that_comes_too_late_writes_and_asks_nothing(api: Api) -> None:
    card = await api.ask()
    api.clock.advance(11 * 60)
    late = await api.post(f"/approvals/{card}", {"decision": "reject"})
    assert late.status_code == 409
    assert late.json()["message"] == MESSAGES[Recorded.EXPIRED]
    assert late.json()["approval"]["newer"] is None
    assert api.decided == []


async def test_a_superseded_card_points_to_the_newer_one_and_decides_nothing(api: Api) -> None:
    card = await api.ask()
    api.clock.advance(11 * 60)
    newer = (await api.post(f"/approvals/{card}", APPROVE)).json()["approval"]["newer"]
    for decision in ("approve", "reject"):
        stale = await api.post(f"/approvals/{card}", {"decision": decision})
        assert stale.status_code == 409
        assert stale.json()["recorded"] == "superseded"
        assert stale.json()["approval"]["newer"] == newer
    assert api.decided == []


async def test_a_limit_that_got_tighter_is_asked_again_and_the_old_card_says_so(api: Api) -> None:
    card = await api.ask()
    api.oms.clamps["005930"] = 4
    body = (await api.post(f"/approvals/{card}", APPROVE)).json()
    assert body["recorded"] == "recorded"
    assert AGAIN["limits"] in body["message"]
    assert body["approval"]["state"] == "superseded"
    newer = body["approval"]["newer"]
    assert (await api.get(f"/approvals/{newer}")).json()["state"] == "open"
    assert not api.oms.placed
    await api.post(f"/approvals/{newer}", APPROVE)
    assert [order.quantity for order in api.oms.placed.values()] == [4]
    assert (await api.get(f"/approvals/{card}")).json()["orders"] == []
    assert len((await api.get(f"/approvals/{newer}")).json()["orders"]) == 1


async def test_a_silent_door_after_the_click_is_said_and_the_sweeper_delivers_once(api: Api) -> None:
    card = await api.ask()
    api.oms.down = True
    body = (await api.post(f"/approvals/{card}", APPROVE)).json()
    assert body["recorded"] == "recorded"
    assert words.UNDELIVERED in body["message"]
    assert body["approval"]["state"] == "approved"
    assert body["approval"]["orders"] == []
    assert body["approval"]["unavailable"] == "주문 창구가 응답하지 않아요."
    assert await swept(api.parts, BACK)
    assert api.hub.told == []  # that the same card still waits is no news
    api.oms.down = False
    assert await swept(api.parts, BACK)
    assert await swept(api.parts, BACK)
    assert len(api.oms.placed) == 1
    ((told, conversation, result),) = api.hub.told
    assert (told, conversation, result.outcome) == (USER.user_id, THREAD, "submitted")


async def test_a_card_is_shown_while_the_order_desk_is_silent(api: Api) -> None:
    card = await api.ask()
    api.oms.down = True
    shown = (await api.get(f"/approvals/{card}")).json()
    assert shown["state"] == "open"
    assert "unavailable" not in shown  # nothing was ordered, so nothing is unknown


async def test_a_graph_that_fails_after_the_click_leaves_the_decision_and_says_so(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = await api.ask()

    async def broken(*_: Any) -> TurnResult:
        return TurnResult("처리하다가 문제가 생겼어요.", failed=True)

    with monkeypatch.context() as patched:
        patched.setattr(api.runner, "resume", broken)
        answer = await api.post(f"/approvals/{card}", APPROVE)
    assert answer.status_code == 200
    assert deciding.LATER in answer.json()["message"]
    assert len(api.decided) == 1
    assert await swept(api.parts, BACK)
    assert len(api.oms.placed) == 1


async def test_a_chat_that_cannot_be_told_changes_nothing(api: Api) -> None:
    card = await api.ask()
    api.hub.broken = True
    assert (await api.post(f"/approvals/{card}", APPROVE)).status_code == 200
    assert len(api.oms.placed) == 1


async def test_a_browser_that_goes_away_does_not_stop_its_order(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await api.ask()
    began, go = asyncio.Event(), asyncio.Event()
    resume = api.runner.resume

    async def slow(*given: Any) -> TurnResult:
        began.set()
        await go.wait()
        return await resume(*given)

    monkeypatch.setattr(api.runner, "resume", slow)
    click = asyncio.create_task(api.post(f"/approvals/{card}", APPROVE))
    await began.wait()
    click.cancel()
    with pytest.raises(asyncio.CancelledError):
        await click
    go.set()
    await deciding.finish()
    assert len(api.decided) == 1
    assert len(api.oms.placed) == 1


async def test_an_answer_does_not_wait_for_ever(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await api.ask()
    go = asyncio.Event()
    resume = api.runner.resume

    async def slow(*given: Any) -> TurnResult:
        await go.wait()
        return await resume(*given)

    monkeypatch.setattr(api.runner, "resume", slow)
    monkeypatch.setattr(deciding, "ANSWER_SECONDS", 0.01)
    answer = await api.post(f"/approvals/{card}", APPROVE)
    assert deciding.WAITS in answer.json()["message"]
    go.set()
    await deciding.finish()
    assert len(api.oms.placed) == 1


async def test_an_approval_that_was_never_delivered_in_time_says_that_nothing_was_ordered(api: Api) -> None:
    card = await api.ask()
    api.oms.down = True
    await api.post(f"/approvals/{card}", APPROVE)
    api.oms.down = False
    api.clock.advance(11 * 60)
    shown = (await api.get(f"/approvals/{card}")).json()
    assert "주문은 나가지 않았어요" in shown["note"]


async def test_a_card_that_ran_out_unanswered_ends_and_its_owner_is_told_once(api: Api) -> None:
    await api.ask()
    api.clock.advance(11 * 60)
    assert await swept(api.parts, BACK)
    assert await swept(api.parts, BACK)
    ((told, conversation, result),) = api.hub.told
    assert (told, conversation, result.outcome) == (USER.user_id, THREAD, "expired")


async def test_a_sweep_that_fails_says_so_and_the_next_one_tries_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone() -> Any:
        raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="desk")

    with monkeypatch.context() as patched:
        patched.setattr(api.runner, "resume_approved", gone)
        assert not await swept(api.parts, BACK)
    assert await swept(api.parts, BACK)


async def test_nobody_may_keep_an_answer(api: Api) -> None:
    answers: list[httpx.Response] = [await api.get("/approvals"), await api.get("/approvals/none")]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
