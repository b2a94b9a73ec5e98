"""What can go wrong inside the OMS: one class for each different reaction.

OmsError
├── Fenced          another OMS owns the ledger: stop sending at once, leave the process
├── LedgerError     the ledger did not do what it was asked
│   ├── StorageFault    no answer from the storage, nothing of the transaction was kept: ask again later
│   ├── CommitInDoubt   the storage did not say whether it kept the transaction: do not POST, re-read
│   ├── Taken           somebody else's row holds what must be unique: nothing was kept
│   └── Unfit           a row that no state of the ledger allows: a defect of ours, nothing was kept
├── LedgerUnsafe    the storage would not keep its promises: do not start
├── Refusal         the caller asked for what it may not have: say so, nothing was done
└── NotReady        the OMS cannot serve this now (starting, no lease, broker unreachable): the caller may ask later
"""

from __future__ import annotations


class OmsError(Exception):
    """Anything of this process; the text is for logs."""


class Fenced(OmsError):
    """Our epoch is no longer the lease's."""


class LedgerError(OmsError):
    """Anything that the ledger's storage has to say. The text never holds a row's values."""


class StorageFault(LedgerError):
    """Connection, lock, time-out or input/output. A transaction that raised it before COMMIT left nothing."""


class CommitInDoubt(LedgerError):
    """The connection broke between COMMIT and its answer."""


class Taken(LedgerError):
    """`constraint` is the name of what must be unique, as the migration has it."""

    def __init__(self, constraint: str) -> None:
        super().__init__(f"expected {constraint} to be free, was taken")
        self.constraint = constraint


class Unfit(LedgerError):
    """`constraint` is the name of the rule that the row breaks, as the migration has it."""

    def __init__(self, constraint: str) -> None:
        super().__init__(f"expected a row that {constraint} allows, was another")
        self.constraint = constraint


class LedgerUnsafe(OmsError):
    """The text names the setting."""


class Refusal(OmsError):
    """`code` is stable and English, `message` is Korean and may be shown."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class NotReady(OmsError):
    """`message` is Korean and may be shown."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
