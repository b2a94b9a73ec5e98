"""The oracle's rules, each with a journal or a request made by hand that breaks it, and one that breaks none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from proving.oracle.judge import Judge, Post
from proving.oracle.money import fee_of, tax_of

ACCOUNT, DAY = "5012345601", "2026-11-23"
SIGNATURE = (ACCOUNT, "005930", "buy", 10)


class Journal:
    """A broker's journal written by hand, and the judge who reads it."""

    def __init__(self) -> None:
        self.rows: list[Mapping[str, Any]] = []
        self.judge = Judge(frozenset({"069500"}), lambda: 1.0, lambda: self.rows)
        self.numbers = 0
        self.say("account", account=ACCOUNT, cash=100_000_000)
        self.say("day", date=DAY)

    def say(self, kind: str, **fields: Any) -> None:
        self.judge.journaled({"kind": kind, **fields})

    def order(self, quantity: int = 10, price: int = 1_000, side: str = "buy", ticker: str = "005930") -> int:
        self.numbers += 1
        self.say(
            "order",
            date=DAY,
            odno=f"{self.numbers:010d}",
            account=ACCOUNT,
            ticker=ticker,
            side=side,
            qty=quantity,
            price=price,
        )
        return self.numbers

    def fill(self, odno: int, quantity: int, price: int = 1_000, fee: int = 0, tax: int = 0) -> None:
        self.say(
            "fill", date=DAY, odno=f"{odno:010d}", qty=quantity, price=price, fee=fee, tax=tax, settles="2026-11-25"
        )

    def change(self, kind: str, original: int, quantity: int, price: int = 1_000) -> int:
        self.numbers += 1
        self.say(
            kind,
            date=DAY,
            odno=f"{self.numbers:010d}",
            original=f"{original:010d}",
            account=ACCOUNT,
            ticker="005930",
            side="buy",
            qty=quantity,
            price=price,
        )
        return self.numbers

    def row(self, **changes: Any) -> None:
        row = {
            "intent_id": "i",
            "account": ACCOUNT,
            "ticker": "005930",
            "side": "buy",
            "quantity": 10,
            "state": "FILLED",
            "ended": True,
            "filled": 10,
            "filled_amount": 10_000,
            "amount_estimated": False,
            "fee": 1,
            "tax": 0,
            "sent_at": "t",
            "updated_at": "z",
            "epoch": 0,
            "send_deadline": 10.0,
            "sending_seq": 5,
        }
        self.rows.append({**row, **changes})

    @property
    def broken(self) -> set[str]:
        return {found.rule for found in self.judge.breaks}


@pytest.fixture
def journal() -> Journal:
    return Journal()


def post(journal: Journal, **changes: Any) -> Post:
    picture: dict[str, Any] = {
        "at": 1.0,
        "wall": 5.0,
        "who": "oms#1",
        "sending": [row for row in journal.rows if row["state"] == "SENDING"],
        "locking": [row for row in journal.rows if row["state"] in ("UNKNOWN", "MANUAL")],
        "witnessed": 5,
        "halted": journal.judge.halts,
        "stood": False,
    }
    return Post(**(picture | changes))


