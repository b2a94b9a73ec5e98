"""The web process: parts put together, a socket bound, uvicorn until SIGTERM.

Contract: the socket listens and run/web.json says where before the slow imports, so a taken port is told at once; it
ends in order on SIGTERM and SIGINT, closing open chats first. No access log (paths may hold a one-time link), no trust
in forwarded headers.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
from contextlib import suppress

from tools import strict as strict  # before anything imports LangGraph
from tools.embedded.errors import ServiceError
from tools.embedded.ports import holder
from tools.embedded.services import Endpoints, endpoints
from tools.settings import Settings, load_settings
from ui.web.place import Place, choose_place, note_place

DRAIN_SECONDS = 5
ATTEMPTS = 3
MAX_MESSAGE_BYTES = 256 * 1024


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="quartz web", description="브라우저 화면만 켜요. 다른 서비스는 켜져 있어야 해요."
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="기다릴 포트 (기본: 설정한 포트나 8420)")
    options = parser.parse_args(arguments)
    settings = load_settings()
    if options.port:
        settings = settings.model_copy(update={"web_port": options.port})
    from execution.oms.logs import configure

    configure(settings.log_level)
    place, listener = _taken(settings)
    note_place(settings, place)
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(settings, endpoints(settings), place, listener))
    return 0


async def serve(settings: Settings, found: Endpoints, place: Place, listener: socket.socket) -> None:
    """Until a signal. Raises WrongRevision when the database is older or newer than this code."""
    from ui.web import conversation

    conversation.prepare(settings)  # before anything imports chainlit

    import uvicorn

    from ui.talk.hub import open_hub
    from ui.web.access.access import make_access
    from ui.web.access.origins import Origins
    from ui.web.app import make_app
    from ui.web.context import WebParts
    from ui.web.health import database_ready, oms_ready, valkey_ready
    from ui.web.patience import PatientProtocol
    from ui.web.sweeper import keep_sweeping
    from ui.wiring import assemble

    async with assemble(settings, found) as made, open_hub(made) as hub:
        origins = Origins(place.public_url, place.host, place.port)
        access = make_access(settings, made.people, made.clock, made.new_id, origins, found.redis_url)
        parts = WebParts(made, place.public_url, hub, access)
        conditions = {
            "database": database_ready(made.people),
            "oms": oms_ready(found.oms_address),
            "valkey": valkey_ready(found.redis_url),
        }
        config = uvicorn.Config(
            make_app(parts, conditions),
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            lifespan="off",
            loop="asyncio",
            http=PatientProtocol,
            ws="websockets-sansio",
            ws_max_size=MAX_MESSAGE_BYTES,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        sweeping = asyncio.create_task(keep_sweeping(parts))
        try:
            await uvicorn.Server(config).serve(sockets=[listener])
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)
            await access.aclose()


def _taken(settings: Settings) -> tuple[Place, socket.socket]:
    """A place and its listening socket. Somebody may take a port between the look and the bind: then another look."""
    for _ in range(ATTEMPTS):
        place = choose_place(settings)
        with suppress(OSError):
            return place, _listen(place)
    raise ServiceError(f"expected {place.host}:{place.port} to be free, was taken by {holder(place.port)}")


def _listen(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((place.host, place.port))
        listener.listen()  # now, not with the server: two that only bound would both believe that it is theirs
    except OSError:
        listener.close()
        raise
    return listener
