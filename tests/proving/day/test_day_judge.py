"""The judge of a rehearsed day: content with what may be, and not to be lied to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from proving.oracle.day_values import Account, Asset, Day, Order
from proving.oracle.trading_day import judged

# The judge ----------------------------------------------------------------------------------------------------------

BOUNDS = {
    "tickers": ["069500"],
    "sides": ["buy"],
    "max_per_order": 5_000_000,
    "max_per_day": 8_000_000,
    "from_time": "09:00",
    "until_time": "15:20",
}


def order(**changed: Any) -> Order:
    made = Order("10:00:05", "5000000001", "069500", "buy", 20, 100_000, 50_000_000, 0, 100_000, 99_000, 100_500)
    return replace(made, **changed)


def intent(**changed: Any) -> dict[str, Any]:
    return {
        "account": "acct",
        "ticker": "069500",
        "side": "buy",
        "quantity": 20,
        "authority": "mandate",
        "word": "m",
        "origin": "cycle acct 2026-11-24T10:00",
        "hand": False,
        "sent": "2026-11-24T10:00:05",
        "amount": 2_000_000,
    } | changed


def day(orders: list[Order], intents: list[dict[str, Any]], **changed: Any) -> Day:
    text = "10:00 점검: 투자하지 않은 돈이 많이 남아 있어요.\n코덱스 20주 매수: 주문을 보냈어요."
    made = Day(
        accounts=[Account("acct", "5000000001", "공격투자형", 50_000_000, BOUNDS)],
        assets={"069500": Asset("069500", 2, "equity"), "252670": Asset("252670", 1, "equity")},
        orders=orders,
        intents=intents,
        cards={"yes": {"decision": "approve", "decided": "2026-11-24T10:00:00", "expires": "2026-11-24T10:10:00"}},
        triggers={"stop": {"kind": "stop_loss", "price": 99_500, "level": 100_000}},
        slots=[{"account": "acct", "kind": "cycle", "slot": "2026-11-24T10:00", "outcome": "done"}],
        expected=["2026-11-24T10:00"],
        late=set(),
        diaries={"acct": [{"kind": "cycle", "slot": "2026-11-24T10:00", "text": text, "at": "2026-11-24T10:00:06"}]},
        screens={"acct": ["10:00 점검: 벗어난 것이 없어요."]},
        silences={"acct": {}},
        ledger={"acct": {"": 1}},
        broker={"acct": {"": 1}},
    )
    return replace(made, **changed)


def rules(found: list[str]) -> set[str]:
    return {what.partition(":")[0] for what in found}


def test_the_judge_is_content_with_an_order_inside_its_bounds() -> None:
    late = {"sent": "2026-11-24T10:00:05", "authority": "approval", "word": "yes"}
    assert judged(day([order()], [intent()], expected=[])) == []
    assert judged(day([order()], [intent(**late)], expected=[])) == []


@pytest.mark.parametrize(
    ("orders", "intents", "rule"),
    [
        ([order(quantity=2_000)], [intent()], "word"),  # a hundred times what was asked for
        ([order(ticker="252670")], [intent(ticker="252670")], "word"),  # a name the mandate does not know
        ([order(at="15:25:00")], [intent()], "word"),
        ([order()], [intent(amount=6_000_000)], "word"),
        ([order()], [intent(authority="approval", word="none")], "word"),
        ([order()], [intent(authority="approval", word="yes", sent="2026-11-24T10:20:00")], "word"),
        ([order()], [intent(authority="exit", word="never written")], "word"),
        ([order(held=90)], [intent()], "bounds"),  # beyond a fifth of the base
        ([order(quantity=160, held=0)], [intent(quantity=160, authority="approval", word="yes")], "bounds"),
        ([order(quantity=0, price=1)], [intent(quantity=0)], "bounds"),
        ([order(at="15:30:01")], [intent()], "closing"),
        (
            [order(side="sell", held=50)],
            [intent(side="sell", authority="approval", word="yes", sent="2026-11-24T10:00:05")],
            "sale",  # nothing was above any limit
        ),
        (
            [order(side="sell", held=50, low=99_800, high=100_500)],
            [intent(side="sell", authority="exit", word="stop")],
            "sale",  # nobody traded at the price that the trigger names
        ),
    ],
)
def test_the_judge_finds_what_no_house_may_do(orders: list[Order], intents: list[dict[str, Any]], rule: str) -> None:
    assert rule in rules(judged(day(orders, intents, expected=["2026-11-24T10:00", "2026-11-24T15:30"])))


def test_the_judge_finds_missing_checks_machine_words_and_books_that_differ() -> None:
    assert "slots" in rules(judged(day([], [], expected=["2026-11-24T10:00", "2026-11-24T10:30"])))
    text = {"kind": "cycle", "slot": "2026-11-24T10:00", "text": "10:00 점검: None.", "at": ""}
    assert rules(judged(day([], [], diaries={"acct": [text]}))) == {"diary"}
    long = {**text, "text": "하나\n둘\n셋\n넷"}
    assert rules(judged(day([], [], diaries={"acct": [long]}))) == {"diary"}
    assert rules(judged(day([], [], broker={"acct": {"": 2}}))) == {"book"}
    assert rules(judged(day([], [], silences={"acct": {"2026-11-24T10:00": ["규칙으로"]}}))) == {"said"}
