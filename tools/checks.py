"""Accounts whose owners want regular checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tools.ports import Identity


@dataclass(frozen=True, slots=True)
class Checked:
    """An account that wants its checks, since when (wall time), and whether orders go out without being asked for."""

    who: Identity
    since: datetime
    mandated: bool
