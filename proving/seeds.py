"""A seed lived through: one world made, lived and taken apart again, in this process.

Contract: `run_seed` is a pure function of seed and broker: same outcome, same trace, whatever the machine. It raises
nothing for what the world finds; that is in the outcome.
"""

from __future__ import annotations

import gc
import logging
import sys
import time

import structlog

from proving.days import Days
from proving.exchange import shared_market
from proving.hermetic import hermetic
from proving.loop import Stalled, WorldLoop
from proving.oracle.judge import Broken
from proving.outcome import Outcome, outcome_of
from proving.world import World
from tools.settings import Broker


def run_seed(seed: int, broker: Broker, *, verbose: bool = False) -> Outcome:
    """One world from its first morning to its last evening."""
    _quiet_logs()
    shared_market()
    begun = time.process_time()
    loop = WorldLoop(seed)
    world = World(loop, seed, broker, verbose=verbose)
    with hermetic(loop, seed, world.start):
        try:
            loop.run_until_complete(Days(world).live())
        except Stalled as stalled:
            world.judge.breaks.append(Broken(loop.world_time, "rest", str(stalled)))
        finally:
            loop.bury()
            loop.close()
            world.network.close()
    outcome = outcome_of(world)
    outcome.real_s = time.process_time() - begun
    del world, loop
    _sweep()
    return outcome


_lived = 0


def _sweep() -> None:
    """A world is one great knot of references. What was there before the first is never looked at again."""
    global _lived
    _lived += 1
    if _lived == 1:
        gc.collect()
        gc.freeze()
    elif _lived % 4 == 0:
        hook, sys.unraisablehook = sys.unraisablehook, lambda unraisable: None
        try:
            gc.collect()
        finally:
            sys.unraisablehook = hook


def _quiet_logs() -> None:
    """Logs of a world are nobody's: formatting them would cost more than the world."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
