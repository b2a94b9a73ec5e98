"""Market time as the OMS tells it, carried on by our own clock between two answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.calendar import Calendar, Phase, calendar_named
from domain.clock import KST, Clock
from domain.proto import oms_pb2

# Phases in which prints may come.
TRADING = frozenset(
    {Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSING_AUCTION, Phase.CLOSE_PRICE, Phase.AFTER_MARKET}
)


class MarketTime:
    """`known` is False until the OMS has told its time."""

    def __init__(self, wall: Clock) -> None:
        self._wall = wall
        self._now = wall.now()
        self._at = wall.monotonic()
        self.speed = 1.0
        self.label = ""
        self.calendar: Calendar = calendar_named("krx")
        self.known = False

    def told(self, reply: oms_pb2.MarketClockReply) -> None:
        self._now = reply.now.ToDatetime(tzinfo=UTC).astimezone(KST)
        self._at = self._wall.monotonic()
        self.speed = float(reply.speed or 1)
        self.calendar = calendar_named(reply.calendar or "krx")
        self.label = reply.label
        self.known = True

    def now(self) -> datetime:
        return self._now + timedelta(seconds=(self._wall.monotonic() - self._at) * self.speed)

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    @property
    def phase(self) -> Phase:
        return self.calendar.phase(self.now())

    @property
    def is_trading(self) -> bool:
        return self.known and self.phase in TRADING
