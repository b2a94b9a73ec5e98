"""`python -m ui.web --port P`: the web process. It serves until SIGTERM; `ui.web.serving` does the work."""

from __future__ import annotations

import sys

from ui.web.serving import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
