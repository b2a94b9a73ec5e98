"""What one person's decisions are measured by: the money that weights are shares of, and the limits that follow. Pure.

Contract: `base` is the smaller of the declared capital and the account's value, so that a decision stays inside the
gate whichever of the two it counts; without either there are no means. `hard` are the grade's own limits, which the
gate enforces; `limits` are narrowed by the tolerated loss and the chosen ways out (`domain.advice`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.advice import advised
from domain.limits import Limits, limits_for
from domain.suitability import Grade


@dataclass(frozen=True, slots=True)
class Means:
    """`base` in won; `ways` are keys of `domain.contradictions.WayOut`."""

    grade: Grade
    base: int
    hard: Limits
    limits: Limits
    ways: tuple[str, ...]


def means_of(grade: Grade, content: Mapping[str, Any], account_value: int | None) -> Means | None:
    """`content`: of the confirmed profile. `account_value` in won, None when the book is not known."""
    known = [won for won in (content.get("capital_krw"), account_value) if isinstance(won, int) and won > 0]
    if not known:
        return None
    base, loss = min(known), content.get("max_loss_bps")
    hard, ways = limits_for(grade, base), tuple((content.get("ways_out") or {}).values())
    return Means(grade, base, hard, advised(hard, loss if isinstance(loss, int) else None, ways), ways)
