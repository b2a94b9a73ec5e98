"""The instance secret and what is derived from it: database passwords and the tokens of callers.

One secret of 32 random bytes a home ($QUARTZ_HOME/secret.key, 0600, made once, first writer wins), or
QUARTZ_SECRET_KEY where homes are not shared between processes. Everything else is an HMAC of it with a label, so
nothing further has to be distributed or stored.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from tools.embedded.files import create_private, private_dir
from tools.settings import Settings

PRINCIPALS = ("web", "worker", "guard", "admin")
_BYTES = 32


class SecretError(RuntimeError):
    """The secret file is there and unusable; silently making another would orphan what the first one encrypted."""


def instance_secret(settings: Settings) -> bytes:
    """The 32 bytes of this installation, made at first use."""
    if settings.secret_key is not None:
        return bytes.fromhex(settings.secret_key.get_secret_value())
    path = settings.home / "secret.key"
    if not path.exists():
        private_dir(settings.home, 0o711 if os.geteuid() == 0 else 0o700)
        create_private(path, secrets.token_bytes(_BYTES).hex())
    return _read(path)


def derive(secret: bytes, label: str) -> bytes:
    """32 bytes for one purpose; labels never collide because each names its purpose first."""
    return hmac.new(secret, label.encode(), hashlib.sha256).digest()


def role_password(secret: bytes, role: str) -> str:
    """Password of the database role `quartz_<role>`."""
    return derive(secret, f"role:{role}").hex()


def caller_token(secret: bytes, principal: str) -> str:
    """What a principal shows the OMS's door in metadata to prove who it is."""
    if principal not in PRINCIPALS:
        raise ValueError(f"expected a principal of {', '.join(PRINCIPALS)}, was {principal!r}")
    return derive(secret, f"caller:{principal}").hex()


def _read(path: Path) -> bytes:
    try:
        value = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise SecretError(f"expected 64 hex digits in {path}, was something else") from error
    if len(value) != _BYTES:
        raise SecretError(f"expected {_BYTES} bytes in {path}, was {len(value)}")
    if path.stat().st_mode & 0o077:
        raise SecretError(f"expected {path} to be readable by its owner alone (chmod 600), was open to others")
    return value
