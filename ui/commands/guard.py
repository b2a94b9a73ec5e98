"""`quartz guard`: the guard's process alone (`up` runs it as a part); `--check` for a supervisor's probe."""

from __future__ import annotations

from execution.guard.cli import main as main
