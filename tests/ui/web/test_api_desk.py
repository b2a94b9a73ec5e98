"""What the desk page and the cards read and do besides approving: only one's own, only what the OMS really says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from api_bench import THREAD, Api, offered, open_api
from fakes import OTHER, START, USER, give_profile
from psycopg.types.json import Jsonb

from domain.clock import KST
from domain.profile import Profile
from domain.proto import oms_pb2 as pb
from domain.strategy.presets import preset_for
from domain.strategy.running import sleeve_of
from domain.strategy.spec import parse_spec
from domain.suitability import Grade
from tools.ports import JournalEntry, PortUnavailable
from tools.store.decisions import MESSAGES, Recorded
from ui.web.api.views import order_row

DOWN = "주문 창구가 응답하지 않아요."
SILENT = ("/orders", "/book", "/trading-state")


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    async with open_api(database) as made:
        yield made


async def placed(api: Api, *, fill: bool = False) -> str:
    """An order of 10 shares that was approved; its id."""
    api.oms.fill = fill
    card = await api.ask()
    await api.post(f"/approvals/{card}", {"decision": "approve"})
    return next(iter(api.oms.placed))


# Who ------------------------------------------------------------------------------------------------------------------
async def test_me_says_who_where_and_whether_trading_goes_on(api: Api) -> None:
    assert (await api.get("/me")).json() == {
        "name": "민수",
        "is_owner": True,
        "venue": "sim",
        "label": "모의 시세",
        "badge": "모의 거래소",
        "trading_state": "ACTIVE",
    }


async def test_me_answers_while_everything_else_is_silent_and_made_up_prices_stay_labelled(api: Api) -> None:
    api.oms.down = True
    api.oms.market.down = True
    body = (await api.get("/me")).json()
    assert body["trading_state"] is None
    assert body["label"] == "모의 시세"


# Orders ---------------------------------------------------------------------------------------------------------------
async def test_orders_are_rows_in_the_words_of_their_state(api: Api) -> None:
    intent = await placed(api)
    (row,) = (await api.get("/orders?open=1")).json()["orders"]
    assert row["intent_id"] == intent
    assert (row["state"], row["state_text"], row["open"], row["cancelable"]) == ("ACKED", "미체결", True, True)
    assert (row["name"], row["ticker"], row["side"], row["qty"], row["filled"]) == ("삼성전자", "005930", "buy", 10, 0)
    assert row["created_at"] == START.isoformat(timespec="seconds")
    assert (await api.get(f"/orders?plan_id={row['plan_id']}")).json()["orders"] == [row]
    assert (await api.get(f"/orders?plan_id={uuid4()}")).json()["orders"] == []
    assert (await api.get("/orders?plan_id=x")).status_code == 404
    assert (await api.as_(OTHER).get("/orders")).json()["orders"] == []


async def test_a_filled_order_is_neither_open_nor_to_be_cancelled(api: Api) -> None:
    await placed(api, fill=True)
    assert (await api.get("/orders?open=1")).json()["orders"] == []
    (row,) = (await api.get("/orders")).json()["orders"]
    assert (row["state_text"], row["open"], row["cancelable"], row["filled"]) == ("체결", False, False, 10)


async def test_a_cancel_takes_back_what_is_open_and_a_second_one_is_told_so(api: Api) -> None:
    intent = await placed(api)
    done = await api.post(f"/orders/{intent}/cancel")
    assert done.status_code == 200
    assert done.json()["accepted"] is True
    assert done.json()["order"]["state"] == "CANCELLED"
    again = await api.post(f"/orders/{intent}/cancel")
    assert again.status_code in (404, 409)
    assert again.json()["message"]


async def test_another_persons_order_cannot_be_cancelled_because_it_does_not_exist(api: Api) -> None:
    intent = await placed(api)
    assert (await api.as_(OTHER).post(f"/orders/{intent}/cancel")).status_code == 404
    assert (await api.post(f"/orders/{uuid4()}/cancel")).status_code == 404
    assert (await api.post("/orders/none/cancel")).status_code == 404
    assert api.oms.placed[intent].state == "ACKED"


async def test_an_order_placed_by_hand_is_open_and_can_be_taken_back_by_its_owner_alone(api: Api) -> None:
    by_hand = pb.Order(
        intent_id=str(uuid4()),
        account_ref=USER.account_ref,
        ticker="005930",
        name="삼성전자",
        side="buy",
        quantity=3,
        price=70_000,
        state="FOREIGN",
        authority="outside",
    )
    api.oms.by_hand.append(by_hand)
    (row,) = (await api.get("/orders?open=1")).json()["orders"]
    assert (row["state_text"], row["open"], row["cancelable"], row["qty"]) == ("앱에서 낸 주문", True, True, 3)
    assert (await api.get("/orders")).json()["orders"] == []
    path = f"/orders/{by_hand.intent_id}/cancel"
    assert (await api.as_(OTHER).get("/orders?open=1")).json()["orders"] == []
    assert (await api.post(path)).status_code == 404
    done = await api.as_(USER).post(path)
    assert (done.status_code, done.json()["order"]["state_text"]) == (200, "앱에서 낸 주문")
    by_hand.state = "CANCELLED"
    row = order_row(by_hand)
    assert (row["state_text"], row["open"], row["cancelable"]) == ("취소", False, False)
    assert (await api.get("/orders?open=1")).json()["orders"] == []


# Book -----------------------------------------------------------------------------------------------------------------
async def test_the_book_names_every_figure_and_its_source(api: Api) -> None:
    api.oms.cash = 90_000_000
    api.oms.hold("005930", 100, 72_000, cost=7_000_000)
    api.oms.hold("035720", 10, 45_000)
    body = (await api.get("/book")).json()
    assert body["total_value"] == 97_650_000
    assert body["cash"] == body["buying_power"] == 90_000_000
    assert body["label"] == "모의 시세"
    assert body["day_change"] == 0
    first, second = body["holdings"]
    assert (first["name"], first["unrealised"], first["unrealised_pct"]) == ("삼성전자", 200_000, 2.86)
    assert (first["weight_pct"], second["weight_pct"]) == (7.37, 0.46)
    assert body["as_of"] == START.isoformat(timespec="seconds")


async def test_a_day_without_a_mark_has_no_change_rather_than_zero(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    book = api.oms.book

    async def unmarked(who: Any) -> Any:
        reply = await book(who)
        reply.day_start_value = 0
        return reply

    monkeypatch.setattr(api.oms, "book", unmarked)
    assert (await api.get("/book")).json()["day_change"] is None


async def test_a_silent_order_desk_is_said_and_never_zeros(api: Api) -> None:
    api.oms.down = True
    for path in SILENT:
        answer = await api.get(path)
        assert answer.status_code == 503, path
        assert answer.json()["message"] == DOWN, path


# Trading state --------------------------------------------------------------------------------------------------------
async def test_a_halt_goes_straight_to_the_door_while_model_graph_and_prices_are_broken(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: Any, **__: Any) -> Any:
        raise AssertionError("the halt asked the graph")

    for name in ("say", "resume", "look"):
        monkeypatch.setattr(api.runner, name, broken)
    api.oms.market.down = True
    monkeypatch.setattr(api.parts.assembled, "people", None)
    stopped = await api.post("/trading-state", {"state": "HALTED", "reason": " 점심\u0000 시간 "})
    assert stopped.status_code == 200
    assert stopped.json()["state"] == "HALTED"
    assert (await api.get("/trading-state")).json()["state"] == "HALTED"
    again = await api.post("/trading-state", {"state": "ACTIVE"})
    assert again.json()["state"] == api.oms.trading_state == "ACTIVE"


async def test_a_halt_that_did_not_reach_the_door_is_never_called_done(api: Api) -> None:
    api.oms.down = True
    answer = await api.post("/trading-state", {"state": "HALTED"})
    assert answer.status_code == 503
    assert "되지 않았어요" in answer.json()["message"]


async def test_a_trading_state_that_is_none_changes_nothing(api: Api) -> None:
    for body in (
        {},
        {"state": "halted"},
        {"state": "HALTED", "scope": "global"},
        {"state": "ACTIVE", "reason": "x" * 201},
    ):
        assert (await api.post("/trading-state", body)).status_code == 422, body
    assert api.oms.trading_state == "ACTIVE"


# Papers ---------------------------------------------------------------------------------------------------------------
async def test_a_profile_is_ones_own_and_a_conversation_without_a_draft_shows_what_is_confirmed(api: Api) -> None:
    empty = (await api.get("/profile")).json()
    assert (empty["grade"], empty["confirmed"], empty["expires_at"]) == (None, False, None)
    assert empty["missing"]
    stored = await give_profile(api.parts.assembled.ports)
    mine = (await api.get("/profile")).json()
    assert mine["expires_at"] == stored.expires_at.astimezone(KST).isoformat(timespec="seconds")
    assert (await api.get(f"/threads/{THREAD}/profile")).json() == mine
    assert (await api.get("/threads/none/profile")).status_code == 404
    assert (await api.as_(OTHER).get("/profile")).json()["expires_at"] is None


async def saved_strategy(api: Api, **metadata: str) -> Any:
    spec = preset_for(Profile(created_at=START), Grade.AGGRESSIVE, at=START)
    if metadata:
        spec = spec.model_copy(update={"metadata": spec.metadata.model_copy(update=metadata)})
    desk = api.parts.assembled.ports.desk
    return await desk.save_strategy(USER.user_id, UUID(int=77), spec.content_hash(), spec.to_json(), START)


async def test_a_strategy_taken_away_has_the_hash_that_is_stored(api: Api) -> None:
    stored = await saved_strategy(api)
    (listed,) = (await api.get("/strategies")).json()
    assert (listed["id"], listed["hash"], listed["version"]) == (str(stored.strategy_id), stored.hash, 1)
    assert listed["summary_lines"][0].startswith("전략 카드 v1")
    whole = (await api.get(f"/strategies/{stored.strategy_id}")).json()
    assert whole["lines"][0].startswith("전략: ")
    assert parse_spec(whole["spec"]).content_hash() == stored.hash
    file = await api.get(f"/strategies/{stored.strategy_id}.json")
    assert file.headers["content-disposition"].startswith("attachment")
    assert hashlib.sha256(file.content).hexdigest() == stored.hash
    assert parse_spec(json.loads(file.content)).content_hash() == stored.hash


async def test_a_list_of_strategies_shows_each_in_its_newest_version(api: Api) -> None:
    first = await saved_strategy(api)
    second = await saved_strategy(api, name="다른 이름")
    (listed,) = (await api.get("/strategies")).json()
    assert (listed["version"], listed["name"]) == (2, "다른 이름")
    path = f"/strategies/{first.strategy_id}"
    assert (await api.get(path)).json()["hash"] == second.hash
    assert (await api.get(f"{path}?version=1")).json() | {"hash": first.hash, "version": 1, "newest": 2} == (
        await api.get(f"{path}?version=1")
    ).json()
    assert (await api.get(f"{path}?version=9")).status_code == 404


async def test_what_runs_is_shown_as_it_was_started_and_is_paused_by_a_click(api: Api) -> None:
    first = await saved_strategy(api)
    assert (await api.get("/strategy-runs")).json()["runs"] == []
    await give_profile(api.parts.assembled.ports)
    began = await api.post("/strategy-runs", {"state": "active"})
    assert (began.status_code, "서명하시면 거래를 시작해요" in began.json()["message"]) == (200, True)
    (run,) = (await api.get("/strategy-runs")).json()["runs"]
    assert (run["version"], run["state"], run["signed"], run["changed"]) == (1, "active", False, False)
    (offer,) = (await api.get("/mandates")).json()["mandates"]
    assert offer["label"] == f"전략 자동매매 · {run['name']} v1"
    signed = await api.post(f"/mandates/{run['mandate']['id']}/sign")
    assert signed.status_code == 200
    await saved_strategy(api, name="다른 이름")
    (run,) = (await api.get("/strategy-runs")).json()["runs"]
    assert (run["name"], run["version"], run["newest"]) == (first.spec["metadata"]["name"], 1, 2)
    assert (run["signed"], run["changed"], "내용이 바뀌어" in run["note"]) == (True, True, True)
    paused = await api.post("/strategy-runs", {"state": "paused"})
    assert "잠시 멈췄어요" in paused.json()["message"]
    assert (await api.get("/strategy-runs")).json()["runs"][0]["state"] == "paused"
    assert (await api.post("/strategy-runs", {"state": "paused"})).status_code == 409
    assert (await api.post("/strategy-runs", {"state": "off"})).status_code == 422
    assert (await api.as_(OTHER).get("/strategy-runs")).json()["runs"] == []


async def test_what_a_condition_bought_is_shown_with_why_and_what_it_cost(api: Api) -> None:
    stored = await saved_strategy(api)
    await give_profile(api.parts.assembled.ports)
    await api.post("/strategy-runs", {"state": "active"})
    (run,) = (await api.get("/strategy-runs")).json()["runs"]
    assert (run["holdings"], run["trades"], run["costs"], run["parked"]) == ([], [], 0, None)
    assert run["watch"].startswith("조건은 ")
    ours = api.oms.placed[await placed(api, fill=True)]
    theirs = api.oms.placed["by hand"] = pb.Order()
    theirs.CopyFrom(ours)
    ours.sleeve, ours.fee = sleeve_of(stored.strategy_id), 70
    ours.reason = f"'{stored.spec['metadata']['name']}' 전략: 매수 조건이 맞았어요."
    theirs.fee = 10  # on the same name, by hand
    (run,) = (await api.get("/strategy-runs")).json()["runs"]
    (trade,) = run["trades"]
    assert (trade["qty"], trade["price"]) == (ours.filled, ours.filled_amount // ours.filled)
    assert trade["reason"] == "매수 조건이 맞았어요."
    assert run["costs"] == 70


async def test_another_persons_strategy_does_not_exist(api: Api) -> None:
    stored = await saved_strategy(api)
    api.as_(OTHER)
    assert (await api.get("/strategies")).json() == []
    assert (await api.get(f"/strategies/{stored.strategy_id}")).status_code == 404
    assert (await api.get(f"/strategies/{stored.strategy_id}.json")).status_code == 404
    assert (await api.get("/strategies/..%2f..%2fetc.json")).status_code == 404


async def test_a_mandate_is_offered_signed_once_and_revoked_once(api: Api) -> None:
    mandate = await offered(api)
    (shown,) = (await api.get("/mandates")).json()["mandates"]
    assert (shown["state"], shown["label"]) == ("offered", "정기 점검")
    assert "범위: 삼성전자(005930)" in shown["lines"]
    early = await api.post(f"/mandates/{mandate}/revoke")
    assert (early.status_code, early.json()["mandate"]["state"]) == (409, "offered")
    signed = await api.post(f"/mandates/{mandate}/sign")
    assert (signed.status_code, signed.json()["mandate"]["state"]) == (200, "live")
    again = await api.post(f"/mandates/{mandate}/sign")
    assert (again.status_code, again.json()["message"]) == (409, MESSAGES[Recorded.ALREADY])
    revoked = await api.post(f"/mandates/{mandate}/revoke")
    assert (revoked.status_code, revoked.json()["mandate"]["state"]) == (200, "revoked")
    assert (await api.post(f"/mandates/{mandate}/revoke")).status_code == 409
    assert (await api.post(f"/mandates/{mandate}/sign")).json()["mandate"]["state"] == "revoked"
    assert [row["channel"] for row in api.rows("SELECT channel FROM desk.mandates")] == ["browser"]


async def test_an_offer_that_ran_out_cannot_be_signed(api: Api) -> None:
    mandate = await offered(api)
    api.clock.advance(31 * 86_400)
    late = await api.post(f"/mandates/{mandate}/sign")
    assert (late.status_code, late.json()["message"]) == (409, MESSAGES[Recorded.EXPIRED])
    assert late.json()["mandate"]["state"] == "expired"


async def test_another_persons_mandate_can_neither_be_signed_nor_revoked(api: Api) -> None:
    mandate = await offered(api)
    api.as_(OTHER)
    assert (await api.get("/mandates")).json()["mandates"] == []
    assert (await api.post(f"/mandates/{mandate}/sign")).status_code == 404
    assert (await api.post(f"/mandates/{mandate}/revoke")).status_code == 404
    assert api.rows("SELECT * FROM desk.mandates") == []


async def test_a_card_of_a_conversation_is_shown_to_its_owner_alone(api: Api) -> None:
    card, body = uuid4(), {"proposals": [{"ticker": "005930"}]}
    api.run("INSERT INTO chat.cards VALUES (%s, %s, 'proposals', %s, %s)", card, USER.user_id, Jsonb(body), START)
    shown = (await api.get(f"/cards/{card}")).json()
    assert (shown["kind"], shown["body"]) == ("proposals", body)
    assert (await api.get(f"/cards/{uuid4()}")).status_code == 404
    assert (await api.as_(OTHER).get(f"/cards/{card}")).status_code == 404


async def test_the_journal_tells_reasons_as_they_were_written(api: Api) -> None:
    desk = api.parts.assembled.ports.desk
    await desk.note(
        USER.user_id,
        JournalEntry(
            START, "refusal", "005930", "한도에서 막혔어요.", {"findings": [{"message": "한 종목 한도를 넘어요."}]}
        ),
    )
    orders = [
        {"ticker": "000660", "name": "SK하이닉스", "reason": "메모리 가격 상승 흐름"},
        {"ticker": "005930", "name": "삼성전자", "reason": "메모리 가격 상승 흐름"},
        {"ticker": "005930", "name": "삼성전자", "reason": "메모리 가격 상승 흐름"},
        {"ticker": "005930", "reason": ""},
    ]
    await desk.note(USER.user_id, JournalEntry(START, "order", "000660", "접수했어요.", {"orders": orders}))
    await desk.note(USER.user_id, JournalEntry(START, "order", "", "접수했어요.", {"orders": "not a list"}))
    order, bought, refusal = (await api.get("/history")).json()["entries"]
    assert (refusal["label"], refusal["name"], refusal["lines"]) == (
        "막힌 주문",
        "삼성전자(005930)",
        ["한 종목 한도를 넘어요."],
    )
    assert bought["name"] == "SK하이닉스(000660) 외 1종목"
    assert bought["lines"] == ["SK하이닉스 이유: 메모리 가격 상승 흐름", "삼성전자 이유: 메모리 가격 상승 흐름"]
    assert order["lines"] == []
    assert [each["kind"] for each in (await api.get("/history?kind=order")).json()["entries"]] == ["order", "order"]
    assert (await api.get("/history?kind=order&kind=refusal&limit=1")).json()["entries"] == [order]
    assert (await api.get("/history?limit=0")).status_code == 422
    assert (await api.as_(OTHER).get("/history")).json()["entries"] == []


async def test_usage_is_this_months_calls_of_this_person(api: Api) -> None:
    query = (
        "INSERT INTO desk.model_calls (call_id, user_id, at, task, model, attempt, outcome, input_tokens,"
        " output_tokens, won_milli, priced, latency_ms)"
        " VALUES (%s, %s, %s, 'respond', 'm', 1, 'ok', 100, 10, %s, %s, 5)"
    )
    month = START.replace(day=1, hour=0)
    for user, at, milli, priced in (
        (USER, month, 1_500, True),
        (USER, START, 1_501, False),
        (USER, month - timedelta(seconds=1), 9_000, True),
        (OTHER, START, 9_000, True),
    ):
        api.run(query, uuid4(), user.user_id, at, milli, priced)
    body = (await api.get("/usage")).json()
    assert (body["calls"], body["input_tokens"], body["won"], body["unpriced"]) == (2, 200, 4, 1)
    assert [model["model"] for model in body["models"]] == ["m"]
    hold = "INSERT INTO desk.model_holds VALUES (%s, %s, %s, %s, 500, 400000)"
    api.run(hold, uuid4(), str(USER.user_id), START.date(), START)
    today = (await api.get("/usage")).json()["today"]
    limits = {"won_limit": 1_000, "tokens_limit": 1_000_000}
    assert today == {"won": 0, "tokens": 0, "percent": 40, **limits}  # a call under way counts
    assert (await api.as_(OTHER).get("/usage")).json()["calls"] == 1


async def test_a_database_that_is_gone_is_said_in_a_sentence(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def gone(*_: Any) -> Any:
        raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="desk")

    monkeypatch.setattr(api.parts.assembled.ports.desk, "journal", gone)
    answer = await api.get("/history")
    assert (answer.status_code, answer.json()["message"]) == (503, "기록 저장소에 연결하지 못했어요.")
