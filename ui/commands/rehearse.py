"""`quartz rehearse --seed N`: a whole trading day on the paper exchange in virtual time, two accounts, and its diary.

Contract: exit status 0 when the judge found nothing in any day, 1 otherwise. One seed prints the day as its persons
would read it; several print a line each and the breaks with the command that lives through the day again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from proving.day.outcome import Outcome
from proving.day.runs import run
from proving.day.script import MODELS, Script, script_for
from ui.commands.simulate import seeds_of


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="quartz rehearse", description=__doc__.split("\n")[0] if __doc__ else "")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--seed", type=int, metavar="N", help="one day, told")
    which.add_argument("--seeds", type=seeds_of, metavar="A:B", help="days A to B-1, a line each")
    parser.add_argument("--model", choices=MODELS, default="none", help="who helps the rooms (default: none)")
    parser.add_argument("--short", action="store_true", help="a morning and an evening, the house asleep in between")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON, a line each")
    options = parser.parse_args(arguments)
    seeds = options.seeds if options.seeds is not None else range(options.seed, options.seed + 1)
    scripts = [script_for(seed, options.model, short=options.short) for seed in seeds]
    workers = min(max(1, options.workers), len(scripts))
    if options.json:
        return _as_json(scripts, workers)
    return _many(scripts, workers) if options.seeds is not None else _told(scripts[0])


def _as_json(scripts: Sequence[Script], workers: int) -> int:
    good = True
    for outcome in run(scripts, workers):
        _say(json.dumps(outcome.to_json(), ensure_ascii=False))
        good &= outcome.good
    return 0 if good else 1


def _told(script: Script) -> int:
    (outcome,) = run([script], 1)
    for grade, lines in outcome.diaries.items():
        _say(f"── {grade} · {outcome.day} · {len(lines)}줄")
        for line in lines:
            _say(line)
    _say("── 거래소의 기록")
    for order in outcome.orders:
        _say(order)
    _figures([outcome])
    return _complained(outcome)


def _many(scripts: Sequence[Script], workers: int) -> int:
    begun = time.monotonic()
    outcomes, bad = [], 0
    for outcome in run(scripts, workers):
        outcomes.append(outcome)
        counted = outcome.counts
        orders = counted["orders_buy"] + counted["orders_sell"]
        _say(
            f"seed {outcome.seed} {outcome.day} {outcome.hash}: {orders} orders, {counted['triggers']} triggers, "
            f"{counted['cards']} cards, {counted['abstentions']} abstentions, {outcome.real_s:.1f} s"
        )
        bad += _complained(outcome)
    _figures(outcomes)
    _say(f"{len(outcomes)} days in {time.monotonic() - begun:.0f} s: {bad} with a break")
    return 1 if bad else 0


def _figures(outcomes: Sequence[Outcome]) -> None:
    total: Counter[str] = Counter()
    for outcome in outcomes:
        total.update(outcome.counts)
    _say(", ".join(f"{name} {count}" for name, count in sorted(total.items()) if count))


def _complained(outcome: Outcome) -> int:
    for what in outcome.breaks:
        _say(f"seed {outcome.seed}: {what}")
    if outcome.breaks:
        _say(f"  again: ./quartz rehearse --seed {outcome.seed} --model {outcome.model}{outcome.shortened}")
    return 1 if outcome.breaks else 0


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
