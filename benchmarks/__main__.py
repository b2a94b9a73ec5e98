"""`python -m benchmarks NAME [--option VALUE …]`; without a name, the list.

Contract: every benchmark brings up a home of its own, prints one small table with a ratio, checks that what it timed
was right, and leaves nothing running.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from tools import strict as strict  # before anything imports LangGraph

# name: (what, rounds unless said otherwise)
NAMES = {
    "chats": ("50 conversations at once through the runner, real database, OMS and paper exchange", 0),
    "turn": ("a turn with three specialists against a bare LangGraph of the same shape", 20),
    "gate": ("the pre-trade gate over a million mixed orders, in thread CPU time", 20),
    "admission": ("durable admission of an order against the same rows in one transaction, and through the door", 200),
    "door": ("the door with many plans in flight against a bulk INSERT of the same rows and a bare echo", 32),
    "budget": ("requests at the exchange's arrival log, 1 and 4 processes, up to 100 ms late", 5),
    "latency": ("an order's way to the exchange while research floods the budget, and without", 10),
    "halt": ("from a halt to the last order that still leaves, and what was under way", 50),
    "orders": ("the six of the order path, gate to budget, one after another", 1),
    "indicators": ("a sheet of indicators for 2,600 names, one new bar of them, a step after many bars", 20),
    "backtest": (
        "backtests on three workloads against NumPy and a plain loop, with --peers five other engines",
        5,
    ),
    "ingest": ("ticks from a WebSocket frame to the bus against a bare echo, and 24 hours replayed at speed", 3),
    "worker": ("from a print leaving the exchange's socket to the admission of what a strategy makes of its bar", 20),
    "models": ("model calls, tokens and won of one check of 20 names against TradingAgents' public graph", 1),
    "start": ("a warm ./quartz up until the browser can be typed into", 20),
}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument("--people", type=int, default=50, help="chats: how many at once")
    parser.add_argument("--rounds", type=int, help="how often; gate: times 50,000 orders; door: times 16 accounts")
    parser.add_argument("--peers", action="store_true", help="backtest: other engines too, installed at the first use")
    options = parser.parse_args(arguments)
    if options.name is None:
        sys.stdout.write("".join(f"{name:10}{text}\n" for name, (text, _) in NAMES.items()))
        return 0
    module = import_module(f"benchmarks.{options.name}")
    rounds = options.rounds or NAMES[options.name][1]
    if options.name == "backtest":
        return int(module.main(rounds, options.peers))
    return int(module.main(options.people if options.name == "chats" else rounds))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
