"""`quartz worker`: the process that trades active strategies (`up` runs it as its last part); `--check` for a probe."""

from __future__ import annotations

from execution.worker.cli import main as main
