"""The decision once more, from the receipt alone: the code of today on the figures of then.

Contract: needs no table, no network and no model: what a model leaned on is in the receipt. Says where another decision
comes out and, beside that, what could not be recomputed and why. A person's own order was not weighed: its legs are
held against the words. What the market did between a proposal and its card moves our own limit prices, and is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from domain.instruments import Instruments
from domain.receipt import Step, StepKind, bodies, newest
from graph.receipts.said import PERSON, RULES, STRATEGY
from nodes.basis import again

Body = Mapping[str, Any]
NOT_WEIGHED = "직접 하신 주문이라 다시 계산할 비중이 없어요. 하신 말씀과 종목이 맞는지만 봤어요."
OF_A_STRATEGY = "전략의 신호로 낸 주문이에요. 신호를 만든 봉은 영수증이 아니라 시세 저장소에 있어요."
NOT_KEPT = "이 결정을 만든 자료가 남아 있지 않아 다시 계산하지 못했어요."


@dataclass(slots=True)
class Replay:
    """`recomputed`: what came out the same; `notes`: what was not looked at; both Korean."""

    differences: list[str] = field(default_factory=list)
    recomputed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return not self.differences


def replay(chain: Sequence[Step]) -> Replay:
    made = Replay()
    data = newest(chain, StepKind.DATA) or {}
    versions = [body["plan"] for body in bodies(chain, StepKind.PLAN)]
    if not versions:
        made.differences.append("plan: expected at least one version, was none")
        return made
    match data.get("of"):
        case kind if kind == RULES:
            _weighed(data, versions[0], made)
        case kind if kind == PERSON:
            _worded(chain, versions[0], made)
        case kind if kind == STRATEGY:
            made.notes.append(OF_A_STRATEGY)
        case _:
            made.notes.append(NOT_KEPT)
    for before, after in pairwise(versions):
        _narrowed(chain, before, after, made)
    _sent(chain, {plan["version"]: plan for plan in versions}, made)
    return made


def _weighed(data: Body, plan: Body, made: Replay) -> None:
    """Weights, sizes and limits; then the plan's legs against the proposals."""
    found = again(data)
    made.differences += found
    if data.get("scene") is None:
        made.notes.append("비중을 정한 자료는 남아 있지 않아요. 수량부터 다시 계산했어요.")
    elif not any(text.startswith("weights") for text in found):
        leaned = " (모델이 기울인 만큼 포함)" if data.get("by") == "model" else ""
        made.recomputed.append(f"목표 비중{leaned}")
    if not any(text.startswith(("sizes", "limits")) for text in found):
        made.recomputed.append("수량과 한도")
    proposed = {(row["ticker"], row["side"]): row for row in data["sizing"]["proposals"]}
    for leg in plan["legs"]:
        row = proposed.get((leg["ticker"], leg["side"]))
        if row is not None and leg["quantity"] in (row["quantity"] // 2, -(-row["quantity"] // 2)):
            made.notes.append(f"{leg['ticker']} 수량은 제안의 절반이에요.")
        elif row is None or leg["quantity"] != row["quantity"]:
            was = f"{leg['side']} {leg['ticker']} {leg['quantity']}"
            made.differences.append(f"plan: expected {row and row['quantity']} as proposed, was {was}")
        elif leg["order_type"] == "limit" and leg["limit_price"] != row["price"]:
            moved = f"{row['price']:,}원에서 {leg['limit_price']:,}원으로"
            made.notes.append(f"{leg['ticker']} 지정가는 제안 뒤 시세를 따라 {moved} 바뀌었어요.")


def _worded(chain: Sequence[Step], plan: Body, made: Replay) -> None:
    made.notes.append(NOT_WEIGHED)
    words = newest(chain, StepKind.WORDS) or {}
    said = " ".join(str(each.get("text", "")) for each in words.get("said") or [])
    named = {row.ticker for row in Instruments.load().find(said)}
    strange = [leg["ticker"] for leg in plan["legs"] if leg["ticker"] not in named]
    if named and strange:
        made.differences.append(f"plan: expected names that were said ({', '.join(sorted(named))}), was {strange}")


def _narrowed(chain: Sequence[Step], before: Body, after: Body, made: Replay) -> None:
    """A later version holds no leg that was not there, and no more of one; what is less has a reason on record."""
    old = {leg["leg"]: leg for leg in before["legs"]}
    reasons = {each.get("leg") for body in bodies(chain, StepKind.VERDICT) for each in body.get("findings") or []}
    answers = [body for body in bodies(chain, StepKind.APPROVAL) if body["state"] == "approve"]
    lowered = {int(leg) for body in answers for leg in body["quantities"]}
    kept = {leg["leg"] for leg in after["legs"]}
    for leg in after["legs"]:
        was = old.get(leg["leg"])
        if was is None or was["ticker"] != leg["ticker"] or was["side"] != leg["side"]:
            made.differences.append(f"version {after['version']}: expected the legs of before, was leg {leg['leg']}")
        elif leg["quantity"] > was["quantity"]:
            more = f"expected at most {was['quantity']} shares in leg {leg['leg']}, was {leg['quantity']}"
            made.differences.append(f"version {after['version']}: {more}")
        elif leg["quantity"] < was["quantity"] and leg["leg"] not in reasons | lowered:
            less = f"expected {was['quantity']} shares in leg {leg['leg']} or a limit that lowered them"
            made.differences.append(f"version {after['version']}: {less}, was {leg['quantity']}")
    for number in sorted(old.keys() - kept - reasons - lowered):
        made.differences.append(
            f"version {after['version']}: expected leg {number} or a limit that took it, was neither"
        )


def _sent(chain: Sequence[Step], plans: Mapping[int, Body], made: Replay) -> None:
    """What left is what was allowed."""
    intents = newest(chain, StepKind.INTENTS)
    if intents is None:
        return
    answers = {body["version"]: body for body in bodies(chain, StepKind.APPROVAL) if body["state"] == "approve"}
    for intent in intents["intents"]:
        plan = plans.get(intent["version"])
        legs = {leg["leg"]: leg for leg in (plan or {}).get("legs", ())}
        leg = legs.get(intent["leg"])
        if intent["replaces"] is not None or leg is None:
            continue
        allowed = answers.get(intent["version"], {}).get("quantities", {}).get(str(intent["leg"]), leg["quantity"])
        if intent["quantity"] > allowed:
            more = f"expected at most {allowed} shares of leg {intent['leg']}, was {intent['quantity']}"
            made.differences.append(f"intents: {more}")
    made.recomputed.append("승인한 수량과 접수한 수량")
