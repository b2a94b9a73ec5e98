"""What nobody waits for any more becomes a question, and only when it is nobody's; the witness goes one way."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
from oms_room import SAMSUNG, Room, open_room

from domain.orders.types import IntentState, Side
from execution.oms.ledger.rows import Intent, Mark
from execution.oms.orphans import ask_cancels_again, recover_orphans
from execution.oms.witness import Witness

BUY = Side.BUY


async def _abandoned(room: Room, call: str, work: Any) -> None:
    """The broker takes the call, and whoever waited for its answer is gone."""
    real = getattr(room.broker, call)
    taken = asyncio.Event()

    async def never(*arguments: Any, **options: Any) -> Any:
        await real(*arguments, **options)
        taken.set()
        await asyncio.Event().wait()

    setattr(room.broker, call, never)
    task = asyncio.create_task(work)
    await taken.wait()
    setattr(room.broker, call, real)
    for left in {task, *room.poster._posts, *room.reviser._posts}:
        left.cancel()
        await asyncio.gather(left, return_exceptions=True)


async def _open(room: Room) -> list[Intent]:
    async with room.core.ledger.read() as tx:
        return await tx.intents.open(room.account)


async def test_a_sending_that_lost_its_task_is_asked_for_after_its_deadline_and_never_sent_again() -> None:
    room = await open_room()
    (intent,) = await room.submit((SAMSUNG, BUY, 10, 69_000))
    await _abandoned(room, "place", room.send())
    assert await room.state(intent) is IntentState.SENDING
    await recover_orphans(room.core, await _open(room), ())
    assert await room.state(intent) is IntentState.SENDING  # its reply may still come
    room.clock.advance(room.core.timing.deadline_s + 0.9)
    await recover_orphans(room.core, await _open(room), ())
    assert await room.state(intent) is IntentState.SENDING
    room.clock.advance(0.2)
    await recover_orphans(room.core, await _open(room), {intent.intent_id})
    assert await room.state(intent) is IntentState.SENDING  # somebody is at it
    await recover_orphans(room.core, await _open(room), ())
    assert await room.state(intent) is IntentState.UNKNOWN
    await room.settle()
    assert await room.state(intent) is IntentState.ACKED
    await room.send()
    assert room.broker.posts == 1


async def test_a_look_that_is_older_than_the_reply_changes_nothing() -> None:
    room = await open_room()
    (intent,) = await room.submit((SAMSUNG, BUY, 10, 69_000))
    await _abandoned(room, "place", room.send())
    stale = await _open(room)
    room.clock.advance(room.core.timing.deadline_s + 2)
    await recover_orphans(room.core, await _open(room), ())
    await room.settle()
    assert await room.state(intent) is IntentState.ACKED
    await recover_orphans(room.core, stale, ())
    assert await room.state(intent) is IntentState.ACKED


async def test_a_revision_that_lost_its_task_is_asked_for_and_its_number_found() -> None:
    room = await open_room()
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    revise = room.reviser.revise(room.session, intent.intent_id, 69_500, "r-1", "test")
    await _abandoned(room, "revise", revise)
    assert await room.state(intent) is IntentState.REVISE_PENDING
    await recover_orphans(room.core, await _open(room), ())
    assert await room.state(intent) is IntentState.REVISE_PENDING
    room.clock.advance(room.core.timing.deadline_s + 1.1)
    await recover_orphans(room.core, await _open(room), ())
    assert await room.state(intent) is IntentState.REVISE_UNKNOWN
    await room.settle()
    after = await room.intent(intent)
    assert (after.state, after.limit_price) == (IntentState.ACKED, 69_500)
    assert len(room.broker.live()) == 1


async def test_a_cancel_that_lost_its_task_is_asked_for_again() -> None:
    room = await open_room()
    intent = await room.place(SAMSUNG, BUY, 10, 69_000)
    await room.parts.canceller.ask(room.session, intent.intent_id, "c-1", "test")
    await _abandoned(room, "cancel", room.parts.canceller._pass(room.session))

    async def request() -> Any:
        async with room.core.ledger.read() as tx:
            (found,) = await tx.intents.requests_of(intent.intent_id)
        return found

    assert (await request()).state == "SENDING"
    await ask_cancels_again(room.core, [await request()], ())
    assert (await request()).state == "SENDING"
    room.clock.advance(room.core.timing.deadline_s + 1.1)
    await ask_cancels_again(room.core, [await request()], {"c-1"})
    assert (await request()).state == "SENDING"
    await ask_cancels_again(room.core, [await request()], ())
    assert (await request()).state == "ASKED"
    await room.parts.canceller._pass(room.session)  # nothing is left to cancel: ask, not CANCELLED
    await room.settle()
    assert await room.state(intent) is IntentState.CANCELLED
    assert room.broker.live() == []


@pytest.mark.parametrize("seed", range(3))
async def test_accounts_that_send_at_once_never_take_the_witness_back(tmp_path: Path, seed: int) -> None:
    """Each account's thread writes the mark that it saw; the file ends with the newest and is whole at every moment."""
    witness = Witness(tmp_path / "witness.json")
    numbers = list(range(1, 60))
    random.Random(seed).shuffle(numbers)
    seen: list[int] = []

    async def look() -> None:
        while len(seen) < 400:
            mark = witness.remembered()
            if mark is not None:
                seen.append(mark.seq)
            await asyncio.sleep(0)
            if witness_done.is_set():
                return

    witness_done = asyncio.Event()
    watcher = asyncio.create_task(look())
    await asyncio.gather(*(witness.advance(Mark("7710", 1, 5, number)) for number in numbers))
    witness_done.set()
    await watcher
    assert witness.remembered() == Mark("7710", 1, 5, 59)
    assert seen == sorted(seen)


async def test_a_witness_follows_another_ledger_even_to_a_smaller_number(tmp_path: Path) -> None:
    """After a regression that a person has seen, the new ledger's own numbers count."""
    witness = Witness(tmp_path / "witness.json")
    await witness.advance(Mark("7710", 1, 5, 100))
    await witness.advance(Mark("7710", 1, 5, 90))
    assert witness.remembered() == Mark("7710", 1, 5, 100)
    await witness.advance(Mark("8800", 1, 5, 7))
    assert witness.remembered() == Mark("8800", 1, 5, 7)
    assert Witness(tmp_path / "witness.json").remembered() == Mark("8800", 1, 5, 7)
