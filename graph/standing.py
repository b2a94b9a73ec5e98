"""What the code-owned path must know before it is chosen: which confirmed profile and which strategy are in force.

Contract: read from the tables at every turn, because a profile expires and another session may have changed it; state
only carries the answer. A silent desk leaves the answer of the last turn.
"""

from __future__ import annotations

import asyncio
from typing import Any

from tools.ports import Identity, Ports, PortUnavailable


async def standing(ports: Ports, who: Identity) -> dict[str, Any]:
    """{"profile_version": int | None, "strategy_id": str | None}, or {} when the desk does not answer."""
    try:
        profile, strategies = await asyncio.gather(
            ports.desk.latest_profile(who.user_id), ports.desk.strategies(who.user_id, 1)
        )
    except PortUnavailable:
        return {}
    in_force = profile is not None and profile.expires_at > ports.clock.now()
    return {
        "profile_version": profile.version if profile is not None and in_force else None,
        "strategy_id": str(strategies[0].strategy_id) if strategies else None,
    }
