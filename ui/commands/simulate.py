"""`quartz simulate --seeds A:B`: the order path lived through in deterministic worlds, each seed a few days of its own.

Contract: exit status 0 when every seed held every rule, and over a long run every fault, state and transition was met;
1 otherwise. A seed that fails is said with the command that replays it; `--verbose` with one seed tells its story.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

from proving.coverage import Coverage
from proving.outcome import Outcome
from proving.runs import Part, Summary, run
from proving.seeds import run_seed
from tools.settings import Broker

_BROKERS = {"live": (Broker.LIVE,), "paper": (Broker.PAPER,), "both": (Broker.LIVE, Broker.PAPER)}
_EVERY_S = 5.0
_SHOWN = 20


def seeds_of(text: str) -> range:
    first, _, last = text.partition(":")
    try:
        begin = int(first)
        end = int(last) if last else begin + 1
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected A:B or A, was {text!r}") from None
    if begin < 0 or end <= begin:
        raise argparse.ArgumentTypeError(f"expected 0 <= A < B, was {text!r}")
    return range(begin, end)


def main(arguments: list[str]) -> int:
    if "--processes" in arguments:
        from ui.commands.campaign import main as campaign

        return campaign([word for word in arguments if word != "--processes"])
    parser = argparse.ArgumentParser(prog="quartz simulate", description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--seeds", type=seeds_of, required=True, metavar="A:B", help="seeds A to B-1, or one seed A")
    parser.add_argument("--profile", choices=tuple(_BROKERS), default="both", help="which broker (default: both)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes")
    parser.add_argument("--stop-at-first", action="store_true", help="end with the first seed that breaks a rule")
    parser.add_argument(
        "--processes", action="store_true", help="kill and stop real processes instead (--processes --help)"
    )
    parser.add_argument("--verbose", action="store_true", help="tell what happened, seed by seed")
    options = parser.parse_args(arguments)
    brokers = _BROKERS[options.profile]
    if options.verbose:
        return _told(options.seeds, brokers)
    return _many(options.seeds, brokers, max(1, options.workers), stop_at_first=options.stop_at_first)


def _told(seeds: Sequence[int], brokers: Sequence[Broker]) -> int:
    good = True
    for seed in seeds:
        for broker in brokers:
            outcome = run_seed(seed, broker, verbose=True)
            for line in outcome.log:
                _say(line)
            _say(f"seed {seed} {broker.value}: trace {outcome.trace}, {outcome.steps} steps, {outcome.real_s:.2f} s")
            _complain(outcome)
            good &= outcome.good
    return 0 if good else 1


def _many(seeds: Sequence[int], brokers: Sequence[Broker], workers: int, *, stop_at_first: bool) -> int:
    summary = Summary()
    total = len(seeds) * len(brokers)
    begun = said = time.monotonic()
    for outcome in run(seeds, brokers, workers):
        summary.add(outcome)
        if not outcome.good and len(summary.failed) <= _SHOWN:
            _complain(outcome)
        if stop_at_first and not outcome.good:
            break
        now = time.monotonic()
        if now - said >= _EVERY_S:
            said = now
            _say(f"{summary.seeds}/{total} worlds, {summary.seeds / (now - begun):.1f} a second")
    took = time.monotonic() - begun
    for broker, part in sorted(summary.parts.items()):
        _say(_figures(broker, part))
    _table(summary.coverage)
    days = summary.virtual_s / 86_400
    _say(f"{summary.seeds} worlds ({days:.0f} days) in {took:.1f} s: {summary.seeds / max(took, 1e-9):.1f} a second")
    complaints = summary.complaints()
    for complaint in complaints:
        _say(f"FAILED  {complaint}")
    return 1 if complaints else 0


def _complain(outcome: Outcome) -> None:
    for what in outcome.breaks[:5]:
        _say(f"seed {outcome.seed} {outcome.broker}: {what}")
    if outcome.breaks:
        _say(f"  replay: ./quartz simulate --seeds {outcome.seed} --profile {outcome.broker} --verbose")


def _figures(broker: str, part: Part) -> str:
    found = part.figures
    return (
        f"{broker}: {part.seeds} worlds ({part.calm} without faults), {found.wanted} intents approved, "
        f"{found.admitted} admitted, {found.reached} reached the broker ({found.reach:.1%}), "
        f"{found.unknowns} UNKNOWN, {found.alone:.1%} resolved by themselves, {found.manual} MANUAL, "
        f"{found.residual} residual"
    )


def _table(coverage: Coverage) -> None:
    _say("faults       " + ", ".join(f"{name} {count}" for name, count in sorted(coverage.faults.items())))
    _say("people       " + ", ".join(f"{name} {count}" for name, count in sorted(coverage.acts.items())))
    _say("refusals     " + ", ".join(f"{name} {count}" for name, count in coverage.refusals.most_common(20)))
    _say("states       " + ", ".join(f"{m}.{state} {n}" for (m, state), n in sorted(coverage.states.items())))
    moves = sorted(coverage.transitions.items())
    _say("transitions  " + ", ".join(f"{m}.{was}>{event} {n}" for (m, was, event), n in moves))
    missing = coverage.missing()
    if missing:
        _say("not met      " + ", ".join(missing))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
