"""Many seeds over several processes: each worker lives through one world after the other, the results come as they end.

Contract: `run` yields outcomes in no promised order; a seed that kills its worker is an outcome too, never a hang. What
the outcomes add up to is `Summary`, live and paper apart; it alone decides whether a run was good.
"""

from __future__ import annotations

import multiprocessing
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from proving.coverage import LONG, Coverage
from proving.figures import Figures
from proving.outcome import Outcome
from proving.seeds import run_seed
from tools.settings import Broker

MIN_REACH = 0.90
MIN_ALONE = 0.95
_WORLDS_A_CHILD = 5_000  # its memory stays below 200 MB, and a fresh one weaves its markets anew


def attempt(seed: int, broker: Broker) -> Outcome:
    """`run_seed`, whose own failure is a break like any other."""
    try:
        return run_seed(seed, broker)
    except Exception as error:
        lines = traceback.format_exception(error)
        what = f"{0.0:12.3f} s  world: {type(error).__name__}: {error}\n{''.join(lines[-6:])}"
        return Outcome(seed, broker.value, False, [what], "", Coverage(), Figures(), 0, 0.0)


def run(seeds: Sequence[int], brokers: Sequence[Broker], workers: int) -> Iterator[Outcome]:
    """One worker: in this process."""
    jobs = iter([(seed, broker) for seed in seeds for broker in brokers])
    if workers <= 1:
        for seed, broker in jobs:
            yield attempt(seed, broker)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context, max_tasks_per_child=_WORLDS_A_CHILD) as pool:
        running: dict[Future[Outcome], tuple[int, Broker]] = {}
        while True:
            while len(running) < workers * 2 and (job := next(jobs, None)) is not None:
                running[pool.submit(attempt, *job)] = job
            if not running:
                return
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                seed, broker = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool as error:
                    what = f"{0.0:12.3f} s  world: the process of this seed or of a neighbour died: {error}"
                    yield Outcome(seed, broker.value, False, [what], "", Coverage(), Figures(), 0, 0.0)


@dataclass(slots=True)
class Part:
    """What one broker's worlds came to."""

    seeds: int = 0
    calm: int = 0
    figures: Figures = field(default_factory=Figures)
    coverage: Coverage = field(default_factory=Coverage)


@dataclass(slots=True)
class Summary:
    parts: dict[str, Part] = field(default_factory=dict)
    failed: list[Outcome] = field(default_factory=list)
    seeds: int = 0
    virtual_s: float = 0.0

    def add(self, outcome: Outcome) -> None:
        part = self.parts.setdefault(outcome.broker, Part())
        part.seeds += 1
        part.calm += outcome.calm
        part.figures.add(outcome.figures)
        part.coverage.merge(outcome.coverage)
        self.seeds += 1
        self.virtual_s += outcome.virtual_s
        if not outcome.good:
            self.failed.append(outcome)

    @property
    def coverage(self) -> Coverage:
        both = Coverage()
        for part in self.parts.values():
            both.merge(part.coverage)
        return both

    def complaints(self) -> list[str]:
        """Why the run as a whole was not good; empty when it was. Shares need enough seeds to mean something."""
        found = [f"{len(self.failed)} seeds broke a rule"] if self.failed else []
        for broker, part in sorted(self.parts.items()):
            if part.seeds < LONG // 10:
                continue
            if part.figures.reach < MIN_REACH:
                found.append(f"{broker}: {part.figures.reach:.1%} of the intents reached the broker")
            if part.figures.alone < MIN_ALONE:
                found.append(f"{broker}: {part.figures.alone:.1%} of the UNKNOWNs were resolved by themselves")
        if self.seeds >= LONG:
            found += [f"never happened: {name}" for name in self.coverage.missing()]
        return found
