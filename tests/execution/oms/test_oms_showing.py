"""What a person sees before a verdict: every number that could be the order's, and what is known of it."""

from __future__ import annotations

from typing import Any

import pytest
from oms_room import SAMSUNG, Room, open_room

from domain.orders.types import IntentState, Side
from domain.proto import oms_pb2 as pb
from execution.oms.cli import _evidence
from execution.oms.errors import Refusal
from execution.oms.ledger.rows import Intent
from execution.oms.showing import Showing


async def _in_question(**room_options: Any) -> tuple[Room, Intent]:
    """Lost, and the same order placed by hand in the same second: nobody can tell them apart."""
    room = await open_room(**room_options)
    before = room.broker.by_hand(Side.BUY, 10, 60_000)  # a number that was there before
    await room.hear()
    await room.look()
    assert before.remaining == 10
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    room.broker.by_hand(Side.BUY, 10, 60_000)
    await room.hear()
    await room.settle()
    for _ in range(4):
        if await room.state(intent) is IntentState.MANUAL:
            break
        await room.settle()
    assert await room.state(intent) is IntentState.MANUAL
    return room, intent


async def test_candidates_are_told_from_numbers_that_were_there_before() -> None:
    room, intent = await _in_question()
    shown = await Showing(room.core).evidence(room.session, intent.intent_id)
    assert shown.shows_list
    assert shown.order.state == "MANUAL"
    rows = [(row.fits, row.seen_before, row.owner, row.keyed_by) for row in shown.rows]
    assert rows == [(False, True, "", "HTS"), (True, False, "", "OpnAPI"), (True, False, "", "HTS")]
    assert any("보내려던 주문: 매수 10주 60,000원" in line for line in shown.lines)
    assert shown.HasField("sent_at")


async def test_where_the_broker_shows_no_list_the_notices_numbers_are_shown_and_it_says_so() -> None:
    room, intent = await _in_question(environment="paper", hides=True)
    shown = await Showing(room.core).evidence(room.session, intent.intent_id)
    assert not shown.shows_list
    assert len(shown.rows) == 3
    assert "증권사 앱에서 확인해 주세요" in shown.lines[-1]


async def test_a_number_of_another_order_of_ours_is_named_so() -> None:
    room = await open_room()
    other = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    room.broker.faults = ["lost"]
    intent = await room.place(SAMSUNG, Side.BUY, 5, 60_000)
    (first, second) = (await Showing(room.core).evidence(room.session, intent.intent_id)).rows
    assert (first.owner, second.owner) == ("other", "")
    assert (await Showing(room.core).evidence(room.session, other.intent_id)).rows[0].owner == "this"


async def test_somebody_elses_order_is_not_shown() -> None:
    room, other = await open_room(), await open_room()
    intent = await other.place(SAMSUNG, Side.BUY, 10, 60_000)
    with pytest.raises(Refusal, match="ORDER_UNKNOWN"):
        await Showing(room.core).evidence(room.session, intent.intent_id)


async def test_the_terminal_prints_it_line_by_line() -> None:
    room, intent = await _in_question()
    shown: pb.EvidenceReply = await Showing(room.core).evidence(room.session, intent.intent_id)
    lines = list(_evidence(shown))
    assert lines[1].startswith("상태 MANUAL")
    numbers = [line for line in lines if line.startswith("  0")]
    assert len(numbers) == 3
    assert "보내기 전부터 있던 번호" in numbers[0]
    assert "시각과 내용이 맞음" in numbers[1]
