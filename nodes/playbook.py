"""The strategy in force as the rooms use it: which names, how much of each, how many at once. Pure.

Contract: read from the stored document; one that no longer parses is no strategy. It only ever narrows what the
profile allows; what a strategy may not do, `nodes.investor` has already taken away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from domain.strategy.check import StrategyError
from domain.strategy.spec import parse_spec
from tools.ports import StoredStrategy


@dataclass(frozen=True, slots=True)
class Playbook:
    """`weights` are fixed shares in bps and empty where signals decide; then each name gets at most `name_bps` and what
    is idle rests in `parking`. At most `max_positions` names at once, parking not counted."""

    name: str
    universe: tuple[str, ...]
    weights: Mapping[str, int]
    name_bps: int
    parking: str | None
    max_positions: int
    max_name_bps: int
    max_sector_bps: int
    max_equity_bps: int


def playbook_of(stored: StoredStrategy | None) -> Playbook | None:
    """None without a strategy, with one that names nothing to trade, or one of a layout that is no longer known."""
    if stored is None:
        return None
    known = _read.get(id(stored.spec))
    if known is None or known[0] is not stored.spec:  # the rooms of a turn are handed the very same document
        known = (stored.spec, _playbook(stored.spec))
        _read[id(stored.spec)] = known
        while len(_read) > _READ:
            _read.pop(next(iter(_read)))
    return known[1]


_READ = 32
_read: dict[int, tuple[Mapping[str, Any], Playbook | None]] = {}  # by identity; holding the document keeps it its own


def _playbook(document: Mapping[str, Any]) -> Playbook | None:
    try:
        spec = parse_spec(dict(document))
    except StrategyError:
        return None
    if not spec.is_bound:
        return None
    fixed = spec.sizing.method == "targets"
    return Playbook(
        name=spec.metadata.name,
        universe=tuple(spec.universe.tickers),
        weights=dict(spec.sizing.targets) if fixed else {},
        name_bps=0 if fixed else spec.sizing.name_bps,
        parking=None if fixed else spec.sizing.parking,
        max_positions=spec.constraints.max_positions,
        max_name_bps=spec.constraints.max_name_bps,
        max_sector_bps=spec.constraints.max_sector_bps,
        max_equity_bps=spec.constraints.max_equity_bps,
    )
