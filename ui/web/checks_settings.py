"""The switch of regular checks in the settings: what `자동 점검 켜줘` says in conversation.

Contract: the form carries the session's token. The switch orders nothing; without a confirmed profile it stays off.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tools.ports import PortUnavailable
from ui.web.context import web_parts
from ui.web.enter import Field, check_form
from ui.web.settings_page import Token, Visitor, acting, settings

router = APIRouter(prefix="/settings/checks")

STARTED = "자동 점검을 켰어요. 장중에 30분마다 살펴보고, 승인하시거나 위임하신 범위에서만 주문해요."
STOPPED = "자동 점검을 껐어요. 손절·익절 지킴이와 켜 둔 전략은 그대로예요."
NO_PROFILE = "자동 점검은 투자성향을 확인하신 뒤에 켤 수 있어요."
NO_ACCOUNT = "이 거래처에 계좌가 아직 없어요."


@router.post("")
async def choose(request: Request, session: Visitor, token: Token = "", checks: Field = "") -> Response:
    check_form(session, token)
    who, ports = acting(session), web_parts().assembled.ports
    if who is None:
        return await settings(request, session, 409, error=NO_ACCOUNT)
    is_on = checks == "yes"
    try:
        if is_on and await ports.desk.latest_profile(who.user_id) is None:
            return await settings(request, session, 409, error=NO_PROFILE)
        await ports.checks.choose(who, is_on, "browser")
    except PortUnavailable as gone:
        return await settings(request, session, 503, error=gone.message)
    return await settings(request, session, said=STARTED if is_on else STOPPED)
