"""Everything that anybody may want to see a chart of, read before it is asked for, within a number of requests.

Contract: `refresh_universe` goes through the names in their order, one at a time, so that a person's turn finds room
between two of them. What is already kept costs no request, so that a run that was stopped, or ran out of requests or
time, goes on where it was when it is called again. A name that cannot be read is skipped and said; a broker that is
silent three times in a row ends the run. Cancelling it loses nothing that was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.clock import Clock
from nodes.technical.batch import named
from nodes.technical.direct import DEPTH_DAYS
from tools.ports import DailyPort, Identity, Ports, PortUnavailable

SECONDS = 600.0
SILENT = 3  # names in a row
CANDIDATES = 30
EMPTY = "일봉이 하나도 없어요."
_HEADLINES = 300


@dataclass(frozen=True, slots=True)
class Refreshed:
    """`requests` is what the broker was asked; `failed` why by ticker; `left` were not come to, in their order."""

    read: tuple[str, ...] = ()
    requests: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    notice: str = ""

    @property
    def whole(self) -> bool:
        return not self.left

    def text(self) -> str:
        """In Korean, for whoever reads what the scheduler did."""
        told = [f"일봉 {len(self.read)}종목을 요청 {self.requests}번으로 확인했어요."]
        if self.failed:
            told.append(f"{named(list(self.failed))}: 받지 못했어요.")
        if self.left:
            told.append(f"{len(self.left)}종목은 다음에 이어서 받아요.")
        return " ".join([*told, *([self.notice] if self.notice else [])])


async def refresh_universe(
    bars: DailyPort,
    names: Iterable[str],
    clock: Clock,
    *,
    most_requests: int | None = None,
    seconds: float = SECONDS,
    depth: int = DEPTH_DAYS,
) -> Refreshed:
    """`names` in the order that matters; `seconds` of the monotonic clock, `depth` in calendar days."""
    waiting = list(dict.fromkeys(names))
    ends = clock.monotonic() + seconds
    read: list[str] = []
    failed: dict[str, str] = {}
    requests = silent = 0
    notice = ""
    while waiting and clock.monotonic() < ends and silent < SILENT:
        if most_requests is not None and requests >= most_requests:
            break
        ticker = waiting.pop(0)
        try:
            told = await bars.daily(ticker, depth=depth)
        except PortUnavailable as gone:
            failed[ticker] = gone.message
            silent += 1
            continue
        silent = 0
        requests += told.requests
        notice = notice or told.notice
        if len(told.bars):
            read.append(ticker)
        else:
            failed[ticker] = EMPTY
    return Refreshed(tuple(read), requests, failed, tuple(waiting), notice)


def universe_order(
    held: Iterable[str], candidates: Iterable[str], strategies: Iterable[str], watched: Iterable[str]
) -> list[str]:
    """What is held first, then what may be proposed, then what a strategy or a person looks at; each once."""
    return list(dict.fromkeys([*held, *candidates, *strategies, *watched]))


async def universe(ports: Ports, people: Sequence[Identity]) -> list[str]:
    """The names of these people and of the news, in their order. A source that is silent only shortens it."""
    held: list[tuple[int, str]] = []
    strategies: list[str] = []
    watched: list[str] = []
    for who in people:
        try:
            book = await ports.oms.book(who)
            held += [(position.value, position.ticker) for position in book.positions if position.quantity > 0]
        except PortUnavailable:
            pass
        try:
            for stored in await ports.desk.strategies(who.user_id):
                strategies += [str(ticker) for ticker in (stored.spec.get("universe") or {}).get("tickers") or []]
            watched += await ports.watch.watch_list(who.user_id)
        except PortUnavailable:
            continue
    dearest = [ticker for _, ticker in sorted(held, key=lambda row: -row[0])]
    return universe_order(dearest, await _candidates(ports), strategies, watched)


async def _candidates(ports: Ports) -> list[str]:
    """Names that the news speaks of, the most spoken of first: what the selector can choose from."""
    try:
        headlines = await ports.news.headlines(_HEADLINES)
    except PortUnavailable:
        return []
    counted = Counter(ticker for headline in headlines for ticker in headline.tickers)
    return [ticker for ticker, _ in counted.most_common(CANDIDATES)]
