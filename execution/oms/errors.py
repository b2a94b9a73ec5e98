"""What can go wrong inside the OMS: one class for each different reaction.

OmsError
├── Fenced          another OMS owns the ledger: stop sending at once, leave the process
├── CommitInDoubt   the database did not say whether it kept the transaction: do not POST, re-read
├── Refusal         the caller asked for what it may not have: say so, nothing was done
└── NotReady        the OMS cannot serve this now (starting, no lease, broker unreachable): the caller may ask later
"""

from __future__ import annotations


class OmsError(Exception):
    """Anything of this process; the text is for logs."""


class Fenced(OmsError):
    """Our epoch is no longer the lease's."""


class CommitInDoubt(OmsError):
    """The connection broke between COMMIT and its answer."""


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
