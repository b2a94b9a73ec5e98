"""What has outgrown its limit, and which holding to reduce by how much so that it has not any more. Pure.

Contract: the limits are the grade's own and the weights of a fixed mix; what the person merely holds beyond our advice
is none. One name is measured against the base, a sector and the share of stocks against the whole account, because
money that was never declared to us is the person's. An excess counts from `OVER_BPS` and one smallest order on, so
that a price that wavers around a limit is no trade. What does not trade now is not reduced. No analyst has a word here:
silence never sells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from domain.limits import FULL_BPS, equity_exposure_bps
from nodes.portfolio.scene import Scene

OVER_BPS = 100
MIX_BPS = 500  # a name of a fixed mix may drift that far before it is brought back

Code = Literal["name", "sector", "equity", "mix"]


@dataclass(frozen=True, slots=True)
class Excess:
    """`about` is the ticker or the sector, empty for the stocks. `was_bps` and `limit_bps` are what is measured: of the
    base for a name or a mix, of the whole account for a sector or the stocks. `cuts` are won by ticker, empty when
    nothing of it trades."""

    code: Code
    about: str
    was_bps: int
    limit_bps: int
    cuts: Mapping[str, int]


def excesses(scene: Scene) -> tuple[Excess, ...]:
    """Names, mix, sectors, stocks; each measured after what the ones before it bring back."""
    worth = {holding.ticker: scene.worth(holding.ticker) for holding in scene.holdings}
    found = [*_names(scene, worth), *_mix(scene, worth)]
    sector_of = {holding.ticker: holding.sector for holding in scene.holdings}
    limits, whole = scene.investor.hard, scene.investor.whole
    for sector in sorted({sector for sector in sector_of.values() if sector}):
        names = [ticker for ticker, own in sector_of.items() if own == sector]
        over = _shared("sector", sector, names, limits.max_sector_bps, whole, scene, worth)
        found += [over] if over is not None else []
    over = _shared("equity", "", list(sector_of), limits.max_equity_bps, whole, scene, worth)
    return tuple([*found, over] if over is not None else found)


def lowered(found: tuple[Excess, ...]) -> dict[str, int]:
    """Won to take from each ticker, over all of them."""
    cuts: dict[str, int] = {}
    for excess in found:
        for ticker, won in excess.cuts.items():
            cuts[ticker] = cuts.get(ticker, 0) + won
    return cuts


def _names(scene: Scene, worth: dict[str, int]) -> list[Excess]:
    return [
        excess
        for ticker in list(worth)
        if (excess := _one("name", scene, worth, ticker, scene.investor.hard.name_weight_bps(scene.table.get(ticker))))
    ]


def _mix(scene: Scene, worth: dict[str, int]) -> list[Excess]:
    plan = scene.investor.playbook
    weights = {} if plan is None or scene.asked else plan.weights
    return [
        excess
        for ticker in list(worth)
        if ticker in weights and (excess := _one("mix", scene, worth, ticker, weights[ticker], MIX_BPS))
    ]


def _one(
    code: Code, scene: Scene, worth: dict[str, int], ticker: str, limit: int, margin: int = OVER_BPS
) -> Excess | None:
    base = scene.investor.base
    was, over = worth[ticker] * FULL_BPS // base, worth[ticker] - limit * base // FULL_BPS
    if was - limit <= margin or over < scene.investor.min_order:
        return None
    cuts = {} if ticker in scene.halted else {ticker: over}
    worth[ticker] -= sum(cuts.values())
    return Excess(code, ticker, was, limit, cuts)


def _shared(
    code: Code, about: str, names: list[str], limit: int, whole: int, scene: Scene, worth: dict[str, int]
) -> Excess | None:
    """Of several names together; the one that counts most is reduced first."""
    exposure = {ticker: equity_exposure_bps(scene.table.get(ticker)) for ticker in names}
    total = sum(worth[ticker] * exposure[ticker] // FULL_BPS for ticker in names)
    was, over = total * FULL_BPS // whole, total - limit * whole // FULL_BPS
    if was - limit <= OVER_BPS or over < scene.investor.min_order:
        return None
    cuts: dict[str, int] = {}
    left = over
    for ticker in sorted(names, key=lambda name: (-worth[name] * exposure[name], name)):
        if left <= 0 or not exposure[ticker]:
            break
        if ticker in scene.halted:
            continue
        cut = min(worth[ticker], -(-left * FULL_BPS // exposure[ticker]))
        cuts[ticker] = cut
        worth[ticker] -= cut
        left -= cut * exposure[ticker] // FULL_BPS
    return Excess(code, about, was, limit, cuts)
