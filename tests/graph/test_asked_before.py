"""A question that got no yes today is not asked again; every other one is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from fakes import START

from graph.asked_before import KIND, contained, equal_question
from tools.ports import JournalEntry

NOW, BEFORE, YESTERDAY = "2026-11-23T10:30", "2026-11-23T10:00", "2026-11-20T10:00"


def leg(qty: int = 10, ticker: str = "005930", side: str = "buy") -> dict[str, Any]:
    return {"ticker": ticker, "side": side, "qty": qty}


def asked(slot: str = BEFORE, *legs: dict[str, Any], account: str = "a", loop: str = "cycle") -> JournalEntry:
    return JournalEntry(START, KIND, slot, "", {"account": account, "loop": loop, "proposals": list(legs or [leg()])})


def ended(outcome: str | None, slot: str = BEFORE, loop: str = "cycle") -> JournalEntry:
    return JournalEntry(START + timedelta(minutes=9), "cycle", slot, "", {"loop": loop, "outcome": outcome})


def found(*entries: JournalEntry, legs: tuple[dict[str, Any], ...] = (leg(),), slot: str = NOW) -> str:
    return equal_question(legs, entries, "a", slot, "cycle")


@pytest.mark.parametrize("outcome", ["rejected", "expired", "unavailable", "repriced", None])
def test_what_got_no_yes_is_not_asked_again(outcome: str | None) -> None:
    assert found(ended(outcome), asked()) == BEFORE


def test_a_card_that_still_waits_is_not_asked_beside_itself() -> None:
    waiting = JournalEntry(START, "cycle", BEFORE, "", {"loop": "cycle", "slot_outcome": "done", "waiting": True})
    assert found(waiting, asked()) == BEFORE


@pytest.mark.parametrize("outcome", ["submitted", "refused"])
def test_what_was_sent_or_stopped_by_a_limit_may_come_again(outcome: str) -> None:
    assert found(ended(outcome), asked()) == ""


def test_the_newest_end_of_a_slot_counts() -> None:
    assert found(ended("submitted"), ended("expired"), asked()) == ""


@pytest.mark.parametrize(
    "entry",
    [
        asked(YESTERDAY),
        asked(NOW),  # its own question, after a crash
        asked(BEFORE, account="b"),
        asked(BEFORE, leg(ticker="035720")),
        asked(BEFORE, leg(side="sell")),
        asked(BEFORE, leg(qty=7)),
        JournalEntry(START, "proposal", BEFORE, "", {"account": "a", "proposals": [leg()]}),
    ],
)
def test_another_day_account_name_side_or_size_is_another_question(entry: JournalEntry) -> None:
    assert found(entry) == ""


def test_another_loop_of_the_same_slot_asks_the_same_question() -> None:
    assert found(asked(NOW, loop="rebalance")) == NOW


def test_an_end_of_another_loop_says_nothing_of_this_one() -> None:
    assert found(ended("submitted", loop="rebalance"), asked()) == BEFORE


@pytest.mark.parametrize(
    ("now", "earlier", "same"),
    [
        ([leg(10)], [leg(10)], True),
        ([leg(9)], [leg(10)], True),
        ([leg(12)], [leg(10)], True),
        ([leg(13)], [leg(10)], False),
        ([leg(10)], [leg(10), leg(5, "035720")], True),
        ([leg(10), leg(5, "035720")], [leg(10)], False),
        ([], [leg(10)], False),
        ([leg(10)], [], False),
    ],
)
def test_equal_is_every_order_within_a_fifth(now: list[Any], earlier: list[Any], same: bool) -> None:
    assert contained(now, earlier) is same
