"""What a card showed, word for word: for cards whose content is in no other table (proposals).

Contract: logs in as quartz_ui, inserts only; the same card again is a no-op, so what was shown is never rewritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.rows import TupleRow
from psycopg.types.json import Jsonb


@dataclass(frozen=True, slots=True)
class CardPaper:
    """The content of a card; `body` is plain JSON."""

    card_id: UUID
    kind: str
    body: Mapping[str, Any]


async def keep_card(connection: AsyncConnection[TupleRow], user_id: UUID, paper: CardPaper, now: datetime) -> None:
    """Keeps what this person is shown."""
    await connection.execute(
        "INSERT INTO chat.cards (card_id, user_id, kind, body, created_at) VALUES (%s, %s, %s, %s, %s)"
        " ON CONFLICT (card_id) DO NOTHING",
        (paper.card_id, user_id, paper.kind, Jsonb(dict(paper.body)), now),
    )
