"""One running exchange: the venue with its keys, limits and accounts. The wire talks to this.

Contract: built by `build`, which replays the journal; `login` and `account_for` enforce who owns what. An account
number belongs to the app key that used it first; a key pair's secret is fixed at first use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from domain.calendar import AlwaysOpenCalendar, Calendar, KrxCalendar
from domain.clock import KST, Clock
from domain.instruments import Instruments
from simulation.exchange.clock import ReplayClock, VenueClock, WallClock
from simulation.exchange.config import Environment, ExchangeConfig, Limits
from simulation.exchange.credentials import Credentials, key_hash, load_secret
from simulation.exchange.history import SeededDaily
from simulation.exchange.journal import Journal, JournalPort, MemoryJournal, Record
from simulation.exchange.ledger import Account
from simulation.exchange.limits import RateLimiter
from simulation.exchange.listings import load_listings
from simulation.exchange.market import Market
from simulation.exchange.replay import ReplayDaily, ReplayError
from simulation.exchange.venue import Venue
from simulation.exchange.world import World

TOKEN_WAIT_SECONDS = 60
MIN_KEY_LENGTH = 8  # KIS: 36 and 180; public clients are also run with short test keys


def _as_it_is(account: Account) -> Account:
    return account


@dataclass(slots=True)
class Exchange:
    """Everything a request may need."""

    config: ExchangeConfig
    wall: Clock
    venue: Venue
    credentials: Credentials
    limiter: RateLimiter
    journal: JournalPort
    instruments: Instruments
    token_asked: dict[str, float]
    label: str
    ledger_limiter: RateLimiter
    approval_limiter: RateLimiter  # one approval key a second and app key
    sibling: Exchange | None = None  # the other environment, when one process serves both
    shown: Callable[[Account], Account] = _as_it_is  # how an inquiry sees an account

    def is_foreign(self, key: str) -> bool:
        """Does a key (hash) belong to the other environment? It is of the one that first gave it a token."""
        there = self.sibling.venue.world.issued if self.sibling is not None else {}
        return key in there and key not in self.venue.world.issued

    def known_pair(self, appkey: str, secret: str) -> str | None:
        """KIS error code for a pair that may not log in (EGW00103 key, EGW00105 secret); None when it may."""
        key = key_hash(appkey)
        sealed = hashlib.sha256(f"secret:{secret}".encode()).hexdigest()[:32]
        if not self.config.any_account:
            spec = next((spec for spec in self.config.accounts if spec.appkey == appkey), None)
            if spec is None:
                return "EGW00103"
            if spec.appsecret != secret:
                return "EGW00105"
        elif not well_formed(appkey):
            return "EGW00103"
        elif not well_formed(secret):
            return "EGW00105"
        stored = self.venue.world.secrets.get(key)
        if stored is None:
            self.venue.note("key", key=key, secret=sealed)
        elif stored != sealed:
            return "EGW00105"
        return None

    def account_for(self, appkey: str, number: str) -> Account | None:
        """The account if this key may use it, opened at first use; None → INVALID_CHECK_ACNO."""
        key = key_hash(appkey)
        existing = self.venue.world.accounts.get(number)
        if existing is not None:
            return existing if existing.owner == key else None
        if len(number) != 10 or not number.isdecimal():
            return None
        if not self.config.any_account:
            spec = next((spec for spec in self.config.accounts if spec.appkey == appkey), None)
            if spec is None or number not in spec.accounts:
                return None
        return self.venue.open_account(number, key)

    def wall_epoch(self) -> float:
        return self.wall.now().timestamp()

    def market_clock(self) -> dict[str, object]:
        """Body of `/quartz/clock`."""
        now = self.venue.advance()
        return {
            "now": now.isoformat(),
            "trade_date": self.venue.market.trade_date(now).isoformat(),
            "calendar": self.venue.calendar.name,
            "phase": self.venue.calendar.phase(now).value,
            "speed": self.venue.clock.speed,
            "label": self.label,
            "env": self.config.env.value,
        }


def well_formed(text: str) -> bool:
    """Can it be an app key or a secret at all?"""
    return len(text) >= MIN_KEY_LENGTH and text.isascii() and text.isprintable() and " " not in text


def build_pair(config: ExchangeConfig, wall: Clock) -> tuple[Exchange, Exchange]:
    """Real and paper side by side: one secret, so that approval keys are good on both, and two sets of books."""
    credentials = Credentials(load_secret(config.data_dir))
    folder = config.data_dir
    real = build(replace(config, env=Environment.REAL), wall, credentials)
    paper = build(
        replace(config, env=Environment.PAPER, data_dir=folder / "paper" if folder is not None else None),
        wall,
        credentials,
    )
    real.sibling, paper.sibling = paper, real
    return real, paper


def build(
    config: ExchangeConfig,
    wall: Clock,
    credentials: Credentials | None = None,
    journal: JournalPort | None = None,
    market: Market | None = None,
) -> Exchange:
    """Assemble an exchange and bring it back to where its journal left it. A seeded `market` may be shared by many:
    it is a function of seed and moment with a cache."""
    instruments = Instruments.load()
    journal = journal or (Journal(config.data_dir) if config.data_dir is not None else MemoryJournal())
    world = World()
    for record in journal.recover():
        world.apply(record)
    if config.replay is not None:
        venue, label = _replay_venue(config, wall, instruments, journal, world)
    else:
        venue, label = _seeded_venue(config, wall, instruments, journal, world, market)
    venue.advance()
    limiter = RateLimiter(config.calls_per_second, wall.monotonic)
    ledger_limiter = RateLimiter(config.ledger_calls_per_second, wall.monotonic, keep=0)
    approval_limiter = RateLimiter(None if config.limits is Limits.OFF else 1, wall.monotonic, keep=0)
    credentials = credentials or Credentials(load_secret(config.data_dir))
    return Exchange(
        config, wall, venue, credentials, limiter, journal, instruments, {}, label, ledger_limiter, approval_limiter
    )


def _open(journal: JournalPort, world: World, now: datetime, opened_on: date, what: Record) -> None:
    if world.opened_on is None:
        fields: Record = {"t": now.isoformat(), "kind": "venue", "opened_on": opened_on.isoformat(), **what}
        for record in journal.append([fields]):
            world.apply(record)


def _seeded_venue(
    config: ExchangeConfig,
    wall: Clock,
    instruments: Instruments,
    journal: JournalPort,
    world: World,
    market: Market | None,
) -> tuple[Venue, str]:
    now = wall.now()
    calendar: Calendar = AlwaysOpenCalendar() if config.always_open else KrxCalendar()
    _open(journal, world, now, now.date(), {"mode": "seeded", "seed": config.seed, "calendar": calendar.name})
    opened_on = world.opened_on or now.date()
    market = market or seeded_market(config.seed, instruments, calendar, opened_on if config.always_open else None)
    venue = Venue(config, market, calendar, WallClock(wall), journal, world)
    return venue, f"모의 시세, 시드 {config.seed}"


def seeded_market(seed: int, instruments: Instruments, calendar: Calendar, always_since: date | None) -> Market:
    """KRX's days, and every day from `always_since` on where the venue never closes."""
    krx = KrxCalendar()

    def is_session(day: date) -> bool:
        return krx.is_session(day) or (always_since is not None and day >= always_since)

    listings = load_listings(instruments)
    return Market(SeededDaily(seed, listings, is_session), listings, calendar, seed)


