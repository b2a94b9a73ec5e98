"""The world's loop: virtual time, seeded order, and lives that end without clean-up."""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Callable, Coroutine
from contextvars import copy_context
from functools import partial
from typing import Any

import pytest

from proving.loop import LIFE, Life, Stalled, WorldLoop


def run(loop: WorldLoop, work: Coroutine[Any, Any, Any]) -> Any:
    try:
        return loop.run_until_complete(work)
    finally:
        loop.bury()
        loop.close()


def started(loop: WorldLoop, life: Life, work: Callable[[], Coroutine[Any, Any, Any]]) -> asyncio.Task[Any]:
    loop.lives.append(life)
    context = copy_context()
    context.run(LIFE.set, life)
    return context.run(lambda: loop.create_task(work()))


def test_a_day_passes_in_no_time() -> None:
    loop = WorldLoop(1)
    before = time.monotonic()
    run(loop, asyncio.sleep(86_400.0))
    assert 86_400.0 <= loop.world_time < 86_401.0
    assert time.monotonic() - before < 5.0


def test_the_order_of_two_processes_is_the_seeds_and_that_of_one_is_its_own() -> None:
    def told(seed: int) -> list[str]:
        loop = WorldLoop(seed)
        said: list[str] = []

        async def speak(name: str) -> None:
            for number in range(6):
                said.append(f"{name}{number}")
                await asyncio.sleep(0)

        async def both() -> None:
            started(loop, Life("a", 1), lambda: speak("a"))
            started(loop, Life("b", 1), lambda: speak("b"))
            await asyncio.sleep(1.0)

        run(loop, both())
        return said

    orders = {tuple(told(seed)) for seed in range(8)}
    assert told(3) == told(3)
    assert len(orders) > 1
    for order in orders:
        for name in "ab":
            assert [each for each in order if each[0] == name] == [f"{name}{n}" for n in range(6)]


def test_what_was_killed_does_not_even_clean_up() -> None:
    loop = WorldLoop(1)
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(10.0)
        finally:
            await asyncio.sleep(0)
            done.append("clean-up")

    async def main() -> None:
        life = Life("a", 1)
        task = started(loop, life, work)
        await asyncio.sleep(1.0)
        loop.end(life)
        task.cancel()
        await asyncio.sleep(100.0)

    run(loop, main())
    assert done == []


def test_what_was_killed_is_collected_by_nobody_also_where_it_was_begun_without_asking() -> None:
    loop = WorldLoop(1)
    at_once: dict[str, Any] = {"eager_start": True, "loop": loop}
    begin = partial(asyncio.Task, **at_once) if sys.version_info >= (3, 12) else loop.create_task  # who asks nobody

    async def waits() -> None:
        await asyncio.get_running_loop().create_future()

    async def work() -> None:
        begin(waits())  # nobody else has it, as in a server's connection
        await asyncio.sleep(10.0)

    async def main() -> None:
        life = Life("a", 1)
        started(loop, life, work)
        await asyncio.sleep(1.0)
        loop.end(life)
        gc.collect()
        await asyncio.sleep(100.0)

    run(loop, main())
    gc.collect()
    assert loop.broken == []


def test_a_stopped_process_goes_on_where_it_stood_and_finds_its_time_gone() -> None:
    loop = WorldLoop(1)
    found: list[float] = []

    async def work() -> None:
        await asyncio.sleep(1.0)
        found.append(asyncio.get_running_loop().time())

    async def main() -> None:
        life = Life("a", 1)
        started(loop, life, work)
        await asyncio.sleep(0.5)
        loop.halt(life)
        await asyncio.sleep(50.0)
        assert found == []
        loop.resume(life)
        await asyncio.sleep(0.1)

    run(loop, main())
    assert found[0] == pytest.approx(50.5, abs=0.1)


def test_suspend_stops_the_monotonic_clock_and_every_timer_with_it() -> None:
    loop = WorldLoop(1)
    found: list[float] = []

    async def work() -> None:
        await asyncio.sleep(1.0)
        found.append(asyncio.get_running_loop().time())

    async def main() -> None:
        life = Life("a", 1)
        started(loop, life, work)
        await asyncio.sleep(0.5)
        loop.suspend(life)
        await asyncio.sleep(50.0)
        loop.wake(life)
        await asyncio.sleep(0.3)
        assert found == []
        await asyncio.sleep(0.3)

    run(loop, main())
    assert found[0] == pytest.approx(1.0, abs=0.01)


def test_a_world_that_can_do_nothing_more_says_so() -> None:
    loop = WorldLoop(1)

    async def wait() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(Stalled):
        run(loop, wait())


def test_a_thread_of_a_dead_process_does_nothing() -> None:
    loop = WorldLoop(1)
    written: list[str] = []

    async def work() -> None:
        await asyncio.to_thread(written.append, "first")
        await asyncio.sleep(1.0)
        await asyncio.to_thread(written.append, "second")

    async def main() -> None:
        life = Life("a", 1)
        started(loop, life, work)
        await asyncio.sleep(1.0)
        loop.end(life)
        await asyncio.sleep(5.0)

    run(loop, main())
    assert written == ["first"]
