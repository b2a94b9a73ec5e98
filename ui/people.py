"""Who sits at this machine, for every face that needs a name."""

from __future__ import annotations

import os


def default_user() -> str:
    """The name of whoever is logged in here: the person of the terminal, and the owner that a first link makes."""
    return os.environ.get("USER") or os.environ.get("LOGNAME") or "나"
