"""Market time as the OMS tells it, carried on by our own clock between two answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.calendar import Calendar, Phase, calendar_named
from domain.clock import KST, Clock
from domain.proto import oms_pb2 as pb


class GuardClock:
    """`known` is False until the OMS has told its time: nothing may be judged before."""

    def __init__(self, wall: Clock) -> None:
        self._wall = wall
        self._now = wall.now()
        self._at = wall.monotonic()
        self.speed = 1.0
        self.calendar: Calendar = calendar_named("krx")
        self.known = False

    def told(self, reply: pb.MarketClockReply) -> None:
        self._now = reply.now.ToDatetime(tzinfo=UTC).astimezone(KST)
        self._at = self._wall.monotonic()
        self.speed = float(reply.speed or 1)
        self.calendar = calendar_named(reply.calendar or "krx")
        self.known = True

    def now(self) -> datetime:
        return self._now + timedelta(seconds=(self._wall.monotonic() - self._at) * self.speed)

    @property
    def phase(self) -> Phase:
        return self.calendar.phase(self.now())

    def age(self, seconds: float) -> timedelta:
        """A span of market time that lasts `seconds` at the wall, or as long where the market runs slower."""
        return timedelta(seconds=seconds * max(1.0, self.speed))
