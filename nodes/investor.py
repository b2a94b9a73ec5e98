"""The investor as specialists see one: grade, money, wishes and the limits that follow. Pure.

Contract: built from the confirmed profile in force, and from nothing else; without one there is no investor and nothing
is proposed. `base` is what weights are shares of: the smaller of the declared capital and the account's value, so that
a proposal stays inside the gate whichever it counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from domain.instruments import Instrument
from domain.limits import Limits, limits_for, tolerated_loss
from domain.suitability import Grade
from tools.ports import StoredProfile


@dataclass(frozen=True, slots=True)
class Investor:
    """`preferred` and `excluded` are sector names; `base` is int won."""

    grade: Grade
    base: int
    preferred: tuple[str, ...]
    excluded: tuple[str, ...]
    limits: Limits
    profile_version: int

    def may_buy(self, instrument: Instrument) -> bool:
        """Inside the grade, tradable, and not something the user does not want."""
        return (
            self.limits.allows(instrument)
            and instrument.status == "normal"
            and instrument.sector not in self.excluded
            and self.limits.name_weight_bps(instrument) > 0
        )

    @property
    def careful(self) -> bool:
        """Grades whose money belongs mostly into bonds and cash-like funds."""
        return self.grade.rank <= Grade.STABLE_SEEKING.rank


def investor_of(profile: StoredProfile | None, now: datetime, account_value: int | None) -> Investor | None:
    """None without a profile in force. `account_value` is None when the book is not known."""
    if profile is None or profile.expires_at <= now:
        return None
    content = profile.content
    capital = content.get("capital_krw")
    known = [value for value in (capital, account_value) if isinstance(value, int) and value > 0]
    if not known:
        return None
    grade, base = Grade(profile.grade), min(known)
    loss = content.get("max_loss_bps")
    return Investor(
        grade=grade,
        base=base,
        preferred=tuple(content.get("preferred_sectors") or ()),
        excluded=tuple(content.get("excluded_sectors") or ()),
        limits=tolerated_loss(limits_for(grade, base), loss if isinstance(loss, int) else None),
        profile_version=profile.version,
    )
