"""Days lived through, one seed after the other or side by side: made, lived, judged, told.

Contract: `lived(script)` is a pure function of the script: same diary, same orders, same hash on any machine. What it
finds is in the outcome; it raises nothing for what goes wrong in a day.
"""

from __future__ import annotations

import gc
import multiprocessing
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from proving.day.outcome import Outcome, outcome_of
from proving.day.script import Script
from proving.day.world import DayWorld
from proving.exchange import shared_market
from proving.hermetic import hermetic
from proving.loop import Stalled, WorldLoop
from proving.seeds import _quiet_logs
from tools.llm.prompts import load_all


def lived(script: Script) -> Outcome:
    """One day from its eve to its close."""
    _quiet_logs()
    shared_market()
    load_all()
    begun = time.process_time()
    loop = WorldLoop(script.seed)
    world = DayWorld(loop, script)
    with hermetic(loop, script.seed, world.start):
        try:
            loop.run_until_complete(world.live())
        except Stalled as stalled:
            world.faults.append(str(stalled))
        except Exception as error:
            lines = traceback.format_exception(error)
            world.faults.append(f"{type(error).__name__}: {error}\n{''.join(lines[-4:])}")
        finally:
            loop.bury()
            loop.close()
            world.network.close()
    outcome = outcome_of(world)
    outcome.real_s = time.process_time() - begun
    del world, loop
    gc.collect()
    return outcome


def run(scripts: Sequence[Script], workers: int) -> Iterator[Outcome]:
    """One worker: in this process."""
    if workers <= 1:
        yield from map(lived, scripts)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for future in as_completed([pool.submit(lived, script) for script in scripts]):
            yield future.result()
