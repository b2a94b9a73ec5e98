"""One order through every fault of the paper exchange: sent at most once, and book and journal agree to the won."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from faulty_venue import Venue
from oms_path import SAMSUNG, Path_, Person

from domain.orders.types import Side


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    return ("--always-open", "--limits", "off", "--faults")


ARRIVED: dict[str, dict[str, Any]] = {
    "accept_then_timeout": {"path": "order-cash", "seconds": 2.0},
    "reset_before_reply": {"path": "order-cash"},
    "reset_in_status_line": {"path": "order-cash"},
    "reset_in_headers": {"path": "order-cash"},
    "reset_after_headers": {"path": "order-cash"},
    "reset_in_body": {"path": "order-cash"},
    "reset_after_reply": {"path": "order-cash"},
    "server_error_kis": {"path": "order-cash", "happens": True},
    "server_error_bare": {"path": "order-cash", "happens": True},
    "egw00301": {"path": "order-cash", "happens": True},
    "egw00302": {"path": "order-cash", "happens": True},
    "throttled": {"path": "order-cash"},
    "token_revoked": {"path": "order-cash"},
}
NEVER_ARRIVED: dict[str, dict[str, Any]] = {
    "timeout_before_accept": {"path": "order-cash", "seconds": 2.0},
    "reset_in_request": {"path": "order-cash"},
    "server_error_kis": {"path": "order-cash", "happens": False},
    "server_error_bare": {"path": "order-cash", "happens": False},
    "egw00301": {"path": "order-cash", "happens": False},
    "egw00302": {"path": "order-cash", "happens": False},
}
TOLD_WRONG: dict[str, dict[str, Any]] = {
    "notice_lost": {"count": None},
    "notice_duplicated": {"count": None},
    "notice_reordered": {"record": "order"},
    "notice_before_reply": {"seconds": 0.6},
    "notices_silent": {"seconds": 5.0},
    "channel_silent": {"seconds": 5.0},
    "socket_dropped": {"path": "order-cash", "seconds": 1.0},
    "extra_fields": {"count": None},
    "extra_fields_in_notices": {"count": None},
    "equal_fills": {"parts": 3},
}


async def _through(path: Path_, who: Person, venue: Venue, kind: str, more: dict[str, Any], arrives: bool) -> None:
    """One order of six shares through one fault."""
    before = venue.struck(kind)
    venue.arm(kind, **more)
    await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 6, await path.marketable(SAMSUNG))))
    (order,) = await path.until(who, "FILLED" if arrives else "ABSENT", seconds=40)
    assert venue.struck(kind) > before, kind
    assert len(venue.ours()) == int(arrives), kind
    assert order.filled == venue.held() == (6 if arrives else 0), kind
    book = await path.agrees(who, seconds=20)
    assert book.cash_d2 == 100_000_000 - venue.paid(), kind
    assert sum(position.quantity for position in book.positions) == venue.held(), kind
    assert (await path.client.status(who.identity)).trading_state == "ACTIVE", kind


async def _all(path: Path_, kinds: dict[str, dict[str, Any]], *, arrives: bool) -> None:
    """Every kind at once, each with a person and an account of its own."""
    people = []
    for _ in kinds:
        who = path.person()
        people.append((who, await Venue.of(path, who)))
    jobs = [
        _through(path, who, venue, kind, more, arrives)
        for (who, venue), (kind, more) in zip(people, kinds.items(), strict=True)
    ]
    found = await asyncio.gather(*jobs, return_exceptions=True)
    people[0][1].calm()
    failures = [one for one in found if isinstance(one, Exception)]
    if failures:
        raise ExceptionGroup("faults that the order path did not survive", failures)


async def test_an_order_whose_answer_is_spoiled_is_sent_once_and_found(path: Path_) -> None:
    await _all(path, ARRIVED, arrives=True)


async def test_an_order_that_never_arrived_is_absent_and_moves_nothing(path: Path_) -> None:
    await _all(path, NEVER_ARRIVED, arrives=False)


async def test_whatever_is_told_of_an_order_it_is_counted_once(path: Path_) -> None:
    await _all(path, TOLD_WRONG, arrives=True)
