"""Halts on the desk: every cause with what to do about it, and one strategy stopped without the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from api_bench import Api, offered, open_api
from fakes import OTHER, USER

from domain.proto import oms_pb2 as pb
from execution.oms import manual, reach  # the sentences that the OMS really says


@pytest.fixture
async def api(database: Any) -> AsyncIterator[Api]:
    async with open_api(database) as made:
        yield made


async def told(api: Api) -> list[tuple[str, str]]:
    return [(each["text"], each["todo"]) for each in (await api.get("/trading-state")).json()["causes"]]


def unsettled() -> pb.Order:
    return pb.Order(
        intent_id=str(UUID(int=9)), account_ref=USER.account_ref, ticker="005930", side="buy", state="MANUAL"
    )


async def test_an_account_that_trades_has_no_causes(api: Api) -> None:
    assert await told(api) == []


async def test_a_persons_own_halt_is_told_as_theirs_with_the_way_back(api: Api) -> None:
    await api.post("/trading-state", {"state": "HALTED", "reason": "점심시간"})
    assert await told(api) == [("직접 정지하셨어요 (점심시간).", "재개하면 증권사와 맞춘 뒤 다시 주문할 수 있어요.")]
    await api.post("/trading-state", {"state": "REDUCING", "reason": "급락장"})
    assert (await told(api))[0][0] == "새로 사는 것을 직접 멈추셨어요 (급락장)."


async def test_a_halt_of_the_ledger_asks_to_compare_before_resuming(api: Api) -> None:
    api.oms.trading_state, api.oms.reason = "HALTED", "장부가 예전 상태로 돌아간 것 같아 모두 멈췄어요."
    assert await told(api) == [(api.oms.reason, "보유 종목과 미체결을 증권사 앱과 비교하고, 같으면 재개해 주세요.")]


async def test_every_cause_of_reducing_is_told_once(api: Api) -> None:
    order = unsettled()
    api.oms.placed[order.intent_id] = order
    api.oms.trading_state, api.oms.reason, api.oms.unreachable = "REDUCING", manual.REASON, reach.LOST
    texts = [text for text, _ in await told(api)]
    assert texts == ["직접 확인할 주문이 1건 있어요.", reach.LOST]
    api.oms.reason = reach.LOST
    assert [text for text, _ in await told(api)] == texts
    api.oms.reason = "증권사와 계좌를 맞추는 중이에요."
    assert (await told(api))[0] == (api.oms.reason, "까닭이 사라지면 저절로 풀려요. 기다려 주세요.")


async def test_a_strategy_with_shares_or_a_live_mandate_is_stopped_alone_and_goes_on(api: Api) -> None:
    assert (await api.get("/strategy-stops")).json() == {"strategies": []}
    await signed_cycle(api)
    api.oms.hold("005930", 10, 70_000)
    api.oms.positions[0].sleeves["strategy:5e1f"] = 4
    body = (await api.get("/strategy-stops")).json()["strategies"]
    assert [(row["sleeve"], row["name"], row["stopped"]) for row in body] == [
        ("cycle", "정기 점검", False),
        ("strategy:5e1f", "전략 5e1f", False),
    ]
    assert (await api.post("/strategy-stops", {"sleeve": "cycle", "state": "HALTED"})).status_code == 200
    assert (api.oms.stopped, api.oms.trading_state) == ({"cycle": "HALTED"}, "ACTIVE")
    assert (await api.get("/strategy-stops")).json()["strategies"][0]["stopped"] is True
    assert (await api.post("/strategy-stops", {"sleeve": "cycle", "state": "ACTIVE"})).status_code == 200
    assert (await api.get("/strategy-stops")).json()["strategies"][0]["stopped"] is False


async def test_what_is_no_strategy_of_ones_own_cannot_be_stopped(api: Api) -> None:
    api.oms.hold("005930", 10, 70_000)
    for sleeve in ("manual", "outside", "strategy:other", ""):
        answer = await api.as_(OTHER).post("/strategy-stops", {"sleeve": sleeve, "state": "HALTED"})
        assert answer.status_code == (422 if not sleeve else 404), sleeve
    assert (await api.post("/strategy-stops", {"sleeve": "cycle", "state": "REDUCING"})).status_code == 422
    assert api.oms.stopped == {}


async def test_a_strategy_stop_that_did_not_reach_the_door_is_never_called_done(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await signed_cycle(api)
    stop = api.oms.set_trading_state

    async def silent(*given: Any, **more: Any) -> Any:
        api.oms.down = True
        return await stop(*given, **more)

    monkeypatch.setattr(api.oms, "set_trading_state", silent)
    answer = await api.post("/strategy-stops", {"sleeve": "cycle", "state": "HALTED"})
    assert (answer.status_code, "되지 않았어요" in answer.json()["message"]) == (503, True)


async def signed_cycle(api: Api) -> None:
    """A mandate of the regular review, signed."""
    mandate_id = await offered(api)
    assert (await api.post(f"/mandates/{mandate_id}/sign")).status_code == 200
