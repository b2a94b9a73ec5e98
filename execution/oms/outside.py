"""Everything that one OMS takes from outside itself: time, ids, chance, files, its door, and its own end.

Contract: the OMS asks for these here and nowhere else, so a world of tests can give it another time, another disk and
another network and run the very same code in it. `outside_of` is the real world, and what a process gets when nobody
says otherwise. `awake` runs through suspend and cannot be set; `fenced` does not return.
"""

from __future__ import annotations

import os
import random
import ssl
import sys
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Protocol

from domain.clock import Clock, SystemClock
from domain.ids import NewId
from execution.oms.core import Core
from execution.oms.enroll import Enrolment
from execution.oms.ledger.port import Storage
from execution.oms.ledger.postgres.storage import PostgresStorage
from execution.oms.listen import open_door
from execution.oms.orderdesk import OrderDesk
from execution.oms.witness import Witness, WitnessFile
from tools.embedded.files import write_json
from tools.embedded.ports import LOOPBACK
from tools.embedded.services import Endpoints
from tools.kis.deadline import Seconds, awake_or_asleep
from tools.settings import Settings
from tools.store.roles import role_url

FENCED = 3


class Door(Protocol):
    """An open door."""

    async def close(self) -> None:
        """Says goodbye to its callers and stops listening."""


OpenDoor = Callable[[str, bytes, Core, OrderDesk, Enrolment], Awaitable[Door]]


@dataclass(slots=True)
class Outside:
    """`rng_seed` seeds what may be guessed (pauses between attempts); `secrets` makes what may not (keys). `tls` is
    what connections to the broker are verified with, None for the machine's authorities. `pages_at` is told where the
    health pages are."""

    wall: Clock
    awake: Seconds
    new_id: NewId
    rng_seed: Callable[[], int]
    secrets: random.Random
    storage: Storage
    witness: WitnessFile
    open_door: OpenDoor
    pages_host: str
    pages_at: Callable[[str], None]
    fenced: Callable[[], NoReturn]
    tls: ssl.SSLContext | None = None


def outside_of(settings: Settings, found: Endpoints, stall_s: float) -> Outside:
    """The machine that we run on. `stall_s`: how long a write may stand still before the database ends it."""
    chance = random.SystemRandom()
    return Outside(
        wall=SystemClock(),
        awake=awake_or_asleep,
        new_id=uuid.uuid4,
        rng_seed=lambda: chance.getrandbits(64),
        secrets=chance,
        storage=PostgresStorage(role_url(settings, "oms", found), stall_s),
        witness=Witness(witness_path(settings)),
        open_door=open_door,
        pages_host=LOOPBACK,
        pages_at=lambda url: write_json(settings.run_dir / "oms-pages.json", {"url": url}),
        fenced=leave,
    )


def witness_path(settings: Settings) -> Path:
    return settings.home / f"witness-{settings.broker.value}.json"


def leave() -> NoReturn:
    """Somebody else writes now. Not a byte more may leave and nothing of the successor's (its socket has our path)
    may be cleaned up, so the process ends here; what was under way is a question for the successor."""
    sys.stderr.flush()
    os._exit(FENCED)
