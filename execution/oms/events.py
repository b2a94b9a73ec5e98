"""Following an account's numbered events: history from the ledger first, then whatever commits.

The ledger is the outbox; this only says "look again". A missed or doubled hint costs one query, never an event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from domain.proto import oms_pb2 as pb
from domain.waiting import within
from execution.oms.ledger.port import Ledger

_LOOK_AGAIN_S = 5.0


class Hub:
    """Wakes the followers of an account."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}

    def announce(self, account_ref: str) -> None:
        for event in self._waiting.get(account_ref, ()):
            event.set()

    async def follow(self, ledger: Ledger, account_ref: str, after_seq: int) -> AsyncIterator[pb.Event]:
        """Every event after `after_seq`, in order, without end."""
        hint = asyncio.Event()
        followers = self._waiting.setdefault(account_ref, set())
        followers.add(hint)
        try:
            while True:
                hint.clear()
                async with ledger.read() as tx:
                    found = await tx.journal.events_after(account_ref, after_seq)
                for event in found:
                    after_seq = event.seq
                    yield event
                if not found:
                    await within(hint, _LOOK_AGAIN_S)
        finally:
            followers.discard(hint)
