"""`python -m simulation.exchange`: the command line of the paper exchange."""

from __future__ import annotations

import sys

from simulation.exchange.cli import main

sys.exit(main(sys.argv[1:]))