def test_an_order_that_was_approved_filled_and_booked_breaks_nothing(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.row(state="SENDING")
    journal.judge.posted(post(journal), *SIGNATURE)
    journal.rows.clear()
    odno = journal.order()
    journal.fill(odno, 4)
    journal.fill(odno, 6, fee=fee_of(10_000))
    journal.row()
    journal.judge.at_rest({(ACCOUNT, "005930"): 10}, ours=frozenset({ACCOUNT}))
    assert journal.judge.breaks == []


def test_an_order_that_nobody_approved_is_found(journal: Journal) -> None:
    journal.order()
    assert journal.broken == {"approved"}


def test_an_order_of_another_quantity_or_price_is_not_the_approved_one(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.order(quantity=11)
    assert journal.broken == {"approved"}
    other = Journal()
    other.judge.approve("i", SIGNATURE, 1_000)
    other.order(price=1_005)
    assert other.broken == {"approved"}


def test_a_second_order_of_one_approval_is_found_unless_a_hand_placed_it(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.judge.by_hand(SIGNATURE)
    journal.order()
    journal.order()
    assert journal.judge.breaks == []
    journal.order()
    assert "once" in journal.broken


def test_two_versions_of_one_intent_may_not_both_be_there(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.judge.instead("i", (*SIGNATURE[:3], 7))
    journal.order(quantity=7)
    assert journal.judge.breaks == []
    journal.order()
    assert "once" in journal.broken


def test_a_revision_that_adds_shares_is_found(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.judge.revised("i", 990)
    odno = journal.order()
    journal.change("revise", odno, 10, 990)
    assert journal.judge.breaks == []
    journal.order()
    assert "once" in journal.broken


def test_a_revision_to_a_price_that_nobody_asked_for_is_found(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.change("revise", journal.order(), 10, 980)
    assert journal.broken == {"approved"}


def test_more_fills_than_ordered_are_found(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.fill(journal.order(), 11, fee=fee_of(11_000))
    assert {"money", "once"} <= journal.broken


def test_wrong_fees_taxes_settlements_and_short_sales_are_found(journal: Journal) -> None:
    assert (fee_of(10_000_000), tax_of(10_000_000, sale=True, fund=False)) == (1_500, 20_000)
    assert tax_of(10_000_000, sale=True, fund=True) == tax_of(10_000_000, sale=False, fund=False) == 0
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.fill(journal.order(), 10, fee=fee_of(10_000) + 1)
    assert journal.broken == {"money"}
    short = Journal()
    short.judge.approve("i", (ACCOUNT, "005930", "sell", 10), 1_000)
    short.fill(short.order(side="sell"), 10, fee=fee_of(10_000), tax=tax_of(10_000, sale=True, fund=False))
    assert short.broken == {"money"}
    early = Journal()
    early.judge.approve("i", SIGNATURE, 1_000)
    early.fill(early.order(), 10, fee=1)
    early.say("settle", account=ACCOUNT, due="2026-11-25", amount=-10_000)
    assert early.broken == {"money"}


def test_a_first_byte_without_sending_without_witness_or_twice_is_found(journal: Journal) -> None:
    journal.judge.posted(post(journal), *SIGNATURE)
    assert journal.broken == {"durable"}
    unseen = Journal()
    unseen.row(state="SENDING")
    unseen.judge.posted(post(unseen, witnessed=4), *SIGNATURE)
    assert unseen.broken == {"durable"}
    twice = Journal()
    twice.row(state="SENDING")
    twice.judge.posted(post(twice), *SIGNATURE)
    assert twice.judge.breaks == []
    twice.judge.posted(post(twice), *SIGNATURE)
    assert twice.broken == {"durable"}


def test_a_late_first_byte_is_found_and_is_the_residual_only_after_a_sleep(journal: Journal) -> None:
    journal.row(state="SENDING")
    journal.judge.posted(post(journal, wall=10.2, stood=True), *SIGNATURE)
    assert (journal.judge.breaks, journal.judge.residual) == ([], 1)
    other = Journal()
    other.row(state="SENDING")
    other.judge.posted(post(other, wall=10.2), *SIGNATURE)
    assert other.broken == {"deadline"}


@pytest.mark.parametrize("state", ["UNKNOWN", "MANUAL"])
def test_an_order_beside_an_uncertain_one_of_its_side_is_found(journal: Journal, state: str) -> None:
    journal.row(state="SENDING")
    journal.row(intent_id="other", state=state, quantity=3)
    journal.judge.posted(post(journal), *SIGNATURE)
    assert journal.broken == {"lock"}
    free = Journal()
    free.row(state="SENDING")
    free.row(intent_id="other", state=state, side="sell")
    free.judge.posted(post(free), *SIGNATURE)
    assert free.judge.breaks == []


@pytest.mark.parametrize("whose", [ACCOUNT, "*"])
def test_an_order_after_an_answered_halt_is_found(journal: Journal, whose: str) -> None:
    journal.row(state="SENDING")
    journal.judge.halted(whose)
    journal.judge.posted(post(journal), *SIGNATURE)
    assert journal.broken == {"halt"}
    journal.judge.resumed(whose)
    assert not journal.judge.halts


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"filled": 9}, "book"),
        ({"filled_amount": 9_999}, "book"),
        ({"fee": 2}, "book"),
        ({"state": "ACKED", "ended": False}, "rest"),
    ],
)
def test_a_ledger_that_differs_from_the_broker_at_rest_is_found(
    journal: Journal, changes: dict[str, Any], rule: str
) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.fill(journal.order(), 10, fee=1)
    journal.row(**changes)
    journal.judge.at_rest({(ACCOUNT, "005930"): 10}, ours=frozenset({ACCOUNT}))
    assert journal.broken == {rule}


def test_an_order_that_arrived_later_than_any_gateway_keeps_one_is_the_residual(journal: Journal) -> None:
    clock = [1.0]
    journal.judge.now = lambda: clock[0]
    journal.judge.approve("i", SIGNATURE, 1_000)
    journal.row(state="SENDING")
    journal.judge.posted(post(journal), *SIGNATURE)
    clock[0] = 40.0
    journal.fill(journal.order(), 10, fee=1)
    journal.rows.clear()
    journal.row(state="ABSENT", filled=0, filled_amount=0, fee=0)
    journal.judge.at_rest({}, ours=frozenset())
    assert (journal.judge.breaks, journal.judge.residual) == ([], 1)


@pytest.mark.parametrize(("unlisted", "by_hand", "residual"), [(True, True, 1), (False, True, 0), (True, False, 0)])
def test_fewer_fills_than_the_brokers_are_the_residual_only_beside_a_hand_and_where_no_list_was_shown(
    journal: Journal, unlisted: bool, by_hand: bool, residual: int
) -> None:
    journal.judge.unlisted = lambda: unlisted
    journal.judge.approve("i", SIGNATURE, 1_000)
    if by_hand:
        journal.judge.by_hand((*SIGNATURE[:3], 3))
        journal.order(quantity=3)
    journal.fill(journal.order(), 10, fee=1)
    journal.row(filled=7, filled_amount=7_000)
    journal.judge.at_rest({(ACCOUNT, "005930"): 10}, ours=frozenset({ACCOUNT}))
    assert (journal.judge.residual, len(journal.judge.breaks)) == (residual, 1 - residual)


def test_an_order_that_the_ledger_forgot_lives_on_or_holds_other_shares_is_found(journal: Journal) -> None:
    journal.judge.approve("i", SIGNATURE, 1_000)
    odno = journal.order()
    journal.judge.at_rest({}, ours=frozenset())
    assert journal.broken == {"book"}
    live = Journal()
    live.judge.approve("i", SIGNATURE, 1_000)
    live.order()
    live.row(state="CANCELLED", filled=0, filled_amount=0, fee=0)
    live.judge.at_rest({}, ours=frozenset())
    assert live.broken == {"book"}
    journal.judge.breaks.clear()
    journal.fill(odno, 10, fee=1)
    journal.row()
    journal.judge.at_rest({(ACCOUNT, "005930"): 9}, ours=frozenset({ACCOUNT}))
    assert journal.broken == {"book"}
    journal.judge.breaks.clear()
    journal.judge.at_rest({}, ours=frozenset({ACCOUNT}))
    assert journal.broken == {"book"}
