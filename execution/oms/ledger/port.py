"""The ledger as a port: what the OMS asks of the storage under its ledger. Adapters: `postgres` and `memory`.

Contract, the same for every adapter (one suite of tests holds both to it):
- A read sees committed rows only, and each question what is committed when it is asked.
- `write` fences first (Fenced when the lease's epoch is not ours), then takes the account's lock for its whole length:
  writers of one account are serialised, of two accounts are not. What is asked under the lock sees everything that
  earlier writers of that account committed, and this transaction's own rows.
- An exception in the body leaves nothing of it. After an error of the ledger inside a body the rest of that
  transaction answers StorageFault, unless a `savepoint` was around it.
- `on_commit` is called with the account after a commit that wrote numbered events, and only then.
- What goes wrong is said in `execution.oms.errors`: StorageFault, CommitInDoubt, Taken, Unfit, Fenced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain.clock import Clock
from execution.oms.ledger.repositories import Books, Desk, Intents, Journal, Orders, States
from execution.oms.ledger.rows import LeaseKey, Mark, Placed
from execution.oms.ledger.standing import Standing, StandingOf


class Tx(Protocol):
    """One connection's repositories. Inside `write` they share its transaction."""

    @property
    def now(self) -> datetime:
        """The OMS's clock when the transaction began."""

    @property
    def epoch(self) -> int:
        """The epoch it writes under."""

    @property
    def intents(self) -> Intents: ...

    @property
    def orders(self) -> Orders: ...

    @property
    def books(self) -> Books: ...

    @property
    def desk(self) -> Desk: ...

    @property
    def states(self) -> States: ...

    @property
    def journal(self) -> Journal: ...

    async def mark(self) -> Mark:
        """Where the ledger stands, for the witness."""

    async def standing(self, of: StandingOf) -> Standing:
        """How an account stands, all of the same moment."""

    async def admitted(self, orders: Sequence[Placed], event: str, *, consumes: bool) -> bool:
        """For one account's orders that nobody has sent, one after another: `intents.insert`, `intents.reserve`, the
        log line of `event` from nothing to the intent's state, and its numbered event with the intent's own note.
        Raises what they raise. `consumes`: the approval that the first one names as well; False when somebody consumed
        it before, and the transaction must then not be committed."""

    def savepoint(self) -> AbstractAsyncContextManager[None]:
        """An exception inside undoes what was written inside, and is raised on; the transaction goes on. In `write`."""


class Lease(Protocol):
    """One process's hold on the ledger of an (environment, key), and since which epoch.

    `take` succeeds when nobody holds it or its time has run out, and raises the epoch by one: every later write of the
    former holder is Fenced, and the writers it has under way are waited for. The time is the storage's, so that two
    machines need not agree on theirs; what a holder may still assume itself is counted from before its last renewal,
    on a clock that runs through suspend. Renewal never waits for the ledger's own connections.
    """

    @property
    def key(self) -> LeaseKey: ...

    @property
    def epoch(self) -> int:
        """0 before it was taken."""

    @property
    def had_predecessor(self) -> bool: ...

    @property
    def held(self) -> bool:
        """May we still act? False as soon as the lease could have run out, before anybody says so."""

    def remaining_s(self) -> float: ...

    def drop(self) -> None:
        """Act no more, whatever the storage says."""

    async def take(self) -> bool:
        """One attempt; False while another holder's time runs, or a writer of its stands still."""

    async def renew(self) -> None:
        """Raises Fenced when somebody took over, StorageFault when there was no answer within what remains."""

    async def release(self) -> None:
        """Lets a successor start without waiting. Only for a clean end: nothing of ours may be under way."""


class Ledger(Protocol):
    """The ledger's door for one process."""

    @property
    def lease(self) -> Lease: ...

    @property
    def environment(self) -> str: ...

    def read(self) -> AbstractAsyncContextManager[Tx]:
        """Committed state, no lock, no promise about the next question."""

    def write(self, account_ref: str | None) -> AbstractAsyncContextManager[Tx]:
        """A fenced transaction, under the account's lock when one is named. Raises Refusal for an account that the
        ledger has not opened, Fenced, StorageFault, and CommitInDoubt: the caller must then not act on the
        transaction and must re-read."""


class Storage(Protocol):
    """Where ledgers are kept. Everything else is asked while it is opened."""

    def opened(self) -> AbstractAsyncContextManager[None]: ...

    async def check_revision(self) -> None:
        """Raises WrongRevision unless the tables are those this code was written for. Also before `opened`."""

    async def require_durable(self) -> None:
        """Raises LedgerUnsafe unless a commit survives a power cut."""

    def lease(self, key: LeaseKey, owner: UUID, lease_s: float, awake: Callable[[], float]) -> Lease:
        """A lease not yet taken. `awake` counts seconds, also those slept through; only differences matter."""

    def ledger(self, lease: Lease, clock: Clock, on_commit: Callable[[str], None]) -> Ledger:
        """The ledger under a lease that this storage made."""
