"""Alerts on the web: places for notices in /settings, the inbox of the API, and open pages that are told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from databases import Database
from fakes import OTHER, START, make_ports
from notice_servers import hooks
from web_seat import HTML, Seat, open_seat

from domain.watch import Alert, AlertKind, AlertRule, StoredAlert, oms_key
from tools.ports import Identity
from ui.talk.inbox import tell_unread

SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


@pytest.fixture
async def seat(database: Database) -> AsyncIterator[Seat]:
    async with open_seat(database, notify_private=True) as made:
        yield made


async def test_a_place_for_notices_is_sealed_shown_masked_tried_and_taken_back(seat: Seat) -> None:
    async with hooks() as there, seat.browser() as owner:
        await seat.enter(owner)
        csrf = owner.cookies["quartz_csrf"]
        url = f"json://user:pa55word@127.0.0.1:{there.port}/secret"
        page = (await owner.post("/settings/notices", data={"csrf": csrf, "url": url})).text
        assert "넣었어요" in page
        assert "json://12…" in page
        assert "pa55word" not in page
        ((channel, masked, sealed),) = seat.rows("SELECT channel_id, masked, sealed FROM desk.notify_channels")
        assert b"pa55word" not in bytes(sealed)
        assert "pa55word" not in masked
        told = await owner.post(f"/settings/notices/{channel}/test", data={"csrf": csrf})
        assert "보냈어요" in told.text
        assert "시험 알림이에요" in there.texts()[0]
        there.faults.append(500)
        assert (await owner.post(f"/settings/notices/{channel}/test", data={"csrf": csrf})).status_code == 502
        assert "지웠어요" in (await owner.post(f"/settings/notices/{channel}/end", data={"csrf": csrf})).text
        assert "json://12…" not in (await owner.get("/settings", headers=HTML)).text
        assert (await owner.post(f"/settings/notices/{channel}/test", data={"csrf": csrf})).status_code == 404


@pytest.mark.parametrize(
    ("url", "status"), [("file:///etc/passwd", 422), ("https://example.com/x", 422), ("", 422), (SLACK, 200)]
)
async def test_only_kinds_on_the_list_are_taken(seat: Seat, url: str, status: int) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        answer = await owner.post("/settings/notices", data={"csrf": owner.cookies["quartz_csrf"], "url": url})
        assert answer.status_code == status
        assert len(seat.rows("SELECT 1 FROM desk.notify_channels")) == (status == 200)


async def test_a_form_without_the_sessions_token_adds_nothing_and_others_places_are_not_there(
    seat: Seat,
) -> None:
    async with seat.browser() as owner, seat.browser() as guest:
        await seat.enter(owner)
        assert (await owner.post("/settings/notices", data={"csrf": "x", "url": SLACK})).status_code == 403
        csrf = owner.cookies["quartz_csrf"]
        await owner.post("/settings/notices", data={"csrf": csrf, "url": SLACK})
        ((channel,),) = seat.rows("SELECT channel_id FROM desk.notify_channels")
        await seat.member("영희")
        form = {"name": "영희", "password": "아주 긴 비밀번호 하나"}
        await guest.post("/enter", data=form)
        answer = await guest.post(f"/settings/notices/{channel}/end", data={"csrf": guest.cookies["quartz_csrf"]})
        assert answer.status_code == 404
        assert seat.rows("SELECT 1 FROM desk.notify_channel_ends") == []


async def test_a_host_of_the_house_needs_the_owners_leave(database: Database) -> None:
    async with open_seat(database) as seat, seat.browser() as owner:
        await seat.enter(owner)
        form = {"csrf": owner.cookies["quartz_csrf"], "url": "json://127.0.0.1:9/"}
        answer = await owner.post("/settings/notices", data=form)
        assert answer.status_code == 422
        assert "QUARTZ_NOTIFY_PRIVATE" in answer.text


def put(watch: Any, user_id: UUID, key: str, text: str) -> None:
    number = len(watch.alerts) + 1
    alert = Alert(user_id, key, AlertKind.PRICE, text, START, "005930")
    watch.alerts.append(StoredAlert(alert, number, START, read=False))


async def test_the_inbox_shows_ones_own_alerts_and_forgets_none_when_they_are_read(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        ((me, account),) = seat.rows("SELECT owner, account_ref FROM desk.accounts")
        watch = seat.parts.assembled.ports.watch
        put(watch, me, "price:1", "삼성전자 80,100원")
        put(watch, OTHER.user_id, "price:2", "남의 알림")
        rule = AlertRule(UUID(int=5), me, account, AlertKind.PRICE, "005930", START, "above", 80_000)
        await watch.add_rule(rule)
        answer = (await owner.get("/api/alerts")).json()
        assert answer["unread"] == 1
        assert [(row["text"], row["read"]) for row in answer["alerts"]] == [("삼성전자 80,100원", False)]
        assert answer["rules"][0]["text"] == "삼성전자 8만원 이상"
        csrf = {"X-Quartz-CSRF": owner.cookies["quartz_csrf"]}
        assert (await owner.post("/api/alerts/read", json={}, headers=csrf)).json()["unread"] == 0
        assert (await owner.get("/api/alerts")).json()["alerts"][0]["read"] is True
        ended = await owner.post(f"/api/alerts/rules/{UUID(int=5)}/end", json={}, headers=csrf)
        assert ended.status_code == 200
        assert (await owner.post(f"/api/alerts/rules/{UUID(int=6)}/end", json={}, headers=csrf)).status_code == 404
        assert await watch.rules(me) == []


async def test_an_open_page_is_told_once_and_not_what_the_oms_tells_it_anyway() -> None:
    ports = make_ports()
    who = Identity(UUID(int=1), "민수", "sim-alpha", "sim")
    said: list[tuple[str, str, str]] = []

    async def say(user_id: UUID, thread: str, shown: Any, message_id: str) -> None:
        said.append((thread, shown.text, message_id))

    thread = str(UUID(int=9))
    threads = [thread]
    hub: Any = SimpleNamespace(
        parts=SimpleNamespace(ports=ports, clock=ports.clock),
        screens=SimpleNamespace(threads=lambda user_id: threads),
        say=say,
    )
    watch: Any = ports.watch
    put(watch, who.user_id, "price:1", "삼성전자 80,100원")
    put(watch, who.user_id, oms_key("sim-alpha", 3), "체결됐어요")
    threads.clear()
    assert await tell_unread(hub, who) == 0
    assert len(await watch.inbox(who.user_id, unread_only=True)) == 2  # nobody looks: it waits
    threads.append(thread)
    assert await tell_unread(hub, who) == 1
    assert await tell_unread(hub, who) == 0
    ((_, text, _),) = said
    assert "삼성전자 80,100원" in text
    assert "체결" not in text
