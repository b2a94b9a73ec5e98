"""/desk: everything of one account on a page. The server sends the frame; `static/desk.js` fills it from the API.

Contract: the page holds no figure of its own, so nothing on it can be stale or another person's. Who may see it is the
shell's to say (`person`).
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from ui.web.context import Person, person
from ui.web.pages import page

router = APIRouter()

SECTIONS = (
    ("manual", "직접 확인"),
    ("summary", "요약"),
    ("approvals", "승인 대기"),
    ("alerts", "알림"),
    ("holdings", "보유 종목"),
    ("guard", "손절·익절"),
    ("open", "미체결"),
    ("charts", "자산과 손익"),
    ("orders", "주문 내역"),
    ("runs", "자동매매"),
    ("mandates", "위임"),
    ("strategies", "전략"),
    ("journal", "기록"),
)
# Not there until there is something in them: `desk.js` shows them.
HIDDEN = frozenset({"manual"})
# Both columns of a desk.
WIDE = frozenset(
    {"manual", "summary", "approvals", "alerts", "holdings", "guard", "open", "charts", "orders", "runs", "journal"}
)


@router.get("/desk", response_class=HTMLResponse)
async def desk(request: Request, me: Annotated[Person, Depends(person)]) -> HTMLResponse:
    return page(request, "desk.html", {"sections": SECTIONS, "wide": WIDE, "hidden": HIDDEN})
