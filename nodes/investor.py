"""The investor as specialists see one: grade, money, wishes, the strategy in force and the limits that follow.

Contract: built from the confirmed profile in force and the newest strategy, and from nothing else; without a profile
there is no investor and nothing is proposed. `base` is what weights are shares of: the smaller of the declared capital
and the account's value, so that a proposal stays inside the gate whichever it counts. `limits` are those of
`domain.advice`, narrowed by the strategy: tolerated loss and chosen ways out are in them. `hard` are the grade's own:
what the user bought beyond our advice is no reason to sell, what outgrew the grade is. `constraints` bound one run.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from domain.advice import rest_asset
from domain.constraints import DEFAULT, Constraints
from domain.instruments import Asset, Instrument
from domain.limits import FULL_BPS, Limits
from domain.means import means_of
from domain.suitability import Grade
from nodes.playbook import Playbook, playbook_of
from tools.ports import Identity, Ports, StoredProfile, StoredStrategy

PRICE_ROOM = 2  # percent between the last price and the highest limit that an order may get


@dataclass(frozen=True, slots=True)
class Investor:
    """`preferred` and `excluded` are sector names; `base` and `whole` are int won, `whole` what the account is worth or
    was declared to be; `rest` is what idle money goes into first."""

    grade: Grade
    base: int
    preferred: tuple[str, ...]
    excluded: tuple[str, ...]
    limits: Limits
    hard: Limits
    profile_version: int
    whole: int
    rest: Asset = Asset.CASH
    playbook: Playbook | None = None
    constraints: Constraints = DEFAULT

    def may_buy(self, instrument: Instrument) -> bool:
        """Inside the grade, tradable, and not something the user does not want."""
        return (
            self.limits.allows(instrument)
            and instrument.status == "normal"
            and instrument.sector not in self.excluded
            and self.limits.name_weight_bps(instrument) > 0
        )

    @property
    def min_order(self) -> int:
        """The smallest order worth making, won: a small purse has smaller ones."""
        return self.constraints.smallest_order_krw(self.base)

    @property
    def turnover_bps(self) -> int:
        """Most that one run may buy and sell together, of the base."""
        return self.constraints.turnover_krw(self.base) * FULL_BPS // self.base

    def least_bps(self, price: int) -> int:
        """Weight of the smallest order: as many shares as it takes, and a little for a limit above the last price."""
        shares = -(-self.min_order // price)
        return -(-shares * price * (100 + PRICE_ROOM) * FULL_BPS // (100 * self.base))

    def most_bps(self, instrument: Instrument, held: int = 0) -> int:
        """The most that one order of this name may be: by weight beside the `held` one, by order size, by turnover."""
        by_order = self.limits.order_krw(instrument) * FULL_BPS // self.base
        weight = min(self.limits.name_weight_bps(instrument), self.constraints.name_weight_bps(instrument))
        return min(weight - held, by_order, self.turnover_bps)

    def can_afford(self, instrument: Instrument, price: int) -> bool:
        """Whether the smallest order fits inside the largest one."""
        return price > 0 and self.least_bps(price) <= self.most_bps(instrument)

    @property
    def careful(self) -> bool:
        """Grades whose money belongs mostly into bonds and cash-like funds."""
        return self.grade.rank <= Grade.STABLE_SEEKING.rank


def investor_of(
    profile: StoredProfile | None,
    now: datetime,
    account_value: int | None,
    strategy: StoredStrategy | None = None,
    constraints: Constraints = DEFAULT,
) -> Investor | None:
    """None without a profile in force. `account_value` is None when the book is not known; `constraints` are those of
    the settings, before grade and profile tighten them."""
    if profile is None or profile.expires_at <= now:
        return None
    content = profile.content
    means, playbook = means_of(Grade(profile.grade), content, account_value), playbook_of(strategy)
    if means is None:
        return None
    limits = means.limits if playbook is None else _narrowed(means.limits, playbook)
    return Investor(
        grade=means.grade,
        base=means.base,
        preferred=tuple(content.get("preferred_sectors") or ()),
        excluded=tuple(content.get("excluded_sectors") or ()),
        limits=limits,
        hard=means.hard,
        profile_version=profile.version,
        whole=max(means.base, account_value or 0),
        rest=rest_asset(means.ways),
        playbook=playbook,
        constraints=constraints.for_grade(means.grade).within(limits),
    )


async def investor_for(ports: Ports, who: Identity, account_value: int | None) -> Investor | None:
    """The investor of this moment, from the tables. Raises PortUnavailable."""
    profile, strategies = await asyncio.gather(
        ports.desk.latest_profile(who.user_id), ports.desk.strategies(who.user_id, 1)
    )
    strategy = strategies[0] if strategies else None
    return investor_of(profile, ports.clock.now(), account_value, strategy, ports.constraints)


def _narrowed(limits: Limits, playbook: Playbook) -> Limits:
    """A strategy's own constraints; its weight of a name binds what carries risk, not the parking of idle money."""
    weights = limits.name_weights
    most = playbook.max_name_bps if not playbook.name_bps else min(playbook.max_name_bps, playbook.name_bps)
    return replace(
        limits,
        max_equity_bps=min(limits.max_equity_bps, playbook.max_equity_bps),
        max_sector_bps=min(limits.max_sector_bps, playbook.max_sector_bps),
        name_weights=replace(
            weights,
            stock=min(weights.stock, most),
            equity=min(weights.equity, most),
            mixed=min(weights.mixed, most),
            commodity=min(weights.commodity, most),
        ),
    )
