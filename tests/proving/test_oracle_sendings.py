"""What is asked of sendings after real processes: by hand, one log that holds and those that do not."""

from __future__ import annotations

from proving.oracle.judge import Approved
from proving.oracle.sendings import unannounced

SIGNATURE = ("5012345601", "005930", "buy", 10)
FIRST, SECOND = ("2026-11-23", 1), ("2026-11-23", 2)


def word(*chains: tuple[str, int]) -> Approved:
    return Approved("i", SIGNATURE, 1_000, {1_000}, list(chains))


def test_an_order_after_its_sending_is_as_it_should_be() -> None:
    assert unannounced([word(FIRST)], {"i": [100.0]}, {FIRST: 100.2}) == []


def test_an_approval_that_never_reached_the_broker_needs_no_sending() -> None:
    assert unannounced([word()], {}, {}) == []


def test_an_order_at_the_broker_before_its_sending_was_committed_is_found() -> None:
    assert len(unannounced([word(FIRST)], {"i": [100.5]}, {FIRST: 100.2})) == 1
    assert len(unannounced([word(FIRST)], {}, {FIRST: 100.2})) == 1


def test_two_chains_of_one_approval_need_two_sendings() -> None:
    both = {FIRST: 100.2, SECOND: 101.2}
    assert len(unannounced([word(SECOND, FIRST)], {"i": [100.0]}, both)) == 1
    assert len(unannounced([word(FIRST, SECOND)], {"i": [100.0, 101.5]}, both)) == 1
    assert unannounced([word(FIRST, SECOND)], {"i": [100.0, 101.0]}, both) == []
