"""What a browser is told when something goes wrong: one Korean sentence, never an exception's text.

Contract: a page for who reads HTML, `{"message", "detail"}` with the same sentence for scripts. What happened is logged
as text, without the values of variables.
"""

from __future__ import annotations

import re
import traceback
from typing import TYPE_CHECKING

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from psycopg import OperationalError
from psycopg_pool import PoolTimeout
from starlette.exceptions import HTTPException

from tools.ports import PortUnavailable
from ui.web.pages import render

if TYPE_CHECKING:
    from starlette.datastructures import Headers

SENTENCES = {
    400: "요청을 이해하지 못했어요.",
    401: "다시 로그인해 주세요.",
    403: "이 화면에서 보낸 요청이 아니어서 받지 않았어요. 새로 고친 뒤 다시 해 주세요.",
    404: "찾는 화면이 없어요.",
    405: "찾는 화면이 없어요.",
    413: "보낸 내용이 너무 커요.",
    421: "이 주소로는 열 수 없어요. 처음 안내된 주소로 열어 주세요.",
    422: "요청의 형식이 올바르지 않아요.",
    429: "요청이 너무 잦아요. 잠시 뒤에 다시 해 주세요.",
    503: "잠시 연결되지 않아요. 조금 뒤에 다시 해 주세요.",
}
BROKEN = "문제가 생겨서 처리하지 못했어요. 조금 뒤에 다시 해 주세요."
GONE = (OperationalError, PoolTimeout)  # the database is away, which is nobody's mistake here

_LINK = re.compile(r"(/enter/).+", re.DOTALL)  # what follows lets somebody in

log = structlog.get_logger()


def refusal(status: int, headers: Headers, sentence: str = "") -> Response:
    """The answer for a status, as the asker reads it."""
    text = sentence or SENTENCES.get(status, BROKEN)
    if wants_html(headers):
        return render("error.html", {"sentence": text}, status)
    return JSONResponse({"message": text, "detail": text}, status_code=status)


def wants_html(headers: Headers) -> bool:
    return "text/html" in headers.get("accept", "")


def note(fault: BaseException, path: str) -> None:
    """Where it happened and of what kind; the text of a driver's error may quote what it was given, so only frames."""
    frames = "".join(traceback.format_tb(fault.__traceback__))
    shown = _LINK.sub(r"\1…", path)
    log.error("request failed", path=shown, kind=type(fault).__name__, frames=frames)


def add_handlers(app: FastAPI) -> None:
    @app.exception_handler(HTTPException)
    async def refused(request: Request, fault: HTTPException) -> Response:
        if fault.status_code == 401 and wants_html(request.headers):
            return RedirectResponse("/enter", 303)
        known = isinstance(fault.detail, str) and any("가" <= letter <= "힣" for letter in fault.detail)
        return refusal(fault.status_code, request.headers, fault.detail if known else "")

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, fault: RequestValidationError) -> Response:
        return refusal(422, request.headers)

    @app.exception_handler(Exception)
    async def broken(request: Request, fault: Exception) -> Response:
        """The answer alone: the exception goes on, and the guard notes it."""
        return refusal(503 if isinstance(fault, GONE) else 500, request.headers)

    @app.exception_handler(PortUnavailable)
    async def silent(request: Request, fault: PortUnavailable) -> Response:
        return refusal(503, request.headers, fault.message)
