"""What is asked of sendings after real processes: by hand, one log that holds and those that do not."""

from __future__ import annotations

from proving.oracle.judge import Approved
from proving.oracle.sendings import told_apart, unannounced

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


def test_orders_that_look_alike_belong_to_the_word_that_had_left_last() -> None:
    given_up, first, second = (Approved(name, SIGNATURE, 1_000, {1_000}) for name in ("gone", "first", "second"))
    given_up.chains.append(FIRST)
    first.chains.append(SECOND)
    begun = {FIRST: 100.2, SECOND: 200.2}
    sent = {"first": [100.0], "second": [200.0]}
    assert told_apart([[given_up, first, second]], sent, begun) == {FIRST: first, SECOND: second}


def test_a_chain_that_no_word_had_left_for_is_nobodys() -> None:
    one, other = Approved("one", SIGNATURE, 1_000, {1_000}, [FIRST]), Approved("other", SIGNATURE, 1_000, {1_000})
    assert told_apart([[one, other]], {"other": [100.5]}, {FIRST: 100.2}) == {}
    one.chains.append(SECOND)
    assert told_apart([[one, other]], {"other": [100.0]}, {FIRST: 100.2, SECOND: 101.0}) == {FIRST: other}
