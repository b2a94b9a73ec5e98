"""The part of a receipt that only the conversation knows: words, weights' makings, reports, the gate's first word.

Contract: read from a turn's state, which is plain JSON; what identifies a person or opens a door is covered before it
is kept; a state that says nothing leaves an honest gap. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from domain.orders.types import Initiative, Plan
from domain.receipt import Draft, StepKind
from tools.llm.prompts import covered
from tools.ports import StoredProfile, StoredStrategy
from tools.trail import Trail, plain

MAX_WORDS = 500
PERSON, RULES, STRATEGY, UNKNOWN = "person", "proposals", "strategy", "unknown"
_BESIDES = ("turn", "reports")  # of a basis: told in steps of their own


@dataclass(frozen=True, slots=True)
class Said:
    """`turn` made the plan; `basis` is what the proposals of the conversation were made from."""

    turn: Mapping[str, Any] | None = None
    slot: str | None = None
    reasons: Sequence[str] = ()
    basis: Mapping[str, Any] | None = None
    reports: Sequence[Mapping[str, Any]] = ()
    findings: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Said:
        """From a state's values."""
        return cls(
            turn=values.get("turn"),
            slot=values.get("slot"),
            reasons=values.get("reasons") or (),
            basis=values.get("basis"),
            reports=values.get("reports") or (),
            findings=values.get("findings") or (),
        )


def begun(trail: Trail, said: Said, now: datetime) -> list[Draft]:
    """The first steps: words, profile, strategy, data, reports, and what limits said before the gate."""
    plan = trail.plans[0]
    basis = said.basis if _is_proposed(plan, said.basis) else None
    drafts = [_words(trail, plan, said, basis, now), _profile(trail.profile, plan, now)]
    drafts += [_strategy(trail.strategy, plan), _data(trail, plan, said, basis)]
    reports = (basis or {}).get("reports") or (said.reports if basis is not None or said.slot else ())
    drafts += [(StepKind.REPORT, plain(report), _time(report.get("as_of"), plan.created_at)) for report in reports]
    if basis is not None:
        clamps = [*(basis.get("clamps") or []), *basis["sizing"]["clamps"]]
        drafts.append((StepKind.VERDICT, {"by": "risk", "clamps": plain(clamps)}, plan.created_at))
    if said.findings:
        drafts.append((StepKind.VERDICT, {"by": "gate", "findings": plain(said.findings)}, plan.created_at))
    return drafts


def _words(trail: Trail, plan: Plan, said: Said, basis: Mapping[str, Any] | None, now: datetime) -> Draft:
    texts = [_text(turn) for turn in ((basis or {}).get("turn"), said.turn) if turn and turn.get("text")]
    body: dict[str, Any] = {"origin": plain(plan.origin), "sleeve": plan.sleeve, "said": _once(texts)}
    if said.slot:
        body |= {"slot": said.slot, "reasons": plain(said.reasons)}
    if trail.asked is not None:
        body |= {"signal": trail.asked.why, "bar_end": trail.asked.bar_end}
    turn = said.turn or {}
    return StepKind.WORDS, body, _time(turn.get("at"), plan.created_at)


def _text(turn: Mapping[str, Any]) -> dict[str, str]:
    text = str(turn["text"]).encode("utf-8", "replace").decode()
    return {"at": str(turn.get("at") or ""), "text": covered(text)[:MAX_WORDS]}


def _once(texts: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    return [text for at, text in enumerate(texts) if text not in texts[:at]]


def profile_facts(profile: StoredProfile) -> dict[str, Any]:
    """What a receipt keeps of a profile: no answer to a question, but a hash of all of them."""
    from domain.ids import payload_hash

    return {
        "version": profile.version,
        "grade": profile.grade,
        "score": profile.score,
        "content_hash": payload_hash(plain(profile.content)),
        "confirmed_at": plain(profile.confirmed_at),
        "expires_at": plain(profile.expires_at),
    }


def _profile(profile: StoredProfile | None, plan: Plan, now: datetime) -> Draft:
    if profile is None:
        return StepKind.PROFILE, {"version": plan.profile_version}, plan.created_at
    return StepKind.PROFILE, profile_facts(profile), profile.confirmed_at


def strategy_facts(strategy: StoredStrategy) -> dict[str, Any]:
    return {"strategy_id": str(strategy.strategy_id), "version": strategy.version, "hash": strategy.hash}


def _strategy(strategy: StoredStrategy | None, plan: Plan) -> Draft:
    if strategy is None:
        held = None if plan.strategy_id is None else str(plan.strategy_id)
        return StepKind.STRATEGY, {"strategy_id": held, "version": None, "hash": None}, plan.created_at
    return StepKind.STRATEGY, strategy_facts(strategy), strategy.created_at


def _data(trail: Trail, plan: Plan, said: Said, basis: Mapping[str, Any] | None) -> Draft:
    at = plan.created_at
    if basis is not None:
        body = {name: each for name, each in basis.items() if name not in _BESIDES}
        return StepKind.DATA, {"of": RULES, **plain(body)}, at
    if trail.asked is not None:
        return StepKind.DATA, {"of": STRATEGY, "strategy_hash": trail.asked.strategy_hash, "why": trail.asked.why}, at
    if all(leg.initiative is Initiative.USER for leg in plan.legs):
        return StepKind.DATA, {"of": PERSON}, at
    return StepKind.DATA, {"of": UNKNOWN}, at


def _is_proposed(plan: Plan, basis: Mapping[str, Any] | None) -> bool:
    """Whether the plan's legs are proposals of this basis; a person's own order is not."""
    sizing = (basis or {}).get("sizing")
    if not sizing:
        return False
    proposed = {(row["ticker"], row["side"]) for row in sizing["proposals"]}
    legs = [(leg.ticker, leg.side.value) for leg in plan.legs if leg.initiative is Initiative.AGENT]
    return len(legs) == len(plan.legs) and set(legs) <= proposed


def _time(text: Any, otherwise: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return at if at.tzinfo is not None else otherwise
