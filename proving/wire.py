"""How the network is at the moment: the one seam through which faults disturb a wire.

Contract: a plain description that `network` goes by; nothing here acts. A connection cut at byte n, refused, silent
(bytes and handshakes wait until it is over), slow, or a request that somebody between keeps for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Cut:
    """The next connection to `port` breaks when `at_byte` bytes have passed: towards the server, or back from it."""

    port: int
    at_byte: int
    to_server: bool
    after: int = 0  # connections let pass first
    hit: Callable[[], None] = lambda: None


@dataclass(slots=True)
class Late:
    """The next request that begins like this arrives so much later: somebody between kept it, alive or not."""

    begins: bytes
    seconds: float
    hit: Callable[[], None] = lambda: None


class Wire:
    """How the network is at the moment. `slow` multiplies every latency."""

    def __init__(self) -> None:
        self.slow = 1.0
        self.silent_until: dict[int, float] = {}
        self.refused_until: dict[int, float] = {}
        self.cuts: list[Cut] = []
        self.late: list[Late] = []

    def calm(self) -> None:
        self.slow = 1.0
        self.silent_until.clear()
        self.refused_until.clear()
        self.cuts.clear()
        self.late.clear()
