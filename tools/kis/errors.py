"""What can go wrong at the broker's boundary: one class for each different reaction of the caller.

    KisError
    ├── NotSent             a write that provably never reached the ledger: may be queued again, gate re-run
    │   ├── DeadlinePassed  our own deadline came before the first byte: same, but the leg may be out of time
    │   ├── Throttled       EGW00201: lower the cap as well (reads raise it too, after their bounded re-asking)
    │   ├── TokenInvalid    EGW00121/122/123: the keeper has already dropped that token; ask again once
    │   └── Unreachable     no usable token, or the gateway refuses the key: no new orders, tell the user
    ├── Rejected            the broker read the request and said no
    ├── OutcomeUnknown      a write that may have been accepted: inquire, never send again
    ├── ReadFailed          a read without a usable answer after its bounded re-asking: reads may be asked again
    ├── NotOffered          this environment does not have the call: use the documented substitute
    ├── SubscriptionsFull   the 41 registrations of the session are taken: drop one first
    └── CredentialError     keys or account are missing or malformed: a person must mend the named setting

No message carries a key, a token, an account number or a header; request objects are never chained in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class ReplyClass(StrEnum):
    """What the reply to a write proves (ORDERS, "What a reply means")."""

    NOT_SENT = "NOT_SENT"
    REJECTED = "REJECTED"
    ACKED = "ACKED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class WriteReply:
    """The classified reply of one write, as the ledger stores it. `body` is the broker's own, None if unreadable."""

    outcome: ReplyClass
    code: str  # msg_cd or error_code, "" when there was none
    message: str  # the broker's words, stripped; or what happened to the connection
    http_status: int | None
    body: Mapping[str, Any] | None
    first_byte_at: datetime | None  # None when not a byte was handed to the socket
    answered_at: datetime | None


class KisError(Exception):
    """Anything of this boundary. `reply` is set when a write got as far as an exchange of bytes."""

    def __init__(self, message: str, *, code: str = "", reply: WriteReply | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reply = reply


class NotSent(KisError):
    """Definite: the ledger has not seen it."""


class DeadlinePassed(NotSent):
    """Our own deadline came before the first byte."""


class Throttled(NotSent):
    """EGW00201: the gateway counted too many requests in a second."""


class TokenInvalid(NotSent):
    """The gateway does not accept the access token."""


class Unreachable(NotSent):
    """No token that an order could use. `retry_at` is when asking again makes sense."""

    def __init__(self, message: str, *, code: str = "", retry_at: datetime | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_at = retry_at


class Rejected(KisError):
    """The broker's definite no; `code` is its msg_cd, `message` its msg1."""


class OutcomeUnknown(KisError):
    """The reply proves nothing: it may live at the broker."""


class ReadFailed(KisError):
    """No usable answer to a question."""


class NotOffered(KisError):
    """The environment has no such call."""


class SubscriptionsFull(KisError):
    """No registration left in this WebSocket session."""


class CredentialError(KisError):
    """Keys or account are missing or malformed."""
