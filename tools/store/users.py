"""Users and their accounts: who may come in, and the simulated account that everybody gets.

The first user is the owner; afterwards sign-up is closed unless QUARTZ_SIGNUP=open. A name typed at the local terminal
is trusted as that person (whoever can read the home can do anything), so the terminal may add simulated users.
Keys in the settings belong to the owner alone: only the owner gets an account of the configured KIS venue.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.errors import UniqueViolation
from psycopg.rows import TupleRow

from domain.ids import NewId
from tools.ports import Identity
from tools.settings import Broker, Settings
from tools.store.passwords import set_password

MAX_NAME = 40
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters and signs that are drawn as nothing
_SCRIPTS = ("LATIN ", "HANGUL SYLLABLE", "HANGUL LETTER", "CJK ", "HIRAGANA ", "KATAKANA ")
_ENTRY = 0x517A_0001  # advisory lock: one newcomer at a time, so that two first users or two names alike cannot meet


class SignupClosed(PermissionError):
    """Somebody new knocked and the owner has not opened sign-up."""


class NameTaken(ValueError):
    """Somebody of that name is here already."""


@dataclass(frozen=True, slots=True)
class Account:
    """An opaque handle; the account number is known to the OMS alone."""

    account_ref: str
    venue: str  # sim | paper | live
    label: str


@dataclass(frozen=True, slots=True)
class User:
    user_id: UUID
    name: str
    is_owner: bool
    accounts: tuple[Account, ...]

    def account(self, venue: str) -> Account | None:
        """The user's account at a venue."""
        return next((account for account in self.accounts if account.venue == venue), None)

    def identity(self, venue: str) -> Identity | None:
        """Who acts when this user speaks where this installation trades; None without an account there."""
        account = self.account(venue)
        return None if account is None else Identity(self.user_id, self.name, account.account_ref, account.venue)


def clean_name(text: str) -> str:
    """NFC, trimmed; ValueError when empty, too long or with control characters."""
    name = unicodedata.normalize("NFC", text).strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise ValueError(f"expected a name of 1 to {MAX_NAME} printable characters, was {len(name)} characters")
    return name


def likeness(text: str) -> str:
    """The same for names that look alike: case, width, accents, spaces and what cannot be seen make no difference."""
    shown = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(letter for letter in shown if letter not in _UNSEEN and unicodedata.category(letter)[0] not in "MZC")


def new_name(text: str) -> str:
    """`clean_name` for somebody from outside: something to see, in letters that no other script imitates."""
    name = clean_name(text)
    scripts = [unicodedata.name(letter, "") for letter in unicodedata.normalize("NFKC", name) if letter.isalpha()]
    if not likeness(name) or not all(script.startswith(_SCRIPTS) for script in scripts):
        raise ValueError("expected a name in Hangul, Latin, Han or Kana, was in something else")
    return name


async def find_user(connection: AsyncConnection[TupleRow], name: str) -> User | None:
    """The user of that name, with accounts."""
    return await _found(connection, "SELECT user_id, name, is_owner FROM chat.users WHERE name = %s", clean_name(name))


async def find_user_by_id(connection: AsyncConnection[TupleRow], user_id: UUID) -> User | None:
    """The user a session belongs to, with accounts."""
    return await _found(connection, "SELECT user_id, name, is_owner FROM chat.users WHERE user_id = %s", user_id)


async def _found(connection: AsyncConnection[TupleRow], query: LiteralString, value: object) -> User | None:
    cursor = await connection.execute(query, (value,))
    row = await cursor.fetchone()
    if row is None:
        return None
    cursor = await connection.execute(
        "SELECT account_ref, venue, label FROM desk.accounts WHERE owner = %s ORDER BY created_at, venue DESC",
        (row[0],),
    )
    return User(row[0], row[1], row[2], tuple(Account(*account) for account in await cursor.fetchall()))


async def get_or_create(
    connection: AsyncConnection[TupleRow],
    name: str,
    settings: Settings,
    *,
    now: datetime,
    new_id: NewId,
    local_terminal: bool = False,
) -> User:
    """The user of that name, made with a sim account when new. `connection` logs in as `quartz_ui`, autocommit.

    Raises SignupClosed for a newcomer after the owner, unless sign-up is open or a local terminal asks; ValueError
    for a name that cannot be used. Safe from two processes at once.
    """
    cleaned = clean_name(name)
    user = await find_user(connection, cleaned)
    if user is None or _lacks_kis_account(user, settings):
        async with _one_at_a_time(connection):
            if await find_user(connection, cleaned) is None:
                await _create_user(connection, cleaned, settings, now, new_id, local_terminal)
            user = await _with_accounts(connection, cleaned, settings, now, new_id)
    return user


