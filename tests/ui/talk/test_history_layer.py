"""The data layer on a real PostgreSQL: whose a conversation is, in what order it comes back, what is never kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from fakes import OTHER, START, USER
from talk_bench import import_chainlit, two_people

from domain.clock import ManualClock
from tools.store.pool import make_pool
from ui.talk.message import stamp

UNKNOWN = "00000000-0000-4000-8000-00000000dead"


@dataclass
class Shelf:
    """A history over a database with two people."""

    history: Any
    clock: ManualClock
    admin_url: str

    async def talk(self, *texts: str, who: UUID = USER.user_id) -> str:
        """A conversation with these messages, a minute apart; its id."""
        thread = str(uuid4())
        await self.history.begin(who, thread, texts[0])
        for text in texts:
            self.clock.advance(60)
            await self.history.keep(who, [said(thread, text, stamp(self.clock.now()))])
        return thread

    async def pages(self, first: int, search: str | None = None, who: UUID = USER.user_id) -> list[list[str]]:
        from chainlit.types import Pagination, ThreadFilter

        found, cursor = [], None
        while True:
            page = await self.history.list_threads(
                Pagination(first=first, cursor=cursor), ThreadFilter(userId=str(who), search=search)
            )
            found.append([thread["name"] for thread in page.data])
            if not page.pageInfo.hasNextPage:
                return found
            cursor = page.pageInfo.endCursor

    def count(self, table: str) -> int:
        with psycopg.connect(self.admin_url) as connection:
            row = connection.execute(f"SELECT count(*) FROM chat.{table}").fetchone()
        return int(row[0]) if row else 0


@pytest.fixture
async def shelf(database: Any) -> AsyncIterator[Shelf]:
    two_people(database)
    import_chainlit(database.settings)
    from ui.talk.history import History

    clock = ManualClock(START)
    async with make_pool(database.url("ui"), "history-test", max_size=2) as pool:
        yield Shelf(History(lambda: pool, clock), clock, database.admin_url)


def said(thread: str, text: str, at: str, **more: Any) -> dict[str, Any]:
    step = {"id": str(uuid4()), "threadId": thread, "type": "user_message", "name": "나", "output": text}
    return {**step, "createdAt": at, **more}


def card(thread: str, step: str, **props: Any) -> dict[str, Any]:
    element = {"id": str(uuid4()), "threadId": thread, "forId": step, "type": "custom", "name": "Choices"}
    return {**element, "props": props}


async def test_a_person_is_who_the_users_table_says_and_nobody_is_made(shelf: Shelf) -> None:
    from chainlit.user import User

    known = await shelf.history.create_user(User(identifier=str(USER.user_id)))
    assert (known.id, known.identifier, known.display_name) == (str(USER.user_id), str(USER.user_id), "민수")
    assert await shelf.history.create_user(User(identifier=UNKNOWN)) is None
    assert await shelf.history.get_user("민수") is None
    assert shelf.count("users") == 2


async def test_a_conversation_comes_back_as_it_was_said(shelf: Shelf) -> None:
    thread = await shelf.talk("삼성전자 어때?")
    answer = said(thread, "중립이에요.", stamp(shelf.clock.now()), type="assistant_message", parentId=UNKNOWN)
    await shelf.history.keep(USER.user_id, [answer], [card(thread, answer["id"], options=["네"], owner="next")])
    greeting = said(thread, "안녕하세요!", stamp(START), type="assistant_message")  # written late, said first
    await shelf.history.keep(USER.user_id, [greeting])
    found = await shelf.history.get_thread(thread)
    assert [step["output"] for step in found["steps"]] == ["안녕하세요!", "삼성전자 어때?", "중립이에요."]
    assert (found["userIdentifier"], found["name"], found["id"]) == (str(USER.user_id), "삼성전자 어때?", thread)
    assert found["steps"][2]["parentId"] == UNKNOWN
    (element,) = found["elements"]
    assert (element["forId"], element["name"]) == (answer["id"], "Choices")
    assert element["props"] == {"options": ["네"], "owner": "next"}
    assert await shelf.history.get_element(thread, element["id"]) == element


async def test_the_same_step_again_is_its_newer_text(shelf: Shelf) -> None:
    thread = await shelf.talk("하나")
    step = said(thread, "생각하고 있어요", stamp(START), type="assistant_message")
    await shelf.history.keep(USER.user_id, [step])
    await shelf.history.keep(USER.user_id, [{**step, "output": "다 됐어요"}])
    found = await shelf.history.get_thread(thread)
    assert [each["output"] for each in found["steps"]] == ["다 됐어요", "하나"]


async def test_nobody_writes_into_another_persons_conversation(shelf: Shelf) -> None:
    thread = await shelf.talk("내 이야기")
    mine = (await shelf.history.get_thread(thread))["steps"][0]
    await shelf.history.begin(OTHER.user_id, thread, "빼앗은 이름")
    assert not await shelf.history.keep(OTHER.user_id, [said(thread, "남의 말", stamp(START))])
    assert not await shelf.history.keep(OTHER.user_id, [], [card(thread, mine["id"])])
    theirs = await shelf.talk("남의 이야기", who=OTHER.user_id)
    forged = {**mine, "threadId": theirs, "output": "덮어쓴 말"}
    assert not await shelf.history.keep(OTHER.user_id, [forged])
    found = await shelf.history.get_thread(thread)
    assert [step["output"] for step in found["steps"]] == ["내 이야기"]
    assert (found["name"], found["elements"]) == ("내 이야기", [])
    assert await shelf.history.get_thread_author(thread) == str(USER.user_id)


@pytest.mark.parametrize("wrong", [UNKNOWN, "no-uuid", "", "' OR 1=1 --"])
async def test_an_id_that_is_no_conversation_is_none(shelf: Shelf, wrong: str) -> None:
    await shelf.talk("하나")
    assert await shelf.history.get_thread_author(wrong) == ""
    assert await shelf.history.get_thread(wrong) is None
    assert await shelf.history.get_element(wrong, wrong) is None
    assert not await shelf.history.keep(USER.user_id, [said(wrong, "어디로?", stamp(START))])
    await shelf.history.delete_thread(wrong)
    await shelf.history.update_thread(wrong, name="이름")
    assert shelf.count("threads") == 1


async def test_the_list_has_the_newest_first_page_by_page_and_only_ones_own(shelf: Shelf) -> None:
    for text in ("첫째", "둘째", "셋째", "넷째", "다섯째"):
        await shelf.talk(text)
    await shelf.talk("남의 이야기", who=OTHER.user_id)
    assert await shelf.pages(2) == [["다섯째", "넷째"], ["셋째", "둘째"], ["첫째"]]
    assert await shelf.pages(50, who=OTHER.user_id) == [["남의 이야기"]]


async def test_a_conversation_moves_up_when_something_is_said(shelf: Shelf) -> None:
    older = await shelf.talk("먼저")
    await shelf.talk("나중")
    shelf.clock.advance(60)
    await shelf.history.keep(USER.user_id, [said(older, "다시", stamp(shelf.clock.now()))])
    assert await shelf.pages(10) == [["먼저", "나중"]]


@pytest.mark.parametrize(
    ("search", "found"), [("반도체", ["투자금 이야기"]), ("이야기", ["투자금 이야기"]), ("%", []), ("_", [])]
)
async def test_search_looks_into_names_and_words_for_exactly_these_characters(
    shelf: Shelf, search: str, found: list[str]
) -> None:
    await shelf.talk("투자금 이야기", "반도체 위주로")
    await shelf.talk("남의 반도체", who=OTHER.user_id)
    assert await shelf.pages(10, search) == [found]


async def test_deleting_takes_everything_of_the_conversation_along(shelf: Shelf) -> None:
    thread = await shelf.talk("하나", "둘")
    step = (await shelf.history.get_thread(thread))["steps"][0]["id"]
    await shelf.history.keep(USER.user_id, [], [card(thread, step)])
    kept = await shelf.talk("남는 이야기")
    await shelf.history.delete_thread(thread)
    assert await shelf.history.get_thread(thread) is None
    assert (shelf.count("threads"), shelf.count("steps"), shelf.count("elements")) == (1, 1, 0)
    assert await shelf.history.get_thread_author(kept) == str(USER.user_id)


async def test_the_name_is_the_first_message_until_somebody_renames_it(shelf: Shelf) -> None:
    long = (
        "2천만원으로 반도체 위주로 투자하고 싶은데 손실은 5%까지만 볼 수 있어요. 어떤 전략이 좋을지 알려 주세요. " * 2
    )
    thread = str(uuid4())
    await shelf.history.update_thread(thread, name=long, user_id=str(USER.user_id))
    named = (await shelf.history.get_thread(thread))["name"]
    assert len(named) <= 60
    assert long.startswith(named.rstrip("…"))
    await shelf.history.update_thread(thread, name="두 번째 말", user_id=str(USER.user_id))
    assert (await shelf.history.get_thread(thread))["name"] == named
    await shelf.history.update_thread(thread, name="새 이름")
    assert (await shelf.history.get_thread(thread))["name"] == "새 이름"
    await shelf.history.update_thread(thread, metadata={"is_shared": True})
    assert (await shelf.history.get_thread(thread))["metadata"] == {}


async def test_texts_are_cut_and_foreign_elements_and_metadata_are_not_kept(shelf: Shelf) -> None:
    thread = await shelf.talk("하나")
    large = said(thread, "가" * 30_000, stamp(shelf.clock.now()), metadata={"avatarName": "quartz", "secret": "x"})
    await shelf.history.keep(USER.user_id, [large])
    file = {**card(thread, large["id"]), "type": "file", "path": "/etc/passwd"}
    huge = card(thread, large["id"], text="가" * 10_000)
    await shelf.history.keep(USER.user_id, [], [file, huge])
    found = await shelf.history.get_thread(thread)
    assert len(found["steps"][1]["output"]) == 20_000
    assert found["steps"][1]["metadata"] == {"avatarName": "quartz"}
    assert found["elements"] == []
