"""Runs the peers on a workload's bars, one after another, each by its own interpreter.

Contract: never raises for a peer: one that cannot be installed, fails, or takes longer than `PATIENCE_S` is a reason in
one line, and the run goes on. `refused` keeps those that could not be installed, so that none is tried twice.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.peers.environments import PEERS, NotInstalled, interpreter
from domain.bars import Bars

PATIENCE_S = 1_800
SLOW = {"by_backtesting.py", "by_backtrader.py", "by_nautilus.py"}  # one round is enough to see how slow


@dataclass(frozen=True, slots=True)
class Told:
    """What a peer says of itself: seconds of processor and wall; `first`: those of a first run that compiled."""

    name: str
    orders: int
    cpu: float
    wall: float
    first: tuple[float, float] | None


def run_peers(bars: Sequence[Bars], every: bool, rounds: int, refused: dict[str, str]) -> tuple[list[Told], list[str]]:
    """What the peers told, and a line for each that did not."""
    told, silent = [], []
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "bars.npy"
        fields = ("time", "open", "high", "low", "close", "volume")
        np.save(path, np.stack([np.column_stack([getattr(one, field) for field in fields]) for one in bars]))
        for script in PEERS:
            name = Path(script).stem.removeprefix("by_")
            if script not in refused:
                try:
                    python = interpreter(script)
                except NotInstalled as error:
                    refused[script] = f"{name}: not installed on this Python: {error}"
            if script in refused:
                silent.append(refused[script])
                continue
            arguments = (str(path), "every" if every else "cross", str(1 if script in SLOW else rounds))
            try:
                told.append(_asked(name, python, script, arguments))
            except RuntimeError as error:
                silent.append(f"{name}: did not run: {error}")
    return told, silent


def _asked(name: str, python: Path, script: str, arguments: tuple[str, ...]) -> Told:
    command = [str(python), str(Path(__file__).with_name(script)), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RuntimeError(str(error)) from error
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        raise RuntimeError((done.stderr.strip().splitlines() or [f"left with {done.returncode}"])[-1][:300])
    said = json.loads(lines[-1])
    first = None if said["first"] is None else tuple(said["first"])
    return Told(f"{name} {said['version']}", said["orders"], said["cpu"], said["wall"], first)
