"""Bearer tokens of the development server: a name and an expiry under an HMAC of the instance secret.

Contract: nothing is stored and nothing can be forged without the secret; a token is for a header, never for a URL.
`quartz studio` issues, `graph.dev_auth` checks. Whether the name is a user is asked of the desk, at every run.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tools.store.secrets import derive

LIFETIME = timedelta(hours=12)
_PREFIX = "qz1"
_LABEL = "studio:token"
_MAX_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Token:
    """`text` goes into the Authorization header, behind "Bearer "; it is kept out of `repr`."""

    text: str = field(repr=False)
    expires_at: datetime


def issue(secret: bytes, name: str, now: datetime, lifetime: timedelta = LIFETIME) -> Token:
    """A token for `name`, good until `now + lifetime`, to the second."""
    until = int((now + lifetime).timestamp())
    signed = f"{_PREFIX}.{_encoded(name.encode())}.{until}"
    return Token(f"{signed}.{_signature(secret, signed)}", datetime.fromtimestamp(until, UTC))


def holder(secret: bytes, text: str, now: datetime) -> str | None:
    """Whose token it is; None for anything that we did not issue, or that is over."""
    if len(text) > _MAX_CHARS or not text.isascii():
        return None
    signed, _, signature = text.rpartition(".")
    if not hmac.compare_digest(signature, _signature(secret, signed)):
        return None
    prefix, name, until = signed.split(".")  # ours, so it has this shape
    if prefix != _PREFIX or now.timestamp() >= int(until):
        return None
    try:
        return base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _signature(secret: bytes, signed: str) -> str:
    return _encoded(hmac.new(derive(secret, _LABEL), signed.encode(), hashlib.sha256).digest())


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
