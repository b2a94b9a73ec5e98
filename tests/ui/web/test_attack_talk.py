"""Somebody signed in who wants another's conversation, or the process for themselves: what a socket lets them do."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
import socketio
from fakes import OTHER, USER
from talk_bench import open_talk, two_people

from ui.talk.message import plain, reply_id

HOSTILE = (
    "![x](https://evil.example/x.png)",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    "[열기](javascript:alert(1))",
    "<script>fetch('//evil.example')</script>",
    "<svg/onload=alert(1)>",
    "![x][1]\n\n[1]: https://evil.example/x.png",
    "&#33;&#91;x&#93;(https://evil.example)",
    "<https://evil.example>",
    "$\\href{javascript:alert(1)}{x}$",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_picture_a_link_or_markup(text: str) -> None:
    shown = plain(text)
    bare = shown.replace("\\\\", "")
    for mark in "![<&$":
        for at in [at for at, letter in enumerate(bare) if letter == mark]:
            if mark != "!":  # an exclamation mark is one; what would follow it is escaped
                assert bare[at - 1] == "\\", shown


async def test_many_messages_at_once_cost_few_turns_and_are_answered_kindly(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        from ui.talk import wire
        from ui.talk.paces import BURST

        page, other = await bench.page(), await bench.page(OTHER)
        sent = [await page.send(f"잔고 {n}") for n in range(BURST + 40)]
        await page.until(lambda: wire.TOO_FAST in page.text)
        await other.say("잔고")
        assert wire.TOO_FAST not in other.text
        dropped = sent[BURST + 5 :]
        asked = {str(row[0]) for row in bench.rows("SELECT step_id FROM chat.steps")}
        assert not asked & set(dropped)
        assert sum(reply_id(message_id, "pace") in asked for message_id in sent) <= 2


async def test_one_person_has_a_few_turns_at_once_in_all_conversations(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        from ui.talk import turns

        page = await bench.page()
        bench.hub.busy |= {(USER.user_id, str(uuid4())) for _ in range(turns.MOST_TURNS)}
        (answer,) = await page.say("잔고")
        assert answer["output"] == plain(turns.ELSEWHERE)
        other = await bench.page(OTHER)
        assert other.messages
        assert all(message["output"] != plain(turns.ELSEWHERE) for message in await other.say("잔고"))


async def test_another_persons_session_and_conversation_open_nothing_of_theirs(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        mine = await bench.page()
        await mine.say("내 비밀은 고래예요")
        thief = await bench.page(OTHER, thread_id=mine.thread_id)
        assert "고래" not in str(thief.events)
        await thief.say("안녕하세요")
        assert thief.thread_id != mine.thread_id
        assert bench.rows("SELECT 1 FROM chat.threads WHERE user_id = %s", OTHER.user_id)
        with pytest.raises((socketio.exceptions.ConnectionError, asyncio.TimeoutError)):
            await bench.page(OTHER, session_id=mine.session_id)
        before = len(mine.messages)
        await mine.say("잔고")
        assert len(mine.messages) > before


async def test_another_persons_message_id_changes_nothing_of_theirs(database: Any) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        mine, thief = await bench.page(), await bench.page(OTHER)
        message_id = str(uuid4())
        await mine.say("내 말은 이거예요", message_id)
        words = "SELECT step_id, thread_id, body->>'output' FROM chat.steps WHERE thread_id = %s ORDER BY step_id"
        kept = bench.rows(words, mine.thread_id)
        await thief.say("내가 덮어쓸게요", message_id)
        assert "이거예요" not in str(thief.events)
        assert kept == bench.rows(words, mine.thread_id)


@pytest.mark.parametrize(
    "event",
    ["edit_message", "fetch_favorites", "audio_start", "window_message", "chat_settings_change", "set_favorite"],
)
async def test_events_that_we_do_not_know_do_nothing(database: Any, event: str) -> None:
    two_people(database)
    async with open_talk(database) as bench:
        page = await bench.page()
        steps = bench.rows("SELECT count(*) FROM chat.steps")
        await page.emit(event, {"message": {"id": str(uuid4()), "output": "x"}})
        assert await page.say("안녕하세요")
        assert bench.rows("SELECT count(*) FROM chat.steps") >= steps
