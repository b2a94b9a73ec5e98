"""What only a person's hand writes: answers to approval cards, signatures and revocations of mandates.

Contract: logs in as quartz_ui, inserts only; called from an authenticated handler or a terminal prompt and from nowhere
else. A primary key makes each decision once: a second one is `ALREADY`, whatever it says. A card that expired, was
superseded or belongs to somebody else is not answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from domain.clock import Clock
from tools.store.desk_tables import Pool, connection_of


class Recorded(StrEnum):
    """What became of a click."""

    RECORDED = "recorded"
    ALREADY = "already"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    NEEDS_ACK = "needs_ack"  # above the grade: the 부적합 확인 is missing
    BAD_QUANTITY = "bad_quantity"  # unknown leg, below 1 or above what the card shows
    UNKNOWN = "unknown"  # no such card or mandate of this user


MESSAGES: Mapping[Recorded, str] = {
    Recorded.RECORDED: "확인했어요.",
    Recorded.ALREADY: "이미 결정하신 건이에요.",
    Recorded.EXPIRED: "시간이 지난 카드예요.",
    Recorded.SUPERSEDED: "새 카드로 바뀌었어요. 최신 카드를 확인해 주세요.",
    Recorded.NEEDS_ACK: "투자성향보다 위험한 상품이에요. 부적합 확인에 동의해야 승인할 수 있어요.",
    Recorded.BAD_QUANTITY: "수량은 1주부터 카드에 적힌 수량까지만 고를 수 있어요.",
    Recorded.UNKNOWN: "그런 요청을 찾지 못했어요.",
}


class Decisions:
    """The decisions table over a pool of dictionary rows that logs in as quartz_ui."""

    def __init__(self, pool: Pool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock

    async def decide(
        self,
        user_id: UUID,
        approval_id: UUID,
        decision: str,
        *,
        channel: str,
        quantities: Mapping[int, int] | None = None,
        unsuitable_ack: bool = False,
    ) -> Recorded:
        """Approve or reject. `quantities` (leg → shares) may lower what the card shows, never raise it."""
        if decision not in ("approve", "reject"):
            raise ValueError(f"expected approve or reject, was {decision!r}")
        lowered = dict(quantities or {})
        async with connection_of(self._pool, "decisions") as connection:
            cursor = await connection.execute(_LOOK, {"id": approval_id, "user": user_id})
            row = await cursor.fetchone()
            if row is None:
                return Recorded.UNKNOWN
            if row["decided"]:
                return Recorded.ALREADY
            if decision == "approve":
                if row["superseded"]:
                    return Recorded.SUPERSEDED
                if self._clock.now() >= row["expires_at"]:
                    return Recorded.EXPIRED
                if row["card"]["needs_unsuitable_ack"] and not unsuitable_ack:
                    return Recorded.NEEDS_ACK
                if not _only_lower(row["card"], lowered):
                    return Recorded.BAD_QUANTITY
            cursor = await connection.execute(
                _DECIDE,
                {
                    "id": approval_id,
                    "user": user_id,
                    "decision": decision,
                    "quantities": Jsonb({str(leg): quantity for leg, quantity in lowered.items()}),
                    "ack": unsuitable_ack,
                    "channel": channel,
                },
            )
            return Recorded.RECORDED if await cursor.fetchone() is not None else Recorded.ALREADY

    async def sign_mandate(self, user_id: UUID, mandate_id: UUID, *, channel: str) -> Recorded:
        """Signs an offer of this user."""
        async with connection_of(self._pool, "decisions") as connection:
            cursor = await connection.execute(
                "SELECT expires_at FROM desk.mandate_offers WHERE mandate_id = %(id)s AND user_id = %(user)s",
                {"id": mandate_id, "user": user_id},
            )
            row = await cursor.fetchone()
            if row is None:
                return Recorded.UNKNOWN
            if self._clock.now() >= row["expires_at"]:
                return Recorded.EXPIRED
            cursor = await connection.execute(
                "INSERT INTO desk.mandates (mandate_id, user_id, bounds_hash, channel)"
                " SELECT mandate_id, user_id, bounds_hash, %(channel)s FROM desk.mandate_offers"
                " WHERE mandate_id = %(id)s AND user_id = %(user)s"
                " ON CONFLICT (mandate_id) DO NOTHING RETURNING mandate_id",
                {"id": mandate_id, "user": user_id, "channel": channel},
            )
            return Recorded.RECORDED if await cursor.fetchone() is not None else Recorded.ALREADY

    async def revoke_mandate(self, user_id: UUID, mandate_id: UUID, *, channel: str) -> Recorded:
        """Revokes a signed mandate of this user; exit mandates of its positions live on."""
        async with connection_of(self._pool, "decisions") as connection:
            cursor = await connection.execute(
                "SELECT 1 FROM desk.mandates WHERE mandate_id = %(id)s AND user_id = %(user)s",
                {"id": mandate_id, "user": user_id},
            )
            if await cursor.fetchone() is None:
                return Recorded.UNKNOWN
            cursor = await connection.execute(
                "INSERT INTO desk.mandate_revocations (mandate_id, user_id, channel)"
                " VALUES (%(id)s, %(user)s, %(channel)s) ON CONFLICT (mandate_id) DO NOTHING RETURNING mandate_id",
                {"id": mandate_id, "user": user_id, "channel": channel},
            )
            return Recorded.RECORDED if await cursor.fetchone() is not None else Recorded.ALREADY


_LOOK = (
    "SELECT r.card, r.expires_at,"
    " EXISTS (SELECT 1 FROM desk.approvals d WHERE d.approval_id = r.approval_id) AS decided,"
    " EXISTS (SELECT 1 FROM desk.plans p WHERE p.plan_id = r.plan_id AND p.version > r.version) AS superseded"
    " FROM desk.approval_requests r WHERE r.approval_id = %(id)s AND r.user_id = %(user)s"
)
_DECIDE = (
    "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, quantities, unsuitable_ack, channel)"
    " SELECT approval_id, user_id, plan_hash, %(decision)s, %(quantities)s, %(ack)s, %(channel)s"
    " FROM desk.approval_requests WHERE approval_id = %(id)s AND user_id = %(user)s"
    " ON CONFLICT (approval_id) DO NOTHING RETURNING approval_id"
)


def _only_lower(card: Mapping[str, Any], quantities: Mapping[int, int]) -> bool:
    shown = {int(leg["leg"]): int(leg["qty"]) for leg in card["legs"]}
    return all(leg in shown and 0 < quantity <= shown[leg] for leg, quantity in quantities.items())
