"""How live a world was: how many intents reached the broker, which had to be left to a person, which stood still.

Contract: counts add up over seeds; shares are for whoever prints them. An intent counts as wanted when its word was
valid and the OMS admitted it, and as gone elsewhere when its own person cancelled it before it left or the gate refused
it for a reason of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

from proving.wishes import Wish

if TYPE_CHECKING:
    from proving.world import World


@dataclass(slots=True)
class Figures:
    wanted: int = 0
    admitted: int = 0
    reached: int = 0  # of the admitted
    withdrawn: int = 0  # of the admitted, by their own person, or with the leg they waited for
    unknowns: int = 0  # times an intent became UNKNOWN, or a revision of it
    by_itself: int = 0  # of those, settled by evidence
    manual: int = 0
    unanswerable: int = 0  # of those, where the broker showed nothing at all or an equal order by hand
    residual: int = 0
    stuck: list[str] = field(default_factory=list)

    def add(self, other: Figures) -> None:
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def reach(self) -> float:
        """Share of admitted intents, apart from those called back, that reached the broker."""
        due = self.admitted - self.withdrawn
        return self.reached / due if due else 1.0

    @property
    def alone(self) -> float:
        """Share of the UNKNOWNs with an answer to be had that ended without a person."""
        resolvable = self.unknowns - self.unanswerable
        return self.by_itself / resolvable if resolvable else 1.0


_QUESTIONS = ("UNKNOWN", "REVISE_UNKNOWN")
_COUNTS = tuple(each.name for each in fields(Figures) if each.name != "stuck")
_BACK = frozenset({"cancelled_before", "after_leg", "superseded_by", "request"})


def figures_of(world: World, wishes: Sequence[Wish]) -> Figures:
    figures = Figures(residual=world.judge.residual)
    rows = {row["intent_id"]: row for row in world.watch.rows()}
    moves: dict[str, list[tuple[str, str, str, object]]] = {}
    for move in world.database.tables.transitions.rows.values():
        if move.entity == "intent":
            moves.setdefault(move.entity_id, []).append((move.was, move.event, move.becomes, move.evidence))
            figures.unknowns += move.becomes in _QUESTIONS and move.was not in _QUESTIONS
            figures.by_itself += move.was in _QUESTIONS and move.becomes not in (*_QUESTIONS, "MANUAL")
            if move.event == "ambiguous":
                figures.manual += 1
                figures.unanswerable += _unanswerable(move.evidence)
    for intent_id in dict.fromkeys(wish.intent_id for wish in wishes if wish.valid):
        figures.wanted += 1
        row = rows.get(intent_id)
        if row is None:
            continue
        figures.admitted += 1
        word = world.judge.approved[intent_id]
        if word.chains or row["state"] == "REJECTED":  # it has it, or has said no
            figures.reached += 1
        elif row["state"] == "WITHDRAWN" and any(
            event == "withdrawn" and isinstance(evidence, dict) and _BACK & evidence.keys()
            for _, event, _, evidence in moves.get(intent_id, ())
        ):
            figures.withdrawn += 1
        if not row["ended"]:
            figures.stuck.append(f"{intent_id} {row['side']} {row['ticker']} {row['quantity']} is {row['state']}")
    return figures


def _unanswerable(evidence: object) -> bool:
    """By the contract a person's: the broker showed no list at all, or an order placed by hand that may be it."""
    if not isinstance(evidence, Mapping):
        return False
    shows_nothing = bool(evidence.get("inconclusive")) or not evidence.get("rows")
    return shows_nothing or len(evidence.get("candidates", ())) > 1 or "keyed_by" in evidence
