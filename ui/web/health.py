"""`/health/live` and `/health/ready` of the web process. No sign-in, nothing secret, never an error's text.

Ready names each condition and whether it holds: the database answers with the revision this code was written for, the
door of the OMS answers, Valkey answers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from grpc_health.v1 import health_pb2, health_pb2_grpc
from redis.asyncio import Redis

from tools.doors import dial_aio
from tools.store.migrate import head_revision
from ui.web.access.sessions import Pool

SECONDS = 2.0
log = structlog.get_logger(__name__)
Condition = Callable[[], Awaitable[bool]]


def health_pages(conditions: Mapping[str, Condition]) -> APIRouter:
    router = APIRouter()

    @router.get("/health/live")
    async def live() -> Response:
        return JSONResponse({"status": "ok"})

    @router.get("/health/ready")
    async def ready() -> Response:
        answers = await asyncio.gather(*(_holds(condition) for condition in conditions.values()))
        is_ready = all(answers)
        body = {"status": "ok" if is_ready else "not ready", "conditions": dict(zip(conditions, answers, strict=True))}
        return JSONResponse(body, status_code=200 if is_ready else 503)

    return router


async def _holds(condition: Condition) -> bool:
    try:
        return await asyncio.wait_for(condition(), SECONDS)
    except Exception as error:
        # A probe of a driver, a channel or a cache, each with errors of its own: whatever is wrong, it does not hold.
        # What it said may hold an address or a name, so only its kind is logged.
        log.info("condition.not_met", error=type(error).__name__)
        return False


def database_ready(pool: Pool) -> Condition:
    async def holds() -> bool:
        async with pool.connection(SECONDS) as connection:
            cursor = await connection.execute("SELECT version_num FROM public.quartz_revision")
            row = await cursor.fetchone()
        return row is not None and row[0] == head_revision()

    return holds


def oms_ready(address: str) -> Condition:
    async def holds() -> bool:
        async with dial_aio(address, [("grpc.enable_http_proxy", 0)]) as channel:
            stub = health_pb2_grpc.HealthStub(channel)
            reply = await stub.Check(health_pb2.HealthCheckRequest(), timeout=SECONDS)
        return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)

    return holds


def valkey_ready(url: str) -> Condition:
    async def holds() -> bool:
        async with Redis.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as client:
            return bool(await client.ping())

    return holds
