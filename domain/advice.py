"""What the agent may propose to one person: the grade's limits under the tolerated loss and the chosen ways out. Pure.

Contract: only ever tighter than `domain.limits`, which the gate enforces on everything; strategies and proposals both
come from here, so that they cannot disagree. The share of stocks shrinks until a bad year costs no more than the
tolerated loss; a way out of a contradiction counts from the moment the user chose it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from domain.instruments import Asset
from domain.limits import FULL_BPS, Limits, NameWeights, tolerated_loss
from domain.suitability import Grade, allowed_products
from domain.tables import table


def advised(limits: Limits, max_loss_bps: int | None, ways_out: Iterable[str] = ()) -> Limits:
    """The limits for proposals. `ways_out` are keys of `domain.contradictions.WayOut`; unknown ones change nothing."""
    chosen = tuple(ways_out)
    cap = equity_cap_bps(limits, max_loss_bps, chosen)
    by_loss = cap < limits.max_equity_bps
    old = limits.name_weights
    # under a smaller cap one single stock may be half of it at most, so that one name does not use it all up
    stock = 0 if _funds_only(chosen) else min(old.stock, cap // 2 if by_loss else cap)
    weights = NameWeights(
        stock=stock,
        equity=min(old.equity, cap),
        mixed=min(old.mixed, 2 * cap),
        commodity=min(old.commodity, cap),
        bond=old.bond,
        cash=old.cash,
    )
    products = limits.allowed_products
    if cap == 0:
        products &= allowed_products(Grade.STABLE)
    tight = replace(limits, max_equity_bps=cap, name_weights=weights, allowed_products=products)
    return tolerated_loss(tight, max_loss_bps)


def equity_cap_bps(limits: Limits, max_loss_bps: int | None, ways_out: Iterable[str] = ()) -> int:
    """Share of stocks: the grade's limit, or less by the tolerated loss and the ways out, bps."""
    cap = limits.max_equity_bps
    for row in _rows(ways_out):
        cap = min(cap, limits.max_equity_bps * int(row["equity_percent"]) // 100)
    if max_loss_bps is None:
        return cap
    return min(cap, max_loss_bps * FULL_BPS // int(table("suitability")["advice"]["bad_year_bps"]))


def rest_asset(ways_out: Iterable[str]) -> Asset:
    """What idle money rests in first: bonds for who chose to mix them in, cash-like products otherwise."""
    rests = [Asset(row["rest"]) for row in _rows(ways_out)]
    return Asset.BOND if Asset.BOND in rests else Asset.CASH


def _funds_only(ways_out: Iterable[str]) -> bool:
    return any(row["funds_only"] for row in _rows(ways_out))


def _rows(ways_out: Iterable[str]) -> list[Mapping[str, Any]]:
    known: Mapping[str, Mapping[str, Any]] = table("suitability")["advice"]["ways_out"]
    return [known[way] for way in ways_out if way in known]
