"""When a price alert fires: a level that is crossed between two fresh sightings, once, until it is armed again. Pure.

    first sighting → armed, unless the price is beyond already
    armed, and a fresh price is beyond → fires, disarmed
    disarmed → armed again when the price has come back by half a percent of the level, on a later trade date

Contract: nothing fires on a stale price, on one without a base, or on one not newer than the last that counted; a
rule fires at most once a trade date. A rule on the day's change starts every trade date armed, because its level moves
with the base price: a gap at the open counts as crossing. Prices are won, `at` market time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.clock import KST
from domain.watch import AlertRule

BACK_BPS = 50
FULL_BPS = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at a price. `base` is the day's base price, 0 when not known."""

    price: int
    base: int
    at: datetime
    stale: bool = False

    @property
    def on(self) -> date:
        return self.at.astimezone(KST).date()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands after its sighting `number`."""

    number: int
    armed: bool
    fired_on: date | None
    seen_on: date
    price: int
    at: datetime


def level_of(rule: AlertRule, base: int) -> int | None:
    """The price that the rule waits for; None when it cannot be told."""
    if rule.level is not None:
        return rule.level
    if rule.change_bps is None or base <= 0:
        return None
    exact = base * (FULL_BPS + rule.change_bps)
    return -(-exact // FULL_BPS) if rule.direction == "above" else exact // FULL_BPS


def step(rule: AlertRule, before: Standing | None, seen: Seen) -> tuple[Standing | None, bool]:
    """(how the rule stands now, None when nothing changed; whether it fires)."""
    level = level_of(rule, seen.base)
    if seen.stale or level is None or seen.price <= 0 or (before is not None and seen.at <= before.at):
        return None, False
    beyond = seen.price >= level if rule.direction == "above" else seen.price <= level
    if before is None:
        return Standing(1, not beyond, None, seen.on, seen.price, seen.at), False
    fresh_day = rule.change_bps is not None and seen.on > before.seen_on
    armed = before.armed or (fresh_day and before.fired_on != seen.on)
    if armed and beyond and before.fired_on != seen.on:
        return Standing(before.number + 1, False, seen.on, seen.on, seen.price, seen.at), True
    if not armed and before.fired_on != seen.on and _came_back(rule.direction, seen.price, level):
        armed = True
    if armed == before.armed and not fresh_day:
        return None, False
    return Standing(before.number + 1, armed, before.fired_on, seen.on, seen.price, seen.at), False


def _came_back(direction: str, price: int, level: int) -> bool:
    if direction == "above":
        return price * FULL_BPS <= level * (FULL_BPS - BACK_BPS)
    return price * FULL_BPS >= level * (FULL_BPS + BACK_BPS)
