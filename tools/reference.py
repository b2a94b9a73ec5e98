"""`python -m tools.reference`: prints the reference pages under docs/ from the tables that the code runs on.

With `--check` it writes nothing and exits 1, naming the pages that are not current.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from domain.gate.page import page as gate_page
from domain.orders.page import page as states_page

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES: dict[str, Callable[[], str]] = {"gate.md": gate_page, "order-states.md": states_page}


def stale(docs: Path = DOCS) -> list[str]:
    """Names of pages that differ from their tables or do not exist."""
    found = []
    for name, page in PAGES.items():
        path = docs / name
        if not path.is_file() or path.read_text(encoding="utf-8") != page():
            found.append(name)
    return found


def main(arguments: Sequence[str]) -> int:
    if "--check" in arguments:
        names = stale()
        if names:
            sys.stderr.write(f"expected current pages, stale: {', '.join(names)}; run python -m tools.reference\n")
        return 1 if names else 0
    DOCS.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
