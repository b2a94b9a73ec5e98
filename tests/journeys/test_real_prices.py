"""The main job on real input: the exchange replays real days, and an approved order fills inside the day it fell on."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from household import Household, approve_and_wait, complete_profile
from people import ACTIVE

from tools.settings import ROOT

FIRST_LIVE_DAY = "2026-05-26"
NAMES = {"삼성전자": "005930", "카카오": "035720"}


@pytest.fixture
def replaying(quartz_home: Path, shared_dir: Path) -> Iterator[Household]:
    """A household whose exchange lives in May 2026: the three years before are history, the days after the market."""
    words = ["--any-account", "--replay", str(shared_dir / "data/krx/daily"), "--from", FIRST_LIVE_DAY, "--speed", "30"]
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "simulation.exchange",
            "--port",
            "0",
            "--data-dir",
            str(quartz_home / "exchange"),
            *words,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    ) as exchange:
        assert exchange.stdout is not None
        url = json.loads(exchange.stdout.readline())["url"]
        home = Household(quartz_home, {"QUARTZ_EXCHANGE_URL": url})
        try:
            home.up()
            yield home
        finally:
            home.down()
            exchange.terminate()
            exchange.wait(timeout=20)


def test_a_conversation_about_two_real_names_fills_inside_the_days_real_range(
    replaying: Household, shared_dir: Path
) -> None:
    chat = replaying.chat()
    complete_profile(chat, ACTIVE)
    for name in NAMES:
        assert name in chat.say(f"{name} 차트 어때?")["reply"]
    for name in NAMES:
        card = chat.say(f"{name} 2주 시장가 매수")
        done = approve_and_wait(chat, card)
        assert done["orders"][0]["state"] == "FILLED", done["orders"]

    fills = replaying.journal("fill")
    assert {fill["ticker"] for fill in fills} == set(NAMES.values())
    for fill in fills:
        low, high = _real_range(shared_dir, fill["ticker"], fill["date"])
        assert low <= fill["price"] <= high, fill


def _real_range(shared_dir: Path, ticker: str, day: str) -> tuple[int, int]:
    with (shared_dir / f"data/krx/daily/{ticker}.csv").open(encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["date"] == day)
    return int(float(row["low"])), int(float(row["high"]))
