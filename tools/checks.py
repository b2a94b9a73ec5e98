"""Accounts whose owners want regular checks, and what each owner said of them last.

Contract: the newest word counts, unless a mandate for checks was signed after a "no": signing one is a word as well. It
allows no order. A database that does not answer raises PortUnavailable.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # ports name this module's types
    from tools.ports import Identity


@dataclass(frozen=True, slots=True)
class Checked:
    """An account that wants its checks, since when (wall time), and whether orders go out without being asked for."""

    who: Identity
    since: datetime
    mandated: bool


@dataclass(frozen=True, slots=True)
class CheckChoice:
    """An owner's word. `at` is wall time."""

    is_on: bool
    at: datetime


class ChecksPort(Protocol):
    """An owner's own switch."""

    async def choice(self, account_ref: str) -> CheckChoice | None: ...
    async def choose(self, who: Identity, is_on: bool, channel: str) -> None: ...


@dataclass
class MemoryChecks:
    """For where nothing is kept: tests, the development server. Every word is as old as the world."""

    said: dict[str, CheckChoice] = field(default_factory=dict)

    async def choice(self, account_ref: str) -> CheckChoice | None:
        return self.said.get(account_ref)

    async def choose(self, who: Identity, is_on: bool, channel: str) -> None:
        self.said[who.account_ref] = CheckChoice(is_on, datetime.min.replace(tzinfo=UTC))


def wants_checks(choice: CheckChoice | None, signed_at: datetime | None) -> bool:
    """`signed_at`: when a mandate for checks that is in force was signed, None without one."""
    if choice is not None and choice.is_on:
        return True
    return signed_at is not None and (choice is None or signed_at > choice.at)
