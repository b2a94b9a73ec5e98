"""The benchmarks of the order path, one after another, each in a process of its own.

Contract: the first line of each says the load of the machine before it, the last how long it took. One that fails does
not keep the others from running; the status is that of the worst.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

NAMES = ("gate", "admission", "door", "latency", "halt", "budget")


def main(rounds: int) -> int:
    """`rounds` is not asked for: each has its own."""
    worst = 0
    for name in NAMES:
        sys.stdout.write(f"\n{name}, load {os.getloadavg()[0]:.1f}\n")
        sys.stdout.flush()
        began = time.monotonic()
        status = subprocess.run([sys.executable, "-m", "benchmarks", name], stderr=subprocess.DEVNULL).returncode
        worst = max(worst, abs(status))
        sys.stdout.write(
            f"{name}: {'done' if status == 0 else f'failed ({status})'}, {time.monotonic() - began:.0f} s\n"
        )
    return worst
