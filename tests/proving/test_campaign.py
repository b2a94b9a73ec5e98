"""The campaign of real processes: its parts, and one short one from the command line to the oracle's verdict."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proving.campaign.home import Home, Target
from proving.campaign.killer import Killer
from proving.campaign.ledger import JournalTail
from proving.campaign.report import Report
from tools.ports import PortUnavailable
from tools.settings import ROOT


class OneProcess(Home):
    """A home whose OMS is a process that sleeps."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder / "ready.lock")
        self.process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    @property
    def serving(self) -> bool:
        return True

    def pid(self, target: Target) -> int | None:
        return self.process.pid if target is Target.OMS and self.process.poll() is None else None


class Ledger:
    """Answers what is SENDING: one intent from the second question on."""

    def __init__(self) -> None:
        self.asked = 0

    async def sending(self, pool: Any) -> list[str]:
        del pool
        self.asked += 1
        return ["intent"] if self.asked > 1 else []


class Bank:
    async def oms(self) -> None:
        return None


class Stopper(random.Random):
    """Draws the one kind of strike that a test is about."""

    def __init__(self, kind: str, *, aimed: bool) -> None:
        super().__init__(1)
        self._kind = kind
        self._aimed = aimed

    def choice(self, seq: Any) -> Any:
        return self._kind if self._kind in seq else super().choice(seq)

    def random(self) -> float:
        return 0.0 if self._aimed else 0.99

    def uniform(self, a: float, b: float) -> float:
        return 0.05


@pytest.fixture
def home(tmp_path: Path) -> Iterator[OneProcess]:
    home = OneProcess(tmp_path)
    yield home
    home.process.kill()
    home.process.wait()


def killer(home: OneProcess, kind: str, *, aimed: bool = False) -> Killer:
    return Killer(home, Bank(), Ledger(), Stopper(kind, aimed=aimed), (Target.OMS,))  # type: ignore[arg-type]


async def test_a_kill_is_counted_and_a_sending_left_behind_with_it(home: OneProcess) -> None:
    strikes = killer(home, "kill")
    await strikes.strike(1)
    assert home.process.wait(5) == -signal.SIGKILL
    assert strikes.hits == Counter({(Target.OMS, "kill"): 1})
    assert strikes.in_sending == Counter({Target.OMS: 1})
    assert strikes.least() == 1
    await strikes.strike(1)  # nothing is left to be hit
    assert strikes.of(Target.OMS) == 1


async def test_an_aimed_kill_waits_for_a_sending(home: OneProcess) -> None:
    strikes = killer(home, "kill", aimed=True)
    await strikes.strike(1)
    assert strikes.in_sending[Target.OMS] == 1
    assert home.process.wait(5) == -signal.SIGKILL


async def test_a_stopped_process_goes_on_also_when_the_killer_is_interrupted(home: OneProcess) -> None:
    strikes = killer(home, "stop")
    async with strikes._standing(Target.OMS):
        assert _state(home.process.pid) == "T"
    assert strikes.hits == Counter({(Target.OMS, "stop"): 1})
    with pytest.raises(asyncio.CancelledError):
        async with strikes._standing(Target.OMS):
            raise asyncio.CancelledError
    assert _state(home.process.pid) != "T"


def _state(pid: int) -> str:
    """Waits for the kernel's own word that a signal has acted."""
    flags = os.WNOHANG | os.WUNTRACED | os.WCONTINUED
    for _ in range(1_000):
        done, status = os.waitpid(pid, flags)
        if done:
            return "T" if os.WIFSTOPPED(status) else "R"
        os.sched_yield()
    return "?"


def test_a_line_without_its_end_is_not_a_record_and_may_be_written_again(tmp_path: Path) -> None:
    tail = JournalTail(tmp_path)
    assert list(tail.new()) == []
    file = tmp_path / "journal.jsonl"
    file.write_text(json.dumps({"seq": 1}) + "\n" + '{"seq": 2, "ki')
    assert [record["seq"] for record in tail.new()] == [1]
    file.write_text(json.dumps({"seq": 1}) + "\n" + json.dumps({"seq": 2, "kind": "order"}) + "\n")
    assert [record["seq"] for record in tail.new()] == [2]
    assert list(tail.new()) == []


def test_a_report_is_good_only_with_every_hit_every_intent_and_no_break() -> None:
    report = Report(1, 2, 7, finished=True, states=Counter(FILLED=2))
    report.hits = Counter({(target, "kill"): 1 for target in Target})
    assert report.complaints() == []
    assert "zero duplicates" in report.lines()[-1]
    report.hits[Target.WEB, "kill"] = 0
    report.states["FILLED"] = 1
    report.breaks.append("once: two of them")
    assert len(report.complaints()) == 3
    assert "zero" not in report.lines()[-1]


def test_a_database_that_is_down_is_told_as_such(tmp_path: Path) -> None:
    from proving.campaign.databank import Databank
    from tools.settings import Settings

    async def ask() -> None:
        await Databank(Settings(home=tmp_path)).oms()

    with pytest.raises(PortUnavailable):
        asyncio.run(ask())


@pytest.mark.long
def test_a_short_campaign_from_the_command_line_finds_nothing_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "ui.cli", "simulate", "--processes", "--hits", "1", "--only", "oms,exchange"]
    command += ["--intents", "8", "--accounts", "2", "--seed", "2"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-1_000:]
    assert "zero duplicates, zero wrong quantities, zero wrong money" in done.stdout
    assert re.search(r"^oms +1 hits", done.stdout, re.MULTILINE)
    folder = re.search(r"the home serves after \d+ s: (\S+)", done.stdout)
    assert folder is not None
    assert not Path(folder[1]).exists()
