"""Who waits for a hint is woken by it, or by the end of its patience, and leaves nothing behind."""

from __future__ import annotations

import asyncio

import pytest

from domain.waiting import Hint, within

LONG_S = 60.0


async def _until_waiting() -> None:
    await asyncio.sleep(0)


async def test_a_hint_given_before_is_not_waited_for() -> None:
    hint = Hint()
    hint.set()
    assert await hint.within(LONG_S) is True


async def test_a_hint_wakes_everybody_who_waits_for_it() -> None:
    hint = Hint()
    waiting = [asyncio.create_task(hint.within(LONG_S)) for _ in range(2)]
    await _until_waiting()
    hint.set()
    assert await asyncio.gather(*waiting) == [True, True]


async def test_nothing_came_is_an_answer_and_a_cleared_hint_is_waited_for_again() -> None:
    hint = Hint()
    hint.set()
    hint.clear()
    assert not hint.is_set()
    assert await hint.within(0.001) is False


async def test_a_cancelled_waiter_leaves_the_others_waiting() -> None:
    hint = Hint()
    gone, stays = (asyncio.create_task(hint.within(LONG_S)) for _ in range(2))
    await _until_waiting()
    gone.cancel()
    with pytest.raises(asyncio.CancelledError):
        await gone
    hint.set()
    assert await stays is True


async def test_an_event_is_waited_for_within_the_same_patience() -> None:
    event = asyncio.Event()
    assert await within(event, 0.001) is False
    event.set()
    assert await within(event, LONG_S) is True
