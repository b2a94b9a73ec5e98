"""Coming in and going: the one-time link, passwords, sign-up, cookies, and what a stranger learns (nothing)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from web_seat import HTML, Seat, open_seat

from tools.store.entry_links import LINK_LIFE
from ui.people import default_user
from ui.web.access.sessions import LIFE
from ui.web.enter import MISMATCH, TAKEN, USED, WRONG

PASSWORD = "아주 긴 비밀번호 하나"


@pytest.fixture
async def seat(database: Any) -> AsyncIterator[Seat]:
    async with open_seat(database) as made:
        yield made


def cookies_of(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list("set-cookie")


async def test_a_link_lets_the_owner_in_once_and_makes_the_owner_when_there_is_none(seat: Seat) -> None:
    token = await seat.link()
    async with seat.browser() as first, seat.browser() as second:
        answer = await first.post("/enter/link", data={"token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/chat/")
        again = await second.post("/enter/link", data={"token": token})
        assert again.status_code == 410
        assert USED in again.text
        assert "quartz_session" not in second.cookies
    assert seat.rows("SELECT name, is_owner FROM chat.users") == [(default_user(), True)]


async def test_looking_at_a_link_does_not_use_it_up(seat: Seat) -> None:
    token = await seat.link()
    async with seat.browser() as preview, seat.browser() as owner:
        for _ in range(3):
            assert "들어가기" in (await preview.get(f"/enter/{token}")).text
        assert (await owner.post("/enter/link", data={"token": token})).status_code == 303


async def test_of_many_who_use_a_link_at_once_one_comes_in(seat: Seat) -> None:
    token = await seat.link()
    browsers = [seat.browser(address=f"127.0.0.{number}") for number in range(2, 10)]
    answers = await asyncio.gather(*(browser.post("/enter/link", data={"token": token}) for browser in browsers))
    assert sorted(answer.status_code for answer in answers) == [303] + [410] * 7
    assert len(seat.rows("SELECT 1 FROM chat.sessions")) == 1
    for browser in browsers:
        await browser.aclose()


async def test_a_link_is_over_after_its_time_and_an_invented_one_never_was(seat: Seat) -> None:
    token = await seat.link()
    seat.clock.advance(LINK_LIFE.total_seconds())
    async with seat.browser() as browser:
        for shown in (token, "invented", "x" * 900, "한글"):
            assert (await browser.get(f"/enter/{shown}")).status_code == 410
            assert (await browser.post("/enter/link", data={"token": shown})).status_code == 410
    assert seat.rows("SELECT 1 FROM chat.entry_link_uses") == []


async def test_a_link_and_a_session_are_kept_as_hashes_alone(seat: Seat) -> None:
    token = await seat.link()
    async with seat.browser() as browser:
        await browser.post("/enter/link", data={"token": token})
        cookie = browser.cookies["quartz_session"]
    kept = repr(seat.rows("SELECT * FROM chat.entry_links") + seat.rows("SELECT * FROM chat.sessions"))
    assert token not in kept
    assert cookie not in kept


async def test_cookies_are_closed_to_scripts_and_other_sites(seat: Seat) -> None:
    async with seat.browser() as browser:
        answer = await browser.post("/enter/link", data={"token": await seat.link()})
    session, csrf = sorted(cookies_of(answer), reverse=True)
    assert session.startswith("quartz_session=")
    assert "HttpOnly" in session
    assert "HttpOnly" not in csrf
    for cookie in (session, csrf):
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie
        assert "Domain" not in cookie


async def test_behind_tls_cookies_are_secure(database: Any) -> None:
    async with open_seat(database, public_url="https://desk.example.kr") as seat, seat.browser() as browser:
        answer = await browser.post("/enter/link", data={"token": await seat.link()})
        assert all("Secure" in cookie for cookie in cookies_of(answer))
        assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_name_and_password_let_in_and_everything_else_sounds_the_same(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
    await seat.member("민수", PASSWORD)
    async with seat.browser() as browser:
        answers = [
            await browser.post("/enter", data={"name": name, "password": password})
            for name, password in (
                ("민수", "틀린 비밀번호 하나"),
                ("아무도", PASSWORD),
                (default_user(), PASSWORD),  # the owner, who has no password
                ("\x00", PASSWORD),
                ("", ""),
            )
        ]
        assert {answer.status_code for answer in answers} == {401}
        texts = {answer.text.replace(f'value="{name}"', "") for answer, name in zip(answers, NAMES, strict=True)}
        assert all(WRONG in text for text in texts)
        right = await browser.post("/enter", data={"name": " 민수 ", "password": PASSWORD})
        assert right.status_code == 303
        assert PASSWORD not in repr(seat.rows("SELECT hash FROM chat.passwords"))


NAMES = ("민수", "아무도", default_user(), "\x00", "")


async def test_an_unknown_name_costs_the_same_work(seat: Seat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
    await seat.member("민수", PASSWORD)
    hasher = seat.access.passwords._hasher
    verify, calls = hasher.verify, []
    monkeypatch.setattr(hasher, "verify", lambda *given: calls.append(1) or verify(*given))
    for name in ("민수", "아무도", default_user()):
        assert await seat.access.passwords.verify(name, "틀린 비밀번호") is None
    assert len(calls) == 3


async def test_after_five_tries_a_name_waits_and_is_told_how_long(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
    await seat.member("민수", PASSWORD)
    async with seat.browser() as browser:
        tries = [await browser.post("/enter", data={"name": "민수", "password": f"틀림 {n}"}) for n in range(6)]
        assert [answer.status_code for answer in tries] == [401] * 5 + [429]
        assert "분 뒤에 다시 해 주세요" in tries[-1].text
        right = await browser.post("/enter", data={"name": "민수", "password": PASSWORD})
        assert right.status_code == 429  # also a right one: nobody learns that it was right


async def test_many_tries_at_once_are_counted_as_many(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
    async with seat.browser() as browser:
        tries = await asyncio.gather(
            *(browser.post("/enter", data={"name": "민수", "password": f"틀림 {n}"}) for n in range(12))
        )
    assert sorted(answer.status_code for answer in tries) == [401] * 5 + [429] * 7


async def test_one_address_cannot_try_many_names(seat: Seat) -> None:
    async with seat.browser(address="127.0.0.7") as browser, seat.browser(address="127.0.0.8") as other:
        tries = [await browser.post("/enter", data={"name": f"이름{n}", "password": "x"}) for n in range(21)]
        assert tries[-1].status_code == 429
        elsewhere = await other.post("/enter", data={"name": "이름", "password": "x"})
        assert elsewhere.status_code == 401


async def test_attempts_are_shared_through_valkey_and_counted_here_when_it_is_gone(database: Any) -> None:
    for url, expected in ((database.endpoints.redis_url, 429), ("redis://127.0.0.1:9/0", 401)):
        codes = []
        for _ in range(2):  # two processes of one installation
            async with open_seat(database, redis_url=url) as seat, seat.browser() as browser:
                for n in range(3):
                    answer = await browser.post("/enter", data={"name": "민수", "password": f"틀림 {n}"})
                    codes.append(answer.status_code)
        assert codes[-1] == expected


async def test_leaving_is_effective_at_once_and_for_good(seat: Seat) -> None:
    async with seat.browser() as browser:
        await seat.enter(browser)
        stolen = dict(browser.cookies)
        assert (await browser.get("/settings", headers=HTML)).status_code == 200
        answer = await browser.post("/leave", data={"csrf": browser.cookies["quartz_csrf"]})
        assert (answer.status_code, answer.headers["location"]) == (303, "/enter")
        assert "quartz_session" not in browser.cookies
    async with seat.browser() as thief:
        thief.cookies.update(stolen)
        answer = await thief.get("/settings", headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/enter")
        assert (await thief.get("/api/me")).status_code == 401


async def test_a_session_is_over_after_twelve_hours(seat: Seat) -> None:
    async with seat.browser() as browser:
        await seat.enter(browser)
        seat.clock.advance(LIFE.total_seconds() - 1)
        assert (await browser.get("/api/me")).status_code == 200
        seat.clock.advance(1)
        assert (await browser.get("/api/me")).status_code == 401


async def test_coming_in_again_ends_the_former_session(seat: Seat) -> None:
    async with seat.browser() as browser, seat.browser() as thief:
        await seat.enter(browser)
        thief.cookies.update(dict(browser.cookies))
        await seat.enter(browser)
        assert (await browser.get("/api/me")).status_code == 200
        assert (await thief.get("/api/me")).status_code == 401


async def test_sign_up_is_closed_unless_the_owner_opened_it(seat: Seat) -> None:
    async with seat.browser() as owner, seat.browser() as stranger:
        await seat.enter(owner)
        shown = (await stranger.get("/join")).text.partition("<main")[2]
        assert "<form" not in shown
        assert "QUARTZ_SIGNUP=open" in shown
        answer = await stranger.post("/join", data={"name": "민수", "password": PASSWORD, "again": PASSWORD})
        assert answer.status_code == 403
    assert len(seat.rows("SELECT 1 FROM chat.users")) == 1


async def test_a_stranger_cannot_become_the_first_user(database: Any) -> None:
    async with open_seat(database, signup="open") as seat, seat.browser() as stranger, seat.browser() as owner:
        form = {"name": "민수", "password": PASSWORD, "again": PASSWORD}
        for answer in (await stranger.get("/join"), await stranger.post("/join", data=form)):
            main = answer.text.partition("<main")[2]
            assert "<form" not in main
            assert "./quartz link" in main  # what has to come first
        assert answer.status_code == 403
        assert seat.rows("SELECT 1 FROM chat.users") == []
        await seat.enter(owner)
        assert "<form" in (await stranger.get("/join")).text.partition("<main")[2]


async def test_open_sign_up_makes_a_user_with_an_account_and_says_what_is_wrong(database: Any) -> None:
    async with open_seat(database, signup="open") as seat, seat.browser() as owner, seat.browser() as browser:
        await seat.enter(owner)
        for name, password, again, status, said in (
            ("민수", "짧아요", "짧아요", 422, "10자 이상"),
            ("민수", PASSWORD, PASSWORD + "!", 422, MISMATCH),
            ("가" * 12, "가" * 12, "가" * 12, 422, "이름과 같거나"),
            ("", PASSWORD, PASSWORD, 422, "이름은 1~40자"),
            (default_user(), PASSWORD, PASSWORD, 409, TAKEN),
        ):
            answer = await browser.post("/join", data={"name": name, "password": password, "again": again})
            assert (answer.status_code, said in answer.text) == (status, True), said
        answer = await browser.post("/join", data={"name": "민수", "password": PASSWORD, "again": PASSWORD})
        assert answer.status_code == 303
        me = (await browser.get("/api/me")).json()
        assert (me["name"], me["is_owner"], me["venue"]) == ("민수", False, "sim")


async def test_two_who_choose_the_same_name_at_once_are_not_the_same_person(database: Any) -> None:
    async with open_seat(database, signup="open") as seat, seat.browser() as owner:
        await seat.enter(owner)
        browsers = [seat.browser(address=f"127.0.1.{n}") for n in range(1, 5)]
        forms = [{"name": "민수", "password": f"{PASSWORD} {n}", "again": f"{PASSWORD} {n}"} for n in range(4)]
        answers = await asyncio.gather(
            *(browser.post("/join", data=form) for browser, form in zip(browsers, forms, strict=True))
        )
        assert sorted(answer.status_code for answer in answers) == [303, 409, 409, 409]
        assert len(seat.rows("SELECT 1 FROM chat.passwords")) == 1
        for browser in browsers:
            await browser.aclose()


async def test_a_password_can_be_set_changed_and_ends_other_sessions(seat: Seat) -> None:
    async with seat.browser() as here, seat.browser() as there, seat.browser() as later:
        await seat.enter(here)
        await seat.enter(there)
        form = {"csrf": here.cookies["quartz_csrf"], "password": PASSWORD, "again": PASSWORD}
        assert (await here.post("/settings/password", data=form)).status_code == 200
        assert (await there.get("/api/me")).status_code == 401
        assert (await here.get("/api/me")).status_code == 200
        other = {**form, "password": PASSWORD + "2", "again": PASSWORD + "2"}
        assert (await here.post("/settings/password", data=other)).status_code == 403  # without the current one
        seat.clock.advance(1)
        assert (await here.post("/settings/password", data={**other, "current": PASSWORD})).status_code == 200
        owner = default_user()
        assert (await later.post("/enter", data={"name": owner, "password": PASSWORD})).status_code == 401
        assert (await later.post("/enter", data={"name": owner, "password": PASSWORD + "2"})).status_code == 303
