"""Orders that somebody placed elsewhere: which they are, and where they make the ledger's own impossible to tell.

Contract: told by the judge. Two residuals live here: an equal order that another program of the key placed in the very
seconds in which ours left and was lost, and, where the broker showed no list to the end, fills beside an order by hand.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proving.oracle.broker import Key, Signature
from proving.oracle.steps import ARRIVES_S

if TYPE_CHECKING:
    from proving.oracle.judge import Approved, Judge

PROGRAMS = "OpnAPI"  # what the broker notes of an order that any program of a key sent


class Hands:
    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.chains: set[Key] = set()
        self._announced: dict[Signature, int] = {}
        self._alike: dict[str, Key] = {}

    def announced(self, signature: Signature) -> None:
        """Somebody is about to place this order elsewhere."""
        self._announced[signature] = self._announced.get(signature, 0) + 1

    def placed(self, root: Key, signature: Signature, entry: str, waiting: Approved | None) -> bool:
        """Is the new number one of those? `waiting` is the approved order of that signature that has left last."""
        if not self._announced.get(signature, 0):
            return False
        self._announced[signature] -= 1
        self.chains.add(root)
        if entry == PROGRAMS and waiting is not None and self._under_way(waiting):
            self._alike.setdefault(waiting.intent_id, root)
        return True

    def taken_for_ours(self, word: Approved) -> bool:
        """Of an order that left and never arrived: is there one that another program of that key placed in those very
        seconds, equal in everything that KIS shows? Then the ledger cannot but take it: the stated residual, once."""
        root = self._alike.pop(word.intent_id, None)
        if root is None or word.chains or root not in self.chains:
            return False
        self.chains.discard(root)
        word.chains.append(root)
        self._judge.residual += 1
        return True

    def beside(self, word: Approved) -> bool:
        """Was an order of that day, name and side placed by hand?"""
        days = {day for day, _ in word.chains}
        orders = [self._judge.broker.orders[root] for root in self.chains if root[0] in days]
        return any(order.signature[:3] == word.signature[:3] for order in orders)

    def _under_way(self, word: Approved) -> bool:
        left = self._judge.steps.left_at(word.intent_id)
        return left >= 0 and self._judge.now() - left <= ARRIVES_S
