"""What the scheduler asks of the outside: who may run a slot, and whose accounts are to be checked.

Contract: small and free of any database, so that a day in virtual time runs on dictionaries. `claim` is decided by one
unique row: of several schedulers exactly one hears True. A slot's end is said once; the first word stands. Whatever is
silent raises PortUnavailable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from domain.slots import Kind, Outcome, Slot
from tools.checks import Checked


class SlotPort(Protocol):
    """The rows of `desk.slots`."""

    async def claim(self, account_ref: str, kind: Kind, slot: str, at: datetime, by: str) -> bool:
        """True for the one that may run it. `at` is wall time, `by` names the runner."""
        ...

    async def ended(
        self, account_ref: str, kind: Kind, slot: str, at: datetime, outcome: Outcome, text: str = ""
    ) -> bool:
        """What came of it, in a Korean sentence; False when that was said already."""
        ...

    async def newest(self, kind: Kind, account_ref: str) -> Slot | None: ...

    async def newest_of_all(self, since: datetime) -> list[Slot]:
        """The newest slot of every account and kind among those claimed since then, wall time."""
        ...

    async def without_end(self, before: datetime) -> list[Slot]:
        """Claimed before that moment (of the last days), and never ended."""
        ...


class CheckedAccounts(Protocol):
    """Whose owner has a confirmed profile and switched checks on, or signed a mandate for them that is in force."""

    async def checked(self, venue: str, now: datetime) -> Sequence[Checked]: ...
