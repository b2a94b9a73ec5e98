"""What happens on a rehearsed day, drawn from its seed: which day, who is silent when, what prices do, what hands do.

Contract: a pure function of the seed and the kind of model. One outage of each kind lies inside the session, at least
one check long; the fall comes after the outages have begun to overlap with checks, so that silence and a falling price
meet. A short day is a morning and an evening: its house is asleep in between, and what it missed is late.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from domain.calendar import KrxCalendar
from domain.clock import KST

MODELS = ("none", "sensible", "misbehaving")
FIRST, LAST = date(2026, 11, 24), date(2027, 2, 26)
CHECK = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Window:
    """From `begins` until `ends`, market time."""

    begins: datetime
    ends: datetime

    def covers(self, at: datetime) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Script:
    """`macro_state`: how the economy goes missing, old | silent. `charts_all`: no name's chart comes, else every other
    name's. `hands`: what the person does with one card after the other, the last again and again."""

    seed: int
    model: str
    eve: date
    day: date
    macro: Window
    macro_state: str
    news: Window
    charts: Window
    charts_all: bool
    mind: Window
    spent_at: datetime
    falls_at: datetime
    sells_at: tuple[datetime, ...]
    hands: tuple[str, ...]
    asleep: Window | None

    def at(self, hour: int, minute: int = 0) -> datetime:
        return datetime.combine(self.day, time(hour, minute), KST)


def script_for(seed: int, model: str = "none", *, short: bool = False) -> Script:
    """ValueError for a model that is none of MODELS."""
    if model not in MODELS:
        raise ValueError(f"expected a model of {', '.join(MODELS)}, was {model!r}")
    rng = random.Random(f"day:{seed}")
    calendar = KrxCalendar()
    day = calendar.next_session(FIRST + timedelta(days=rng.randrange((LAST - FIRST).days)))
    while calendar.hours(day) is None or _hours(calendar, day) != (time(9), time(15, 30)):
        day = calendar.next_session(day)  # a day with hours of its own has other slots
    opens = datetime.combine(day, time(9), KST)
    hands = ["approve", "expire", "reject"]
    rng.shuffle(hands)
    mind = 1 if short else rng.randrange(5, 8)
    spent = opens + (timedelta(minutes=15) if short else timedelta(hours=4, minutes=30 * rng.randrange(3)))
    return Script(
        seed=seed,
        model=model,
        eve=calendar.previous_session(day),
        day=day,
        macro=_window(opens, rng.randrange(2 if short else 3), rng.choice((1, 2))),
        macro_state=rng.choice(("old", "silent")),
        news=_window(opens, rng.randrange(1, 10), 1),
        charts=_window(opens, rng.randrange(2) if short else rng.randrange(1, 5), rng.choice((1, 2))),
        charts_all=rng.random() < 0.5,
        mind=_window(opens, mind, 1 if short else 2),
        spent_at=spent,
        falls_at=opens + timedelta(minutes=18 if short else rng.randrange(100, 260), seconds=rng.randrange(60)),
        sells_at=() if short else (opens + mind * CHECK - timedelta(minutes=9), spent + timedelta(minutes=4)),
        hands=(*hands, "approve"),
        asleep=Window(opens + timedelta(minutes=34), opens + timedelta(hours=6, minutes=25)) if short else None,
    )


def _window(opens: datetime, check: int, checks: int) -> Window:
    """From five minutes before a check until five before another."""
    begins = opens + check * CHECK - timedelta(minutes=5)
    return Window(begins, begins + checks * CHECK)


def _hours(calendar: KrxCalendar, day: date) -> tuple[time, time]:
    hours = calendar.hours(day)
    assert hours is not None, f"expected a session, was {day}"
    return hours.open, hours.close
