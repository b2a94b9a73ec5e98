"""The investor profile: what is confirmed, or the draft that a conversation is at."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from nodes.user_profile.view import chosen_ways, profile_view
from ui.turn import ProfileView
from ui.web.api.route import JsonRoute, Me, Parts, identifier
from ui.web.api.views import moment

router = APIRouter(prefix="/api", route_class=JsonRoute)


@router.get("/profile")
async def confirmed(me: Me, parts: Parts) -> dict[str, Any]:
    return await _view(me, parts, None)


@router.get("/threads/{thread_id}/profile")
async def of_conversation(thread_id: str, me: Me, parts: Parts) -> dict[str, Any]:
    """The runner names a thread after its owner, so another person's id leads to an empty conversation of one's own."""
    standing = await parts.assembled.runner.look(me.who, str(identifier(thread_id)))
    return await _view(me, parts, standing.values.get("profile_draft"))


async def _view(me: Me, parts: Parts, draft: Any) -> dict[str, Any]:
    stored = await parts.assembled.ports.desk.latest_profile(me.who.user_id)
    now = parts.assembled.clock.now()
    view = ProfileView.model_validate(profile_view(draft, stored, now)).model_dump(mode="json")
    chosen = chosen_ways(draft, now)
    for found in view["contradictions"]:
        found["chosen"] = chosen.get(found["code"])  # what was decided is told, not asked again
    return {**view, "expires_at": moment(stored.expires_at if stored is not None else None)}
