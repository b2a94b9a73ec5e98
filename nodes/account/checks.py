"""자동 점검 켜줘, 꺼줘, 상태: whether an account is looked at by itself while the market is open.

Contract: switching it on writes a wish and orders nothing: what a check proposes goes out under a mandate that the
person signed, or waits for an approval. A "no" counts also against a mandate signed before it.
"""

from __future__ import annotations

from domain.clock import format_moment
from domain.mandate import MandateKind
from nodes.account.context import Desk, Outcome, says
from nodes.asking import question
from tools.checks import wants_checks
from tools.ports import StoredMandate

ON, OFF, DIARY = "점검 켜기", "점검 끄기", "오늘 일지"
NEEDS_PROFILE = "자동 점검을 켜려면 투자성향부터 확인해야 해요. 지금 알아볼까요?"
STARTED = "자동 점검을 켰어요. 장이 열려 있는 동안 30분마다 잔고를 살펴보고, 장이 끝나면 하루를 정리해 드려요."
ASKS = (
    "벗어난 것이 있으면 승인 카드로 여쭤보고, 승인하시기 전에는 주문하지 않아요. 같은 제안은 하루에 한 번만 여쭤봐요."
)
MANDATED = "서명하신 위임이 {until}까지 유효해서, 그 범위에서는 묻지 않고 주문해요."
STOPPED = "자동 점검을 껐어요. 손절·익절 지킴이와 켜 둔 전략, 이미 나간 주문은 그대로예요."
UNUSED = "맡겨 두신 위임도 그대로 있지만, 점검을 다시 켜거나 새로 서명하시기 전에는 점검에 쓰이지 않아요."
IS_ON = "자동 점검이 켜져 있어요. 장중 30분마다 살펴봐요."
IS_OFF = "자동 점검이 꺼져 있어요. 켜시면 장중에 30분마다 잔고를 살펴봐요."


async def start_checks(desk: Desk) -> Outcome:
    if await desk.ports.desk.latest_profile(desk.who.user_id) is None:
        return _with(desk, NEEDS_PROFILE, "성향 알아보기", "나중에")
    await desk.ports.checks.choose(desk.who, True, "chat")
    return _with(desk, "\n".join([STARTED, _authority(await _mandate(desk))]), DIARY, OFF)


async def stop_checks(desk: Desk) -> Outcome:
    await desk.ports.checks.choose(desk.who, False, "chat")
    live = await _mandate(desk)
    return says("\n".join([STOPPED, UNUSED]) if live is not None else STOPPED)


async def show_checks(desk: Desk) -> Outcome:
    """On or off, and by whose word orders go out."""
    live = await _mandate(desk)
    choice = await desk.ports.checks.choice(desk.who.account_ref)
    if not wants_checks(choice, live.signed_at if live is not None else None):
        return _with(desk, IS_OFF, ON, DIARY)
    return _with(desk, "\n".join([IS_ON, _authority(live)]), DIARY, OFF)


def _authority(live: StoredMandate | None) -> str:
    return ASKS if live is None else MANDATED.format(until=format_moment(live.expires_at))


async def _mandate(desk: Desk) -> StoredMandate | None:
    """The one for checks that was signed last and is in force."""
    rows = await desk.ports.desk.mandates(desk.who.account_ref)
    live = [row for row in rows if row.kind == MandateKind.CYCLE and row.is_live(desk.now)]
    return max(live, key=lambda row: row.signed_at or desk.now, default=None)


def _with(desk: Desk, text: str, *ways: str) -> Outcome:
    return Outcome(ask=question("supervisor", "next", text, list(ways), desk.now, optional=True))
