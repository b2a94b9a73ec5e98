"""Whether a receipt is true to the tables: what it says of plan, word, intents and fills against what is stored.

Contract: says in words what differs, nothing when all is well; a step that is not written yet differs from nothing, one
that the tables have moved past is said to be behind. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from domain.ids import canonical_json
from domain.instruments import Instruments
from domain.orders.plans import plan_hash
from domain.receipt import Step, StepKind, bodies, newest, said_before
from graph.receipts.facts import followed
from graph.receipts.said import profile_facts, strategy_facts
from tools.trail import Trail

_WHOLE = (StepKind.INTENTS, StepKind.ORDERS, StepKind.FILLS, StepKind.COSTS)  # the newest step says all
_NAMES = {StepKind.PLAN: "hash", StepKind.APPROVAL: "approval_id"}


def compared(chain: Sequence[Step], trail: Trail | None, table: Instruments, now: datetime) -> list[str]:
    """What the tables say otherwise."""
    if trail is None:
        return [f"plan: expected plan {chain[0].receipt_id} in the tables, was none"]
    found = _stored_hashes(trail)
    told = followed(trail, table, now)
    for kind in (StepKind.PLAN, StepKind.VERDICT, StepKind.APPROVAL):
        mine = [body for each, body, _ in told if each is kind]
        found += [_behind(kind) for body in mine if said_before(chain, kind, body) is None]
        if kind is not StepKind.VERDICT:
            found += _invented(kind, chain, mine)
    for kind in _WHOLE:
        body = next((body for each, body, _ in told if each is kind), None)
        written = newest(chain, kind)
        if body is None and written is not None:
            found.append(f"{kind.value}: expected none by the tables, was recorded")
        elif body is not None and written is None:
            found.append(_behind(kind))
        elif body is not None and written is not None and canonical_json(body) != canonical_json(written):
            found.append(f"{kind.value}: {_first_difference(body, written)}")
    for kind, facts in _papers(trail):
        written = newest(chain, kind)
        if facts is not None and written is not None and canonical_json(facts) != canonical_json(written):
            found.append(f"{kind.value}: {_first_difference(facts, written)}")
    return list(dict.fromkeys(found))


def _stored_hashes(trail: Trail) -> list[str]:
    """A stored plan whose legs are not those that its hash was taken over."""
    return [
        f"plan: expected hash {plan_hash(plan)} of the legs stored for version {plan.version}, was {stored}"
        for plan in trail.plans
        if (stored := trail.hashes.get(plan.version)) is not None and stored != plan_hash(plan)
    ]


def _behind(kind: StepKind) -> str:
    return f"{kind.value}: expected what the tables say by now, is not written yet"


def _invented(kind: StepKind, chain: Sequence[Step], stored: Sequence[Mapping[str, Any]]) -> list[str]:
    known = {canonical_json(body) for body in stored}
    return [
        f"{kind.value}: expected {body.get(_NAMES[kind])} in the tables, was not there or was another"
        for body in bodies(chain, kind)
        if canonical_json(body) not in known
    ]


def _papers(trail: Trail) -> list[tuple[StepKind, Mapping[str, Any] | None]]:
    return [
        (StepKind.PROFILE, None if trail.profile is None else profile_facts(trail.profile)),
        (StepKind.STRATEGY, None if trail.strategy is None else strategy_facts(trail.strategy)),
    ]


def _first_difference(stored: Any, written: Any, where: str = "") -> str:
    """Where two bodies part, by name."""
    if isinstance(stored, Mapping) and isinstance(written, Mapping):
        for name in sorted({*stored, *written}):
            if name not in stored or name not in written or stored[name] != written[name]:
                return _first_difference(stored.get(name), written.get(name), f"{where}.{name}".lstrip("."))
    if isinstance(stored, list) and isinstance(written, list):
        if len(stored) != len(written):
            return f"expected {len(stored)} of {where}, was {len(written)}"
        for at, (one, other) in enumerate(zip(stored, written, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{where}[{at}]")
    return f"expected {where} {stored}, was {written}"
