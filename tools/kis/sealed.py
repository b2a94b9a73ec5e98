"""Secrets at rest: what the client hands to a store is sealed first, so the store's owner sees ciphertext only.

One 32-byte instance key seals everything; each (purpose, environment, app key) derives its own key from it, so a
value copied under another name does not open. Losing the instance key loses tokens, nothing more.
"""

from __future__ import annotations

import base64
from typing import Protocol

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SecretStore(Protocol):
    """Small sealed values by name, shared by restarts. Contract: `put` is durable when it returns."""

    async def get(self, name: str) -> bytes | None: ...

    async def put(self, name: str, value: bytes) -> None: ...


class MemorySecrets:
    """A store that ends with whoever made it: for a trial, which keeps nothing."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        return self.values.get(name)

    async def put(self, name: str, value: bytes) -> None:
        self.values[name] = value


class FernetBox:
    """Seals and opens values bound to a name."""

    def __init__(self, instance_key: bytes) -> None:
        if len(instance_key) != 32:
            raise ValueError(f"expected an instance key of 32 bytes, was {len(instance_key)}")
        self._instance_key = instance_key

    def __repr__(self) -> str:
        return "FernetBox()"

    def _fernet(self, name: str) -> Fernet:
        derived = HKDF(SHA256(), 32, salt=None, info=b"quartz:" + name.encode()).derive(self._instance_key)
        return Fernet(base64.urlsafe_b64encode(derived))

    def seal(self, name: str, plain: bytes) -> bytes:
        return self._fernet(name).encrypt(plain)

    def open(self, name: str, sealed: bytes) -> bytes | None:
        """The plain value, None when it was sealed under another key or name or was altered."""
        try:
            return self._fernet(name).decrypt(sealed)
        except InvalidToken:
            return None
