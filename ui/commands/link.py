"""`quartz link`: a new one-time link for the owner, printed where only the owner can read it."""

from __future__ import annotations

import asyncio
import sys

from tools.embedded.errors import ServiceError
from tools.embedded.services import Endpoints, endpoints
from tools.settings import Settings, load_settings
from ui.web.place import noted_place

LINE = "브라우저에서 여세요: {url} (한 번만, 15분)"


def main(arguments: list[str]) -> int:
    if arguments:
        sys.stderr.write("quartz: link는 인자를 받지 않아요\n")
        return 2
    settings = load_settings()
    sys.stdout.write(owner_link(settings, endpoints(settings)) + "\n")
    return 0


def owner_link(settings: Settings, found: Endpoints) -> str:
    """The line with a fresh link. Raises ServiceError when no web process of this home ever ran."""
    place = noted_place(settings)
    if place is None and settings.web_url is None:
        raise ServiceError("expected a running web process, was none: start it with ./quartz up")
    url = place.public_url if place is not None else str(settings.web_url).rstrip("/")
    return LINE.format(url=f"{url}/enter/{asyncio.run(_token(settings, found))}")


async def _token(settings: Settings, found: Endpoints) -> str:
    from psycopg import AsyncConnection

    from domain.clock import SystemClock
    from tools.store.entry_links import make_link
    from tools.store.pool import connection_arguments
    from tools.store.roles import role_url

    url = role_url(settings, "ui", found)
    async with await AsyncConnection.connect(url, **connection_arguments("quartz-link")) as connection:
        return await make_link(connection, SystemClock().now())
