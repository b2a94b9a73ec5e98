"""The oracle's rules of single moments, each with a commit or a byte that breaks it and one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from proving.oracle.judge import Judge, Post
from proving.oracle.steps import Shown

ACCOUNT, DAY = "5012345601", "2026-11-23"


class Desk:
    """A judge whose time is set by hand, and one order of ten at a time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.rows: list[dict[str, Any]] = []
        self.judge = Judge(frozenset(), lambda: self.now, lambda: self.rows)
        self.judge.journaled({"kind": "account", "account": ACCOUNT, "cash": 100_000_000})
        self.judge.journaled({"kind": "day", "date": DAY})
        self.numbers = 0

    def approve(self, intent: str, side: str = "buy", after: str | None = None) -> None:
        self.judge.approve(intent, (ACCOUNT, "005930", side, 10), 1_000, after)

    def order(self, side: str = "buy", entry: str = "") -> None:
        self.numbers += 1
        record = {"kind": "order", "date": DAY, "odno": f"{self.numbers:010d}", "account": ACCOUNT}
        self.judge.journaled({**record, "ticker": "005930", "side": side, "qty": 10, "price": 1_000, "entry": entry})

    def fill(self, quantity: int) -> None:
        record = {"kind": "fill", "date": DAY, "odno": f"{self.numbers:010d}", "qty": quantity, "price": 1_000}
        fee = 1 if quantity == 10 else 0
        self.judge.journaled({**record, "fee": fee, "tax": 0, "settles": "2026-11-25"})

    def begins(self, *, epoch: int = 3, locking: tuple[dict[str, Any], ...] = (), stood: bool = False) -> None:
        row = {"intent_id": "i", "account": ACCOUNT, "ticker": "005930", "side": "buy", "quantity": 10, "epoch": 3}
        row |= {"sent_at": "2026-11-23T09:00:10", "send_deadline": 1e9, "sending_seq": 1, "state": "SENDING"}
        post = Post(self.now, 5.0, "oms#1", [row], locking, 1, frozenset(), stood, epoch)
        self.judge.posted(post, ACCOUNT, "005930", "buy", 10)

    @property
    def broken(self) -> list[str]:
        return [found.rule for found in self.judge.breaks]


@pytest.fixture
def desk() -> Desk:
    desk = Desk()
    desk.approve("i")
    return desk


@pytest.mark.parametrize(("filled", "told", "broken"), [(6, 4, []), (0, 6, []), (7, 0, ["ahead"]), (0, 7, ["ahead"])])
def test_the_ledger_shows_no_more_shares_than_were_filled(
    desk: Desk, filled: int, told: int, broken: list[str]
) -> None:
    desk.order()
    desk.fill(6)
    for _ in range(2):
        desk.judge.steps.committed([Shown("i", "PARTIAL", False, filled, told)])
    assert desk.broken == broken


def test_an_intent_that_the_ledger_ends_has_nothing_live(desk: Desk) -> None:
    desk.judge.steps.committed([Shown("i", "WITHDRAWN", True, 0, 0)])
    desk.order()
    desk.judge.steps.committed([Shown("i", "ACKED", False, 0, 0)])
    assert desk.broken == []
    desk.judge.steps.committed([Shown("i", "CANCELLED", True, 0, 0)])
    assert desk.broken == ["over"]


@pytest.mark.parametrize(
    ("before", "arrived", "hindered", "broken"),
    [
        ("UNKNOWN", True, False, ["told"]),
        ("UNKNOWN", True, True, []),
        ("UNKNOWN", False, False, []),
        ("REVISE_UNKNOWN", True, False, []),
    ],
)
def test_an_order_that_notices_told_of_is_not_left_to_a_person(
    desk: Desk, before: str, arrived: bool, hindered: bool, broken: list[str]
) -> None:
    desk.judge.steps.hindered = lambda: hindered
    if arrived:
        desk.order()
    for state in (before, "MANUAL", "MANUAL"):
        desk.judge.steps.committed([Shown("i", state, False, 0, 0)])
    assert desk.broken == broken


def test_a_restored_older_ledger_is_not_held_to_what_was(desk: Desk) -> None:
    desk.order()
    desk.judge.steps.forgotten = True
    desk.judge.steps.committed([Shown("i", "WITHDRAWN", True, 3, 0)])
    assert desk.broken == []


@pytest.mark.parametrize(
    ("state", "seconds", "broken"), [("ABSENT", 19, ["absent"]), ("ABSENT", 21, []), ("UNKNOWN", 9, [])]
)
def test_an_order_that_arrives_in_time_is_not_yet_called_absent(
    desk: Desk, state: str, seconds: float, broken: list[str]
) -> None:
    desk.begins()
    desk.now += seconds
    desk.rows = [{"intent_id": "i", "state": state}]
    desk.order()
    assert desk.broken == broken


@pytest.mark.parametrize(("sold", "broken"), [(10, []), (4, ["after"]), (0, ["after"])])
def test_a_leg_that_waits_arrives_after_the_other_has_ended_with_a_fill(sold: int, broken: list[str]) -> None:
    desk = Desk()
    desk.approve("first")
    desk.approve("second", side="sell", after="first")
    desk.order()
    if sold:
        desk.fill(sold)
    desk.order(side="sell")
    assert desk.broken == broken


@pytest.mark.parametrize(("epoch", "stood", "broken"), [(3, False, []), (4, False, ["fence"]), (4, True, [])])
def test_a_first_byte_is_of_the_process_that_holds_the_lease(
    desk: Desk, epoch: int, stood: bool, broken: list[str]
) -> None:
    desk.begins(epoch=epoch, stood=stood)
    assert desk.broken == broken


@pytest.mark.parametrize(("minute", "broken"), [("09:00:11", []), ("09:00:09", ["manual"])])
def test_nothing_is_bought_while_an_intent_is_left_to_a_person(desk: Desk, minute: str, broken: list[str]) -> None:
    left = {"intent_id": "j", "account": ACCOUNT, "ticker": "000660", "side": "sell", "state": "MANUAL"}
    desk.begins(locking=({**left, "updated_at": f"2026-11-23T{minute}"},))
    assert desk.broken == broken


@pytest.mark.parametrize(("seconds", "broken"), [(5, []), (7, ["revoked"])])
def test_no_order_begins_on_a_word_that_was_taken_back(desk: Desk, seconds: float, broken: list[str]) -> None:
    desk.judge.steps.revoked(["i"])
    desk.now += seconds
    desk.begins()
    assert desk.broken == broken


@pytest.mark.parametrize(("seconds", "broken"), [(61, []), (20, ["token"])])
def test_a_token_is_asked_for_once_a_minute(desk: Desk, seconds: float, broken: list[str]) -> None:
    desk.judge.steps.token_asked_for()
    desk.now += seconds
    desk.judge.steps.token_asked_for()
    assert desk.broken == broken


@pytest.mark.parametrize(
    ("entry", "waits", "broken", "residual"),
    [("OpnAPI", 1.0, [], 1), ("HTS", 1.0, ["ahead"], 0), ("OpnAPI", 30.0, ["ahead"], 0)],
)
def test_another_programs_equal_order_of_the_very_seconds_is_the_residual_and_no_other_by_hand_is(
    desk: Desk, entry: str, waits: float, broken: list[str], residual: int
) -> None:
    desk.begins()
    desk.now += waits
    desk.judge.by_hand((ACCOUNT, "005930", "buy", 10))
    desk.order(entry=entry)
    desk.fill(10)
    desk.judge.steps.committed([Shown("i", "FILLED", True, 10, 0)])
    assert (desk.broken, desk.judge.residual) == (broken, residual)
