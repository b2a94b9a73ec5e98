"""직접 확인 through the API: what waits is told in words; a verdict works once, on an own order, while it is open."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from api_bench import Api, open_api
from fakes import OTHER, USER

from domain.proto import oms_pb2 as pb
from tools.ports import PortUnavailable

NUMBER = "0000012345"


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    async with open_api(database) as made:
        yield made


async def unsettled(api: Api, number: str = "") -> str:
    """An approved order of 10 shares whose fate the OMS could not find out; its id."""
    api.oms.fill = False
    card = await api.ask()
    await api.post(f"/approvals/{card}", {"decision": "approve"})
    intent, order = next(iter(api.oms.placed.items()))
    order.state, order.broker_order_no = "MANUAL", number
    api.oms.at_broker.add(NUMBER)
    return intent


def verdict(intent: str, **changes: Any) -> dict[str, Any]:
    return {"verdict": "adopt", "number": NUMBER, "confirmation": intent[:8], **changes}


async def test_an_unsettled_order_is_told_with_what_to_look_for(api: Api) -> None:
    assert (await api.get("/manual")).json()["orders"] == []
    intent = await unsettled(api)
    body = (await api.get("/manual")).json()
    (row,) = body["orders"]
    assert row["confirmation"] == intent[:8]
    assert row["happened"].startswith("11월 23일 10:00에 보냈는데 증권사의 답을 받지 못했어요.")
    assert row["look"][0].startswith("증권사 앱의 11월 23일 주문 내역에서 10:00쯤 낸 삼성전자(005930) 매수 10주, ")
    assert "새 주문은 멈추고" in row["frozen"]
    assert (row["state_text"], row["open"], row["cancelable"]) == ("직접 확인 필요", True, False)
    assert [each["label"] for each in body["verdicts"].values()] == ["증권사에 주문이 있어요", "주문이 없어요"]
    assert (await api.as_(OTHER).get("/manual")).json()["orders"] == []


async def test_a_revision_without_an_answer_asks_which_of_two_numbers_lives(api: Api) -> None:
    await unsettled(api, number="0000000777")
    (row,) = (await api.get("/manual")).json()["orders"]
    assert row["happened"].startswith("가격 정정을 요청했는데")
    assert "원래 주문 0000000777과 정정한 주문" in row["look"][0]


async def test_a_number_from_the_app_is_adopted_and_the_journal_says_who_decided(api: Api) -> None:
    intent = await unsettled(api)
    done = await api.post(
        f"/orders/{intent}/verdict", verdict(intent, number=" ００００012345 ", confirmation=f" {intent[:8].upper()} ")
    )
    assert (done.status_code, done.json()["order"]["state"]) == (200, "ACKED")
    (asked,) = api.oms.verdicts
    assert (asked.account_ref, asked.adopt_broker_order_no, asked.reason) == (
        USER.account_ref,
        NUMBER,
        "증권사 앱에서 확인함",
    )
    assert (await api.get("/manual")).json()["orders"] == []
    entry = (await api.get("/history?kind=order&limit=1")).json()["entries"][0]
    assert entry["summary"] == f"민수 님이 증권사 앱을 보고 '증권사에 주문이 있어요({NUMBER})'라고 판정했어요."
    assert entry["lines"] == ["이유: 증권사 앱에서 확인함"]


async def test_an_order_that_is_not_there_ends_and_a_second_verdict_changes_nothing(api: Api) -> None:
    intent = await unsettled(api)
    gone = verdict(intent, verdict="absent", number="", reason=" 앱에\u0000 없음 ")
    assert (await api.post(f"/orders/{intent}/verdict", gone)).json()["order"]["state"] == "ABSENT"
    again = await api.post(f"/orders/{intent}/verdict", verdict(intent))
    assert (again.status_code, again.json()["code"]) == (409, "NOT_MANUAL")
    assert again.json()["message"] == "그 사이 주문이 '미접수 확인' 상태가 됐어요. 판정은 기록하지 않았어요."
    assert [request.absent for request in api.oms.verdicts] == [True]
    entries = (await api.get("/history?kind=order")).json()["entries"]
    assert len([each for each in entries if "판정했어요" in each["summary"]]) == 1


async def test_what_the_broker_shows_is_told_with_the_numbers_that_may_be_picked(api: Api) -> None:
    intent = await unsettled(api)
    path = f"/orders/{intent}/evidence"
    assert (await api.get(path)).json()["lines"] == ["지금 조회한 내역에는 이 종목의 주문이 없어요."]
    row = {"side": "buy", "quantity": 10, "price": 70_000}
    api.oms.shown = pb.EvidenceReply(
        shows_list=True,
        lines=["보낸 시각에 맞는 주문이 둘이에요."],
        rows=[
            pb.BrokerRow(broker_order_no="1", owner="other", fits=True, **row),
            pb.BrokerRow(broker_order_no="2", seen_before=True, **row),
            pb.BrokerRow(broker_order_no="3", fits=True, **row),
            pb.BrokerRow(broker_order_no="4", owner="this", seen_before=True, **row),
        ],
    )
    body = (await api.get(path)).json()
    assert body["lines"] == ["보낸 시각에 맞는 주문이 둘이에요."]
    assert [(each["number"], each["free"], each["why"]) for each in body["rows"]] == [
        ("3", True, ""),
        ("4", True, ""),
        ("1", False, "쿼츠의 다른 주문이에요."),
        ("2", False, "보내기 전부터 있던 주문이에요."),
    ]
    assert (await api.as_(OTHER).get(path)).status_code == 404


async def test_a_broker_without_a_list_proves_nothing_and_is_told_so(api: Api) -> None:
    intent = await unsettled(api)
    api.oms.shown = pb.EvidenceReply(shows_list=False)
    (line,) = (await api.get(f"/orders/{intent}/evidence")).json()["lines"]
    assert line == "여기에서는 증권사가 주문 내역을 보여 주지 않아요. 번호는 증권사 앱에서 봐 주세요."


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"confirmation": "00000000"}, 422, "확인 글자"),
        ({"number": "12-34"}, 422, "숫자예요"),
        ({"number": ""}, 422, "숫자예요"),
        ({"verdict": "absent"}, 422, "비워 주세요"),
        ({"number": "0000099999"}, 409, "그 번호의 같은 주문이 없어요"),
        ({"verdict": "cancel"}, 422, "이해하지 못했어요"),
        ({"quantity": 1}, 422, "이해하지 못했어요"),
    ],
)
async def test_a_verdict_that_does_not_fit_has_no_effect(
    api: Api, changes: dict[str, Any], status: int, word: str
) -> None:
    intent = await unsettled(api)
    answer = await api.post(f"/orders/{intent}/verdict", verdict(intent, **changes))
    assert (answer.status_code, word in answer.json()["message"]) == (status, True), answer.text
    assert (api.oms.verdicts, api.oms.placed[intent].state) == ([], "MANUAL")


async def test_another_persons_order_is_not_there_to_be_judged(api: Api) -> None:
    intent = await unsettled(api)
    assert (await api.as_(OTHER).post(f"/orders/{intent}/verdict", verdict(intent))).status_code == 404
    assert (await api.post(f"/orders/{uuid4()}/verdict", verdict(intent))).status_code == 404
    assert api.oms.placed[intent].state == "MANUAL"


async def test_a_verdict_stands_although_the_journal_cannot_be_written(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any) -> None:
        raise PortUnavailable("기록 저장소에 연결하지 못했어요.", where="desk")

    intent = await unsettled(api)
    monkeypatch.setattr(api.parts.assembled.ports.desk, "note", gone)
    assert (await api.post(f"/orders/{intent}/verdict", verdict(intent))).status_code == 200
    assert api.oms.placed[intent].state == "ACKED"


async def test_a_silent_order_desk_is_said_and_nothing_is_noted(api: Api) -> None:
    intent = await unsettled(api)
    api.oms.down = True
    assert (await api.post(f"/orders/{intent}/verdict", verdict(intent))).status_code == 503
    assert not [row for row in api.rows("SELECT summary FROM desk.journal") if "판정" in row["summary"]]
