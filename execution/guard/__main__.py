"""`python -m execution.guard`: the guard as a supervisor starts it."""

from __future__ import annotations

import sys

from execution.guard.cli import main

if __name__ == "__main__":
    sys.exit(main())