def _replay_venue(
    config: ExchangeConfig, wall: Clock, instruments: Instruments, journal: JournalPort, world: World
) -> tuple[Venue, str]:
    replay = config.replay
    if replay is None:
        raise ValueError("expected a replay in the configuration, was none")
    source = ReplayDaily(replay.folder, instruments)
    calendar = KrxCalendar()
    if replay.start > source.last_day:
        raise ReplayError(f"expected a start on or before {source.last_day} (the last row), was {replay.start}")
    first = replay.start if calendar.is_session(replay.start) else calendar.next_session(replay.start)
    start = before_open(calendar, first)
    if world.last_time is not None and world.last_time > start:
        start = world.last_time  # a restarted replay goes on where it stopped
    _open(journal, world, start, first, {"mode": "replay", "seed": config.seed, "calendar": calendar.name})
    clock: VenueClock = ReplayClock(wall, start, replay.speed)
    market = Market(source, source.listings, calendar, config.seed, source.last_day)
    venue = Venue(config, market, calendar, clock, journal, world)
    return venue, f"과거 시세 재생 {first.isoformat()}부터 (가격은 호가 단위로 맞춤)"


def before_open(calendar: Calendar, day: date) -> datetime:
    """Ten seconds before a session opens: where a replay starts and lands between sessions."""
    hours = calendar.hours(day)
    opens = hours.open if hours is not None else time(9)
    return datetime.combine(day, opens, KST) - timedelta(seconds=10)
