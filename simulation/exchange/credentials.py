"""Tokens and approval keys that need no storage: everything is in the text, sealed by a server secret.

Contract: a token names its app key only as a hash and verifies after any restart with the same secret file; two
servers that share the file accept each other's approval keys. Times are wall-clock epoch seconds.
Does not know revocations (the journal does) nor accounts.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

TOKEN_SECONDS = 86_400
SAME_TOKEN_SECONDS = 6 * 3_600
APPROVAL_PREFIX = 10  # digits of the key hash that an approval key carries
_REMEMBERED = 1024  # verified tokens


def key_hash(appkey: str) -> str:
    """What journal and tokens call an app key: 32 hex digits, not reversible."""
    return hashlib.sha256(f"appkey:{appkey}".encode()).hexdigest()[:32]


def load_secret(data_dir: Path | None) -> bytes:
    """The server secret of a data folder, made at first use (mode 0600); random when there is no folder."""
    if data_dir is None:
        return secrets.token_bytes(32)
    data_dir.mkdir(parents=True, exist_ok=True)
    path = data_dir / "secret.bin"
    if not path.exists():
        # written aside and linked in place: two servers starting together must end up with the same secret
        aside = data_dir / f".secret.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(secrets.token_bytes(32))
            handle.flush()
            os.fsync(handle.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()
    return path.read_bytes()


@dataclass(frozen=True, slots=True)
class Token:
    """A verified token: whose, when issued, when over; `jti` is what a revocation names."""

    key: str
    issued: int
    expires: int
    jti: str


class Credentials:
    """Issues and verifies. Contract: same arguments, same text (KIS answers the same token within six hours)."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._read: dict[str, Token] = {}

    def __repr__(self) -> str:
        return "Credentials()"

    def token(self, key: str, issued: int) -> str:
        """A JWT-like text below KIS's 350 characters for the key hash `key`."""
        head = _b64(b'{"typ":"JWT","alg":"HS256"}')
        body = _b64(json.dumps({"sub": key, "iat": issued, "exp": issued + TOKEN_SECONDS}).encode())
        return f"{head}.{body}.{self._seal('token', f'{head}.{body}')}"

    def read_token(self, text: str) -> Token | None:
        """The token, or None if this server never issued it. Expiry is the caller's question."""
        known = self._read.get(text)
        if known is None and (known := self._verified(text)) is not None:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            self._read[text] = known  # the same few come with every request
        return known

    def _verified(self, text: str) -> Token | None:
        parts = text.split(".")
        if len(parts) != 3:
            return None
        head, body, seal = parts
        if not hmac.compare_digest(seal.encode(), self._seal("token", f"{head}.{body}").encode()):
            return None
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return Token(claims["sub"], claims["iat"], claims["exp"], hashlib.sha256(text.encode()).hexdigest()[:32])

    def approval_key(self, key: str, issued: int) -> str:
        """A 36-character UUID-shaped key: issue time, a piece of the key hash, a seal."""
        stem = issued.to_bytes(4, "big") + bytes.fromhex(key)[: APPROVAL_PREFIX // 2]
        raw = (stem + self._mac("approval", stem.hex())[:7]).hex()
        return f"{raw[:8]}-{raw[8:12]}-{raw[12:16]}-{raw[16:20]}-{raw[20:]}"

    def read_approval(self, text: str, now: float) -> str | None:
        """First ten hex digits of the key hash an approval key belongs to; None when foreign or older than 24 h."""
        try:
            raw = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            return None
        if len(raw) != 16 or len(text) != 36:
            return None
        stem, seal = raw[:9], raw[9:]
        if not hmac.compare_digest(seal, self._mac("approval", stem.hex())[:7]):
            return None
        if now - int.from_bytes(stem[:4], "big") > TOKEN_SECONDS:
            return None
        return stem[4:].hex()

    def _mac(self, purpose: str, text: str) -> bytes:
        return hmac.new(self._secret, f"{purpose}:{text}".encode(), hashlib.sha256).digest()

    def _seal(self, purpose: str, text: str) -> str:
        return _b64(self._mac(purpose, text))


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
