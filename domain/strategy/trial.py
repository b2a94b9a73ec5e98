"""What a strategy would have done on past prices, as far as words need it: one backtest in plain numbers.

Contract: frozen, without arrays; parts, not percent (0.1 is 10 %); money is int won. Says what was, promises nothing.
Does not run anything: whoever runs backtests fills it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Weak:
    """Why not to believe it: a code for programs, Korean text for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """`first`..`last` are the sessions that count, after the warm-up. `depth` is the deepest fall from a high (0.1 is
    10 % down). `index_return` and `held_return` are over the same sessions: of the yardstick, and of the strategy's own
    names bought at the start and kept; None where their prices are not known."""

    first: date
    last: date
    sessions: int
    cash: int
    final: int
    total_return: float
    cagr: float | None
    depth: float
    trades: int
    open_trades: int
    cost: int
    index_name: str
    index_return: float | None
    held_return: float | None
    weaknesses: tuple[Weak, ...]
