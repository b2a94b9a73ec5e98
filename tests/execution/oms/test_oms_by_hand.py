"""Orders that a person placed at the broker itself: seen, shown, cancelled by their owner, never doubled."""

from __future__ import annotations

import dataclasses
from typing import Any, cast
from uuid import uuid4

import pytest
from oms_room import SAMSUNG, Broker, Placed, Room, open_room

from domain.orders.types import IntentState, Side
from domain.orders.words import OrderState
from execution.oms.accounts import Accounts
from execution.oms.auth import Caller
from execution.oms.budget import PacedBudget
from execution.oms.byhand import id_of
from execution.oms.errors import Refusal
from execution.oms.ledger.rows import BrokerOrder, Request


async def _placed(room: Room, quantity: int = 10) -> tuple[Placed, BrokerOrder]:
    """At the broker, and in the ledger by an inquiry."""
    placed = room.broker.by_hand(Side.BUY, quantity, 60_000)
    await room.look()
    return placed, await _known(room, placed)


async def _known(room: Room, placed: Placed) -> BrokerOrder:
    async with room.core.ledger.read() as tx:
        found = await tx.orders.get(room.account, placed.at.date(), placed.number)
    assert found is not None
    return found


async def _ask(room: Room, order: BrokerOrder, request_id: str = "c-1", principal: str = "web") -> Request:
    caller = Caller(principal, room.user if principal == "web" else None)
    return (await room.parts.canceller.by_hand.ask(room.session, id_of(order), request_id, caller))[0]


async def _request(room: Room, request_id: str = "c-1") -> Request:
    async with room.core.ledger.read() as tx:
        found = await tx.intents.request(room.account, request_id)
    assert found is not None
    return found


async def _pass(room: Room) -> None:
    await room.parts.canceller._pass(room.session)


def _cancels(broker: Broker, placed: Placed) -> int:
    return sum(order.original == placed.number for order in broker.orders.values())


async def test_its_owner_cancels_it_and_an_inquiry_ends_it() -> None:
    room = await open_room()
    placed, order = await _placed(room)
    assert (await _ask(room, order)).state == "ASKED"
    await _pass(room)
    assert (await _request(room)).state == "ACKED"
    assert (await _known(room, placed)).state is OrderState.FOREIGN  # a receipt is no end
    await room.look()
    assert (await _known(room, placed)).state is OrderState.FOREIGN_ENDED
    assert (await _request(room)).state == "DONE"
    assert _cancels(room.broker, placed) == 1


async def test_it_is_shown_with_its_id_until_it_has_ended() -> None:
    room = await open_room()
    _, order = await _placed(room)
    async with room.core.ledger.read() as tx:
        (shown,) = await room.parts.canceller.by_hand.open(tx, room.account)
    assert (shown.intent_id, shown.state, shown.quantity, shown.plan_id) == (str(id_of(order)), "FOREIGN", 10, "")
    await _ask(room, order)
    await _pass(room)
    async with room.core.ledger.read() as tx:
        (shown,) = await room.parts.canceller.by_hand.open(tx, room.account)
    assert "취소를 요청했어요" in shown.state_note
    await room.look()
    async with room.core.ledger.read() as tx:
        assert await room.parts.canceller.by_hand.open(tx, room.account) == []


@pytest.mark.parametrize("principal", ["worker", "guard"])
async def test_programs_may_not_touch_what_a_person_placed(principal: str) -> None:
    room = await open_room()
    placed, order = await _placed(room)
    with pytest.raises(Refusal, match="FORBIDDEN"):
        await _ask(room, order, principal=principal)
    await _pass(room)
    assert _cancels(room.broker, placed) == 0


async def test_one_request_is_one_cancel_and_cannot_mean_another_order() -> None:
    room = await open_room()
    first, order = await _placed(room)
    _, other = await _placed(room, 3)
    await _ask(room, order)
    await _pass(room)
    assert (await _ask(room, order)).state == "ACKED"
    with pytest.raises(Refusal, match="CONFLICT"):
        await _ask(room, other)
    await _pass(room)
    assert _cancels(room.broker, first) == 1


async def test_what_has_ended_is_not_cancelled() -> None:
    room = await open_room()
    placed, order = await _placed(room)
    room.broker.end(placed)
    await room.look()
    with pytest.raises(Refusal, match="NOTHING_TO_CANCEL"):
        await _ask(room, order)


async def test_no_live_switch_no_cancel() -> None:
    room = await open_room()
    _, order = await _placed(room)
    views = room.core.views
    views.config = dataclasses.replace(views.config, live_enabled=False)
    with pytest.raises(Refusal, match="LIVE_SWITCH"):
        await _ask(room, order)


