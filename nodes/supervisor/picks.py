"""Which of the kept proposals the words pick: all, one by number or name, all but one, or half of each.

Contract: pure; what comes back are legs for the order desk, where a person approves them; None means the words picked
nothing. Quantities only ever shrink.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from domain.korean.acts import Act
from domain.korean.answers import is_yes
from domain.korean.reading import Reading
from domain.korean.replies import Answer
from domain.korean.text import plain
from nodes.asking import ORDER_PROPOSALS
from nodes.state import AssistantState

Legs = tuple[dict[str, Any], ...]

_EXCEPT = re.compile(r"빼고|빼구|빼줘|빼주|말고|제외")
_ONLY_NUMBERS = re.compile(
    r"^(?:네|응|그럼|그래|음|어|그냥|일단)*[,.]*(?:(?:\d번|[첫두세네]번)(?:째)?(?:거|것|종목)?(?:이랑|랑|하고|과|와|,|·|만|로|으로|을|를)*)+(?:좀|주문|매수|해|할게|할래|사|살게|줘|주세요|주라|가자|갈게|요|로|부탁|진행|하자)*[!.~]*$"
)
_NUMBER = re.compile(r"(\d)번|([첫두세네])번")
_HALF = re.compile(r"절반|반만|반으로|반씩")
_FIRST = {"첫": 1, "두": 2, "세": 3, "네": 4}
_OTHERWISE = (Act.CANCEL_ORDER, Act.CANCEL_LAST, Act.HALT, Act.RECEIPT, Act.WHY, Act.NO_ORDER)


def picked(reading: Reading, state: AssistantState) -> Legs | None:
    """Legs of the kept proposals that the words mean."""
    kept: Sequence[Mapping[str, Any]] = state.get("proposals") or []
    if not kept or reading.does(*_OTHERWISE):
        return None
    text = plain(reading.text).text
    if _free(state) and _ONLY_NUMBERS.match(text) and not _EXCEPT.search(text):
        return _numbered(kept, text)
    if _free(state) and _EXCEPT.search(text) and _NUMBER.search(text) and len(text) <= 20:
        return _without(kept, text)
    if not reading.does(Act.SEND_PROPOSALS, Act.BUY, Act.SELL, Act.ORDER_SIDELESS, Act.FEWER) or _own(reading):
        return None
    if _HALF.search(text) and not reading.tickers and not reading.avoided_tickers:
        return halves(kept)
    return _by_name(kept, reading) if reading.tickers or reading.avoided_tickers else _all(kept, reading)


def fewer(answer: Answer, state: AssistantState) -> Legs | None:
    """The answer to 'how much less?'."""
    kept: Sequence[Mapping[str, Any]] = state.get("proposals") or []
    text = plain(answer.quote).text
    if "번" in text and "만" in text and _ONLY_NUMBERS.match(text):  # '2번만' names a proposal, not an option
        return _numbered(kept, text)
    if answer.index == 0 or (answer.index is None and answer.value == "yes"):
        return halves(kept)
    return (leg_of(kept[0]),) if answer.index == 1 and kept else None


def halves(kept: Sequence[Mapping[str, Any]]) -> Legs | None:
    """Half of every quantity, whole shares, what falls below one share left out."""
    legs = tuple(leg_of(leg) | {"qty": leg["qty"] // 2} for leg in kept if leg["qty"] >= 2)
    return legs or None


def leg_of(proposal: Mapping[str, Any]) -> dict[str, Any]:
    """A kept proposal as a leg for the order desk; it stays our idea, not the user's."""
    return {
        "ticker": proposal["ticker"],
        "side": proposal["side"],
        "qty": proposal["qty"],
        "order_type": "limit",
        "price": proposal["price"],
        "reason": proposal.get("reason", ""),
        "initiative": proposal.get("initiative", "agent"),
        "after_leg": None,
    }


def _free(state: AssistantState) -> bool:
    """Whether a number can mean a proposal: no question of another room stands open."""
    pending = state.get("pending_question")
    return pending is None or pending["field"] == ORDER_PROPOSALS


def _own(reading: Reading) -> bool:
    """An order of the user's own making: with numbers, a condition, or a name that was not proposed."""
    order = reading.order
    sized = order.shares or order.amount or order.price
    return bool(sized or order.market or order.conditional or order.deferred or reading.foreign or reading.near)


def _by_name(kept: Sequence[Mapping[str, Any]], reading: Reading) -> Legs | None:
    if not reading.tickers:
        rest = [leg for leg in kept if leg["ticker"] not in reading.avoided_tickers]
        return tuple(map(leg_of, rest)) if 0 < len(rest) < len(kept) else None
    side = reading.order.side
    named = [leg for leg in kept if leg["ticker"] in reading.tickers and side in (None, leg["side"])]
    return tuple(map(leg_of, named)) if len(named) == len(reading.tickers) else None


def _all(kept: Sequence[Mapping[str, Any]], reading: Reading) -> Legs | None:
    if reading.order.portion_bps not in (None, 10_000) or not reading.does(Act.SEND_PROPOSALS):
        return None
    if reading.ordinal is not None and not is_yes(plain(reading.text).text):
        at = len(kept) if reading.ordinal == -1 else reading.ordinal
        return (leg_of(kept[at - 1]),) if 1 <= at <= len(kept) else None
    return tuple(map(leg_of, kept))


def _places(text: str) -> list[int]:
    return [int(hit[1]) if hit[1] else _FIRST[hit[2]] for hit in _NUMBER.finditer(text)]


def _numbered(kept: Sequence[Mapping[str, Any]], text: str) -> Legs | None:
    places = list(dict.fromkeys(_places(text)))
    return tuple(leg_of(kept[at - 1]) for at in places) if all(1 <= at <= len(kept) for at in places) else None


def _without(kept: Sequence[Mapping[str, Any]], text: str) -> Legs | None:
    left_out = set(_places(text))
    rest = [leg for at, leg in enumerate(kept, start=1) if at not in left_out]
    return tuple(map(leg_of, rest)) if 0 < len(rest) < len(kept) else None
