"""Whether a check would ask a person today what it has asked already and got no yes for.

Contract: a proposal equals an earlier one when each of its orders has the same name and side there, and a quantity
within a fifth of it; a price that moved a little makes no new question. What was rejected, ran out, still waits or got
no answer from the order desk is not asked again the same day of the market; what was sent, or was stopped by a limit,
may be proposed again. The slot's own question does not count, so that a run that goes on after a crash asks. Every
question is noted before it is asked, by account; a journal that does not answer lets nothing through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langgraph.runtime import Runtime

from graph.rooms import Update
from tools.ports import JournalEntry, Ports

KIND = "asked"  # of the journal; not among what a diary tells
AGAIN_AFTER = frozenset({"submitted", "refused"})
MOST = 400  # entries of a day: some 84 slots, at most four words about each


def asked_before(ports: Ports) -> Any:
    """Writes `again`, the hour of the equal question; else notes this one."""

    async def asked_before(state: Mapping[str, Any], runtime: Runtime[Any]) -> Update:
        who, now = ports.identity(runtime), ports.clock.now()
        slot, loop = str(state["slot"]), loop_of(state)
        proposals = [
            {"ticker": row["ticker"], "side": row["side"], "qty": int(row["qty"])}
            for row in state.get("proposals") or []
        ]
        entries = await ports.desk.journal(who.user_id, (KIND, "cycle"), MOST)
        before = equal_question(proposals, entries, who.account_ref, slot, loop)
        if before:
            return {"again": before[11:16] or before}
        detail = {"account": who.account_ref, "loop": loop, "proposals": proposals}
        summary = f"{slot}의 제안을 주문 창구에 넘겼어요."
        await ports.desk.note(who.user_id, JournalEntry(now, KIND, slot, summary, detail))
        return {"again": ""}

    return asked_before


def loop_of(state: Mapping[str, Any]) -> str:
    """Which loop a run belongs to: cycle or rebalance. Its first room noted it, because the order desk takes the origin
    out of the state."""
    origin = state.get("order_origin") or ["cycle"]
    return str(state.get("loop") or origin[0])


def equal_question(
    proposals: Sequence[Mapping[str, Any]], entries: Sequence[JournalEntry], account: str, slot: str, loop: str
) -> str:
    """The slot of an equal question of the same day that led to nothing; empty when there is none. `entries` are newest
    first."""
    ended: dict[tuple[str, str], str | None] = {}
    for entry in entries:
        if entry.kind == "cycle" and "outcome" in entry.detail:
            key = (entry.subject, str(entry.detail.get("loop") or "cycle"))
            ended.setdefault(key, entry.detail["outcome"])
    for entry in entries:
        asked = (entry.subject, str(entry.detail.get("loop") or "cycle"))
        if (
            entry.kind == KIND
            and entry.detail.get("account") == account
            and entry.subject[:10] == slot[:10]
            and asked != (slot, loop)
            and ended.get(asked) not in AGAIN_AFTER
            and contained(proposals, entry.detail.get("proposals") or [])
        ):
            return entry.subject
    return ""


def contained(proposals: Sequence[Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]) -> bool:
    """Whether each order was asked for earlier, about as large or larger."""
    known = {(row["ticker"], row["side"]): int(row["qty"]) for row in earlier}
    return bool(proposals) and all(
        5 * abs(int(row["qty"]) - known.get((row["ticker"], row["side"]), -(10**9)))
        <= max(int(row["qty"]), known.get((row["ticker"], row["side"]), 0))
        for row in proposals
    )
