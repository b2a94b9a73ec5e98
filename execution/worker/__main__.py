"""`python -m execution.worker`: the worker as a supervisor starts it."""

from __future__ import annotations

import sys

from execution.worker.cli import main

if __name__ == "__main__":
    sys.exit(main())
