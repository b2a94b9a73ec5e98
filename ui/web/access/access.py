"""Everything that decides who comes in, put together once a process."""

from __future__ import annotations

from dataclasses import dataclass

from domain.clock import Clock
from domain.ids import NewId
from tools.settings import Settings
from tools.store.secrets import instance_secret
from ui.web.access.attempts import Attempts
from ui.web.access.csrf import Csrf
from ui.web.access.links import Links
from ui.web.access.origins import Origins
from ui.web.access.passwords import Passwords
from ui.web.access.sessions import Pool, Sessions


@dataclass(frozen=True, slots=True)
class Access:
    sessions: Sessions
    passwords: Passwords
    links: Links
    attempts: Attempts
    csrf: Csrf
    origins: Origins

    async def aclose(self) -> None:
        await self.attempts.aclose()


def make_access(
    settings: Settings, pool: Pool, clock: Clock, new_id: NewId, origins: Origins, redis_url: str
) -> Access:
    """`pool` logs in as quartz_ui, tuple rows."""
    return Access(
        sessions=Sessions(pool, clock, settings.broker.value),
        passwords=Passwords(pool, clock),
        links=Links(pool, clock, new_id, settings),
        attempts=Attempts(redis_url, str(settings.home)),
        csrf=Csrf(instance_secret(settings)),
        origins=origins,
    )
