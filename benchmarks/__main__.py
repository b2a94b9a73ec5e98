"""`python -m benchmarks NAME [--option VALUE …]`; without a name, the list.

Contract: every benchmark brings up a home of its own, prints one small table with a ratio, checks that what it timed
was right, and leaves nothing running.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from tools import strict as strict  # before anything imports LangGraph

NAMES = {
    "chats": "50 conversations at once through the runner, real database, OMS and paper exchange",
    "turn": "a turn with three specialists against a bare LangGraph of the same shape",
    "gate": "the pre-trade gate over a million mixed orders, in thread CPU time",
    "start": "a warm ./quartz up until the browser can be typed into",
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument("--people", type=int, default=50, help="chats: how many at once")
    parser.add_argument("--rounds", type=int, default=20, help="turn and start: how often; gate: times 50,000 orders")
    options = parser.parse_args(arguments)
    if options.name is None:
        sys.stdout.write("".join(f"{name:8}{text}\n" for name, text in NAMES.items()))
        return 0
    module = import_module(f"benchmarks.{options.name}")
    return int(module.main(options.people if options.name == "chats" else options.rounds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
