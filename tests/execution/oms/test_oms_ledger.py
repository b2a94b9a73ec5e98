"""The ledger when its own connection breaks: a COMMIT without an answer sends nothing and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from database_wire import Wire, wire_to
from oms_path import SAMSUNG, Path_

from domain.orders.types import Side


@pytest.fixture(scope="module")
def wire(servers: Any) -> Iterator[Wire]:
    wire = wire_to(servers.endpoints.postgres_admin_url, b"send_started")
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def oms_database_port(wire: Wire) -> int:
    return wire.port


@pytest.mark.parametrize("fault", ["kept", "lost"])
async def test_a_commit_without_an_answer_posts_nothing_and_the_order_leaves_once(
    path: Path_, wire: Wire, fault: str
) -> None:
    who = path.person()
    await path.client.book(who.identity)
    before = wire.broken
    wire.fault = fault
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 1, await path.resting(SAMSUNG))))
    (order,) = await path.until(who, "ACKED")
    assert wire.broken == before + 1
    assert len(path.proxy.orders) == 1
    moves = await path.moves(order.intent_id)
    if fault == "kept":  # it was SENDING in the ledger although nothing had been posted: proof of NOT_SENT
        assert moves == ["admitted", "send_started", "not_sent", "requeued", "send_started", "reply_acked"]
    else:
        assert moves == ["admitted", "send_started", "reply_acked"]
