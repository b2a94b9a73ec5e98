"""`python -m execution.oms`: the order management system as a process of its own."""

from __future__ import annotations

import sys

from execution.oms.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
