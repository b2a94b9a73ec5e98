"""The exchange as a process: what it says when it starts, what it refuses, what survives kill −9."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from wire_caller import Wire

from simulation.exchange.journal import FILE_NAME, Journal, JournalBroken, JournalBusy, read_journal

ROOT = Path(__file__).resolve().parents[2]


def _cli(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulation.exchange", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def _journal(folder: Path) -> list[dict[str, Any]]:
    done = _cli("journal", "--data-dir", str(folder), "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_open_door_on_a_network_address_is_refused(tmp_path: Path) -> None:
    done = _cli("--any-account", "--host", "0.0.0.0", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "expected a loopback host with --any-account, was 0.0.0.0" in done.stderr


def test_half_a_replay_is_refused_in_one_line(tmp_path: Path) -> None:
    done = _cli("--replay", str(tmp_path), "--data-dir", str(tmp_path))
    assert done.returncode == 2
    done = _cli("--replay", str(tmp_path), "--from", "2026-05-04", "--data-dir", str(tmp_path / "data"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_second_exchange_on_one_data_folder_is_refused(server: Any, tmp_path: Path) -> None:
    server("--always-open", "--any-account", "--data-dir", str(tmp_path))
    done = _cli("--always-open", "--any-account", "--data-dir", str(tmp_path))
    assert done.returncode == 2
    assert "held by another exchange" in done.stderr


def test_busy_port_is_named(server: Any, tmp_path: Path) -> None:
    port = server("--always-open", "--any-account", "--data-dir", str(tmp_path / "a")).hello["port"]
    done = _cli("--always-open", "--any-account", "--port", str(port), "--data-dir", str(tmp_path / "b"))
    assert done.returncode == 2
    assert str(port) in done.stderr


def test_clock_and_health_are_served_and_sigterm_ends_it_with_zero(server: Any, tmp_path: Path) -> None:
    process = server("--always-open", "--any-account", "--data-dir", str(tmp_path))
    assert process.hello["event"] == "listening"
    clock = httpx.get(process.url + "/quartz/clock").json()
    assert {"now", "trade_date", "calendar", "speed", "label"} <= set(clock)
    assert clock["calendar"] == "always"
    assert httpx.get(process.url + "/quartz/health").json()["status"] == "ok"
    for question in ("live", "ready"):
        answer = httpx.get(process.url + f"/health/{question}")
        assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert httpx.get(process.url + "/health/none").status_code == 404
    assert httpx.post(process.url + "/quartz/hold?name=card").status_code == 200
    assert httpx.get(process.url + "/quartz/none").status_code == 404
    assert process.stop() == 0


def test_folder_with_keys_admits_only_those_and_only_their_accounts(server: Any, tmp_path: Path) -> None:
    keys = tmp_path / "accounts.json"
    keys.write_text(json.dumps([{"appkey": "A" * 36, "appsecret": "b" * 180, "accounts": ["1234567801"]}]))
    process = server("--always-open", "--accounts", str(keys), "--data-dir", str(tmp_path / "data"))

    def login(key: str, secret: str) -> httpx.Response:
        body = {"grant_type": "client_credentials", "appkey": key, "appsecret": secret}
        return httpx.post(process.url + "/oauth2/tokenP", json=body)

    assert login("Z" * 36, "b" * 180).json()["error_code"] == "EGW00103"
    assert login("A" * 36, "z" * 180).json()["error_code"] == "EGW00105"
    token = login("A" * 36, "b" * 180).json()["access_token"]
    headers = {"authorization": f"Bearer {token}", "appkey": "A" * 36, "appsecret": "b" * 180, "tr_id": "TTTC8434R"}
    path = "/uapi/domestic-stock/v1/trading/inquire-balance"
    for cano, code in (("12345678", "KIOK0560"), ("87654321", "OPSQ2000")):
        answer = httpx.get(process.url + path, params={"CANO": cano, "ACNT_PRDT_CD": "01"}, headers=headers)
        assert answer.json()["msg_cd"] == code


async def test_killed_exchange_comes_back_with_money_shares_resting_orders_and_the_token(
    server: Any, tmp_path: Path
) -> None:
    arguments = ("--always-open", "--any-account", "--limits", "off", "--data-dir", str(tmp_path))
    first = server(*arguments)
    caller = await Wire(first.url).login()
    quote = await caller.quote()
    assert (await caller.order("buy", 9))["rt_cd"] == "0"
    resting = (await caller.order("buy", 5, int(quote["stck_llam"])))["output"]["ODNO"]
    before = (await caller.balance()).json()
    first.kill()
    with (tmp_path / FILE_NAME).open("ab") as handle:
        handle.write(b'{"seq":999,"t":"2026-')  # a write that the cut tore
    second = server(*arguments)
    again = Wire(second.url)
    again.token = caller.token
    after = (await again.balance()).json()
    for name in ("pdno", "hldg_qty", "pchs_amt", "pchs_avg_pric"):
        assert after["output1"][0][name] == before["output1"][0][name]
    for name in ("dnca_tot_amt", "prvs_rcdl_excc_amt", "thdt_buy_amt"):
        assert after["output2"][0][name] == before["output2"][0][name]
    later = await again.quote()
    assert abs(int(later["stck_prpr"]) - int(quote["stck_prpr"])) <= int(quote["stck_prpr"]) // 50, "no jump in price"
    assert (await again.login()).token == caller.token
    gone = await again.cancel(resting)
    assert gone["rt_cd"] == "0"
    assert int(gone["output"]["ODNO"]) > int(resting)
    await caller.http.aclose()
    await again.http.aclose()
    second.stop()
    records = _journal(tmp_path)
    assert [record["seq"] for record in records] == list(range(1, len(records) + 1))
    assert next(r["kind"] for r in records if r["kind"] in ("order", "fill", "cancel")) == "order"
    text = json.dumps(records)
    assert "K" * 36 not in text
    assert caller.token not in text


async def test_every_answered_order_survives_kills_under_load(server: Any, tmp_path: Path) -> None:
    arguments = ("--always-open", "--any-account", "--limits", "off", "--data-dir", str(tmp_path))
    answered: list[str] = []
    for round_ in range(3):
        process = server(*arguments)
        caller = await Wire(process.url).login()
        low = int((await caller.quote())["stck_llam"])
        threading.Timer(0.5 + 0.13 * round_, process.child.kill).start()

        async def hammer(wire: Wire = caller, price: int = low) -> None:
            while True:
                done = await wire.order("buy", 1, price)
                if done["rt_cd"] == "0":
                    answered.append(done["output"]["ODNO"])
                    await wire.cancel(done["output"]["ODNO"])

        results = await asyncio.gather(*(hammer() for _ in range(4)), return_exceptions=True)
        assert all(isinstance(result, httpx.TransportError) for result in results)
        await caller.http.aclose()
        process._reap()
    records = _journal(tmp_path)
    journalled = [(r["date"], r["odno"]) for r in records if r["kind"] == "order"]
    assert len(journalled) == len(set(journalled)), "no number is used twice"
    assert set(answered) <= {odno for _, odno in journalled}
    assert len(answered) == len(set(answered)) > 20


def test_journal_tolerates_a_torn_tail_only(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([{"t": "2026-11-23T10:00:00+09:00", "kind": "clock"}] * 3)
    with pytest.raises(JournalBusy):
        Journal(tmp_path)
    journal.close()
    path = tmp_path / FILE_NAME
    whole = path.read_bytes()
    for cut in range(len(whole) - 1, len(whole) - 40, -1):
        path.write_bytes(whole[:cut])
        assert [record["seq"] for record in read_journal(tmp_path)] == [1, 2]
    reopened = Journal(tmp_path)
    assert len(reopened.recover()) == 2
    assert reopened.append([{"t": "2026-11-23T10:00:00+09:00", "kind": "clock"}])[0]["seq"] == 3
    reopened.close()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b"garbage\n" + lines[2])
    with pytest.raises(JournalBroken, match="record 2"):
        list(read_journal(path))
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(JournalBroken, match="expected seq 2"):
        list(read_journal(path))
