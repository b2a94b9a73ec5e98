"""/settings: what it shows, what it saves, and keys that go to the door of the OMS and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from databases import Database
from fakes import give_profile
from web_seat import HTML, Seat, open_seat

from domain.proto import oms_pb2 as pb
from tools.ports import Identity, PortUnavailable
from tools.settings import Broker

SECRETS = {"app_key": "PSkeykeykeykey", "app_secret": "s3cret/s3cret+s3cret", "account_no": "50012345-01"}
PASSWORD = "아주 긴 비밀번호 하나"


class Door:
    """Takes keys as the OMS does, or says no."""

    def __init__(self, reply: pb.EnrollReply | PortUnavailable) -> None:
        self.reply = reply
        self.taken: list[tuple[Identity, pb.EnrollRequest]] = []
        self.withdrawn: list[Identity] = []

    async def enroll(self, who: Identity, request: pb.EnrollRequest) -> pb.EnrollReply:
        self.taken.append((who, request))
        if isinstance(self.reply, PortUnavailable):
            raise self.reply
        return self.reply

    async def unenroll(self, who: Identity) -> pb.EnrollReply:
        self.withdrawn.append(who)
        assert isinstance(self.reply, pb.EnrollReply)
        return self.reply


def with_door(seat: Seat, door: Door) -> None:
    made: Any = seat.parts.assembled
    made.hand = door


@pytest.fixture
async def seat(database: Database) -> AsyncIterator[Seat]:
    async with open_seat(database) as made:
        yield made


async def test_it_shows_who_where_and_what_the_models_cost_this_month(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        user = seat.rows("SELECT user_id FROM chat.users")[0][0]
        query = (
            "INSERT INTO desk.model_calls SELECT gen_random_uuid(), %s, %s, 'respond', 'openai:x', 1, 'ok',"
            " 1000, 0, 234, 5500, true, 10 RETURNING 1"
        )
        assert seat.rows(query, user, seat.clock.now()) == [(1,)]
        text = (await owner.get("/settings", headers=HTML)).text
        for shown in ("모의 거래소", "(주인)", "규칙 모드", "이번 달 비용", "QUARTZ_BROKER=paper"):
            assert shown in text, shown
        assert 'name="app_key"' not in text


async def test_a_person_may_choose_rules_alone(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        form = {"csrf": owner.cookies["quartz_csrf"], "use_model": "no"}
        assert "저장했어요" in (await owner.post("/settings/model", data=form)).text
        assert seat.rows("SELECT body FROM chat.preferences") == [({"use_model": False},)]
        assert 'value="no" checked' in (await owner.get("/settings", headers=HTML)).text


async def test_with_the_paper_exchange_no_keys_are_taken(seat: Seat) -> None:
    door = Door(pb.EnrollReply(accepted=True))
    with_door(seat, door)
    async with seat.browser() as owner:
        await seat.enter(owner)
        answer = await owner.post("/settings/keys", data={"csrf": owner.cookies["quartz_csrf"], **SECRETS})
        assert answer.status_code == 403
    assert door.taken == []


async def joined(seat: Seat, browser: Any) -> None:
    await seat.member("민수", PASSWORD)
    assert (await browser.post("/enter", data={"name": "민수", "password": PASSWORD})).status_code == 303


async def test_own_keys_go_to_the_door_under_a_handle_of_their_own_and_are_nowhere_else(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with open_seat(database, broker=Broker.PAPER) as seat, seat.browser() as owner, seat.browser() as browser:
        await seat.enter(owner)
        await joined(seat, browser)
        assert (await browser.get("/chat/", headers=HTML)).headers["location"] == "/settings"
        assert (await browser.get("/api/me")).status_code == 409
        door = Door(pb.EnrollReply(accepted=True, code="OK"))
        with_door(seat, door)
        form = {"csrf": browser.cookies["quartz_csrf"], **SECRETS, "hts_id": ""}
        answer = await browser.post("/settings/keys", data=form)
        assert "키를 등록했어요" in answer.text
        ((who, request),) = door.taken
        assert who.venue == "paper"
        assert who.account_ref == request.account_ref
        assert who.account_ref.startswith("paper-")
        assert (request.app_key, request.app_secret) == (SECRETS["app_key"], SECRETS["app_secret"])
        assert (await browser.get("/chat/user")).status_code == 200  # the account counts at once
        said = capsys.readouterr()
        for secret in SECRETS.values():
            assert secret not in answer.text + said.out + said.err
        assert len(seat.rows("SELECT 1 FROM desk.accounts WHERE owner = %s", who.user_id)) == 2


async def test_keys_that_are_refused_are_explained_and_can_be_sent_again(database: Database) -> None:
    async with open_seat(database, broker=Broker.PAPER) as seat, seat.browser() as owner, seat.browser() as browser:
        await seat.enter(owner)
        await joined(seat, browser)
        form = {"csrf": browser.cookies["quartz_csrf"], **SECRETS}
        for reply, status in (
            (pb.EnrollReply(accepted=False, code="BAD_KEYS", message="키가 맞지 않아요."), 422),
            (PortUnavailable("주문 관리(OMS)에 닿지 않아요.", where="oms"), 503),
        ):
            with_door(seat, Door(reply))
            answer = await browser.post("/settings/keys", data=form)
            said = reply.message
            assert (answer.status_code, said in answer.text) == (status, True)
            assert SECRETS["app_secret"] not in answer.text
        wrong = await browser.post("/settings/keys", data={**form, "account_no": "1234"})
        assert wrong.status_code == 422
        assert len(seat.rows("SELECT 1 FROM desk.accounts WHERE venue = 'paper'")) == 2  # the owner's and one, not more


async def test_the_keys_of_the_settings_are_the_owners_alone(database: Database) -> None:
    async with open_seat(database, broker=Broker.PAPER) as seat, seat.browser() as owner:
        await seat.enter(owner)
        text = (await owner.get("/settings", headers=HTML)).text
        assert "설정 파일(.env)의 한국투자 키를 써요" in text
        assert 'name="app_key"' not in text
        assert (await owner.get("/api/me")).json()["venue"] == "paper"


async def test_own_keys_are_taken_back_after_a_tick_and_never_without_one(database: Database) -> None:
    async with open_seat(database, broker=Broker.PAPER) as seat, seat.browser() as owner, seat.browser() as browser:
        await seat.enter(owner)
        await joined(seat, browser)
        token = {"csrf": browser.cookies["quartz_csrf"]}
        assert "등록한 키가 없어요." in (await browser.post("/settings/keys/withdraw", data=token)).text
        door = Door(pb.EnrollReply(accepted=True, code="OK"))
        with_door(seat, door)
        await browser.post("/settings/keys", data={**token, **SECRETS})
        seat.parts.assembled.ports.oms.keys = "own"
        assert "키 지우기" in (await browser.get("/settings", headers=HTML)).text
        assert (await browser.post("/settings/keys/withdraw", data=token)).status_code == 422
        assert (await browser.post("/settings/keys/withdraw", data={"sure": "yes"})).status_code == 403
        assert door.withdrawn == []
        door.reply = pb.EnrollReply(code="ORDERS_OPEN", message="미체결 주문이 있어서 지금은 지울 수 없어요.")
        refused = await browser.post("/settings/keys/withdraw", data={**token, "sure": "yes"})
        assert (refused.status_code, "미체결 주문이 있어서" in refused.text) == (409, True)
        door.reply = pb.EnrollReply(accepted=True, code="OK")
        seat.parts.assembled.ports.oms.keys = "none"
        done = await browser.post("/settings/keys/withdraw", data={**token, "sure": "yes"})
        assert (done.status_code, "키를 지웠어요" in done.text) == (200, True)
        assert "키 지우기" not in done.text
        assert {who.user_id for who in door.withdrawn} == {door.taken[0][0].user_id}


async def test_a_silent_order_desk_does_not_keep_the_settings_from_showing(database: Database) -> None:
    async with open_seat(database, broker=Broker.PAPER) as seat, seat.browser() as owner:
        await seat.enter(owner)
        seat.parts.assembled.ports.oms.down = True
        page = await owner.get("/settings", headers=HTML)
        assert (page.status_code, "키 지우기" in page.text) == (200, False)


async def test_a_person_sees_the_days_budget_and_may_choose_less(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        user = seat.rows("SELECT user_id FROM chat.users")[0][0]
        day = seat.clock.now().date()
        call = seat.rows(
            "INSERT INTO desk.model_holds SELECT gen_random_uuid(), %s, %s, %s, 9000, 9000 RETURNING call_id",
            str(user),
            day,
            seat.clock.now(),
        )[0][0]
        seat.rows("INSERT INTO desk.model_spent VALUES (%s, 4000, 400500) RETURNING 1", call)
        text = (await owner.get("/settings", headers=HTML)).text
        assert "401원 · 토큰 4,000개 (하루 1,000원 · 토큰 1,000,000개 가운데 40%)" in text
        form = {"csrf": owner.cookies["quartz_csrf"], "won": "400", "tokens": ""}
        saved = (await owner.post("/settings/budget", data=form)).text
        assert "하루 400원 · 토큰 1,000,000개 가운데 100%" in saved
        assert "자정까지 규칙으로 답해요" in saved
        seat.clock.advance(1)
        assert (await owner.post("/settings/budget", data={**form, "won": "9,000"})).status_code == 200
        assert "하루 1,000원" in (await owner.get("/settings", headers=HTML)).text
        for wrong in ("0", "-5", "많이", "1e9", "９", "9" * 40):
            answer = await owner.post("/settings/budget", data={**form, "won": wrong})
            assert (answer.status_code, "한도는 1 이상의 수로" in answer.text) == (422, True), wrong
        seat.clock.advance(1)
        back = await owner.post("/settings/budget", data={**form, "won": " "})
        assert "하루 1,000원" in back.text


async def test_regular_checks_are_switched_in_the_settings_once_there_is_a_profile(seat: Seat) -> None:
    async with seat.browser() as owner:
        await seat.enter(owner)
        form = {"csrf": owner.cookies["quartz_csrf"], "checks": "yes"}
        early = await owner.post("/settings/checks", data=form)
        assert (early.status_code, "투자성향을 확인하신 뒤에" in early.text) == (409, True)
        ports = seat.parts.assembled.ports
        user, account = seat.rows("SELECT owner, account_ref FROM desk.accounts")[0]
        await give_profile(ports, who=Identity(user, "민수", account, "sim"))
        assert 'value="no" checked> 점검하지' in (await owner.get("/settings", headers=HTML)).text
        assert 'value="yes" checked> 장중에' in (await owner.post("/settings/checks", data=form)).text
        off = await owner.post("/settings/checks", data={**form, "checks": "no"})
        assert "자동 점검을 껐어요" in off.text
        assert (await owner.post("/settings/checks", data={"checks": "yes"})).status_code == 403
        said = await ports.checks.choice(account)
        assert said is not None
        assert not said.is_on
