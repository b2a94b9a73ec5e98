"""The chain of a receipt: what is added, what is read back, and that no byte of it changes unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import ids
from domain.costs import fee, sell_tax
from domain.instruments import Kind, Market
from domain.receipt import (
    ORDER,
    ReceiptError,
    Step,
    StepKind,
    breaks,
    chained,
    digest,
    export_text,
    next_step,
    read_export,
    read_line,
    said_before,
)
from domain.receipt_audit import audit

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
PLAN = UUID("7b5a3f0e-1111-5222-8333-444444444444")
LEG = {
    "leg": 1,
    "ticker": "005930",
    "side": "sell",
    "quantity": 10,
    "order_type": "limit",
    "limit_price": 72_000,
    "not_after": AT.isoformat(),
    "initiative": "agent",
    "after_leg": None,
    "reason": "비중이 커서",
}
AMOUNTS = (432_100, 288_000)  # of two fills of one number


def whole() -> list[Step]:
    """A sale of ten shares in two fills, approved for ten."""
    plan = {"plan_id": str(PLAN), "version": 1, "legs": [LEG]}
    hash_, approval, intent = ids.payload_hash(plan), ids.approval_id(PLAN, 1), str(ids.intent_id(PLAN, 1))
    about = {"approval_id": str(approval), "version": 1, "plan_hash": hash_}
    payload = ids.payload_hash({name: LEG[name] for name in _PAYLOAD})
    day, amount = "2026-11-23", sum(AMOUNTS)
    costs = [_costs(AMOUNTS[0]), _costs(amount)]
    fills = [
        {"intent_id": intent, "date": day, "number": 77, "quantity": 6, "amount": AMOUNTS[0], "estimated": False}
        | costs[0],
        {"intent_id": intent, "date": day, "number": 77, "quantity": 4, "amount": AMOUNTS[1], "estimated": False}
        | {what: costs[1][what] - costs[0][what] for what in ("fee", "tax")},
    ]
    row = {"intent_id": intent, "date": day, "number": 77, "kind": "order", "price": 72_000, "quantity": 10}
    sums = {"intent_id": intent, "quantity": 10, "amount": amount, **costs[1]}
    told: dict[StepKind, dict[str, Any]] = {
        StepKind.WORDS: {"said": [{"at": "", "text": "삼성전자 10주 팔아줘"}]},
        StepKind.PROFILE: {"version": 2, "grade": "위험중립형"},
        StepKind.STRATEGY: {"hash": None},
        StepKind.DATA: {"of": "person"},
        StepKind.REPORT: {"analyst": "technical", "figures": [{"id": "t.rsi", "value": "62.5"}]},
        StepKind.VERDICT: {"by": "gate", "findings": []},
        StepKind.PLAN: {"plan": plan, "hash": hash_},
        StepKind.APPROVAL: {"state": "approve", **about, "quantities": {}, "decided_at": AT.isoformat()},
        StepKind.INTENTS: {
            "intents": [
                {**{name: LEG[name] for name in _PAYLOAD if name != "after_leg"}, "intent_id": intent, "leg": 1}
                | {"version": 1, "payload_hash": payload, "authority_id": str(approval), "replaces": None}
            ]
        },
        StepKind.ORDERS: {"orders": [{**row, "filled": 10, "amount": amount, "state": "FILLED"}]},
        StepKind.FILLS: {"fills": fills, "sums": [sums]},
        StepKind.COSTS: {
            "fees": {"name": "x", "rate": [1, 7122], "unit": 1},
            "names": {"005930": {"market": "KOSPI", "kind": "stock"}},
            **costs[1],
        },
        StepKind.END: {"outcome": "filled", "moved": AT.isoformat()},
    }
    rate = _default_rate()
    told[StepKind.COSTS]["fees"] |= rate
    return chained(PLAN, [(kind, told[kind], AT + timedelta(seconds=at)) for at, kind in enumerate(ORDER)])


_PAYLOAD = ("ticker", "side", "quantity", "order_type", "limit_price", "after_leg")


def _default_rate() -> dict[str, Any]:
    from domain.costs import DEFAULT_FEES

    rate = DEFAULT_FEES.rate
    return {"rate": [rate.numerator, rate.denominator], "unit": DEFAULT_FEES.unit}


def _costs(amount: int) -> dict[str, int]:
    return {"fee": fee(amount), "tax": sell_tax(amount, Market.KOSPI, Kind.STOCK, date(2026, 11, 23))}


def test_a_whole_receipt_holds_and_comes_back_as_it_was_exported() -> None:
    chain = whole()
    assert audit(chain) == []
    assert read_export(export_text(chain)) == chain
    assert [read_line(step.line) for step in chain] == chain


def test_a_changed_byte_anywhere_in_the_exported_text_is_found() -> None:
    """Every byte once, as another printable one; and one taken away or put in."""
    text = export_text(whole()[:4])
    for at, sign in enumerate(text):
        other = "7" if sign != "7" else "8"
        for changed in (text[:at] + other + text[at + 1 :], text[:at] + text[at + 1 :], text[:at] + " " + text[at:]):
            with pytest.raises(ReceiptError):
                read_export(changed)
    for changed in (text + " ", text.replace("\n", "\r\n"), text.upper(), "", "[]", "{}"):
        with pytest.raises(ReceiptError):
            read_export(changed)


@pytest.mark.parametrize("kind", ORDER)
def test_a_step_that_was_changed_taken_out_or_moved_breaks_the_chain(kind: StepKind) -> None:
    chain = whole()
    at = ORDER.index(kind)
    changed = [*chain[:at], replace(chain[at], body={**chain[at].body, "x": 1}), *chain[at + 1 :]]
    if changed[-1] is not changed[at]:  # nobody follows the last one: the head of the exported text does
        assert breaks(changed)
        assert breaks([*chain[:at], *chain[at + 1 :]])
    text = export_text(chain)
    with pytest.raises(ReceiptError):
        read_export(text.replace(chain[at].line, changed[at].line))
    if at:
        assert breaks([*chain[: at - 1], chain[at], chain[at - 1], *chain[at + 1 :]])


CHANGES: dict[str, tuple[StepKind, Callable[[Any], Any], str]] = {
    "a leg": (StepKind.PLAN, lambda body: body["plan"]["legs"][0].update(quantity=11), "plan: expected hash"),
    "another plan": (StepKind.PLAN, lambda body: body["plan"].update(plan_id=str(uuid4())), "plan: expected plan"),
    "approved text": (StepKind.APPROVAL, lambda body: body.update(plan_hash=digest("")), "approval: expected the hash"),
    "approval id": (StepKind.APPROVAL, lambda body: body.update(approval_id=str(uuid4())), "approval: expected"),
    "approved less": (StepKind.APPROVAL, lambda body: body.update(quantities={"1": 9}), "at most 9 approved"),
    "nobody approved": (StepKind.APPROVAL, lambda body: body.update(state="reject"), "expected a recorded word"),
    "more than the leg": (StepKind.INTENTS, lambda body: body["intents"][0].update(quantity=12), "at most sell"),
    "another name": (StepKind.INTENTS, lambda body: body["intents"][0].update(ticker="000660"), "at most sell 005930"),
    "another payload": (StepKind.INTENTS, lambda body: body["intents"][0].update(payload_hash="0"), "hash of leg 1"),
    "another intent": (StepKind.INTENTS, lambda body: body["intents"][0].update(intent_id=str(uuid4())), "id of leg 1"),
    "a leg that was not": (StepKind.INTENTS, lambda body: body["intents"][0].update(leg=2), "expected leg 2"),
    "an order's shares": (
        StepKind.ORDERS,
        lambda body: body["orders"][0].update(filled=9),
        "orders: expected quantity",
    ),
    "a fill": (StepKind.FILLS, lambda body: body["fills"][0].update(quantity=5), "fills: expected quantity 10"),
    "a fill's won": (StepKind.FILLS, lambda body: body["fills"][1].update(amount=288_001), "fills: expected amount"),
    "a fee": (StepKind.FILLS, lambda body: body["fills"][0].update(fee=1), "costs: expected fee"),
    "a tax": (StepKind.FILLS, lambda body: body["fills"][1].update(tax=0), "costs: expected tax"),
    "the day of a tax": (
        StepKind.FILLS,
        lambda body: [fill.update(date="2024-03-04") for fill in body["fills"]],
        "costs: expected tax",
    ),
    "costs altogether": (StepKind.COSTS, lambda body: body.update(fee=0), "won altogether"),
    "a member gone": (StepKind.FILLS, lambda body: body.pop("sums"), "another: KeyError"),
}


@pytest.mark.parametrize("name", list(CHANGES))
def test_a_receipt_that_was_hashed_anew_after_a_change_still_contradicts_itself(name: str) -> None:
    kind, change, says = CHANGES[name]
    drafts = []
    for step in whole():
        body = next_step([], PLAN, step.kind, step.body, step.at).body  # a copy of its own
        if step.kind is kind:
            change(body)
        drafts.append((step.kind, body, step.at))
    found = audit(chained(PLAN, drafts))
    assert any(says in text for text in found), found


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(ORDER), st.dictionaries(st.text(max_size=5), BODIES, max_size=3)), min_size=1)
)
def test_any_plain_bodies_come_back_and_are_not_said_twice(steps: list[tuple[StepKind, dict[str, Any]]]) -> None:
    chain = chained(PLAN, [(kind, body, AT) for kind, body in steps])
    assert read_export(export_text(chain)) == chain
    for kind, body in steps:
        assert said_before(chain, kind, body) is not None


@pytest.mark.parametrize("body", [{"x": 1.5}, {"x": {1: "a"}}, {"x": object()}, {"x": {3}}, {"x": b"1"}])
def test_a_body_that_readers_could_hash_differently_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ReceiptError):
        chained(PLAN, [(StepKind.DATA, body, AT)])


def test_a_step_keeps_no_hold_on_what_it_was_made_of() -> None:
    body: dict[str, Any] = {"rows": [{"n": 1}]}
    (step,) = chained(PLAN, [(StepKind.DATA, body, AT)])
    before = step.hash
    body["rows"][0]["n"] = 2
    assert step.hash == before
