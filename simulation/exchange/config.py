"""How one paper exchange is set up. Contract: immutable, complete, made once by the command line.

Does not read the environment: `cli` does, so that tests build worlds by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path


class Environment(StrEnum):
    """Which KIS host this server stands for: paper lacks exactly what the KIS paper host lacks."""

    REAL = "real"
    PAPER = "paper"


class Layout(StrEnum):
    """Width of WebSocket frames: 46/59 fields before 2026-09-14, 47/63 since."""

    LEGACY = "legacy"
    CURRENT = "current"


class Notices(StrEnum):
    """Tokens of an execution notice: 23 as they come live, 26 as KIS's documents split them."""

    LIVE = "live"
    DOCUMENTED = "documented"


class Limits(StrEnum):
    """`documented`: KIS's calls per second and one token a minute; `off`: none."""

    DOCUMENTED = "documented"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Replay:
    """A folder of `<ticker>.csv` with daily bars: those before `start` are history, the rest is the live market."""

    folder: Path
    start: date
    speed: float = 60.0


@dataclass(frozen=True, slots=True)
class AccountSpec:
    """A key pair that may log in and the account numbers (10 digits) it owns, for servers without `--any-account`."""

    appkey: str
    appsecret: str
    accounts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"AccountSpec(accounts={len(self.accounts)})"


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """Everything a server needs. `data_dir` None keeps no journal (tests of pure behaviour only)."""

    env: Environment = Environment.REAL
    layout: Layout = Layout.CURRENT
    notices: Notices = Notices.LIVE
    limits: Limits = Limits.DOCUMENTED
    always_open: bool = False
    any_account: bool = False
    seed: int = 1
    data_dir: Path | None = None
    replay: Replay | None = None
    accounts: tuple[AccountSpec, ...] = ()
    opening_cash: int = 100_000_000  # won, at an account's first use
    pingpong_seconds: float = 10.0
    faults: bool = False  # test mode: `/quartz/faults` lets anybody break what he likes

    @property
    def calls_per_second(self) -> int | None:
        """KIS notice in force since 2026-04-20: 18 on real, 1 on paper, per app key."""
        if self.limits is Limits.OFF:
            return None
        return 18 if self.env is Environment.REAL else 1

    @property
    def ledger_calls_per_second(self) -> int | None:
        """KIS's ledger takes 120 balance inquiries a second from all customers together."""
        return None if self.limits is Limits.OFF else 120

    @property
    def branch(self) -> str:
        """Order branch number: 00950 in live paper answers, 06010 in KIS's real examples."""
        return "06010" if self.env is Environment.REAL else "00950"
