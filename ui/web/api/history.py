"""왜?: the person's journal, newest first, as it was written at the time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query

from domain.instruments import Instruments
from nodes.account.why import LABELS, order_reasons, others
from tools.ports import JournalEntry
from ui.web.api.route import JsonRoute, Me, Parts
from ui.web.api.views import moment

router = APIRouter(prefix="/api", route_class=JsonRoute)

MOST_LINES = 6


@router.get("/history")
async def history(
    me: Me,
    parts: Parts,
    kind: Annotated[list[str] | None, Query(max_length=len(LABELS))] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """`kind` may be given several times; an unknown one is nothing found."""
    known = [name for name in kind or () if name in LABELS]
    if kind and not known:
        return {"entries": []}
    entries = await parts.assembled.ports.desk.journal(me.who.user_id, known, limit)
    return {"entries": [_entry(entry, parts.assembled.ports.instruments) for entry in entries]}


def _entry(entry: JournalEntry, instruments: Instruments) -> dict[str, Any]:
    row = instruments.get(entry.subject)
    return {
        "at": moment(entry.at),
        "kind": entry.kind,
        "label": LABELS.get(entry.kind, entry.kind),
        "subject": entry.subject,
        "name": f"{row.name}({row.ticker}){others(entry.detail)}" if row is not None else "",
        "summary": entry.summary,
        "lines": list(dict.fromkeys(_lines(entry.detail)))[:MOST_LINES],
    }


def _lines(detail: Mapping[str, Any]) -> Iterable[str]:
    """Why controls refused and why orders were given; a detail of another shape says nothing."""
    rows = detail.get("findings")
    for row in rows if isinstance(rows, list) else ():
        text = row.get("message") if isinstance(row, dict) else None
        if isinstance(text, str) and text:
            yield text
    yield from order_reasons(detail)
