"""Reads that the research rooms of one turn make alike, asked once: the book, the profile, the strategy, the clock.

Contract: what was read is kept from `one_turn` until the runner's call ends and is seen by rooms built on
`remembering` ports alone. The order desk and the account room are not: they ask anew, and so does whoever writes. A
read that failed is asked again, and prices are never kept. Outside a turn every read is asked.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from typing import Any, cast

from nodes.state import NodeName
from tools.ports import DeskPort, MarketPort, OmsPort, Ports

RESEARCH: frozenset[NodeName] = frozenset({"selector", "technical", "portfolio", "risk"})

_kept: ContextVar[dict[tuple[Any, ...], Any] | None] = ContextVar("quartz_turn_reads", default=None)


@contextmanager
def one_turn() -> Iterator[None]:
    """Inside, equal reads of the research rooms are one."""
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def remembering(ports: Ports) -> Ports:
    """The same ports for rooms that only look."""
    return replace(
        ports,
        oms=cast(OmsPort, _Remembering(ports.oms, "book")),
        market=cast(MarketPort, _Remembering(ports.market, "market_clock")),
        desk=cast(DeskPort, _Remembering(ports.desk, "latest_profile", "strategies")),
    )


class _Remembering:
    """A port of which some reads are asked once a turn."""

    def __init__(self, port: object, *reads: str) -> None:
        self._port = port
        self._reads = reads

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return partial(_once, name, found) if name in self._reads else found


async def _once(name: str, read: Callable[..., Awaitable[Any]], *arguments: Any) -> Any:
    kept = _kept.get()
    if kept is None:
        return await read(*arguments)
    key = (name, *arguments)
    if key not in kept:
        kept[key] = await read(*arguments)
    return kept[key]
