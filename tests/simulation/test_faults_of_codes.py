"""Errors said on request: their envelope, whether the order happened, and that the arrival log knows of them."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from aiohttp.test_utils import TestServer
from exchange_stream import stream
from wire_caller import Wire

from domain.clock import KST, ManualClock
from simulation.exchange import controls
from simulation.exchange.app import HUB, make_app
from simulation.exchange.config import ExchangeConfig, Limits
from simulation.exchange.exchange import Exchange, build
from simulation.exchange.faults import Fault, FaultKind, Faults, Match, Misarmed, errors


class Place:
    """An exchange in test mode; `hub` and `url` as `stream` wants them."""

    def __init__(self, exchange: Exchange, faults: Faults, hub: Any, wire: Wire) -> None:
        self.exchange, self.faults, self.hub, self.wire, self.url = exchange, faults, hub, wire, wire.url

    def say(self, code: str, **more: Any) -> None:
        self.faults.arm(Fault(FaultKind.SERVER_ERROR_KIS, code=code, **more))


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock = ManualClock(datetime(2026, 11, 23, 10, 0, tzinfo=KST))
    exchange = build(ExchangeConfig(any_account=True, limits=Limits.OFF), clock)
    app = make_app(exchange, faults := Faults(random.Random(1), clock))
    async with TestServer(app) as server:
        wire = await Wire(str(server.make_url("")).rstrip("/")).login()
        yield Place(exchange, faults, app[HUB], wire)
        await wire.http.aclose()


async def test_every_code_comes_in_its_envelope_and_refusals_leave_no_order(place: Place) -> None:
    body = {**place.wire.account, "PDNO": "005930", "ORD_DVSN": "01", "ORD_QTY": "1", "ORD_UNPR": "0"}
    for code in sorted(errors.CODES):
        before = len(place.exchange.venue.world.today())
        place.say(code, on=Match(path="order-cash"))
        answer = await place.wire.post("trading/order-cash", "TTTC0012U", **body)
        found = answer.json()
        assert (found["msg_cd"], found["rt_cd"] == "0") == (code, False)
        assert answer.status_code == (500 if code[:3] in ("EGW", "OPS") else 200), code
        assert found["msg1"]
        assert len(place.exchange.venue.world.today()) - before == (code in errors.UNCERTAIN), code


async def test_every_code_of_the_socket_can_be_met_at_a_registration_and_nothing_else_meets_it(place: Place) -> None:
    async with stream(place, place.wire) as one:
        for code in sorted(errors.SOCKET_CODES):
            place.say(code, on=Match(tr_id="H0STASP0"))
            assert (await place.wire.quote())["stck_prpr"] != "0", "an inquiry is no registration"
            assert (await one.ask("H0STCNT0", "005930"))["body"]["msg_cd"] in ("OPSP0000", "OPSP0002")
            answer = await one.ask("H0STASP0", "005930")
            assert (answer["body"]["msg_cd"], answer["body"]["rt_cd"]) == (code, controls.MESSAGES[code][0])
            assert "output" not in answer["body"]
        assert (await one.ask("H0STASP0", "005930"))["body"]["msg_cd"] == "OPSP0000"


async def test_calls_that_a_fault_keeps_out_are_in_the_arrival_log_and_say_why(place: Place) -> None:
    place.faults.arm(Fault(FaultKind.THROTTLED, Match(path="order-cash")))
    place.faults.arm(Fault(FaultKind.TIMEOUT_BEFORE_ACCEPT, Match(path="inquire-balance"), seconds=0))
    place.say("EGW00206", on=Match(path="inquire-psbl-order"))
    assert (await place.wire.order("buy", 1))["msg_cd"] == "EGW00201"
    assert (await place.wire.order("buy", 1))["rt_cd"] == "0"
    with pytest.raises(httpx.TransportError):
        await place.wire.balance()
    query = {**place.wire.account, "PDNO": "005930", "ORD_UNPR": "0", "ORD_DVSN": "01"}
    await place.wire.get("trading/inquire-psbl-order", "TTTC8908R", **query)
    log = (await place.wire.http.get("/quartz/arrivals")).json()
    seen = [(row["path"].rpartition("/")[2], row["admitted"], row["why"]) for row in log]
    assert seen == [
        ("order-cash", False, "throttled"),
        ("order-cash", True, ""),
        ("inquire-balance", False, "timeout_before_accept"),
        ("inquire-psbl-order", False, "server_error_kis"),
    ]
    assert len({row["key"] for row in log}) == 1
    assert all(row["at"] >= 0 and row["tr_id"] for row in log)


@pytest.mark.parametrize(("kind", "code"), [("server_error_kis", "EGW99999"), ("throttled", "EGW00002")])
def test_a_code_that_kis_does_not_have_and_a_kind_that_has_none_cannot_be_armed(kind: str, code: str) -> None:
    with pytest.raises(Misarmed, match=code):
        Fault.of_json({"kind": kind, "code": code})
