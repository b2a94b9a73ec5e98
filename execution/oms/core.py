"""What every part of the running OMS shares, made once by `server`; no logic."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.clock import Clock
from domain.ids import NewId
from domain.instruments import Instruments
from execution.oms.events import Hub
from execution.oms.ledger.port import Ledger
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData
from execution.oms.moves import Mover
from execution.oms.timing import Timing
from execution.oms.trading import TradingStates
from execution.oms.views import Views
from execution.oms.witness import WitnessFile
from tools.kis.deadline import Seconds


@dataclass(slots=True)
class Core:
    environment: str
    wall: Clock
    awake: Seconds
    market: MarketClock
    new_id: NewId
    timing: Timing
    instruments: Instruments
    ledger: Ledger
    states: TradingStates
    data: MarketData
    views: Views
    mover: Mover
    hub: Hub
    witness: WitnessFile
    sending: bool = False  # reconciled after taking over: orders may leave
    draining: bool = field(default=False)  # asked to stop: nothing new leaves
