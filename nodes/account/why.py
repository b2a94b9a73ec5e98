"""왜?: what was decided last and for which reason, from the desk's journal and the proposals still on the table.

Contract: tells only what was written down at the time; nothing is reasoned up afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.clock import format_moment
from nodes.account.context import Desk, Outcome, says
from nodes.account.talk import WHY_ASK
from tools.ports import JournalEntry

KINDS = ("proposal", "refusal", "order", "halt")
LABELS: Mapping[str, str] = {
    "proposal": "제안",
    "refusal": "막힌 주문",
    "order": "주문",
    "halt": "정지",
    "strategy": "전략",
    "profile": "성향",
    "cycle": "정기 점검",
}


async def why(desk: Desk) -> Outcome:
    lines: list[str] = []
    pending = desk.state.get("pending_question")
    if pending is not None and pending["owner"] == "user_profile" and len(desk.reading.text) <= 8:
        return says(WHY_ASK)
    wanted = desk.reading.tickers
    for at, leg in enumerate(desk.state.get("proposals") or [], start=1):
        if (not wanted or leg["ticker"] in wanted) and desk.reading.ordinal in (None, at):
            side = "매수" if leg["side"] == "buy" else "매도"
            lines.append(
                f"· {leg['name']} {leg['qty']:,}주 {side} 제안: {leg.get('reason') or '기록된 이유가 없어요.'}"
            )
    entries = await desk.ports.desk.journal(desk.who.user_id, KINDS, 20)
    matching = [
        entry
        for entry in entries
        if not wanted or any(ticker in entry.subject or ticker in str(dict(entry.detail)) for ticker in wanted)
    ]
    told = bool(lines)  # the proposals on the table say their reasons themselves
    for entry in [entry for entry in matching if not (told and entry.kind == "proposal")][:1]:
        lines += _entry(desk, entry)
    if not lines:
        about = f"{desk.name(wanted[0])}에 대해 " if wanted else ""
        return says(f"{about}아직 설명할 제안이나 주문이 없어요. '추천'이나 주문을 하시면 이유를 남겨 둘게요.")
    return says("\n".join(["기록에 남은 이유예요.", *lines][:6]), "why")


def _entry(desk: Desk, entry: JournalEntry) -> list[str]:
    row = desk.ports.instruments.get(entry.subject)
    subject = desk.name(entry.subject) + " " if row is not None and row.name not in entry.summary else ""
    lines = [f"· {format_moment(entry.at)} {subject}{LABELS.get(entry.kind, entry.kind)}: {entry.summary}"]
    for found in list(entry.detail.get("findings", []))[:3]:
        if found.get("effect") == "refuse":
            lines.append(f"  - {found.get('message', '')}")
    reasons = dict.fromkeys(order.get("reason") for order in entry.detail.get("orders", []))
    return lines + [f"  - 이유: {reason}" for reason in reasons if reason][:2]
