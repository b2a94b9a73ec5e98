"""What the sums of the gate need to know of an instrument, worked out once for the whole table.

Contract: immutable; `facts_of` serves the same mapping for the same table. An instrument that the table does not know
is STRANGER: a stock of the highest risk, in a sector of its own. Does not hold a person's limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from domain.instruments import HIGHEST_RISK, Asset, Instrument, Instruments, Kind, Market
from domain.limits import equity_exposure_bps, is_safe


@dataclass(frozen=True, slots=True)
class Facts:
    """`sector` is None and not a word for a stranger, so that strangers add up with each other alone; equal words are
    one object, which sums compare."""

    instrument: Instrument | None
    sector: str | None
    safe: bool
    exposure_bps: int
    weight_of: str  # the field of `NameWeights` that bounds it
    product_risk: int
    geared: bool
    kind: Kind
    market: Market
    leverage: int


def _of(instrument: Instrument) -> Facts:
    as_stock = instrument.kind is Kind.STOCK and instrument.asset is Asset.EQUITY
    return Facts(
        instrument=instrument,
        sector=intern(instrument.sector),
        safe=is_safe(instrument),
        exposure_bps=equity_exposure_bps(instrument),
        weight_of="stock" if as_stock else instrument.asset.value,
        product_risk=instrument.product_risk,
        geared=instrument.geared,
        kind=instrument.kind,
        market=instrument.market,
        leverage=instrument.leverage,
    )


STRANGER = Facts(
    instrument=None,
    sector=None,
    safe=is_safe(None),
    exposure_bps=equity_exposure_bps(None),
    weight_of="stock",
    product_risk=HIGHEST_RISK,
    geared=False,
    kind=Kind.STOCK,
    market=Market.KOSPI,
    leverage=1,
)


@lru_cache(maxsize=8)
def facts_of(instruments: Instruments) -> Mapping[str, Facts]:
    """Facts by ticker; read only."""
    return {row.ticker: _of(row) for row in instruments.all()}


# What a sum over an account asks of a name: the sector that it counts in (what is safe counts in none), how much of it
# counts as stocks, bps, and whether it is beyond the limits of its owner.
Weighing = tuple[object, int, bool]
STRANGERS = ""  # the key of a name that is not in the table
_NO_SECTOR = object()


@lru_cache(maxsize=64)
def weighing(instruments: Instruments, allowed: frozenset[int], geared_allowed: bool) -> Mapping[str, Weighing]:
    """By ticker, for limits that allow these products; read only."""
    facts = {**facts_of(instruments), STRANGERS: STRANGER}
    return {
        ticker: (
            _NO_SECTOR if fact.safe else fact.sector,
            fact.exposure_bps,
            fact.product_risk not in allowed or (fact.geared and not geared_allowed),
        )
        for ticker, fact in facts.items()
    }
