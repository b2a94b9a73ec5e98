"""Does it answer? Cheap questions to the exchange, the OMS and any HTTP server; no answer is False, never an error."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from tools.doors import dial
from tools.life import read_note
from tools.settings import Settings

if TYPE_CHECKING:  # gRPC is slow to import, and most questions do not need it
    from domain.proto import oms_pb2 as pb


def http_ok(url: str, timeout: float = 1.0) -> bool:
    """True when the URL answers 2xx. Only for loopback and configured URLs; proxies of the environment are not used."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout) as answer:
            return 200 <= int(answer.status) < 300
    except (urllib.error.URLError, OSError, ValueError):
        return False


def http_answers(url: str, timeout: float = 1.0) -> bool:
    """True when something speaks HTTP there, whatever it says: a server that wants a key is there all the same."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=timeout):
            return True
    except urllib.error.HTTPError as answer:
        answer.close()
        return True
    except (urllib.error.URLError, OSError, ValueError):
        return False


def exchange_ok(url: str) -> bool:
    """GET /quartz/health of a paper exchange."""
    return http_ok(url.rstrip("/") + "/quartz/health")


def oms_ok(address: str, timeout: float = 1.0) -> bool:
    """gRPC health of the OMS: True when SERVING."""
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with dial(address, [("grpc.enable_http_proxy", 0)]) as channel:
        try:
            reply = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=timeout)
        except grpc.RpcError:
            return False
        return bool(reply.status == health_pb2.HealthCheckResponse.SERVING)


def guard_note(settings: Settings) -> dict[str, Any] | None:
    """{"pid", "at", "ready", "positions", "exits", "streaming", "stale"} of a living guard; None when there is none."""
    return read_note(settings, "guard")


def worker_note(settings: Settings) -> dict[str, Any] | None:
    """{"pid", "at", "ready", "ingest", "strategies": [{"strategy", "account", "hash", "state", "names", "bar"}]} of a
    living worker; None when there is none."""
    return read_note(settings, "worker")


def scheduler_note(settings: Settings) -> dict[str, Any] | None:
    """{"pid", "at", "ready", "accounts", "running", "last": {kind: {"slot", "outcome", "text"}}, "next": {kind: when}}
    of a living scheduler; None when there is none."""
    return read_note(settings, "scheduler")


def oms_status(address: str, settings: Settings, timeout: float = 3.0) -> pb.StatusReply | None:
    """What the OMS says of itself, asked as the administrator; None when it does not say."""
    import grpc

    from domain.proto import oms_pb2, oms_pb2_grpc
    from tools.store.secrets import caller_token, instance_secret

    token = caller_token(instance_secret(settings), "admin")
    metadata = (("x-quartz-principal", "admin"), ("x-quartz-token", token))
    with dial(address, [("grpc.enable_http_proxy", 0)]) as channel:
        try:
            reply: pb.StatusReply = oms_pb2_grpc.OmsStub(channel).Status(
                oms_pb2.StatusRequest(), timeout=timeout, metadata=metadata
            )
        except grpc.RpcError:
            return None
        return reply
