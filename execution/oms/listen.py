"""The door's listening end: a gRPC server on a unix socket that is born 0600, or behind mutual TLS (`tools.doors`)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from domain.proto import oms_pb2_grpc
from execution.oms.auth import Authenticator
from execution.oms.core import Core
from execution.oms.door import OmsDoor
from execution.oms.enroll import Enrolment
from execution.oms.orderdesk import OrderDesk
from execution.oms.reads import ReadsDoor
from tools.doors import listen


class GrpcDoor:
    """The server while it serves."""

    def __init__(self, server: grpc.aio.Server, status: health.aio.HealthServicer) -> None:
        self._server = server
        self._status = status

    async def close(self) -> None:
        """New calls are refused at once, running ones have a second."""
        await self._status.enter_graceful_shutdown()
        await self._server.stop(grace=1.0)


async def open_door(address: str, secret: bytes, core: Core, desk: OrderDesk, enrolment: Enrolment) -> GrpcDoor:
    """Serving when it returns. Only the holder of the lease may call it: a stale socket is taken away."""
    authenticator = Authenticator(secret, desk.tokens)
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    status = health.aio.HealthServicer()
    oms_pb2_grpc.add_OmsServicer_to_server(OmsDoor(authenticator, desk, enrolment), server)
    oms_pb2_grpc.add_ReadsServicer_to_server(ReadsDoor(authenticator, core), server)
    health_pb2_grpc.add_HealthServicer_to_server(status, server)
    path = socket_path(address)
    if path is not None:
        clear_stale_socket(path)
    before = os.umask(0o177)  # the socket is born 0600
    try:
        listen(server, address)
        await server.start()
    finally:
        os.umask(before)
    await status.set("", health_pb2.HealthCheckResponse.SERVING)
    return GrpcDoor(server, status)


def socket_path(address: str) -> Path | None:
    """The file of a unix address, None for anything else."""
    return Path(address.removeprefix("unix:").removeprefix("//")) if address.startswith("unix:") else None


def clear_stale_socket(path: Path) -> None:
    """Removes what a dead predecessor left; the lease says that nobody listens. Never removes anything but a socket."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    except FileNotFoundError:
        return
