"""The profile in the making, as it lives in the graph's state between turns.

Contract: plain JSON out and in; the profile inside is `domain.profile.Profile`, so nothing outside the closed sets
can get in. `wish` is what the user wanted before we had to ask (an order, a recommendation) and comes back to
afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from domain.profile import Profile


@dataclass(frozen=True, slots=True)
class Draft:
    """Answers so far and where the questioning stands."""

    profile: Profile
    settled: tuple[str, ...] = ()  # contradictions the user has decided
    total: int = 0  # questions there were to ask
    history: tuple[str, ...] = ()  # items answered, in order, for 뒤로
    corrections: tuple[str, ...] = ()  # items the user called a mistake
    wish: Mapping[str, Any] | None = None

    def with_profile(self, profile: Profile) -> Draft:
        return replace(self, profile=profile)

    def answered(self, item: str) -> Draft:
        return replace(self, history=(*[known for known in self.history if known != item], item))

    def to_json(self) -> dict[str, Any]:
        return {
            "profile": self.profile.model_dump(mode="json"),
            "settled": list(self.settled),
            "total": self.total,
            "history": list(self.history),
            "corrections": list(self.corrections),
            "wish": dict(self.wish) if self.wish else None,
        }


def draft_from(data: Mapping[str, Any] | None, now: datetime) -> Draft:
    """The stored draft, or an empty one; a draft that no longer fits the questionnaire starts afresh."""
    data = data or {}
    try:
        profile = Profile.model_validate(data["profile"]) if data.get("profile") else Profile(created_at=now)
    except ValidationError:
        profile = Profile(created_at=now)
    return Draft(
        profile=profile,
        settled=tuple(data.get("settled", ())),
        total=int(data.get("total", 0)),
        history=tuple(data.get("history", ())),
        corrections=tuple(data.get("corrections", ())),
        wish=data.get("wish"),
    )


def started(data: Mapping[str, Any] | None) -> bool:
    """Whether questioning has begun (a kept wish alone is no draft)."""
    return bool(data and data.get("profile"))