async def get_or_create_owner(
    connection: AsyncConnection[TupleRow], name_if_first: str, settings: Settings, *, now: datetime, new_id: NewId
) -> User:
    """The owner with all accounts, made under that name when nobody is here yet. Safe from two at once."""
    async with _one_at_a_time(connection):
        owner = await find_owner(connection)
        name = clean_name(name_if_first) if owner is None else owner.name
        if owner is None:
            await _create_user(connection, name, settings, now, new_id, local_terminal=False)
        return await _with_accounts(connection, name, settings, now, new_id)


async def find_owner(connection: AsyncConnection[TupleRow]) -> User | None:
    """The first user, who owns this installation."""
    cursor = await connection.execute("SELECT name FROM chat.users WHERE is_owner")
    row = await cursor.fetchone()
    return None if row is None else await find_user(connection, row[0])


async def is_signup_open(connection: AsyncConnection[TupleRow], settings: Settings) -> bool:
    """Whether anybody may sign up. Not without an owner: a stranger must not become the first user."""
    return settings.signup == "open" and await find_owner(connection) is not None


async def sign_up(
    connection: AsyncConnection[TupleRow],
    name: str,
    password_hash: str,
    settings: Settings,
    *,
    now: datetime,
    new_id: NewId,
) -> UUID:
    """A newcomer with a password, whole or not at all. Raises NameTaken, also for a name that looks like another's,
    SignupClosed, or ValueError for the name.
    """
    cleaned = new_name(name)
    if not await is_signup_open(connection, settings):
        raise SignupClosed("expected QUARTZ_SIGNUP=open and an owner for a new user, was closed")
    try:
        async with _one_at_a_time(connection):
            cursor = await connection.execute("SELECT name FROM chat.users")
            if likeness(cleaned) in {likeness(row[0]) for row in await cursor.fetchall()}:
                raise NameTaken("expected a new name, was like another")
            user_id = await _create_user(connection, cleaned, settings, now, new_id, local_terminal=False)
            await set_password(connection, user_id, password_hash, now)
    except UniqueViolation:
        raise NameTaken("expected a new name, was taken") from None
    return user_id


async def add_account(
    connection: AsyncConnection[TupleRow], user_id: UUID, venue: str, *, now: datetime, new_id: NewId
) -> None:
    """An account of this person at the venue, when there is none yet: the handle under which the OMS keeps keys."""
    try:
        async with _one_at_a_time(connection):
            await _add_account(connection, user_id, venue, now, new_id)
    except UniqueViolation:
        return


async def _create_user(
    connection: AsyncConnection[TupleRow],
    name: str,
    settings: Settings,
    now: datetime,
    new_id: NewId,
    local_terminal: bool,
) -> UUID:
    """Inside `_one_at_a_time`."""
    cursor = await connection.execute("SELECT EXISTS (SELECT 1 FROM chat.users WHERE is_owner)")
    row = await cursor.fetchone()
    has_owner = bool(row and row[0])
    if has_owner and settings.signup != "open" and not local_terminal:
        raise SignupClosed("expected QUARTZ_SIGNUP=open for a new user, was closed")
    user_id = new_id()
    await connection.execute(
        "INSERT INTO chat.users (user_id, name, is_owner, created_at) VALUES (%s, %s, %s, %s)",
        (user_id, name, not has_owner, now),
    )
    await _add_account(connection, user_id, Broker.SIM.value, now, new_id)
    return user_id


@asynccontextmanager
async def _one_at_a_time(connection: AsyncConnection[TupleRow]) -> AsyncIterator[None]:
    """A transaction that nobody else who comes in shares: what is looked up in it stays true until it is written."""
    async with connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_ENTRY,))
        yield


async def _with_accounts(
    connection: AsyncConnection[TupleRow], name: str, settings: Settings, now: datetime, new_id: NewId
) -> User:
    """Who is here by that name; an owner also gets the account of a newly configured venue."""
    user = await find_user(connection, name)
    assert user is not None
    if _lacks_kis_account(user, settings):
        await _add_account(connection, user.user_id, settings.broker.value, now, new_id)
        user = await find_user(connection, name)
        assert user is not None
    return user


def _lacks_kis_account(user: User, settings: Settings) -> bool:
    return user.is_owner and settings.broker is not Broker.SIM and user.account(settings.broker.value) is None


async def _add_account(
    connection: AsyncConnection[TupleRow], owner: UUID, venue: str, now: datetime, new_id: NewId
) -> None:
    label = {"sim": "모의 거래소", "paper": "한국투자 모의투자", "live": "한국투자 실전"}[venue]
    await connection.execute(
        "INSERT INTO desk.accounts (account_ref, owner, venue, label, created_at) VALUES (%s, %s, %s, %s, %s)",
        (f"{venue}-{new_id().hex[:12]}", owner, venue, label, now),
    )
