"""왜?: what was decided last and for which reason, from the desk's journal and the proposals still on the table.

Contract: tells only what was written down at the time; nothing is reasoned up afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from domain.clock import format_moment
from nodes.account.context import Desk, Outcome, says
from nodes.account.receipt import newest_receipt, pointed
from nodes.account.talk import WHY_ASK
from tools.ports import JournalEntry

KINDS = ("proposal", "refusal", "order", "halt")
MOST_REASONS = 3
MOST_KEPT = 2  # names that stay, of a proposal that nobody asked about by name
LABELS: Mapping[str, str] = {
    "proposal": "제안",
    "refusal": "막힌 주문",
    "order": "주문",
    "halt": "정지",
    "strategy": "전략",
    "profile": "성향",
    "cycle": "정기 점검",
    "savings": "적립식",
}


def order_reasons(detail: Mapping[str, Any]) -> list[str]:
    """Why an entry's orders were given, each reason once and under its name where there are several; a detail of
    another shape says nothing."""
    orders = _orders(detail)
    said = []
    for order in orders:
        name = str(order.get("name") or order.get("ticker") or "") if len(orders) > 1 else ""
        if isinstance(order.get("reason"), str) and order["reason"]:
            said.append(f"{name} 이유: {order['reason']}".lstrip())
    return list(dict.fromkeys(said))


def others(detail: Mapping[str, Any]) -> str:
    """' 외 2종목' where an entry's orders are about more than the name it is filed under."""
    more = len({order.get("ticker") for order in _orders(detail)}) - 1
    return f" 외 {more}종목" if more > 0 else ""


def _orders(detail: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = detail.get("orders")
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


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
    told = bool(lines)  # the proposals on the table say their reasons themselves
    lines += decided(desk.state.get("decisions") or [], wanted) if told or wanted else []
    entries = await desk.ports.desk.journal(desk.who.user_id, KINDS, 20)
    matching = [entry for entry in entries if not wanted or any(_is_about(entry, ticker) for ticker in wanted)]
    for entry in [entry for entry in matching if not (told and entry.kind == "proposal")][:1]:
        lines += _entry(desk, entry)
    if not lines and wanted:
        checks = await desk.ports.desk.journal(desk.who.user_id, ("proposal", "cycle"), 20)
        found = (decided(entry.detail.get("decisions") or [], wanted) for entry in checks)
        lines += next((rows for rows in found if rows), [])
    if not lines:
        about = f"{desk.name(wanted[0])}에 대해 " if wanted else ""
        return says(f"{about}아직 설명할 제안이나 주문이 없어요. '추천'이나 주문을 하시면 이유를 남겨 둘게요.")
    said = says("\n".join(["기록에 남은 이유예요.", *lines][:6]), "why")
    chain = await newest_receipt(desk)
    return replace(said, say=(*said.say, pointed(chain))) if chain else said


def decided(rows: Iterable[Mapping[str, Any]], wanted: Iterable[str]) -> list[str]:
    """Why names stay as they are, a line each: the wanted ones, else of those that are held. What is bought or sold
    says its reason with its order."""
    names = set(wanted)
    kept = [
        row
        for row in rows
        if row.get("action") == "HOLD" and (row.get("ticker") in names if names else row.get("held_bps"))
    ]
    return [f"· {row['name']} 그대로 두기: {row['reason']}" for row in kept][: len(names) or MOST_KEPT]


def _is_about(entry: JournalEntry, ticker: str) -> bool:
    """Named by the entry or its orders; what was merely looked at is no order."""
    detail = {key: value for key, value in entry.detail.items() if key not in ("decisions", "views")}
    return ticker in entry.subject or ticker in str(detail)


def _entry(desk: Desk, entry: JournalEntry) -> list[str]:
    row = desk.ports.instruments.get(entry.subject)
    subject = (
        f"{desk.name(entry.subject)}{others(entry.detail)} "
        if row is not None and row.name not in entry.summary
        else ""
    )
    lines = [f"· {format_moment(entry.at)} {subject}{LABELS.get(entry.kind, entry.kind)}: {entry.summary}"]
    for found in list(entry.detail.get("findings", []))[:3]:
        if found.get("effect") == "refuse":
            lines.append(f"  - {found.get('message', '')}")
    return lines + [f"  - {reason}" for reason in order_reasons(entry.detail)][:MOST_REASONS]
