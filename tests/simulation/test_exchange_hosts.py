"""Real and paper host side by side, and what only one of them may be asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from aiohttp.test_utils import TestServer
from exchange_stream import stream
from wire_caller import Wire

from domain.clock import KST, ManualClock
from simulation.exchange.app import HUB, make_app
from simulation.exchange.config import Environment, ExchangeConfig, Limits, Notices
from simulation.exchange.envelope import GatewayError, Reply
from simulation.exchange.exchange import build, build_pair
from simulation.exchange.journal import Record
from simulation.exchange.passage import Asked, Kind, Push, Straight

START = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


class Hosts:
    """Both hosts in this process, and callers for them."""

    def __init__(self, real: str, paper: str) -> None:
        self.real, self.paper = real, paper
        self.callers: list[Wire] = []

    def caller(self, url: str, **arguments: str) -> Wire:
        self.callers.append(Wire(url, **arguments))
        return self.callers[-1]


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    config = ExchangeConfig(any_account=True, limits=Limits.OFF)
    servers = [TestServer(make_app(exchange)) for exchange in build_pair(config, ManualClock(START))]
    for server in servers:
        await server.start_server()
    both = Hosts(*(str(server.make_url("")).rstrip("/") for server in servers))
    yield both
    for caller in both.callers:
        await caller.http.aclose()
    for server in servers:
        await server.close()


async def test_each_host_serves_its_own_ids_and_refuses_the_others(hosts: Hosts) -> None:
    real = await hosts.caller(hosts.real, key="R" * 36).login()
    paper = await hosts.caller(hosts.paper, key="P" * 36).login()
    assert (await real.balance("TTTC8434R")).json()["rt_cd"] == "0"
    assert (await paper.balance("VTTC8434R")).json()["rt_cd"] == "0"
    for caller, tr_id, code in ((real, "VTTC8434R", "EGW02004"), (paper, "TTTC8434R", "EGW02006")):
        answer = await caller.balance(tr_id)
        assert (answer.status_code, answer.json()["msg_cd"]) == (500, code)


async def test_key_and_token_of_one_host_are_not_good_on_the_other(hosts: Hosts) -> None:
    for home, away, code in ((hosts.paper, hosts.real, "EGW02004"), (hosts.real, hosts.paper, "EGW02007")):
        caller = await hosts.caller(home, key="A" * 36 if home == hosts.paper else "B" * 36).login()
        visitor = hosts.caller(away, key=caller.key)
        visitor.token = caller.token
        answer = await visitor.get("quotations/inquire-price", "FHKST01010100", FID_INPUT_ISCD="005930")
        assert (answer.status_code, answer.json()["msg_cd"]) == (500, code)
        body = {"grant_type": "client_credentials", "appkey": caller.key, "appsecret": caller.secret}
        refused = await visitor.http.post("/oauth2/tokenP", content=json.dumps(body))
        assert (refused.status_code, refused.json()["error_code"]) == (403, "EGW00103")


async def test_approval_key_of_the_paper_host_opens_the_real_stream(hosts: Hosts) -> None:
    paper = hosts.caller(hosts.paper, key="R" * 36)
    async with stream(hosts.caller(hosts.paper), paper) as asked:
        approval = asked.approval
    real = await hosts.caller(hosts.real, key="R" * 36).login()
    async with stream(real, real) as one:
        answer = await one.ask("H0STCNT0", "005930", approval=approval)
        assert answer["body"]["msg_cd"] == "OPSP0000"
        assert (await one.ask("H0GSCNI9", "myhts"))["body"]["msg_cd"] == "OPSP0000"


async def test_books_of_the_hosts_are_apart_and_their_prices_the_same(hosts: Hosts) -> None:
    real = await hosts.caller(hosts.real, key="R" * 36).login()
    paper = await hosts.caller(hosts.paper, key="P" * 36).login()
    assert (await real.order("buy", 1))["rt_cd"] == "0"
    assert (await paper.balance("VTTC8434R")).json()["output1"] == []
    one, other = await real.quote("000660"), await paper.quote("000660")
    assert one["stck_prpr"] == other["stck_prpr"]


async def test_market_type_of_the_customer_is_checked_when_given(hosts: Hosts) -> None:
    real = await hosts.caller(hosts.real).login()
    path = "/uapi/domestic-stock/v1/quotations/inquire-price"
    for kind, status in (("P", 200), ("B", 200), ("X", 500)):
        headers = real.headers("FHKST01010100") | {"custtype": kind}
        answer = await real.http.get(path, params={"FID_INPUT_ISCD": "005930"}, headers=headers)
        assert answer.status_code == status
    assert answer.json()["msg_cd"] == "EGW00208"


async def test_ledger_takes_a_hundred_and_twenty_balances_a_second_from_everybody(
    bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await bench(limits=Limits.DOCUMENTED)
    monkeypatch.setattr(place.exchange.ledger_limiter, "_cap", 3)
    codes = []
    for number in range(4):
        caller = await place.caller(key=f"{number}" * 36, account=f"1234567{number}01").login()
        answer = await caller.balance()
        codes.append((answer.status_code, answer.json()["msg_cd"]))
    assert codes[:3] == [(200, "KIOK0560")] * 3
    assert codes[3] == (500, "EGW00215")
    assert ExchangeConfig().ledger_calls_per_second == 120


async def test_documented_notices_have_26_tokens_with_venue_and_price_apart(bench: Any) -> None:
    place = await bench(notices=Notices.DOCUMENTED)
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        await one.ask("H0STCNI0", "myhts")
        await caller.order("buy", 1, EXCG_ID_DVSN_CD="SOR")
        accept, fill = await one.frame("H0STCNI0"), await one.frame("H0STCNI0")
        assert len(accept) == len(fill) == 26
        assert (fill[19], fill[20], fill[22], fill[24]) == ("3", "Y", "10", "삼성전자")
        assert int(accept[18]) == 0


async def test_registrations_that_lack_a_field_are_parsing_errors(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        header = {"approval_key": one.approval, "custtype": "P", "tr_type": "1"}
        whole = {"tr_id": "H0STCNT0", "tr_key": "005930"}
        for change, wanted, code in (
            ({}, {"tr_key": "005930"}, "OPSP9991"),
            ({}, {"tr_id": "H0STCNT0"}, "OPSP9990"),
            ({"approval_key": None}, whole, "OPSP9996"),
            ({"custtype": "X"}, whole, "OPSP8998"),
        ):
            sent = {key: value for key, value in (header | change).items() if value is not None}
            await one.socket.send(json.dumps({"header": sent, "body": {"input": wanted}}))
            answer = json.loads(await one.receive())
            assert (answer["header"]["tr_id"], answer["body"]["rt_cd"]) == ("(null)", "9")
            assert answer["body"]["msg_cd"] == code


async def test_holidays_page_by_month_for_a_year_and_then_end(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    days: list[str] = []
    cursor = ""
    for _ in range(20):
        query = {"BASS_DT": "20261123", "CTX_AREA_NK": cursor, "CTX_AREA_FK": ""}
        answer = await caller.get("quotations/chk-holiday", "CTCA0903R", **query)
        days += [row["bass_dt"] for row in answer.json()["output"]]
        cursor = answer.json()["ctx_area_nk"].strip()
        if answer.headers["tr_cont"] == "D":
            break
    assert cursor == ""
    assert days == sorted(set(days))
    assert (days[0], len(days) // 30) == ("20261123", 13)


class Loses(Straight):
    """Answers one path with a gateway error after the fact, and repeats every notice."""

    def __init__(self) -> None:
        self.kinds: set[Kind] = set()

    async def answer(self, asked: Asked, make: Any) -> Reply:
        made: Reply = make()
        return GatewayError("EGW00302").reply() if asked.path.endswith("order-cash") else made

    def told(self, kind: Kind, text: str, push: Push, about: Record | None = None) -> None:
        self.kinds.add(kind)
        for _ in range(2 if kind is Kind.NOTICE else 1):
            push(text)


async def test_everything_said_to_a_client_goes_through_the_passage() -> None:
    exchange = build(ExchangeConfig(any_account=True, limits=Limits.OFF, pingpong_seconds=0.05), ManualClock(START))
    passage = Loses()
    app = make_app(exchange, passage)
    async with TestServer(app) as server:
        url = str(server.make_url("")).rstrip("/")
        caller = await Wire(url).login()
        async with stream(caller, caller) as one:
            await one.ask("H0STCNI0", "myhts")
            await one.ask("H0STASP0", "005930")
            answer = await caller.order("buy", 1)
            assert answer["msg_cd"] == "EGW00302"
            assert answer["msg1"].endswith("직전 거래를 반드시 확인하세요.")
            assert exchange.venue.world.today()[1].filled == 1, "accepted all the same"
            notices = [await one.frame("H0STCNI0") for _ in range(4)]
            assert sorted(row[13] for row in notices) == ["1", "1", "2", "2"]
            while json.loads(await one.receive()).get("header", {}).get("tr_id") != "PINGPONG":
                pass
        assert passage.kinds == set(Kind)
        assert app[HUB]
        await caller.http.aclose()


def test_one_process_opens_both_hosts_and_says_so_in_its_first_line(server: Any, tmp_path: Any) -> None:
    process = server("--always-open", "--any-account", "--paper-port", "0", "--data-dir", str(tmp_path))
    paper = process.hello["paper"]
    assert (process.hello["env"], paper["env"]) == (Environment.REAL.value, Environment.PAPER.value)
    for url, env in ((process.url, "real"), (paper["url"], "paper")):
        assert httpx.get(url + "/quartz/health").json()["env"] == env
    assert process.stop() == 0
