"""Answers kept for the same question to the same model: a second asking costs nothing.

Contract: only tasks that say so are kept (`Task.kept`), because their answer is a function of what they are told and
nothing else. The key is a hash of prompt, shape, what was told (the data's snapshot, in the very words) and model; for
a task whose input is somebody's own, of that person too, and without a person it is not kept at all. Only answers that
code took up are kept, and a kept one is taken up anew: checks that have changed since judge it again. A shelf that
fails costs a call, never a turn.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

KEPT_FOR = timedelta(hours=12)
MOST_ANSWERS = 2_000
MOST_SIGNS = 20_000  # a longer answer is not kept


class Kept(StrEnum):
    """Whose question it is."""

    NEVER = "never"  # a person's own words, or anything that is not a function of what is told
    SHARED = "shared"  # charts, news, the economy: the same for everybody
    PERSON = "person"  # holds something of one person's


class Answers(Protocol):
    """Texts by key, good for KEPT_FOR."""

    async def get(self, key: bytes, at: datetime) -> str | None: ...

    async def put(self, key: bytes, text: str, at: datetime) -> None:
        """The first of two equal keys stays. Drops what is too old, and the oldest beyond MOST_ANSWERS."""


def key_of(kept: Kept, user_id: UUID | None, *parts: str) -> bytes | None:
    """None when nothing may be kept. `parts`: label of the model, prompt, shape, what was told."""
    if kept is Kept.NEVER or (kept is Kept.PERSON and user_id is None):
        return None
    owner = str(user_id) if kept is Kept.PERSON else ""
    return hashlib.sha256(json.dumps([owner, *parts], ensure_ascii=False).encode()).digest()


class MemoryAnswers:
    """The shelf of one process."""

    def __init__(self, capacity: int = MOST_ANSWERS) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[bytes, tuple[datetime, str]] = OrderedDict()

    async def get(self, key: bytes, at: datetime) -> str | None:
        found = self._kept.get(key)
        return found[1] if found is not None and at - found[0] < KEPT_FOR else None

    async def put(self, key: bytes, text: str, at: datetime) -> None:
        found = self._kept.get(key)
        if found is not None and at - found[0] < KEPT_FOR:
            return
        self._kept.pop(key, None)
        self._kept[key] = (at, text)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
