"""What a slot does when its turn comes, as the scheduler sees it: a job a kind, a time-out, and how it ended.

Contract: a job is given the slot and, for an account's, whose it is; it says how it ended in one Korean sentence that a
person may read. It may raise PortUnavailable; it never decides who runs or when.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from domain.slots import Due, Kind, Outcome
from tools.ports import Identity


@dataclass(frozen=True, slots=True)
class Ended:
    """`text` may be empty: there is nothing to say that the job has not said itself."""

    outcome: Outcome
    text: str = ""


Job = Callable[[Due, Identity | None], Awaitable[Ended]]


@dataclass(frozen=True, slots=True)
class Task:
    """A job and the longest it may take, in seconds of wall time."""

    run: Job
    seconds: float


Tasks = Mapping[Kind, Task]
