"""Minutes that a gap took away, asked of the broker once they are over.

Contract: `want` says in which stretch of market time prints were missed; a while after its last minute is over it is
asked about, one question at a time and `ask_s` apart, at most `MOST` minutes a question. Only today's minutes can be
had: a stretch of another day is dropped. `take` gives what was answered; what did not mend the bars is said by `again`
and asked later, a few times. Silence of the door costs a try. Nothing here touches a bar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import NamedTuple, Protocol

import structlog

from domain.clock import KST, Clock
from domain.proto import oms_pb2
from market.bars.forming import MINUTE_MS, Stretch
from tools.ports import PortUnavailable

log = structlog.get_logger("market.filling")
MOST = 120
_GRACE_MS = 3_000  # the broker's own bar of a minute is whole a little after its end
_TRIES = 4
_AGAIN_S = 10.0  # before the second try, doubled each time


class MinutesDoor(Protocol):
    """What is used of `tools.ports.MarketPort`."""

    async def minutes(self, ticker: str, since: str = "", until: str = "") -> list[oms_pb2.Bar]: ...


class Minute(NamedTuple):
    """A minute as the broker tells it; `end_ms` market time."""

    end_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int


@dataclass(frozen=True, slots=True)
class Wish:
    """`first_ms`, `last_ms`: beginnings of the first and the last minute. `due`: our monotonic clock."""

    ticker: str
    first_ms: int
    last_ms: int
    tries: int = 0
    due: float = float("-inf")

    @property
    def stretch(self) -> Stretch:
        return Stretch(self.first_ms, self.last_ms)


@dataclass(frozen=True, slots=True)
class Answer:
    wish: Wish
    minutes: Sequence[Minute]


class Filling:
    """`market_ms` tells market time; None: not known yet."""

    def __init__(self, door: MinutesDoor, wall: Clock, market_ms: Callable[[], int | None], ask_s: float) -> None:
        self._door = door
        self._wall = wall
        self._market_ms = market_ms
        self._ask_s = ask_s
        self._wishes: dict[str, list[Wish]] = {}
        self._answers: list[Answer] = []

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self.ask()
            await self._wall.sleep(self._ask_s)

    def want(self, ticker: str, stretch: Stretch) -> None:
        """Stretches that touch each other become one."""
        new = Wish(ticker, _floor(stretch.since_ms), _floor(stretch.until_ms))
        kept = []
        for wish in self._wishes.get(ticker, ()):
            if wish.first_ms <= new.last_ms + MINUTE_MS and wish.last_ms >= new.first_ms - MINUTE_MS:
                new = replace(new, first_ms=min(wish.first_ms, new.first_ms), last_ms=max(wish.last_ms, new.last_ms))
            else:
                kept.append(wish)
        self._wishes[ticker] = [*kept, new]

    def again(self, wish: Wish) -> None:
        """The answer was not whole yet."""
        if wish.tries + 1 >= _TRIES:
            log.info("not_filled", ticker=wish.ticker, minutes=1 + (wish.last_ms - wish.first_ms) // MINUTE_MS)
            return
        due = self._wall.monotonic() + _AGAIN_S * 2**wish.tries
        self._wishes.setdefault(wish.ticker, []).append(replace(wish, tries=wish.tries + 1, due=due))

    def take(self) -> list[Answer]:
        """What came since the last look."""
        answers, self._answers = self._answers, []
        return answers

    async def ask(self) -> None:
        """One question, if one is due."""
        now_ms = self._market_ms()
        wish = self._due(now_ms) if now_ms is not None else None
        if wish is None:
            return
        first_ms = max(wish.first_ms, wish.last_ms - (MOST - 1) * MINUTE_MS)
        try:
            told = await self._door.minutes(wish.ticker, _clock_time(first_ms), _clock_time(wish.last_ms))
        except PortUnavailable as silent:
            log.debug("minutes_silent", ticker=wish.ticker, reason=silent.message)
            self.again(wish)
            return
        minutes = [minute for bar in told if (minute := minute_of(bar)) is not None]
        self._answers.append(Answer(wish, [one for one in minutes if _of_day(one.end_ms - 1) == _of_day(first_ms)]))

    def _due(self, now_ms: int) -> Wish | None:
        """The one that waits longest of those that can be answered now; those that never can be are dropped."""
        today, now = _of_day(now_ms), self._wall.monotonic()
        for ticker, wishes in list(self._wishes.items()):
            self._wishes[ticker] = [wish for wish in wishes if _of_day(wish.last_ms) >= today]
            if not self._wishes[ticker]:
                del self._wishes[ticker]
        found = [
            wish
            for wishes in self._wishes.values()
            for wish in wishes
            if wish.due <= now and wish.last_ms + MINUTE_MS + _GRACE_MS <= now_ms
        ]
        if not found:
            return None
        first = min(found, key=lambda wish: (wish.due, wish.last_ms))
        self._wishes[first.ticker].remove(first)
        midnight = int(datetime.combine(today, datetime.min.time(), KST).timestamp()) * 1000
        return replace(first, first_ms=max(first.first_ms, midnight))


def minute_of(bar: oms_pb2.Bar) -> Minute | None:
    """None for a bar that no market makes: nothing of it is believed."""
    try:
        begin = datetime.fromisoformat(f"{bar.date}T{bar.time}").replace(tzinfo=KST)
    except ValueError:
        return None
    sound = 0 < bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high and bar.volume > 0
    if not sound:
        return None
    end_ms = int(begin.timestamp()) * 1000 + MINUTE_MS
    return Minute(end_ms, bar.open, bar.high, bar.low, bar.close, bar.volume)


def _floor(at_ms: int) -> int:
    return at_ms - at_ms % MINUTE_MS


def _korean(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC).astimezone(KST)


def _of_day(at_ms: int) -> date:
    return _korean(at_ms).date()


def _clock_time(at_ms: int) -> str:
    return f"{_korean(at_ms):%H:%M}"
