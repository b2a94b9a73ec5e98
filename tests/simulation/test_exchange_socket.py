"""The WebSocket side: registrations, refusals, frames in both widths, notices in order and only to their owner."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from exchange_stream import stream

from simulation.exchange.config import Environment, Layout


async def test_ack_has_iv_and_key_and_encrypt_is_yes_for_notices_only(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    for path in ("", "/", "/tryitout", "/tryitout/H0STCNT0"):
        async with stream(place, caller, path) as one:
            plain = await one.ask("H0STCNT0", "005930")
            assert plain["header"] == {"tr_id": "H0STCNT0", "tr_key": "005930", "encrypt": "N"}
            body = plain["body"]
            assert (body["rt_cd"], body["msg_cd"], body["msg1"]) == ("0", "OPSP0000", "SUBSCRIBE SUCCESS")
            assert (len(body["output"]["iv"]), len(body["output"]["key"])) == (16, 32)
            assert (await one.ask("H0STCNI0", "myhts"))["header"]["encrypt"] == "Y"


async def test_refusals_carry_their_codes_and_no_output(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        await one.ask("H0STCNT0", "005930")
        answers = [
            await one.ask("H0STCNT0", "005930"),
            await one.ask("H0STASP0", "005930", "2"),
            await one.ask("H0STCNT9", "005930"),
            await one.ask("H0STCNT0", "000000"),
            await one.ask("H0STCNI9", "myhts"),
            await one.ask("H0STASP0", "005930", "7"),
            await one.ask("H0STASP0", "005930", approval="no-such-key"),
            await one.ask("H0STCNT0", "005930", "2"),
        ]
        codes = [answer["body"]["msg_cd"] for answer in answers]
        assert codes == [
            "OPSP0002",
            "OPSP0003",
            "OPSP8991",
            "OPSP8992",
            "OPSP0009",
            "OPSP8997",
            "OPSP0011",
            "OPSP0001",
        ]
        assert all("output" not in answer["body"] for answer in answers)
        await one.socket.send("not json")
        assert json.loads(await one.receive())["body"]["msg_cd"] == "OPSP9999"
        for odd in ('{"header":{},"body":[]}', '{"header":{}}', '{"header":{},"body":{"input":7}}', "[1]", "{}"):
            await one.socket.send(odd)
            assert json.loads(await one.receive())["body"]["rt_cd"] == "9"
        assert (await one.ask("H0STCNT0", "000660"))["body"]["msg_cd"] == "OPSP0000", "the session lives on"


async def test_forty_second_registration_is_refused(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    tickers = list(place.exchange.venue.market.listings)[:41]
    async with stream(place, caller) as one:
        await one.ask("H0STCNI0", "myhts")
        codes = [(await one.ask("H0STCNT0", ticker))["body"]["msg_cd"] for ticker in tickers]
        assert codes == ["OPSP0000"] * 40 + ["OPSP0008"]
        await one.ask("H0STCNT0", tickers[0], "2")
        assert (await one.ask("H0STCNT0", tickers[40]))["body"]["msg_cd"] == "OPSP0000"


async def test_second_session_of_one_key_is_refused_until_the_first_leaves(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as second:
        async with stream(place, caller) as first:
            assert first.approval
            await first.ask("H0STCNT0", "005930")
            refused = await second.ask("H0STCNT0", "000660")
            assert (refused["header"]["tr_id"], refused["body"]["rt_cd"], refused["body"]["msg_cd"]) == (
                "(null)",
                "9",
                "OPSP8996",
            )
            other = await place.caller(key="L" * 36).login()
            async with stream(place, other) as third:
                assert (await third.ask("H0STCNT0", "000660"))["body"]["msg_cd"] == "OPSP0000"
        assert (await second.ask("H0STCNT0", "000660"))["body"]["msg_cd"] == "OPSP0000"


async def test_older_approval_keys_stay_valid(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        place.move(seconds=5)
        body = {"grant_type": "client_credentials", "appkey": caller.key, "secretkey": caller.secret}
        newer = (await caller.http.post("/oauth2/Approval", json=body)).json()["approval_key"]
        assert newer != one.approval
        assert (await one.ask("H0STCNT0", "005930"))["body"]["msg_cd"] == "OPSP0000"
        assert (await one.ask("H0STCNT0", "000660", approval=newer))["body"]["msg_cd"] == "OPSP0000"


async def test_pingpong_comes_and_both_pong_styles_are_taken(bench: Any) -> None:
    place = await bench(pingpong_seconds=0.05)
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        for style in ("text", "frame"):
            text = await one.receive()
            header = json.loads(text)["header"]
            assert header["tr_id"] == "PINGPONG"
            assert len(header["datetime"]) == 14
            assert len(text.encode()) <= 125
            if style == "text":
                await one.socket.send(text)
            else:
                await one.socket.pong(text.encode())
        await (await one.socket.ping())
        answer = None
        while answer is None or answer["header"]["tr_id"] == "PINGPONG":
            answer = await one.ask("H0STCNT0", "005930")
        assert answer["body"]["msg_cd"] == "OPSP0000"


async def test_frames_have_46_and_59_fields_in_legacy_and_47_and_63_in_current_layout(bench: Any) -> None:
    for layout, trade_width, book_width in ((Layout.LEGACY, 46, 59), (Layout.CURRENT, 47, 63)):
        place = await bench(layout=layout)
        caller = await place.caller().login()
        async with stream(place, caller) as one:
            await one.ask("H0STASP0", "005930")
            book = await one.frame("H0STASP0")
            assert len(book) == book_width
            await one.ask("H0STCNT0", "005930")
            place.hub.pump()
            place.move(seconds=1)
            place.hub.pump()
            trade = await one.frame("H0STCNT0")
            assert len(trade) == trade_width
            assert trade[0] == "005930"
            assert trade[33] == "20261123"
            assert all(len(trade[i]) == 6 for i in (1, 24, 27, 30))
            if layout is Layout.CURRENT:
                assert (trade[46], book[62]) == ("2", "2")


async def test_accumulated_volume_grows_by_each_record_and_by_the_users_own_trades(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        await one.ask("H0STCNT0", "005930")
        place.hub.pump()
        volume = None
        for i in range(6):
            if i == 3:
                await caller.order("buy", 7)
            place.move(seconds=1 if i % 2 else 600)
            place.hub.pump()
            fields = await one.frame("H0STCNT0")
            for start in range(0, len(fields), 47):
                record = fields[start : start + 47]
                if volume is not None:
                    assert int(record[13]) == volume + int(record[12])
                volume = int(record[13])
        assert str(volume) == (await caller.quote())["acml_vol"]


async def test_notices_have_23_tokens_accept_first_then_fills_then_a_cancel_that_names_its_original(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        await one.ask("H0STCNI0", "myhts")
        done = await caller.order("buy", 3)
        accept, fill = await one.frame("H0STCNI0"), await one.frame("H0STCNI0")
        assert len(accept) == len(fill) == 23
        number, branch = done["output"]["ODNO"], done["output"]["KRX_FWDG_ORD_ORGNO"]
        head = ["myhts", "1234567801", number, "", "02", "0", "01", "0", "005930"]
        assert accept[:10] == [*head, "0000000003"]
        assert accept[12:17] == ["0", "1", "1", branch, "000000003"]
        assert fill[:9] == head
        assert (int(fill[9]), int(fill[10]) > 0, fill[12:17]) == (3, True, ["0", "2", "2", branch, "000000003"])
        assert (accept[21], accept[22], fill[21]) == ("삼성전자", "", "삼성전자")
        quote = await caller.quote()
        resting = await caller.order("buy", 2, int(quote["stck_llam"]))
        gone = await caller.cancel(resting["output"]["ODNO"].lstrip("0"))
        assert gone["output"]["ODNO"] != resting["output"]["ODNO"]
        await one.frame("H0STCNI0")
        cancel = await one.frame("H0STCNI0")
        assert (cancel[2], cancel[3], cancel[5]) == (gone["output"]["ODNO"], resting["output"]["ODNO"], "2")
        assert cancel[13] == "1"


async def test_notices_reach_only_the_owner_of_the_account(bench: Any) -> None:
    place = await bench(env=Environment.REAL)
    mine, theirs = await place.caller().login(), await place.caller(key="L" * 36, account="9999999901").login()
    async with stream(place, mine) as one, stream(place, theirs) as other:
        await one.ask("H0STCNI0", "myhts")
        await other.ask("H0STCNI0", "theirhts")
        await mine.order("buy", 1)
        await theirs.order("buy", 2)
        assert [(await one.frame("H0STCNI0"))[1] for _ in range(2)] == ["1234567801"] * 2
        assert [(await other.frame("H0STCNI0"))[1] for _ in range(2)] == ["9999999901"] * 2


async def test_closing_is_answered_at_once(bench: Any) -> None:
    place = await bench()
    caller = await place.caller().login()
    async with stream(place, caller) as one:
        await one.ask("H0STCNT0", "005930")
        started = asyncio.get_running_loop().time()
        await one.socket.close()
        assert asyncio.get_running_loop().time() - started < 1


@pytest.mark.parametrize(
    ("layout", "widths"),
    [
        (Layout.LEGACY, {"H0NXCNT0": 46, "H0UNCNT0": 46, "H0NXASP0": 62, "H0UNASP0": 65}),
        (Layout.CURRENT, {"H0NXCNT0": 47, "H0UNCNT0": 47, "H0NXASP0": 62, "H0UNASP0": 66}),
    ],
)
async def test_nxt_and_unified_frames_come_for_names_that_nxt_trades(
    bench: Any, layout: Layout, widths: dict[str, int]
) -> None:
    place = await bench(layout=layout)
    caller = await place.caller().login()
    listings = place.exchange.venue.market.listings
    without = next(ticker for ticker, listing in listings.items() if not listing.instrument.nxt)
    async with stream(place, caller) as one:
        for tr_id in widths:
            for ticker in (without, "005930"):
                assert (await one.ask(tr_id, ticker))["body"]["msg_cd"] == "OPSP0000"
        place.hub.pump()
        place.move(minutes=1)
        place.hub.pump()
        seen: dict[str, int] = {}
        while len(seen) < len(widths):
            _, tr_id, count, payload = (await one.receive()).split("|", 3)
            fields = payload.split("^")
            assert fields[0] == "005930"
            seen[tr_id] = len(fields) // int(count)
        assert seen == widths
