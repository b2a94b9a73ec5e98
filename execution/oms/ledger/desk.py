"""Rows of the desk as the OMS reads them, immutable: accounts, decisions, mandates, profiles. Never written by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DeskAccount:
    account_ref: str
    owner: UUID
    venue: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer together with the question it answers."""

    approval_id: UUID
    plan_id: UUID
    version: int
    plan_hash: str  # of the question
    account_ref: str
    user_id: UUID
    expires_at: datetime
    decision: str | None  # None: asked, not answered
    answered_hash: str | None
    answered_by: UUID | None
    quantities: Mapping[int, int]
    unsuitable_ack: bool
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class MandateRow:
    mandate_id: UUID
    account_ref: str
    user_id: UUID
    kind: str
    strategy_hash: str | None
    bounds: Mapping[str, Any]
    bounds_hash: str
    created_at: datetime
    expires_at: datetime
    signed_at: datetime | None
    signed_by: UUID | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProfileRow:
    version: int
    grade: str
    score: int
    content: Mapping[str, Any]
    confirmed_at: datetime
    expires_at: datetime
