"""The conversation through the real application: what a browser's socket is shown, and to whom it belongs."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
import socketio
from fakes import OTHER, USER
from talk_bench import Page, open_talk, two_people

from domain.proto import oms_pb2 as pb
from graph.turn import TurnResult


async def test_the_first_words_are_four_lines_and_four_starters(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await page.until(lambda: page.cards("Choices"))
        (greeting,) = page.messages
        assert greeting["name"] == "쿼츠"
        assert len(greeting["output"].split("\n")) <= 4
        assert all(word in greeting["output"] for word in ("모의 시세", "가상 1억원", "실제 주문은 나가지 않아요"))
        (choices,) = page.cards("Choices")
        assert len(choices["options"]) == 4


async def test_an_answer_comes_in_messages_with_its_specialists_as_steps(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await page.say("삼성전자 어때?")
        assert "기술적 분석" in {room["name"] for room in page.rooms}
        assert all(room["end"] for room in page.rooms)
        charts = next(room for room in page.rooms if room["name"] == "기술적 분석")
        assert "삼성전자(005930)" in charts["output"]
        assert "기준" in charts["output"]
        assert page.cards("ChartCard") == [{"ticker": "005930", "period": "D"}]
        assert all(len(message["output"].split("\n")) <= 6 for message in page.messages)


@pytest.mark.parametrize(
    ("said", "view"), [("수익률 그래프", "equity"), ("내 자산 추이 보여줘", "equity"), ("손익 그래프", "pnl")]
)
async def test_the_own_curve_is_a_card_that_opens_at_what_was_asked(database: Any, said: str, view: str) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await page.say("삼성전자 얼마야?")  # the curve asked for next is not that name's
        await page.say(said)
        assert page.cards("EquityCard") == [{"view": view}]
        assert not page.cards("ChartCard")


async def test_the_same_message_again_is_answered_once(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        message_id = str(uuid4())
        first = await page.say("잔고", message_id)
        again = await page.say("잔고", message_id)
        assert first
        assert again == []
        assert page.cards("BookCard")


async def test_an_order_shows_its_card_and_a_decision_is_told_on_the_page(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        card = await bench.order_card(page)
        assert page.cards("ApprovalCard") == [{"approval_id": card}]
        bench.desk.decide(card, "approve")
        result = await bench.assembled.runner.resume(USER, card)
        await bench.hub.tell(USER, page.thread_id, result)
        await page.until(lambda: page.cards("OrdersCard"))
        plan = str(bench.desk.requests[UUID(card)].plan_id)
        assert {card["plan_id"] for card in page.cards("OrdersCard")} == {plan}
        assert len(bench.oms.submits) == 1


async def test_a_conversation_comes_back_after_a_restart(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await bench.order_card(page)
        thread, before, cards = page.thread_id, page.text, page.cards("ApprovalCard")
        ports = bench.assembled.ports
    async with open_talk(database, ports) as bench:
        page = await bench.page(thread_id=thread)
        assert page.text == before
        assert page.cards("ApprovalCard") == cards
        assert page.cards("Choices")
        await page.say("잔고")
        assert page.cards("BookCard")


@pytest.mark.parametrize("named_at_once", [True, False])
async def test_a_conversation_comes_back_when_the_first_connection_broke_before_it_did(
    database: Any, named_at_once: bool
) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await page.say("도움말")
        before, thread = page.text, page.thread_id
        cookie = await bench.access.sessions.begin(USER.user_id)
        first = Page(bench.url, cookie, thread_id=thread if named_at_once else "")
        await first.connect()
        await first.close()
        again = Page(bench.url, cookie, thread_id=thread, session_id=first.session_id)
        bench.pages.append(again)
        await again.open()
        await again.until(lambda: again.text == before)


async def test_what_a_crash_left_unanswered_is_answered_when_the_page_comes_back(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await page.say("도움말")
        thread = page.thread_id
        step = {"id": str(uuid4()), "threadId": thread, "type": "user_message", "output": "잔고", "createdAt": "x"}
        await bench.hub.history.keep(USER.user_id, [step])
        page = await bench.page(thread_id=thread)
        await page.until(lambda: page.cards("BookCard"))


async def test_two_people_do_not_hear_of_each_other(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        mine, theirs = await bench.page(USER), await bench.page(OTHER)
        await mine.say("잔고")
        seen = len(theirs.events)
        await bench.order_card(mine)
        assert len(theirs.events) == seen
        stranger = await bench.page(OTHER, thread_id=mine.thread_id)
        assert "승인" not in stranger.text
        assert not stranger.cards("ApprovalCard")
        await stranger.say("잔고")
        assert stranger.thread_id != mine.thread_id
        owners = dict(bench.rows("SELECT thread_id::text, user_id FROM chat.threads"))
        assert owners[mine.thread_id] == USER.user_id
        assert owners[stranger.thread_id] == OTHER.user_id


async def test_a_second_tab_of_the_conversation_sees_what_the_first_says(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        first = await bench.page()
        await first.say("도움말")
        second = await bench.page(thread_id=first.thread_id)
        await first.say("잔고")
        await second.until(lambda: second.cards("BookCard"))
        assert "잔고" in {step["output"] for step in second.steps.values() if step["type"] == "user_message"}


async def test_a_waiting_card_is_the_first_thing_in_a_new_conversation(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        first = await bench.page()
        await bench.order_card(first)
        second = await bench.page()
        await second.until(lambda: second.cards("ApprovalCard"))
        assert second.cards("ApprovalCard") == first.cards("ApprovalCard")
        assert len(second.messages) == 1


async def test_a_fill_is_told_once_on_every_page_and_after_a_restart_no_more(database: Any) -> None:
    two_people(database)
    order = pb.Order(name="삼성전자", ticker="005930", side="buy", quantity=3, filled=3, state="FILLED", plan_id="p1")
    async with open_talk(database) as bench:
        event = pb.Event(seq=7, account_ref=USER.account_ref, kind="order", order=order, message="모두 체결됐어요.")
        bench.oms.events.append(event)
        page = await bench.page()
        await page.until(lambda: page.cards("OrdersCard"))
        assert page.text.count("삼성전자 3주 매수: 모두 체결됐어요.") == 1
        assert [card["plan_id"] for card in page.cards("OrdersCard")] == ["p1"]
        ports = bench.assembled.ports
    async with open_talk(database, ports) as bench:
        page = await bench.page()
        await page.say("잔고")
        assert "모두 체결됐어요" not in page.text


async def test_news_wait_for_a_decisions_answer_and_leave_out_what_it_told(database: Any) -> None:
    two_people(database)
    filled = {"name": "삼성전자", "ticker": "005930", "side": "buy", "quantity": 3, "filled": 3, "state": "FILLED"}
    told = TurnResult("체결됐어요.", values={"submitted": [{"intent_id": "i1", "filled": 3, "state": "FILLED"}]})
    async with open_talk(database) as bench:
        page = await bench.page()
        async with bench.hub.telling(USER.user_id):
            for at, intent in enumerate(("i1", "i2"), start=1):
                order = pb.Order(**filled, intent_id=intent, plan_id="p1")
                fill = pb.Event(
                    seq=at, account_ref=USER.account_ref, kind="order", order=order, message=f"{intent} 체결"
                )
                bench.oms.events.append(fill)
            await bench.hub.tell(USER, page.thread_id, told)
        await page.until(lambda: "i2 체결" in page.text)
        assert "i1 체결" not in page.text
        assert page.text.index("체결됐어요.") < page.text.index("i2 체결")


async def test_with_no_page_open_the_history_has_it(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await page.say("도움말")
        await page.close()
        await asyncio.sleep(0)
        result = TurnResult("주문이 끝났어요.")
        await bench.hub.tell(USER, page.thread_id, result)
        again = await bench.page(thread_id=page.thread_id)
        assert again.text.endswith("주문이 끝났어요.")


async def test_stopping_says_so_in_korean(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        await page.emit("stop")
        await page.until(lambda: "여기서 멈췄어요" in page.text)
        assert "Task manually stopped" not in page.text


async def test_a_text_that_is_too_long_is_told_so(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        (told,) = await page.say("가" * 2_001)
        assert told["output"] == "메시지는 2,000자까지 받을 수 있어요. 지금은 2,001자예요."


async def test_what_is_no_message_is_not_answered(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        for payload in (None, {}, {"message": {"id": "x", "output": "잔고"}}, {"message": {"id": str(uuid4())}}):
            await page.emit("client_message", payload)
        await page.emit("edit_message", {"message": {"id": str(uuid4()), "output": "잔고"}})
        told = await page.say("도움말")
        assert told
        assert not page.cards("BookCard")


@pytest.mark.parametrize("session_id", ["../../elsewhere", "", "no-uuid"])
async def test_a_session_must_have_a_name_that_is_no_path(database: Any, session_id: str) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        with pytest.raises(socketio.exceptions.ConnectionError):
            await bench.page(session_id=session_id)


async def test_a_second_message_while_a_turn_runs_is_told_so_and_stopping_ends_it(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        reading, released = asyncio.Event(), asyncio.Event()

        async def slow(ticker: str, *_: Any) -> Any:
            reading.set()
            await released.wait()
            return []

        bench.assembled.ports.market.chart = slow  # type: ignore[method-assign]
        await page.send("삼성전자 어때?")
        await reading.wait()
        await page.until(lambda: page.thread_id)
        other = await bench.page(thread_id=page.thread_id)
        await other.say("잔고")
        assert "앞의 말씀에 아직 답하고 있어요" in other.text
        assert any(room["end"] is None for room in page.rooms)
        await page.emit("stop")
        await page.until(lambda: "여기서 멈췄어요" in page.text)
        assert all(room["end"] for room in page.rooms)
        await other.say("잔고")
        assert other.cards("BookCard")
        released.set()


async def test_what_breaks_is_one_korean_sentence(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()

        async def broken(*_: Any, **__: Any) -> Any:
            raise RuntimeError("secret detail")

        bench.assembled.runner.say = broken  # type: ignore[method-assign]
        (told,) = await page.say("잔고")
        assert told["output"].startswith("처리하다가 문제가 생겼어요.")
        assert "secret" not in str(page.events)
