"""The budget where it is counted: at the exchange's arrival log, with 1 and 4 processes asking and a late network.

The OMS alone spends a key's budget, so the processes are research at its read door, each with more questions in flight
than the cap takes. Every request is delayed on its way to the exchange by up to 100 ms at random, after its grant. The
paper exchange plays KIS live (18 a second) and KIS paper (1 a second) and refuses what comes too early (EGW00201).
"""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass

from benchmarks.home import ms, table
from benchmarks.orderpath import OrderPath, order_path
from ui.stack import child_environment

JITTER_S = 0.1
AT_ONCE = {"live": 40, "paper": 8}  # questions in flight, of all processes together
SETTLE_S = 2.5  # until every process is asking and the window before the first question is over
SECONDS = {"live": 5.0, "paper": 16.0}  # times rounds / 5
AIM = {"live": 0.85 * 18.0, "paper": 0.9 / 1.1}


@dataclass(frozen=True, slots=True)
class Flow:
    """One stretch of the exchange's log. `tightest_s`: the shortest time that cap + 1 arrivals took."""

    seconds: float
    admitted: int
    refused: int
    tightest_s: float

    @property
    def rate(self) -> float:
        return self.admitted / self.seconds


async def asking(path: OrderPath, seconds: float, seed: int, at_once: int) -> Process:
    """A process of research, once it asks."""
    words = [sys.executable, "-m", "benchmarks.flood", str(seconds), str(at_once), str(seed)]
    process = await asyncio.create_subprocess_exec(*words, stdout=PIPE, env=child_environment(path.settings))
    assert process.stdout is not None
    line = await process.stdout.readline()
    if line != b"asking\n":
        raise RuntimeError(f"expected a process that asks, was {line!r}")
    return process


async def answered(process: Process) -> int:
    """How many of its questions were answered, once it has ended."""
    out, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"expected research to end well, was status {process.returncode}")
    return int(out.split()[0])


async def _flow(path: OrderPath, processes: int, seconds: float, cap: int) -> Flow:
    whole, at_once = seconds + SETTLE_S, AT_ONCE[path.core.environment] // processes
    running = await asyncio.gather(*(asking(path, whole + 1.0, seed, at_once) for seed in range(processes)))
    await asyncio.sleep(SETTLE_S)
    began = time.monotonic()
    await asyncio.sleep(seconds)
    log = await path.arrivals()
    counts = [await answered(process) for process in running]
    # A token is none of the budget's requests: KIS does not count it either.
    rows = [row for row in log if began <= row["at"] < began + seconds and not row["path"].startswith("/oauth2")]
    if not rows or (processes > 1 and seconds * cap > 4 * processes and min(counts) == 0):
        raise RuntimeError(f"expected every process to be served, was {counts} answers and {len(rows)} arrivals")
    at = [row["at"] for row in rows if row["admitted"]]
    tightest = min((late - early for early, late in zip(at, at[cap:], strict=False)), default=float("inf"))
    refused = sum(not row["admitted"] for row in log if row["at"] >= began - SETTLE_S)
    return Flow(seconds, len(at), refused, tightest)


async def _run(rounds: int) -> int:
    rows, held = [], True
    for broker, cap in (("live", 18), ("paper", 1)):
        async with order_path(broker, jitter_s=JITTER_S) as path:
            for processes in (1, 4):
                flow = await _flow(path, processes, SECONDS[broker] * rounds / 5, cap)
                share = flow.rate / AIM[broker]
                held = held and share >= 1.0 and flow.refused == 0
                rows.append(
                    (
                        f"{broker}, {processes} processes",
                        f"{flow.rate:.2f} a second of {cap}",
                        f"{100 * share:.0f} %",
                        str(flow.refused),
                        ms(flow.tightest_s),
                    )
                )
    table(
        "arrivals at the exchange, each up to 100 ms late",
        ("who asks", "admitted", "of the aim", "EGW00201", "tightest window of cap + 1"),
        rows,
        {
            "aims": "live ≥ 85 % of 18 a second, paper ≥ 90 % of one per 1.1 s, no EGW00201: "
            + ("held" if held else "not held")
        },
    )
    return 0


def main(rounds: int) -> int:
    return asyncio.run(_run(rounds))
