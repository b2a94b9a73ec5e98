"""Our own errors as gRPC statuses, for every call of every service at the door.

Contract: nothing of an error but its Korean sentence leaves; what is no error of ours goes on and is the server's.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
import structlog

from execution.oms.auth import Unauthenticated
from execution.oms.errors import CommitInDoubt, Fenced, NotReady, Refusal, StorageFault, Taken
from tools.kis.errors import KisError

log = structlog.get_logger("oms.door")
Handler = TypeVar("Handler", bound=Callable[..., Awaitable[Any]])


def translated(handler: Handler) -> Handler:
    """Our own errors as gRPC statuses. Nothing of theirs but the Korean sentence leaves."""

    @functools.wraps(handler)
    async def call(self: Any, request: Any, context: grpc.aio.ServicerContext) -> Any:
        try:
            return await handler(self, request, context)
        except Unauthenticated:
            await context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthenticated")
        except Refusal as refusal:
            log.info("refused", call=handler.__name__, code=refusal.code)
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{refusal.code}: {refusal.message}")
        except NotReady as wait:
            await context.abort(grpc.StatusCode.UNAVAILABLE, wait.message)
        except (Fenced, CommitInDoubt, StorageFault, Taken) as error:
            log.warning("ledger_trouble", call=handler.__name__, error=type(error).__name__, text=str(error))
            await context.abort(grpc.StatusCode.UNAVAILABLE, "장부에 닿지 않아요. 잠시 후 다시 시도해 주세요.")
        except KisError as error:
            log.warning("broker_trouble", call=handler.__name__, reason=error.message[:200])
            await context.abort(grpc.StatusCode.UNAVAILABLE, "증권사에 닿지 않아요. 잠시 후 다시 시도해 주세요.")
        except ValueError as error:
            log.info("bad_request", call=handler.__name__, text=str(error)[:200])
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "요청의 형식이 올바르지 않아요.")

    return call  # type: ignore[return-value]
