"""The profile as one turn's JSON shows it: draft first, else what is confirmed.

Contract: pure; keys and closed vocabularies of `ui.turn.ProfileView`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from domain.contradictions import contradictions
from domain.profile import Profile
from nodes.user_profile.draft import draft_from, started
from tools.ports import StoredProfile


def profile_of(stored: StoredProfile | None) -> Profile | None:
    """The confirmed profile of the tables; None when there is none or an old layout."""
    if stored is None:
        return None
    try:
        return Profile.model_validate(dict(stored.content))
    except ValidationError:
        return None


def chosen_ways(draft: Mapping[str, Any] | None, now: datetime) -> dict[str, str]:
    """The way out that the person chose, by the contradiction's code, of those that the draft still holds."""
    profile = draft_from(draft, now).profile
    return {
        found.code: way.text
        for found in contradictions(profile)
        for way in found.ways_out
        if profile.ways_out.get(found.code) == way.key
    }


def profile_view(draft: Mapping[str, Any] | None, stored: StoredProfile | None, now: datetime) -> dict[str, Any]:
    """{grade, score, capital_krw, …, missing, contradictions} of the draft in progress or the profile in force."""
    confirmed = profile_of(stored)
    if stored is not None and stored.expires_at <= now:
        confirmed = None
    profile = draft_from(draft, now).profile if started(draft) else confirmed or Profile(created_at=now)
    assessment = profile.assessment()
    return {
        "grade": assessment.grade.value if assessment else None,
        "score": assessment.score if assessment else None,
        "capital_krw": profile.capital_krw,
        "monthly_krw": profile.monthly_krw,
        "horizon_months": profile.horizon_months,
        "preferred_sectors": list(profile.preferred_sectors),
        "excluded_sectors": list(profile.excluded_sectors),
        "max_loss_pct": None if profile.max_loss_bps is None else profile.max_loss_bps / 100,
        "confirmed": profile.is_valid(now),
        "missing": list(profile.missing()),
        "contradictions": [
            {"code": found.code, "text": found.text, "ways_out": [way.text for way in found.ways_out]}
            for found in contradictions(profile)
        ],
    }
