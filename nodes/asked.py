"""What this turn was asked about: names and sectors wanted, names and sectors to leave out. Pure.

Contract: read from the reading of this turn's message alone; a cycle, which nobody spoke to, was asked nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.instruments import Instrument
from domain.korean.reading import Reading
from nodes.state import AssistantState


@dataclass(frozen=True, slots=True)
class Asked:
    """Tickers and sector names, in the order in which they were said."""

    tickers: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    not_tickers: tuple[str, ...] = ()
    not_sectors: tuple[str, ...] = ()

    def wants(self, row: Instrument) -> bool:
        return row.ticker in self.tickers or row.sector in self.sectors

    def __bool__(self) -> bool:
        return bool(self.tickers or self.sectors)


def asked_in(state: AssistantState) -> Asked:
    """The request of this turn; empty when nothing in particular was asked for."""
    reading = Reading.from_json(state.get("reading") or {})
    left_out = reading.facts.excluded
    return Asked(
        tickers=tuple(state.get("focus", [])),
        sectors=tuple(sector for sector in reading.sectors if sector not in left_out),
        not_tickers=tuple(reading.avoided_tickers),
        not_sectors=tuple(left_out),
    )
