"""The witness: a small fsynced file beside the ledger that remembers how far the ledger had come.

A database restored from yesterday's copy, or a promoted asynchronous replica, would make the OMS forget orders that
live at the broker. At start the system identifier, the timeline and the last ledger sequence are compared; a
regression means HALTED until a person has looked. It is advanced before every POST, so an order that could have left
is always witnessed.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from dataclasses import asdict, replace
from pathlib import Path
from typing import Protocol

from execution.oms.errors import StorageFault
from execution.oms.ledger.port import Ledger
from execution.oms.ledger.rows import Mark
from tools.kis.errors import NotSent


def regression(remembered: Mark | None, found: Mark) -> str:
    """Why the ledger may not be trusted, "" when it may. A new database beside no witness is a first start."""
    if remembered is None:
        return ""
    if remembered.system != found.system or remembered.database != found.database:
        return "another database than the one this witness belongs to"
    if found.timeline < remembered.timeline:
        return f"expected timeline {remembered.timeline} or later, was {found.timeline}"
    if found.seq < remembered.seq:
        return f"expected ledger sequence {remembered.seq} or later, was {found.seq}"
    return ""


class WitnessFile(Protocol):
    """What remembers a mark through a crash, outside the database."""

    def remembered(self) -> Mark | None:
        """None when there is none yet; ValueError or KeyError when it is damaged."""

    async def advance(self, mark: Mark) -> None:
        """Durable when it returns. Never back in one ledger. OSError when it cannot be."""


class Witness:
    """The file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()  # several accounts send at once
        self._newest: Mark | None = None

    def remembered(self) -> Mark | None:
        """None when there is no file; ValueError when it is unreadable."""
        try:
            raw = self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        values = json.loads(raw)
        return Mark(str(values["system"]), int(values["timeline"]), int(values["database"]), int(values["seq"]))

    async def advance(self, mark: Mark) -> None:
        """Durable when it returns: written beside, fsynced, renamed, folder fsynced. Never back in one ledger."""
        await asyncio.to_thread(self._advance, mark)

    def _advance(self, mark: Mark) -> None:
        with self._lock:
            newest = self._newest
            if newest is not None and newest.seq >= mark.seq and newest == replace(mark, seq=newest.seq):
                return
            self._write(mark)
            self._newest = mark

    def _write(self, mark: Mark) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".new")
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(asdict(mark), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


async def witnessed(ledger: Ledger, witness: WitnessFile) -> None:
    """The ledger's position is on disk outside the database before a byte leaves. Raises NotSent when it cannot be."""
    try:
        async with ledger.read() as tx:
            mark = await tx.mark()
        await witness.advance(mark)
    except (OSError, StorageFault) as error:
        raise NotSent(f"expected a durable witness, was {type(error).__name__}") from error
