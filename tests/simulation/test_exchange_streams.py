"""The real-time streams beside trades and books: who may register them, how wide they are, what their figures say."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from exchange_stream import stream

from domain.clock import KST
from simulation.exchange import controls
from simulation.exchange.config import Environment
from simulation.exchange.streams import STREAMS, Names, refusal

KEYS = {Names.STOCK: "005930", Names.FUND: "069500", Names.INDEX: "0001", Names.HTS_ID: "myhts"}


def _at(hour: int, minute: int, second: int = 0, *, day: int = 23, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=KST)


@pytest.mark.parametrize("env", list(Environment))
async def test_each_host_takes_its_own_streams_and_refuses_the_others(bench: Any, env: Environment) -> None:
    place = await bench(env=env)
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        for tr_id, wanted in STREAMS.items():
            answer = await one.ask(tr_id, KEYS[wanted.names])
            here = wanted.only in (None, env)
            assert answer["body"]["msg_cd"] == ("OPSP0000" if here else "OPSP0009"), tr_id
            assert answer["header"]["encrypt"] == ("Y" if wanted.encrypted else "N")
            if here:
                assert (await one.ask(tr_id, KEYS[wanted.names], "2"))["body"]["msg_cd"] == "OPSP0001"


async def test_paper_has_the_three_streams_that_kis_paper_has(bench: Any) -> None:
    place = await bench(env=Environment.PAPER)
    market = place.exchange.venue.market
    taken = {tr_id for tr_id, one in STREAMS.items() if not refusal(tr_id, KEYS[one.names], Environment.PAPER, market)}
    silent = {"H0GSCNI0", "H0GSCNI9"}
    assert taken - silent == {"H0STCNT0", "H0STASP0", "H0STCNI9"}


async def test_keys_that_name_nothing_are_refused(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        for tr_id, key in (("H0UPCNT0", "005930"), ("H0STNAV0", "005930"), ("H0STANC0", "000000"), ("H0STCNI0", "")):
            assert (await one.ask(tr_id, key))["body"]["msg_cd"] == "OPSP8992", tr_id


async def _frames(place: Any, one: Any, wanted: dict[str, str], seconds: int = 12) -> dict[str, list[str]]:
    """One frame of each stream, while the market moves a second at a time."""
    for tr_id, key in wanted.items():
        assert (await one.ask(tr_id, key))["body"]["msg_cd"] == "OPSP0000"
    for _ in range(seconds):
        place.move(seconds=1)
        place.hub.pump()
    await one.socket.send(
        '{"header":{"approval_key":"x","custtype":"P","tr_type":"9"},"body":{"input":{"tr_id":"END","tr_key":"END"}}}'
    )
    found: dict[str, list[str]] = {}
    while True:
        text = await one.receive()
        if text[0] == "{":
            return found
        _, tr_id, count, payload = text.split("|", 3)
        fields = payload.split("^")
        found[tr_id] = fields[: len(fields) // int(count)]


async def test_streams_of_the_day_have_their_widths_and_agree_with_the_calls(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    names = ("H0STPGM0", "H0STMBC0", "H0NXPGM0", "H0UNMBC0", "H0NXCNT0", "H0UNASP0")
    wanted = dict.fromkeys(names, "005930") | {"H0UPCNT0": "0001", "H0STNAV0": "069500"}
    async with stream(place, caller) as one:
        found = await _frames(place, one, wanted)
    assert set(wanted) <= set(found)
    for tr_id in wanted:
        assert len(found[tr_id]) == STREAMS[tr_id].fields, tr_id
    query = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": "005930"}
    rows = (await caller.get("quotations/program-trade-by-stock", "FHPPG04650101", **query)).json()["output"]
    programme = found["H0STPGM0"]
    same = next(row for row in rows if row["bsop_hour"] <= programme[1])
    assert abs(int(programme[6]) - int(same["whol_smtn_ntby_qty"])) <= abs(int(same["whol_ntby_vol_icdc"])) * 5 + 50
    assert int(programme[4]) - int(programme[2]) == int(programme[6])
    members = found["H0STMBC0"]
    assert all(name.startswith("데모") for name in members[1:11])
    assert [int(part) for part in members[11:16]] == sorted((int(part) for part in members[11:16]), reverse=True)
    nav, price = found["H0STNAV0"], int((await caller.quote("069500"))["stck_prpr"])
    assert abs(float(nav[1]) - price) <= price * 0.001
    level = found["H0UPCNT0"]
    index = await caller.get("quotations/inquire-index-price", "FHPUP02100000", FID_INPUT_ISCD="0001")
    low, high = (float(index.json()["output"][f"bstp_nmix_{part}"]) for part in ("lwpr", "hgpr"))
    assert low <= float(level[2]) <= high


async def test_expected_trades_come_in_auctions_only_and_tell_nothing_of_the_open_before_it(bench: Any) -> None:
    place = await bench(at=_at(8, 50))
    caller = await place.caller().login()
    wanted = dict.fromkeys(("H0STANC0", "H0NXANC0", "H0UNANC0"), "005930")
    async with stream(place, caller) as one:
        found = await _frames(place, one, wanted, 3)
        assert {tr_id: len(found[tr_id]) for tr_id in wanted} == {"H0STANC0": 45, "H0NXANC0": 46, "H0UNANC0": 46}
        record = found["H0STANC0"]
        assert (record[0], record[7], record[13], record[43]) == ("005930", "0", "0", "B")
        asking = await caller.get("quotations/inquire-asking-price-exp-ccn", "FHKST01010200", FID_INPUT_ISCD="005930")
        assert abs(int(record[2]) - int(asking.json()["output2"]["antc_cnpr"])) <= 1_000
        place.move(minutes=30)
        assert "H0STANC0" not in await _frames(place, one, {}, 5)


async def test_evening_single_prices_speak_until_the_market_is_abolished(bench: Any) -> None:
    wanted = dict.fromkeys(("H0STOUP0", "H0STOAC0", "H0STOAA0"), "005930")
    before = await bench(at=_at(16, 9, 50, day=11, month=9))
    caller = await before.caller().login()
    async with stream(before, caller) as one:
        found = await _frames(before, one, wanted, 15)
    assert {tr_id: len(found[tr_id]) for tr_id in wanted} == {tr_id: STREAMS[tr_id].fields for tr_id in wanted}
    after = await bench(at=_at(16, 9, 50))
    caller = await after.caller().login()
    async with stream(after, caller) as one:
        assert not set(await _frames(after, one, wanted, 5)) & set(wanted)


async def test_oldest_registrations_name_app_key_and_secret(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    whole = {"tr_id": "H0STCNT0", "tr_key": "005930"}
    async with stream(place, caller) as one:
        for change, wanted, code in (
            ({"appkey": caller.key}, whole, "OPSP8995"),
            ({"appkey": caller.key, "appsecret": "another-secret"}, whole, "OPSP0010"),
            ({"appkey": "no key", "appsecret": caller.secret}, whole, "OPSP9994"),
            ({"appkey": caller.key, "appsecret": caller.secret}, whole | {"tr_key": 5930}, "OPSP8993"),
            ({"appkey": caller.key, "appsecret": caller.secret, "custtype": "B"}, whole, "OPSP8994"),
            ({"appkey": caller.key, "appsecret": caller.secret, "personalseckey": "1"}, whole, "OPSP0000"),
        ):
            header = {"custtype": "P", "tr_type": "1", "content-type": "utf-8", **change}
            await one.socket.send(json.dumps({"header": header, "body": {"input": wanted}}))
            answer = json.loads(await one.receive())
            assert answer["body"]["msg_cd"] == code
            assert answer["body"]["rt_cd"] == controls.MESSAGES[code][0]


def test_every_code_of_the_list_has_its_class_and_text() -> None:
    listed = ["0000", "0001", "0002", "0003", "0007", "0008", "0009", "0010", "0011"]
    listed += [str(code) for code in range(8991, 9000)] + [str(code) for code in range(9990, 10_000)]
    assert set(controls.MESSAGES) == {f"OPSP{code}" for code in listed}
    for code, (rt_cd, text) in controls.MESSAGES.items():
        answer = json.loads(controls.answer("H0STCNT0", "005930", code))
        assert answer["body"] == {"rt_cd": rt_cd, "msg_cd": code, "msg1": text}
        assert set(answer["header"]) == {"tr_id", "tr_key", "encrypt"}
        assert (answer["header"]["tr_id"] == "(null)") is (rt_cd == "9")


async def test_both_styles_of_pong_and_silence_keep_a_session(bench: Any) -> None:
    place = await bench(pingpong_seconds=0.05)
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        await one.ask("H0STCNT0", "005930")
        for style in ("echo", "control", "none"):
            text = await one.receive()
            while json.loads(text)["header"].get("tr_id") != "PINGPONG":
                text = await one.receive()
            assert len(text.encode()) <= 125
            if style == "echo":
                await one.socket.send(text)
            elif style == "control":
                await one.socket.pong(text.encode())
        latency = await one.socket.ping()
        assert await latency >= 0, "the server answers pings of the protocol"
        assert (await one.ask("H0STASP0", "005930"))["body"]["msg_cd"] == "OPSP0000"
