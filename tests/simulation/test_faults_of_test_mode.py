"""Test mode itself: nothing of it without the flag, clear words about what cannot be armed, the same seed the same."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from faulty_exchange import FaultyExchange

from domain.clock import KST, ManualClock
from simulation.exchange.config import ExchangeConfig
from simulation.exchange.faults import Fault, FaultKind, Faults, Match, Misarmed
from simulation.exchange.faults.kinds import TRAITS, Stage
from simulation.exchange.server import NotLoopback, check_host
from tools.settings import ROOT

START = datetime(2026, 11, 23, 10, 0, tzinfo=KST)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyExchange]:
    place = FaultyExchange(tmp_path_factory.mktemp("faulty") / "data")
    yield place
    place.stop()


def test_without_the_flag_there_is_no_fault_and_no_hand_order(server: Any, tmp_path: Path) -> None:
    process = server("--always-open", "--any-account", "--data-dir", str(tmp_path))
    assert "faults" not in process.hello
    for method, path in (
        ("GET", "faults"),
        ("POST", "faults"),
        ("DELETE", "faults"),
        ("POST", "hand-order"),
        ("POST", "push"),
    ):
        answer = httpx.request(method, f"{process.url}/quartz/{path}", json={"kind": "throttled"})
        assert answer.status_code == 404
    assert process.stop() == 0


def test_the_straight_server_does_not_even_import_the_faults() -> None:
    import subprocess
    import sys

    code = "import sys, simulation.exchange.server as s; sys.exit(any('exchange.faults' in m for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_with_the_flag_the_first_line_says_so(exchange: FaultyExchange) -> None:
    assert exchange.hello["faults"] is True


def test_both_hosts_of_one_process_have_faults_of_their_own(server: Any, tmp_path: Path) -> None:
    process = server("--always-open", "--any-account", "--faults", "--paper-port", "0", "--data-dir", str(tmp_path))
    paper = process.hello["paper"]
    assert process.hello["faults"] is paper["faults"] is True
    assert httpx.post(paper["url"] + "/quartz/faults", json={"kind": "throttled"}).status_code == 201
    assert len(httpx.get(paper["url"] + "/quartz/faults").json()["armed"]) == 1
    assert httpx.get(process.url + "/quartz/faults").json()["armed"] == []
    assert process.stop() == 0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_faults_stay_on_this_machine(host: str) -> None:
    with pytest.raises(NotLoopback, match="--faults"):
        check_host(ExchangeConfig(faults=True), host)
    check_host(ExchangeConfig(faults=True), "127.0.0.1")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "gremlins"}, "accept_then_timeout"),
        ({}, "was None"),
        ([{"kind": "throttled"}, {"kind": "gremlins"}], "gremlins"),
        ({"kind": "throttled", "when": "now"}, "'when'"),
        ({"kind": "throttled", "on": {"colour": "red"}}, "'colour'"),
        ({"kind": "throttled", "on": {"account": 1}}, "texts"),
        ({"kind": "throttled", "on": []}, "object"),
        ({"kind": "throttled", "count": 0}, "count"),
        ({"kind": "throttled", "after": -1}, "after"),
        ({"kind": "throttled", "chance": 2}, "chance"),
        ({"kind": "throttled", "seconds": "long"}, "seconds"),
        ({"kind": "throttled", "happens": 1}, "happens"),
        ({"kind": "equal_fills", "parts": 1}, "parts"),
        ({"kind": "hand_order", "marked": "yes"}, "marked"),
        ("throttled", "object"),
    ],
)
def test_what_cannot_be_armed_is_refused_with_what_was_expected(exchange: FaultyExchange, body: Any, said: str) -> None:
    answer = httpx.post(exchange.url + "/quartz/faults", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("expected ")
    assert said in answer.json()["error"]
    assert exchange.state()["armed"] == []


def test_what_is_armed_can_be_seen_and_taken_back(exchange: FaultyExchange) -> None:
    assert httpx.post(exchange.url + "/quartz/faults", content=b"{").status_code == 400
    first = exchange.arm("throttled", account="1234567801")
    second = exchange.arm("balance_lag", count=None)
    armed = exchange.state()["armed"]
    assert [one["id"] for one in armed] == [first, second]
    assert Fault.of_json({k: v for k, v in armed[0].items() if k not in ("id", "left")}).on.account == "1234567801"
    left = httpx.delete(exchange.url + "/quartz/faults", params={"id": str(first)}).json()["armed"]
    assert [one["id"] for one in left] == [second]
    assert httpx.delete(exchange.url + "/quartz/faults", params={"id": "x"}).status_code == 400
    exchange.disarm()
    assert exchange.state()["armed"] == []
    assert exchange.state()["kinds"] == list(FaultKind)
    assert httpx.get(exchange.url + "/quartz/nothing").status_code == 404


def _drawn(seed: int) -> list[bool]:
    faults = Faults(random.Random(seed), ManualClock(START))
    faults.arm(Fault(FaultKind.NOTICE_LOST, count=None, chance=0.5))
    return [faults.armory.strike(Stage.NOTICE, Match(record="fill")) is not None for _ in range(40)]


def test_the_same_seed_strikes_at_the_same_events() -> None:
    assert _drawn(1) == _drawn(1)
    assert _drawn(1) != _drawn(2)
    assert 5 < sum(_drawn(1)) < 35


def test_a_fault_lets_go_what_comes_before_it_and_strikes_as_often_as_it_says() -> None:
    faults = Faults(random.Random(1), ManualClock(START))
    faults.arm(Fault(FaultKind.THROTTLED, Match(path="order-cash"), count=2, after=1))
    asked = [Match(path="/uapi/x/trading/order-cash"), Match(path="/uapi/x/quotations/inquire-price")] * 4
    struck = [faults.armory.strike(Stage.ANSWER, one) is not None for one in asked]
    assert struck == [False, False, True, False, True, False, False, False]
    assert faults.hits == {FaultKind.THROTTLED: 2}
    assert [(one.kind, one.at) for one in faults.begun] == [(FaultKind.THROTTLED, START)] * 2
    with pytest.raises(Misarmed, match="count"):
        faults.arm(Fault(FaultKind.THROTTLED, count=-1))


def test_every_fault_has_its_traits_and_its_line_in_the_documentation() -> None:
    assert set(TRAITS) == set(FaultKind)
    page = (ROOT / "docs" / "paper-exchange.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([a-z0-9_]+)` \|", page, re.MULTILINE)) >= set(FaultKind)
