"""The inbox of alerts: what came, what is set, and that it was read.

Contract: shows the person's own alerts and rules and nobody else's; reading and ending are words added, nothing is
deleted. Setting alerts is done in the conversation, channels for notices in /settings.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field

from domain.watch import KIND_LABELS, AlertRule, StoredAlert, rule_text
from ui.web.api.route import JsonRoute, Me, Parts, StrictBody, identifier, not_found
from ui.web.api.views import moment
from ui.web.context import WebParts

router = APIRouter(prefix="/api", route_class=JsonRoute)

CHANNEL = "web"
MOST = 100
READ = "읽은 것으로 해 두었어요."
ENDED = "알림을 껐어요."


class ReadBody(StrictBody):
    """Which alerts; empty: all that are unread."""

    keys: list[str] = Field(default_factory=list, max_length=MOST)


@router.get("/alerts")
async def alerts(me: Me, parts: Parts, limit: Annotated[int, Query(ge=1, le=MOST)] = 30) -> dict[str, Any]:
    """Newest first, with how many are unread (at most `MOST` are counted) and what is set."""
    watch, user_id = parts.assembled.ports.watch, me.who.user_id
    newest = await watch.inbox(user_id, limit)
    unread = await watch.inbox(user_id, MOST, unread_only=True)
    rules, choices = await watch.rules(user_id), await watch.choices(user_id)
    hours = [f"{choices.quiet_from:%H:%M}", f"{choices.quiet_until:%H:%M}"] if choices.quiet else []
    return {
        "unread": len(unread),
        "alerts": [_alert(each) for each in newest],
        "rules": [_rule(each, parts) for each in rules],
        "kinds": [{"kind": kind.value, "label": KIND_LABELS[kind], "on": choices.wants(kind)} for kind in KIND_LABELS],
        "quiet": hours,
    }


@router.post("/alerts/read")
async def read(body: ReadBody, me: Me, parts: Parts) -> dict[str, Any]:
    watch, user_id = parts.assembled.ports.watch, me.who.user_id
    keys = body.keys or [each.alert.key for each in await watch.inbox(user_id, MOST, unread_only=True)]
    await watch.mark_read(user_id, keys, CHANNEL, parts.assembled.clock.now())
    return {"message": READ, "unread": len(await watch.inbox(user_id, MOST, unread_only=True))}


@router.post("/alerts/rules/{rule_id}/end")
async def end(rule_id: str, me: Me, parts: Parts) -> dict[str, Any]:
    watch, wanted = parts.assembled.ports.watch, identifier(rule_id)
    if all(rule.rule_id != wanted for rule in await watch.rules(me.who.user_id)):
        raise not_found()
    await watch.end_rules(me.who.user_id, [wanted], parts.assembled.clock.now())
    return {"message": ENDED}


def _alert(stored: StoredAlert) -> dict[str, Any]:
    alert = stored.alert
    return {
        "key": alert.key,
        "kind": alert.kind.value,
        "label": KIND_LABELS[alert.kind],
        "ticker": alert.ticker,
        "text": alert.text,
        "urgent": alert.urgent,
        "at": moment(alert.at),
        "read": stored.read,
    }


def _rule(rule: AlertRule, parts: WebParts) -> dict[str, Any]:
    row = parts.assembled.ports.instruments.get(rule.ticker)
    name = rule.ticker if row is None else row.name
    return {"id": str(rule.rule_id), "kind": rule.kind.value, "ticker": rule.ticker, "text": rule_text(rule, name)}
