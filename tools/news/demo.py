"""Headlines for demonstration: bundled, invented, labelled (`demo=True` and in the source's name).

Contract: `NewsPort`; ages are relative to the clock. Real feeds join behind the port.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from domain.clock import Clock
from tools.ports import Headline

DATA = Path(__file__).parent / "data" / "demo.yaml"


class DemoNews:
    """Reads its file once, at construction. Newest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._data: dict[str, Any] = yaml.safe_load(DATA.read_text("utf-8"))

    async def headlines(self, limit: int = 100) -> list[Headline]:
        now, source = self._clock.now(), str(self._data["source"])
        return [
            Headline(title, source, now - timedelta(hours=hours), tuple(tickers), True)
            for hours, title, tickers in self._data["headlines"][:limit]
        ]


class NoNews:
    """Where nothing may be made up and nothing was collected."""

    async def headlines(self, limit: int = 100) -> list[Headline]:
        return []
