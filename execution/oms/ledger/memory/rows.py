"""Rows of the tables in memory that no other part of the OMS has a word for; columns that nobody reads are left out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from execution.oms.ledger.rows import Fill, Sleeve


class LeaseRow(NamedTuple):
    environment: str
    key_hash: str
    epoch: int
    holder: UUID
    expires_at: float  # the server's seconds


class AccountRow(NamedTuple):
    account_ref: str
    environment: str
    event_seq: int
    base_capital: int | None
    opened_at: datetime


class CredentialRow(NamedTuple):
    account_ref: str
    environment: str
    key_hash: str
    number_hash: str
    sealed: bytes


class SecretRow(NamedTuple):
    name: str
    sealed: bytes


class TradingStateRow(NamedTuple):
    id: int
    environment: str
    scope: str
    account_ref: str | None
    state: str
    reason: str
    set_by: str
    at: datetime
    sleeve: str


class ConsumedRow(NamedTuple):
    approval_id: UUID
    account_ref: str
    plan_id: UUID
    version: int


class TransitionRow(NamedTuple):
    seq: int
    at: datetime
    account_ref: str
    entity: str
    entity_id: str
    was: str
    event: str
    becomes: str
    evidence: Any
    epoch: int


class NoticeRow(NamedTuple):
    id: int
    environment: str
    account_ref: str
    received_at: datetime
    trade_date: date
    digest: str
    body: Any


class DoneRow(NamedTuple):
    id: int
    result: str


class FillRow(NamedTuple):
    id: int
    fill: Fill


class SleeveRow(NamedTuple):
    account_ref: str
    sleeve: Sleeve


class CashFlowRow(NamedTuple):
    id: int
    account_ref: str
    trade_date: date
    kind: str
    amount: int
    note: str


class DayMarkRow(NamedTuple):
    account_ref: str
    trade_date: date
    start_value: int
    high_water: int


class ExitMandateRow(NamedTuple):
    exit_mandate_id: UUID
    account_ref: str
    ticker: str
    sleeve: str
    generation: int
    authority: str
    authority_id: UUID
    created_at: datetime
    closed_at: datetime | None


class EventRow(NamedTuple):
    account_ref: str
    seq: int
    at: datetime
    kind: str
    snapshot: bytes
    message: str


class ResolutionRow(NamedTuple):
    id: int
    intent_id: UUID
    verdict: str
    odno: int | None
    reason: str
    decided_by: str
    evidence: Any