async def test_a_lost_answer_is_asked_for_again_and_the_broker_has_one_end() -> None:
    room = await open_room()
    placed, order = await _placed(room)
    await _ask(room, order)
    room.broker.faults = ["lost"]
    await _pass(room)
    assert (await _request(room)).state == "ASKED"  # idempotent in effect
    await _pass(room)
    assert (await _request(room)).state == "UNKNOWN"  # nothing to cancel: ask
    await room.look()
    assert (await _known(room, placed)).state is OrderState.FOREIGN_ENDED
    assert (await _request(room)).state == "DONE"


async def test_a_cancel_that_the_broker_never_saw_is_told_to_have_failed() -> None:
    room = await open_room()
    placed, order = await _placed(room)
    await _ask(room, order)
    room.broker.faults = ["never"] * 4
    for _ in range(4):
        await _pass(room)
    assert (await _request(room)).state == "UNKNOWN"
    await room.look()
    assert (await _request(room)).state == "UNKNOWN"  # not settled yet
    await room.look(room.core.timing.settle_s + 1)
    done = await _request(room)
    assert (done.state, done.code) == ("DONE", "STILL_LIVE")
    assert (await _known(room, placed)).live


async def test_a_wish_of_a_dead_process_is_sent_by_its_successor() -> None:
    room = await open_room()
    placed, order = await _placed(room)
    await _ask(room, order)
    async with room.core.ledger.write(room.account) as tx:
        await tx.intents.change_request(room.account, "c-1", tx.now, state="SENDING")
    room.clock.advance(room.core.timing.deadline_s + 2)
    await _pass(room)  # nobody waits for that POST any more
    await _pass(room)
    await room.look()
    assert (await _known(room, placed)).state is OrderState.FOREIGN_ENDED


async def test_on_paper_the_notice_and_holdings_that_outlive_it_end_it() -> None:
    room = await open_room("paper", hides=True)
    placed = room.broker.by_hand(Side.BUY, 10, 60_000)
    await room.hear()
    await room.look()
    await _ask(room, await _known(room, placed))
    await _pass(room)
    await room.hear()
    await room.look(room.core.timing.lag_s + 1)
    assert (await _known(room, placed)).state is OrderState.FOREIGN_ENDED
    assert (await _request(room)).state == "DONE"


async def test_one_that_filled_first_says_so() -> None:
    room = await open_room()
    placed, order = await _placed(room)
    await _ask(room, order)
    room.broker.fill(placed, 10)
    await _pass(room)
    await room.look()
    assert (await _request(room)).code == "NOTHING_TO_CANCEL"
    assert (await room.booked()) == {SAMSUNG: 10}


async def test_a_number_that_a_person_says_is_ours_keeps_no_wish_of_its_own() -> None:
    room = await open_room()
    placed, order = await _placed(room)
    await _ask(room, order)
    room.broker.faults = ["lost"]
    room.session.marks = {"ELSE"}  # what the broker lists looks keyed in elsewhere
    intent = await room.place(SAMSUNG, Side.BUY, 10, 60_000)
    await room.settle()
    assert (await room.state(intent)) is IntentState.MANUAL
    await room.resolver.resolve(
        room.session,
        intent.intent_id,
        adopt=str(placed.number),
        absent=False,
        reason="앱에서 확인",
        confirmation=str(intent.intent_id)[:8],
        by="web:somebody",
    )
    assert (await _known(room, placed)).intent_id == intent.intent_id
    assert (await _request(room)).state == "DONE"
    await _pass(room)
    assert _cancels(room.broker, placed) == 0


@dataclasses.dataclass
class _Key:
    """What a session asks of a client before its loops run."""

    fingerprint: str

    @property
    def credential(self) -> _Key:
        return self

    def stream(self) -> None:
        return None

    async def aclose(self) -> None:
        return None


async def test_how_the_broker_marks_our_orders_is_one_knowledge_of_all_accounts_of_a_key() -> None:
    room = await open_room()
    refs = [f"{room.account}-{n}" for n in range(3)]
    for ref in refs:
        user = uuid4()
        await room.people.user(user, f"사람 {ref}")
        await room.people.account(ref, user, "live", room.clock.now())
    clients = {refs[0]: _Key("one"), refs[1]: _Key("one"), refs[2]: _Key("other")}

    async def client_of(ref: str) -> tuple[Any, PacedBudget]:
        return clients[ref], room.session.budget

    accounts = Accounts(room.core, room.parts, client_of, lambda: None, cast(Any, _Key("house")), None)
    first, second, third = [await accounts.ensure(ref, wait=False) for ref in refs]
    first.marks.add("OpnAPI")
    assert second.marks == {"OpnAPI"}
    assert third.marks == set()
    await accounts.aclose()
