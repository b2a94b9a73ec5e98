"""The runner on real checkpoints: pauses, restarts, doubles, strangers, texts beside a card."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import psycopg
from fakes import OTHER, USER, give_profile

from execution.desk import words
from graph.events import RoomClosed, RoomOpened, TurnEvent
from graph.runner import HANDLED, NOT_YOURS, TROUBLE, UNDECIDED
from graph.turn import TurnResult

Bench = Any


async def ask(bench: Bench, runner: Any, message: str = "m1") -> str:
    result = await runner.say(USER, "t", "삼성전자 사줘", message)
    assert result.approval is not None, result.reply
    return str(result.approval.approval_id)


async def test_a_turn_stops_at_the_card_and_goes_on_after_the_click(bench: Bench) -> None:
    runner = bench.runner()
    result = await runner.say(USER, "t", "삼성전자 사줘", "m1")
    assert result.route == ("intake", "supervisor", "account", "order_desk")
    assert "삼성전자(005930) 10주 매수" in result.reply
    assert "승인할 수 있어요" in result.reply
    bench.desk.decide(result.approval.approval_id)
    done = await runner.resume(USER, result.approval.approval_id)
    assert done.route == ("order_desk", "respond")
    assert done.outcome == "submitted"
    assert "체결됐어요" in done.reply
    assert done.approval is None


async def test_five_resumes_at_once_have_one_effect_and_the_others_are_told(bench: Bench) -> None:
    runner, other = bench.runner(), bench.runner()
    approval = await ask(bench, runner)
    bench.desk.decide(approval)
    results: list[TurnResult] = await asyncio.gather(
        *(who.resume(USER, approval) for who in (runner, other, runner, other, runner))
    )
    assert len(bench.oms.submits) == 1
    assert len(bench.oms.placed) == 1
    assert sum(result.fresh for result in results) == 1
    assert all(HANDLED in result.reply for result in results if not result.fresh)


async def test_a_second_approval_after_the_first_is_told_and_does_nothing(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    bench.desk.decide(approval)
    await runner.resume(USER, approval)
    again = await runner.resume(USER, approval)
    assert HANDLED in again.reply
    assert len(bench.oms.submits) == 1


async def test_a_new_process_finds_the_question_and_the_answer_works_once(bench: Bench) -> None:
    approval = await ask(bench, bench.runner())
    reborn = bench.runner()
    found = await reborn.look(USER, "t")
    assert str(found.approval.approval_id) == approval
    assert "삼성전자(005930) 10주 매수" in found.reply
    bench.desk.decide(approval)
    assert (await reborn.resume(USER, approval)).outcome == "submitted"
    assert len(bench.oms.placed) == 1


async def test_what_was_approved_before_the_crash_is_delivered_at_the_next_start(bench: Bench) -> None:
    approval = await ask(bench, bench.runner())
    bench.desk.decide(approval)
    reborn = bench.runner()
    ((request, result),) = await reborn.resume_approved()
    assert str(request.approval_id) == approval
    assert result.outcome == "submitted"
    assert await reborn.resume_approved() == []
    assert len(bench.oms.placed) == 1


async def test_a_door_that_was_silent_delivers_at_the_next_sweep(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    bench.desk.decide(approval)
    bench.oms.fail_submits = 3
    waits = await runner.resume(USER, approval)
    assert words.UNDELIVERED in waits.reply
    assert waits.approval is not None
    ((_, result),) = await runner.resume_approved()
    assert result.outcome == "submitted"
    assert len(bench.oms.placed) == 1


async def test_a_history_replay_places_nothing_twice(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    bench.desk.decide(approval)
    await runner.resume(USER, approval)
    from graph.identity import acting

    graph = runner._threads.assistant
    config = {"configurable": {"thread_id": f"chat:{USER.user_id}:t"}}
    history = [snapshot async for snapshot in graph.aget_state_history(config)]
    with acting(USER):
        for snapshot in history:
            if snapshot.next:
                await graph.ainvoke(None, {**snapshot.config, "recursion_limit": 40}, durability="sync", version="v2")
    assert len(bench.oms.placed) == 1


async def test_a_stranger_cannot_resume_and_a_thread_of_the_same_name_is_another(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    bench.desk.decide(approval)
    assert (await runner.resume(OTHER, approval)).reply == NOT_YOURS
    assert (await runner.look(OTHER, "t")).approval is None
    assert not bench.oms.submits


async def test_a_resume_for_another_account_of_the_same_person_is_refused(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    bench.desk.decide(approval)
    assert (await runner.resume(replace(USER, account_ref="paper-x"), approval)).reply == NOT_YOURS


async def test_nonsense_ids_are_not_found(bench: Bench) -> None:
    runner = bench.runner()
    assert (await runner.resume(USER, "no-such-id")).reply == NOT_YOURS
    assert (await runner.resume(USER, "00000000-0000-4000-8000-0000000000ff")).reply == NOT_YOURS


async def test_a_resume_before_any_decision_leaves_the_card_standing(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    told = await runner.resume(USER, approval)
    assert told.reply == UNDECIDED
    assert str(told.approval.approval_id) == approval


async def test_a_text_beside_the_card_supersedes_nothing(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    beside = await runner.say(USER, "t", "잔고", "m2")
    assert "잔고예요." in beside.reply
    assert str(beside.approval.approval_id) == approval
    bench.desk.decide(approval)
    assert (await runner.resume(USER, approval)).outcome == "submitted"


async def test_yes_in_words_points_to_the_card_and_approves_nothing(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    pointed = await runner.say(USER, "t", "네, 사줘", "m2")
    assert approval in pointed.reply
    assert str(pointed.approval.approval_id) == approval
    assert not bench.oms.submits


async def test_an_order_beside_the_card_is_not_taken(bench: Bench) -> None:
    runner = bench.runner()
    await give_profile(bench.ports)
    await bench.desk.save_strategy(USER.user_id, __import__("uuid").UUID(int=1), "h", {}, bench.clock.now())
    await ask(bench, runner)
    await runner.say(USER, "t", "추천대로 사줘", "m2")
    assert len(bench.desk.requests) == 1
    assert not bench.oms.submits


async def test_the_same_message_twice_is_answered_once(bench: Bench) -> None:
    runner = bench.runner()
    first = await runner.say(USER, "t", "잔고", "m1")
    second = await runner.say(USER, "t", "잔고", "m1")
    assert first.fresh
    assert not second.fresh
    assert second.reply == first.reply


async def test_the_same_order_message_twice_is_one_card(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    again = await runner.say(USER, "t", "삼성전자 사줘", "m1")
    assert str(again.approval.approval_id) == approval
    assert len(bench.desk.requests) == 1


async def test_a_text_after_the_expiry_ends_the_question_and_is_answered(bench: Bench) -> None:
    runner = bench.runner()
    await ask(bench, runner)
    bench.clock.advance(11 * 60)
    result = await runner.say(USER, "t", "잔고", "m2")
    assert "승인 시간이 지났어요" in result.reply
    assert "잔고예요." in result.reply
    assert result.approval is None
    assert result.notices[0]["code"] == "expired"


async def test_a_click_after_the_expiry_asks_again_at_todays_price(bench: Bench) -> None:
    runner = bench.runner()
    approval = await ask(bench, runner)
    bench.clock.advance(11 * 60)
    again = await runner.resume(USER, approval)
    assert again.approval is not None
    assert again.approval.version == 2
    assert "다시 여쭤봐요" in again.reply
    assert again.route == ("order_desk",)


async def test_a_repriced_plan_asks_again_through_the_runner(bench: Bench) -> None:
    await give_profile(bench.ports)
    await bench.desk.save_strategy(USER.user_id, __import__("uuid").UUID(int=1), "h", {}, bench.clock.now())
    runner = bench.runner()
    first = await runner.say(USER, "t", "추천대로 사줘", "m1")
    assert first.approval is not None, first.reply
    bench.desk.decide(first.approval.approval_id)
    for leg in first.approval.card["legs"]:
        bench.market.prices[leg["ticker"]] = leg["price"] * 105 // 100
    again = await runner.resume(USER, first.approval.approval_id)
    assert again.approval is not None, again.reply
    assert again.approval.version > first.approval.version
    assert not bench.oms.submits
    stale = await runner.resume(USER, first.approval.approval_id)
    assert not stale.fresh
    assert stale.approval.approval_id == again.approval.approval_id


async def test_the_sweeper_ends_questions_nobody_answered_and_tells(bench: Bench) -> None:
    runner = bench.runner()
    await ask(bench, runner)
    assert await runner.lapse() == []
    bench.clock.advance(11 * 60)
    ((_, result),) = await runner.lapse()
    assert "승인 시간이 지났어요" in result.reply
    assert await runner.lapse() == []


async def test_a_bug_in_a_room_is_one_sentence_and_the_thread_lives_on(bench: Bench) -> None:
    runner = bench.runner()
    broken = await runner.say(USER, "t", "고장", "m1")
    assert broken.failed
    assert broken.reply == TROUBLE
    assert "잔고예요." in (await runner.say(USER, "t", "잔고", "m2")).reply


async def test_rooms_are_announced_as_they_open_and_close(bench: Bench) -> None:
    seen: list[TurnEvent] = []
    await bench.runner().say(USER, "t", "잔고", "m1", seen.append)
    rooms = ["intake", "supervisor", "account", "respond"]
    assert [event.room for event in seen if isinstance(event, RoomOpened)] == rooms
    assert [event.room for event in seen if isinstance(event, RoomClosed)] == rooms


async def test_a_turn_after_the_database_was_restarted_is_answered(bench: Bench, database: Any) -> None:
    runner = bench.runner()
    await runner.say(USER, "t", "안녕하세요", "m1")
    with psycopg.connect(database.endpoints.postgres_admin_url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            (database.name, admin.info.backend_pid),
        )
    result = await runner.say(USER, "t", "안녕하세요", "m2")
    assert not result.failed, result.reply
    assert "respond" in result.route


async def test_two_users_at_once_do_not_meet(bench: Bench) -> None:
    runner = bench.runner()
    mine, theirs = await asyncio.gather(
        runner.say(USER, "t", "삼성전자 사줘", "m1"), runner.say(OTHER, "t", "삼성전자 사줘", "m1")
    )
    assert mine.approval.account_ref == USER.account_ref
    assert theirs.approval.account_ref == OTHER.account_ref
    assert mine.approval.plan_id != theirs.approval.plan_id


async def test_one_thread_runs_one_turn_at_a_time_over_two_processes(bench: Bench) -> None:
    one, two = bench.runner(), bench.runner()
    results = await asyncio.gather(*(who.say(USER, "t", "잔고", f"m{n}") for n, who in enumerate([one, two] * 3)))
    assert all("잔고예요." in result.reply for result in results)
    state = await one.look(USER, "t")
    assert len(state.values["messages"]) == 12


async def test_state_holds_no_account_number_and_only_plain_data(bench: Bench) -> None:
    runner = bench.runner()
    await ask(bench, runner)
    state = (await runner.look(USER, "t")).values
    import json

    plain = {key: value for key, value in state.items() if key != "messages"}
    assert json.loads(json.dumps(plain, ensure_ascii=False)) == plain
