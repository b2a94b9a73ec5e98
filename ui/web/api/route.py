"""What every route of the API shares: who asks, ids that are ids, small bodies, and errors as one Korean sentence.

Contract: an answer that is not a success is `{"message": …, "detail": …}` with the same sentence twice (a card reads
the first, FastAPI's own clients the second); nothing is cached. A port that is silent is 503, one that says no 409.
Knows no table and decides nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.exceptions import HTTPException

from tools.ports import PortRefused, PortUnavailable
from ui.web.context import Person, WebParts, person, web_parts

MAX_BODY_BYTES = 8 * 1024
NOT_FOUND = "그런 요청을 찾지 못했어요."
BAD_REQUEST = "요청을 이해하지 못했어요. 화면을 새로 고친 뒤 다시 시도해 주세요."
TOO_LARGE = "요청이 너무 커요."

Me = Annotated[Person, Depends(person)]
Parts = Annotated[WebParts, Depends(web_parts)]
Body = TypeVar("Body", bound=BaseModel)


class StrictBody(BaseModel):
    """What a browser may send: these fields, of these very types, and nothing else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class JsonRoute(APIRoute):
    """A route whose refusals a card can show."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            response = await _answered(inner, request)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return handle


async def _answered(inner: Callable[[Request], Coroutine[Any, Any, Response]], request: Request) -> Response:
    try:
        return await inner(request)
    except HTTPException as refusal:
        return said(refusal.status_code, str(refusal.detail))
    except RequestValidationError:
        return said(422, BAD_REQUEST)
    except PortRefused as no:
        return said(409, no.message)
    except PortUnavailable as gone:
        return said(503, gone.message)


def said(status: int, message: str, **more: Any) -> JSONResponse:
    """An answer whose point is its sentence."""
    return JSONResponse({"message": message, "detail": message, **more}, status_code=status)


def identifier(text: str) -> UUID:
    """The id of a path in its one spelling; anything else names nothing."""
    try:
        found = UUID(text)
    except ValueError:
        raise HTTPException(404, NOT_FOUND) from None
    if str(found) != text.lower():
        raise HTTPException(404, NOT_FOUND)
    return found


def not_found() -> HTTPException:
    return HTTPException(404, NOT_FOUND)


def body_of(model: type[Body], wrong: str = BAD_REQUEST) -> Callable[[Request], Awaitable[Body]]:
    """A dependency that reads a small JSON body as `model`; `wrong` is said of one that does not fit."""

    async def read(request: Request) -> Body:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise HTTPException(415, BAD_REQUEST)
        raw = bytearray()
        async for chunk in request.stream():
            raw += chunk
            if len(raw) > MAX_BODY_BYTES:
                raise HTTPException(413, TOO_LARGE)
        try:
            return model.model_validate_json(bytes(raw))
        except ValidationError:
            raise HTTPException(422, wrong) from None

    return read
