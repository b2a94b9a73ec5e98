"""Market time, as the venue serves it: KIS is the wall clock on KRX hours, corrected by the time KIS names in its
answers; the paper exchange says its own.

Contract: `now()` is KST and never goes back while one speed lasts; between two answers of the venue it is carried on by
our monotonic clock at the venue's speed. Approvals, leases and tokens live on the wall clock, never on this one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from domain.calendar import Calendar, Phase, calendar_named
from domain.clock import KST, Clock
from execution.oms.businesstime import Correction
from tools.kis.transport import Skew

_ASK_AGAIN_S = 2.0
_TIMEOUT_S = 3.0
_STEP = timedelta(seconds=5)
_LOOKING_S = 300.0  # as long as an approval may be thought about


@dataclass(frozen=True, slots=True)
class _Answer:
    now: datetime
    at: float  # our monotonic clock
    speed: float
    calendar: Calendar
    trade_date: date
    label: str


class MarketClock:
    """A `domain.clock.Clock` whose `now` is market time."""

    def __init__(self, wall: Clock, exchange_url: str | None, label: str, calendar: Calendar | None = None) -> None:
        self._wall = wall
        self._url = exchange_url.rstrip("/") if exchange_url else None
        calendar = calendar or calendar_named("krx")
        self._answer = _Answer(wall.now(), wall.monotonic(), 1.0, calendar, wall.now().date(), label)
        self._client = httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) if self._url else None
        self.known = self._url is None  # has the venue told us its time?
        self._fast = False  # a venue that has ever run faster than the wall
        self._held: dict[str, float] = {}
        self._correction = Correction()
        self._said: datetime | None = None  # the newest time told to anybody

    def now(self) -> datetime:
        if self._url is None:
            return self._corrected()
        passed = (self._wall.monotonic() - self._answer.at) * self._answer.speed
        return self._answer.now + timedelta(seconds=passed)

    def learn(self, skew: Skew | None) -> None:
        """What an answer of KIS says of its time. The paper exchange has a clock of its own to ask."""
        if skew is not None and self._url is None:
            offset, trip = skew.offset.total_seconds(), skew.round_trip.total_seconds()
            self._correction.learn(offset, trip, self._wall.monotonic())

    def _corrected(self) -> datetime:
        """A correction may slow this clock down for a moment, never turn it back; a wall that was set is followed."""
        now = self._wall.now() + timedelta(seconds=self._correction.seconds)
        if self._said is None or now > self._said or self._said - now > _STEP:
            self._said = now
        return self._said

    def monotonic(self) -> float:
        return self._wall.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._wall.sleep(seconds)

    @property
    def calendar(self) -> Calendar:
        return self._answer.calendar

    @property
    def label(self) -> str:
        return self._answer.label

    @property
    def speed(self) -> float:
        return self._answer.speed

    @property
    def phase(self) -> Phase:
        return self.calendar.phase(self.now())

    @property
    def trade_date(self) -> date:
        """The date that the venue gives to an order now."""
        now = self.now().date()
        return max(now, self._answer.trade_date) if self._url is not None else now

    async def ask(self) -> None:
        """One question to the paper exchange. Raises httpx.HTTPError or ValueError when there is no usable answer."""
        if self._client is None:
            return
        response = await self._client.get(f"{self._url}/quartz/clock")
        response.raise_for_status()
        body: dict[str, Any] = response.json()
        self._answer = _Answer(
            now=datetime.fromisoformat(str(body["now"])).astimezone(KST),
            at=self._wall.monotonic(),
            speed=float(body["speed"]),
            calendar=calendar_named(str(body["calendar"])),
            trade_date=date.fromisoformat(str(body["trade_date"])),
            label=str(body["label"]),
        )
        self._fast = self._fast or self._answer.speed != 1.0
        self.known = True

    async def hold(self, name: str) -> None:
        """A fast replay runs at speed 1 from now on: a preview, an approval or an order is being looked at."""
        if self._client is None or not self._fast:
            return
        self._held[name] = self._wall.monotonic()
        await self._tell("hold", name)
        await self.ask()

    async def release_idle(self, name: str) -> None:
        """Nothing of this name is open: lets the replay run on once nobody has looked for a while."""
        since = self._held.get(name)
        if since is not None and self._wall.monotonic() - since >= _LOOKING_S:
            del self._held[name]
            await self._tell("release", name)

    async def _tell(self, what: str, name: str) -> None:
        if self._client is None:
            return
        response = await self._client.post(f"{self._url}/quartz/{what}", params={"name": name})
        response.raise_for_status()

    async def follow(self) -> None:
        """Keeps asking. A venue that does not answer leaves the last answer running."""
        while self._client is not None:
            try:
                await self.ask()
            except (httpx.HTTPError, ValueError, KeyError):
                await asyncio.sleep(_ASK_AGAIN_S)
                continue
            await asyncio.sleep(_ASK_AGAIN_S)

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()
