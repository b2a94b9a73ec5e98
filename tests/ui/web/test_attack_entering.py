"""Somebody who wants in under another's name, wants another out, or wants a cookie that is not theirs to count."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from typing import Any

import pytest
from web_seat import HTML, Seat, open_seat

from tools.store.users import NameTaken, likeness, new_name, sign_up
from ui.web.access.sessions import COOKIE, SECURE_COOKIE

PASSWORD = "아주 긴 비밀번호 하나"


@pytest.fixture
async def seat(database: Any) -> AsyncIterator[Seat]:
    async with open_seat(database) as made:
        yield made


async def test_wrong_tries_from_the_owners_own_address_do_not_spoil_the_owners_link(seat: Seat) -> None:
    async with seat.browser() as attacker, seat.browser() as owner:  # one address, as behind a proxy
        for n in range(25):
            last = await attacker.post("/enter", data={"name": f"이름{n}", "password": "x"})
            await attacker.post("/enter/link", data={"token": f"invented {n}"})
        assert last.status_code == 429
        assert (await owner.post("/enter/link", data={"token": await seat.link()})).status_code == 303


async def test_another_spelling_of_a_name_is_no_new_five_tries(seat: Seat) -> None:
    async with seat.browser() as browser:
        spellings = [
            "민수",
            unicodedata.normalize("NFD", "민수"),
            " 민수 ",
            "민\u1109\u116e",
            "민수\u200b",
            "민수\ufe0f",
        ]
        codes = [
            (await browser.post("/enter", data={"name": name, "password": "틀린 것"})).status_code for name in spellings
        ]
        assert codes == [401] * 5 + [429]


@pytest.mark.parametrize("name", ["\u3164", "\u1160", "\u2800", "\u0301", "\ufe0f", "Кim", "аdmin", "ΚΙΜ", "a\u202eb"])
def test_a_name_that_cannot_be_seen_or_imitates_another_script_is_none(name: str) -> None:
    with pytest.raises(ValueError, match="expected a name"):
        new_name(name)


@pytest.mark.parametrize("name", ["민수", "김 민수", "Minsu_7", "José", "金民秀", "みんす", "민수 👋", "<b>민수</b>"])
def test_ordinary_names_are_names(name: str) -> None:
    assert new_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "other", ["KIM", "kim", "Kim ", "\uff2bim", "K im", "Ki\u0301m", "Kim\u3164", "K\u200bim", "Kim\ufe0f"]
)
def test_names_that_look_alike_are_alike(other: str) -> None:
    assert likeness(other) == likeness("Kim")
    assert likeness(other) != likeness("Kim2")


async def test_nobody_signs_up_with_a_name_that_looks_like_anothers(database: Any) -> None:
    async with open_seat(database, signup="open") as seat, seat.browser() as owner:
        await seat.enter(owner)
        await seat.member("Kim")
        made = seat.parts.assembled
        for name in ("kim", "\uff2bIM", "K im", "Kim"):
            async with made.people.connection() as connection:
                with pytest.raises(NameTaken):
                    await sign_up(connection, name, "x", made.settings, now=seat.clock.now(), new_id=made.new_id)
        assert seat.rows("SELECT count(*) FROM chat.users WHERE NOT is_owner") == [(1,)]


async def test_a_neighbours_odd_cookie_does_not_lock_anybody_out(seat: Seat) -> None:
    async with seat.browser() as browser:
        await seat.enter(browser)
        mine = f"{COOKIE}={browser.cookies[COOKIE]}"
    for odd in ('theirs={"a":1}', "a@b=1", "expires", "flag", 'q="unclosed', "x=한글", "=", "a=b c"):
        for cookie in (f"{odd}; {mine}", f"{mine}; {odd}"):
            async with seat.browser() as browser:
                answer = await browser.get("/api/me", headers={"Cookie": cookie.encode()})
                assert answer.status_code == 200, cookie


async def test_a_cookie_slipped_in_beside_mine_makes_me_nobody_else(seat: Seat) -> None:
    async with seat.browser() as owner, seat.browser() as other:
        await seat.enter(owner)
        await seat.member("민수", PASSWORD)
        await other.post("/enter", data={"name": "민수", "password": PASSWORD})
        mine, theirs = owner.cookies[COOKIE], other.cookies[COOKIE]
    sent = {
        (mine, "invented"): 200,
        ("invented", mine): 200,
        (mine, mine): 200,
        (mine, theirs): 401,
        (theirs, mine): 401,
        ("1", "2", "3", mine): 401,
    }
    for values, expected in sent.items():
        cookie = "; ".join(f"{COOKIE}={value}" for value in values)
        async with seat.browser() as browser:
            answer = await browser.get("/api/me", headers={"Cookie": cookie})
            assert answer.status_code == expected
            assert expected != 200 or answer.json()["is_owner"]


async def test_behind_tls_a_neighbour_cannot_set_our_cookie(database: Any) -> None:
    async with open_seat(database, public_url="https://desk.example.kr") as seat, seat.browser() as browser:
        answer = await browser.post("/enter/link", data={"token": await seat.link()})
        (session,) = [kept for kept in answer.headers.get_list("set-cookie") if kept.startswith(SECURE_COOKIE)]
        assert "Secure" in session
        assert "Path=/" in session
        assert "Domain" not in session
        value = browser.cookies[SECURE_COOKIE]
        assert (await browser.get("/api/me")).status_code == 200
        async with seat.browser() as neighbour:
            tossed = await neighbour.get("/api/me", headers={"Cookie": f"{COOKIE}={value}"})
            assert tossed.status_code == 401
        left = await browser.post("/leave", data={"csrf": browser.cookies["quartz_csrf"]})
        assert all("Secure" in kept for kept in left.headers.get_list("set-cookie"))  # else a browser keeps it
        assert SECURE_COOKIE not in browser.cookies


async def test_a_link_that_meets_a_database_that_is_gone_is_not_in_the_log(
    seat: Seat, capsys: pytest.CaptureFixture[str]
) -> None:
    token = await seat.link()
    await seat.parts.assembled.people.close()
    async with seat.browser() as owner:
        assert (await owner.get(f"/enter/{token}", headers=HTML)).status_code == 503
    said = capsys.readouterr()
    assert "request failed" in said.out + said.err
    assert token not in said.out + said.err
