"""Cases over several processes: each lives through one parity world after the other, the results come as they end.

Contract: `lived` is a pure function of the case and the folder of daily bars. What goes wrong in a world is a
difference like any other; a case that kills its process is one too, never a hang.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow
import structlog

from domain.strategy.evaluator import build
from proving.hermetic import hermetic
from proving.loop import Stalled, WorldLoop
from proving.parity.compare import Compared, compared
from proving.parity.still import StillMarket, at_the_opening, every_minute, still_market
from proving.parity.world import Case, ParityWorld


@lru_cache(maxsize=2)
def _market(folder: Path, by_minutes: bool) -> StillMarket:
    return still_market(folder, every_minute if by_minutes else at_the_opening)


def lived(case: Case, folder: Path, traded: Callable[..., Any] = build) -> Compared:
    """One case from its first morning to its last, and the comparison. `traded` is the evaluator that the worker gets:
    a test gives it a wrong one, which the comparison has to find out."""
    program = build(case.spec)
    program.start()
    begun = time.process_time()
    world, stalled = lived_through(case, folder, traded)
    found = compared(world, program)
    found.breaks += [stalled] if stalled else []
    found.real_s = time.process_time() - begun
    del world
    gc.collect()
    return found


def lived_through(case: Case, folder: Path, traded: Callable[..., Any] = build) -> tuple[ParityWorld, str]:
    """The world at its end, and how it stalled; "": it did not."""
    _quiet()
    market = _market(folder, case.minutes > 0)
    loop = WorldLoop(case.seed)
    world = ParityWorld(loop, case, market, traded)
    stalled = ""
    with hermetic(loop, case.seed, world.start):
        try:
            loop.run_until_complete(world.live())
        except Stalled as error:
            stalled = str(error)
        finally:
            loop.bury()
            loop.close()
            world.network.close()
    return world, stalled


def attempt(case: Case, folder: Path) -> Compared:
    """`lived`, whose own failure is a difference like any other."""
    try:
        return lived(case, folder)
    except Exception as error:
        lines = traceback.format_exception(error)
        return Compared(case, breaks=[f"{type(error).__name__}: {error}", "".join(lines[-4:])])


def run(cases: Sequence[Case], folder: Path, workers: int) -> Iterator[Compared]:
    """One worker: in this process."""
    if workers <= 1:
        for case in cases:
            yield attempt(case, folder)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for future in as_completed([pool.submit(attempt, case, folder) for case in cases]):
            yield future.result()


def _quiet() -> None:
    """Logs of a world are nobody's, and one thread is enough to read its small files."""
    pyarrow.set_cpu_count(1)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
