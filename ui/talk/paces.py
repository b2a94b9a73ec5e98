"""How fast one person may talk and open pages, in one process: generous for a hand, tight for a program."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.pace import Pace

BURST = 20


@dataclass(frozen=True, slots=True)
class Paces:
    """So many at once, and so many a second for ever."""

    messages: Pace = field(default_factory=lambda: Pace(BURST, 0.5))
    pages: Pace = field(default_factory=lambda: Pace(60, 1.0))  # each is remembered for a quarter of an hour
    reminders: Pace = field(default_factory=lambda: Pace(1, 0.2))  # how often somebody is told to slow down
