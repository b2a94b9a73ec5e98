"""The oracle's rules of exits, each with a sale that breaks it and one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from proving.oracle.judge import Judge

ACCOUNT, DAY, TICKER = "5012345601", "2026-11-23", "005930"


def _judge(held: int = 10) -> Judge:
    judge = Judge(frozenset(), lambda: 100.0, list)
    judge.journaled({"kind": "account", "account": ACCOUNT, "cash": 100_000_000})
    judge.journaled({"kind": "day", "date": DAY})
    judge.broker.purses[ACCOUNT].shares[TICKER] = held
    return judge


def _row(intent: str = "one", quantity: int = 10, side: str = "sell", stop: int | None = None) -> dict[str, Any]:
    return {
        "intent_id": intent,
        "account": ACCOUNT,
        "ticker": TICKER,
        "side": side,
        "quantity": quantity,
        "limit_price": 1_000,
        "authority": "exit",
        "authority_id": "mandate",
        "stop_price": stop,
    }


def _arrives(judge: Judge, number: int = 1, quantity: int = 10) -> None:
    record = {"kind": "order", "date": DAY, "odno": f"{number:010d}", "account": ACCOUNT, "ticker": TICKER}
    judge.journaled({**record, "side": "sell", "qty": quantity, "price": 1_000})


def test_a_triggered_exit_of_what_is_held_breaks_nothing_and_is_a_word_for_one_chain() -> None:
    judge = _judge()
    judge.exits.triggered("mandate", "stop_loss", 950, 960)
    judge.exits.began(_row())
    _arrives(judge)
    assert judge.breaks == []
    _arrives(judge, 2)
    assert {found.rule for found in judge.breaks} == {"once"}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (_row(quantity=11), "10 shares are held"),
        (_row(side="buy"), "expected a sale"),
    ],
)
def test_an_exit_sells_and_no_more_than_is_held(row: dict[str, Any], said: str) -> None:
    judge = _judge()
    judge.exits.triggered("mandate", "stop_loss", 950, 960)
    judge.exits.began(row)
    assert [(found.rule, said in found.what) for found in judge.breaks] == [("exit", True)]


def test_nothing_but_a_resting_stop_leaves_without_a_trigger_of_its_own_position() -> None:
    judge = _judge()
    judge.exits.began(_row(stop=900))
    assert judge.breaks == []
    judge.exits.triggered("another", "stop_loss", 950, 960)
    judge.exits.began(_row("two"))
    assert [found.rule for found in judge.breaks] == ["exit"]


@pytest.mark.parametrize(
    ("kind", "price", "good"),
    [("stop_loss", 960, True), ("stop_loss", 961, False), ("take_profit", 960, True), ("take_profit", 959, False)],
)
def test_a_rule_fires_at_its_level_or_beyond(kind: str, price: int, good: bool) -> None:
    judge = _judge()
    judge.exits.triggered("mandate", kind, price, 960)
    assert (judge.breaks == []) is good


def test_while_one_exit_may_still_trade_no_other_of_the_position_begins() -> None:
    judge = _judge()
    judge.exits.triggered("mandate", "stop_loss", 950, 960)
    judge.exits.began(_row())
    _arrives(judge)
    judge.exits.began(_row("two", quantity=9))
    assert [found.rule for found in judge.breaks] == ["one exit"]
