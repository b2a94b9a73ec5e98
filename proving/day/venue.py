"""The house of a rehearsed day: the paper exchange with an account for everybody, and an OMS that serves them all.

Contract: the exchange's real application over the seeded market; `push` moves a name's price from its next print on, as
the exchange's own test mode does, so that a fall is in the tape and in everything made of it. The OMS is the product's
for the paper exchange (`sim`: a key of its own for every account); its lease alone is that of KIS, because a renewal
every 0.7 s for a whole day would be most of the day's work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pydantic import SecretStr

from execution.oms.ledger.port import Storage
from execution.oms.outside import Outside
from execution.oms.server import OmsProcess
from execution.oms.timing import Timing, timing_for
from proving.clocks import WallClock
from proving.exchange import HOST, PORT, Disk, shared_market
from proving.loop import Life, WorldLoop
from proving.network import Network
from proving.oms import INSTANCE_SECRET, OmsHost, WitnessDisk
from proving.parity.venue import ReplayHost
from tools.embedded.services import Endpoints
from tools.settings import Broker, Settings

OPENING_CASH = 60_000_000  # won, in every account


class Exchange(ReplayHost):
    """One exchange for the day's accounts. Its quotes come as seldom as in the worlds of KIS paper."""

    every_s = 12

    def __init__(self, loop: WorldLoop, network: Network, seed: int, wall: WallClock, disk: Disk) -> None:
        super().__init__(loop, network, seed, wall, disk, shared_market())
        self._config = replace(self._config, opening_cash=OPENING_CASH)

    def push(self, ticker: str, percent: float) -> dict[str, object] | None:
        """From the name's next print on its prices are so much away. None when nothing of it trades any more."""
        assert self.exchange is not None, "expected a running exchange"
        return self.exchange.venue.push(ticker, percent=percent)


@lru_cache(maxsize=1)
def timing() -> Timing:
    kis = timing_for("live")
    return replace(timing_for("sim"), lease_s=kis.lease_s, renew_s=kis.renew_s)


@lru_cache(maxsize=1)
def _settings() -> Settings:
    return Settings(home=Path("/nonexistent"), secret_key=SecretStr(INSTANCE_SECRET.hex()), broker=Broker.SIM)


class Oms(OmsHost):
    """The OMS on the paper exchange."""

    def __init__(
        self,
        loop: WorldLoop,
        network: Network,
        seed: int,
        wall: WallClock,
        witness: WitnessDisk,
        storage_of: Callable[[Life], Storage],
    ) -> None:
        super().__init__("oms", loop, network, Broker.SIM, seed, wall, witness, storage_of)

    def _program(self, outside: Outside) -> OmsProcess:
        found = Endpoints("", "", f"unix:{self.name}", f"http://{HOST}:{PORT}")
        return OmsProcess(_settings(), found, timing=timing(), outside=outside)
