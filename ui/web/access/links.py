"""The owner's way in without a password: a link that works once.

Contract: looking at a link uses nothing up; of two who use it at once one comes in. It signs in the owner, who is made
with this machine's user name when there is nobody yet.
"""

from __future__ import annotations

from uuid import UUID

from domain.clock import Clock
from domain.ids import NewId
from tools.settings import Settings
from tools.store.entry_links import is_usable, use_link
from tools.store.users import get_or_create_owner
from ui.people import default_user
from ui.web.access.sessions import Pool


class Links:
    def __init__(self, pool: Pool, clock: Clock, new_id: NewId, settings: Settings) -> None:
        self._pool = pool
        self._clock = clock
        self._new_id = new_id
        self._settings = settings

    async def is_usable(self, token: str) -> bool:
        async with self._pool.connection() as connection:
            return await is_usable(connection, token, self._clock.now())

    async def enter(self, token: str) -> UUID | None:
        """The owner, for the first who shows the link in time."""
        now = self._clock.now()
        async with self._pool.connection() as connection:
            if not await is_usable(connection, token, now):
                return None
            owner = await get_or_create_owner(connection, default_user(), self._settings, now=now, new_id=self._new_id)
            return owner.user_id if await use_link(connection, token, owner.user_id, now) else None
