"""Macro series for demonstration: bundled, invented, labelled (`demo=True` and in the source's name).

Contract: `MacroPort`; never stale, because it pretends an age relative to the clock. Real sources join behind the port.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from domain.clock import Clock
from tools.ports import MacroSnapshot, PortUnavailable

DATA = Path(__file__).parent / "data" / "demo.yaml"


class DemoMacro:
    """Reads its file once, at construction."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._data: dict[str, Any] = yaml.safe_load(DATA.read_text("utf-8"))

    async def snapshot(self) -> MacroSnapshot | None:
        return MacroSnapshot(
            series=tuple(self._data["series"]),
            as_of=self._clock.now() - timedelta(days=self._data["age_days"]),
            source=self._data["source"],
            demo=True,
        )


class NoMacro:
    """Where nothing may be made up and no key was given."""

    async def snapshot(self) -> MacroSnapshot | None:
        raise PortUnavailable("거시 지표를 받을 키(ECOS, FRED)가 없어요.", where="macro")
