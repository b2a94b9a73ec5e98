"""What a process may assume about its lease by its own clock: the part of a lease that needs no storage.

Contract: counted from *before* the question that took or renewed it, on a clock that runs through suspend, so it never
says "held" longer than the storage does.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from execution.oms.errors import Fenced
from execution.oms.ledger.rows import LeaseKey


class Hold:
    """`seconds` is a clock that counts suspend; only differences matter."""

    def __init__(self, key: LeaseKey, holder: UUID, ttl_s: float, seconds: Callable[[], float]) -> None:
        self.key = key
        self.holder = holder
        self.ttl_s = ttl_s
        self.epoch = 0
        self.had_predecessor = False
        self._seconds = seconds
        self._good_until = float("-inf")

    @property
    def held(self) -> bool:
        return self.epoch > 0 and self._seconds() < self._good_until

    def remaining_s(self) -> float:
        return self._good_until - self._seconds()

    def drop(self) -> None:
        self._good_until = float("-inf")

    def _taken(self, epoch: int, before: float) -> None:
        self.epoch = epoch
        self.had_predecessor = epoch > 1
        self._good_until = before + self.ttl_s

    def _renewed(self, before: float) -> None:
        self._good_until = before + self.ttl_s

    def _require(self) -> None:
        """A stalled process must not write on, whatever the row says."""
        if not self.held:
            raise Fenced("expected a lease in force, was past its time")

    def _lost(self) -> Fenced:
        self.drop()
        return Fenced(f"expected epoch {self.epoch} of {self.key.environment}, was taken over")
