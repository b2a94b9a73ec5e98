"""`python -m graph.schedule`: the scheduler as a supervisor starts it."""

from __future__ import annotations

import sys

from graph.schedule.cli import main

if __name__ == "__main__":
    sys.exit(main())
