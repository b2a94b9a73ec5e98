"""Nothing of the machine reaches a world: libraries that ask it for the time or for chance get the world's.

Contract: inside `hermetic` the functions of `time`, `os.urandom` and the module-wide generator of `random` answer from
the loop and the seed; afterwards everything is as it was, also after an exception. Garbage is not collected inside:
when it would be is the machine's to say, and finalizers are callbacks like any other. Quartz's own code asks
its injected clock; this is for what it is built on (httpcore's keep-alive, aiohttp's Date, masks, nonces).
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import os
import random
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from proving.loop import WorldLoop


@contextlib.contextmanager
def hermetic(loop: WorldLoop, seed: int, start: datetime) -> Iterator[None]:
    epoch = start.timestamp()
    state = random.getstate()
    was_collecting = gc.isenabled()

    def seconds() -> float:
        return epoch + loop.world_time

    drawn = [0, 0]

    def urandom(count: int) -> bytes:
        """By the step in which it is asked for: one draw more (a first import) does not move all that follow."""
        drawn[:] = (loop.steps, drawn[1] + 1 if drawn[0] == loop.steps else 0)
        words = f"{seed}:{loop.steps}:{drawn[1]}".encode()
        return hashlib.shake_128(words).digest(count)

    replaced: list[tuple[Any, str, Any]] = [
        (time, "time", seconds),
        (time, "time_ns", lambda: int(seconds() * 1e9)),
        (time, "monotonic", loop.time),
        (time, "monotonic_ns", lambda: int(loop.time() * 1e9)),
        (os, "urandom", urandom),
        (random, "_urandom", urandom),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    gc.disable()
    random.seed(f"libraries:{seed}")
    try:
        for module, name, value in replaced:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
        random.setstate(state)
        if was_collecting:
            gc.enable()
