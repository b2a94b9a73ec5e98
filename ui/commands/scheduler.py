"""`quartz scheduler`: the process that runs what is due (`up` runs it as its last part); `--once`, `--check`."""

from __future__ import annotations

from graph.schedule.cli import main as main
