"""Passwords: argon2 by a library, in a thread, and the same work whether or not the name is known.

Contract: `verify` tells a wrong name, a person without a password and a wrong password apart for nobody, neither in
words nor in time. A new password has at least ten characters and is not the name.
"""

from __future__ import annotations

import unicodedata
from functools import cached_property
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.clock import Clock
from tools.store.passwords import password_of, password_of_name, set_password
from tools.store.users import clean_name
from ui.web.access.sessions import Pool

SHORTEST = 10
LONGEST = 200  # argon2 takes any length; a megabyte of password is an attack
_AT_ONCE = 2  # each takes 64 MiB for a moment


class WeakPassword(ValueError):
    """Korean text for the person who chose it."""


class Passwords:
    def __init__(self, pool: Pool, clock: Clock, hasher: Argon2Hasher | None = None) -> None:
        self._pool = pool
        self._clock = clock
        self._hasher = PasswordHash((hasher or Argon2Hasher(),))
        self._nobody: str | None = None

    @cached_property
    def _room(self) -> CapacityLimiter:
        return CapacityLimiter(_AT_ONCE)

    async def verify(self, name: str, password: str) -> UUID | None:
        """The person of that name and password."""
        found = None
        try:
            async with self._pool.connection() as connection:
                found = await password_of_name(connection, clean_name(name))
        except ValueError:
            pass  # a name that nobody can have; the work below is done all the same
        right = await self._matches(password, found[1] if found else await self._somebody_elses())
        return found[0] if found and right else None

    async def is_right(self, user_id: UUID, password: str) -> bool:
        """For a person who is inside already."""
        async with self._pool.connection() as connection:
            stored = await password_of(connection, user_id)
        return stored is not None and await self._matches(password, stored)

    async def has_one(self, user_id: UUID) -> bool:
        async with self._pool.connection() as connection:
            return await password_of(connection, user_id) is not None

    async def choose(self, user_id: UUID, name: str, password: str) -> None:
        """Raises WeakPassword."""
        hashed = await self.hashed(name, password)
        async with self._pool.connection() as connection:
            await set_password(connection, user_id, hashed, self._clock.now())

    async def hashed(self, name: str, password: str) -> str:
        """Of a password that may be used by this person. Raises WeakPassword."""
        plain = _normal(password)
        if len(plain) < SHORTEST:
            raise WeakPassword(f"비밀번호는 {SHORTEST}자 이상이어야 해요.")
        if len(plain) > LONGEST:
            raise WeakPassword(f"비밀번호는 {LONGEST}자까지 쓸 수 있어요.")
        if plain.casefold() == _normal(name).casefold() or len(set(plain)) < 3:
            raise WeakPassword("이름과 같거나 같은 글자만 있는 비밀번호는 쓸 수 없어요.")
        return await to_thread.run_sync(self._hasher.hash, plain, limiter=self._room)

    async def _matches(self, password: str, hashed: str) -> bool:
        plain = _normal(password)[:LONGEST]
        return await to_thread.run_sync(self._hasher.verify, plain, hashed, limiter=self._room)

    async def _somebody_elses(self) -> str:
        if self._nobody is None:
            self._nobody = await to_thread.run_sync(self._hasher.hash, "nobody's password", limiter=self._room)
        return self._nobody


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
