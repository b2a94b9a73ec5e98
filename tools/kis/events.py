"""What a WebSocket session tells its owner: quotes, notices, registrations, and the times it was blind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tools.kis.frames import BookSnapshot, Trade
from tools.kis.notices import ExecutionNotice


@dataclass(frozen=True, slots=True)
class QuoteFrame:
    """One frame of trades or order books: `raw` as it came, for the market floor, and its records."""

    tr_id: str
    at: datetime  # received, wall clock
    raw: str = field(repr=False)
    records: tuple[Trade, ...] | tuple[BookSnapshot, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    at: datetime  # received, wall clock
    notice: ExecutionNotice


@dataclass(frozen=True, slots=True)
class Subscribed:
    tr_id: str
    tr_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SubscriptionRefused:
    tr_id: str
    tr_key: str = field(repr=False)
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Gap:
    """The stream saw nothing between `since` (None: ever before) and `until`; `settled`: all registrations answered."""

    since: datetime | None
    until: datetime
    reason: str
    settled: bool


@dataclass(frozen=True, slots=True)
class Down:
    """The session ended; `code` is KIS's when it gave one. The next attempt comes after `retry_s`."""

    at: datetime
    reason: str
    code: str
    retry_s: float


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that could not be read, e.g. a notice that does not decrypt. For notices: inquire."""

    at: datetime
    tr_id: str
    reason: str


Event = QuoteFrame | Notice | Subscribed | SubscriptionRefused | Gap | Down | Trouble
