"""Whose turn it is for the models: who pays, whether that person wants a model, and how much one turn may ask.

Contract: the runner wraps a turn in `asking(user_id, use_model)`; everything inside, parallel rooms included, shares
one allowance. Outside of a turn (development server, a script) nobody is named and a model may be asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

TURN_CALLS = 24
TURN_SECONDS = 60.0


@dataclass(slots=True)
class Turn:
    """The allowance of one turn; its time starts with its first call."""

    user_id: UUID | None
    use_model: bool
    calls_left: int = TURN_CALLS
    seconds: float = TURN_SECONDS
    began: float | None = None

    def left(self, now: float) -> float:
        """Seconds that calls may still take. `now` is a monotonic clock."""
        return self.seconds if self.began is None else max(0.0, self.began + self.seconds - now)

    def take(self, now: float) -> bool:
        """One call more; False when the allowance is spent."""
        if self.calls_left <= 0 or self.left(now) <= 0:
            return False
        self.began = now if self.began is None else self.began
        self.calls_left -= 1
        return True


_turn: ContextVar[Turn] = ContextVar("quartz_asking")


@contextmanager
def asking(
    user_id: UUID | None, use_model: bool = True, *, calls: int = TURN_CALLS, seconds: float = TURN_SECONDS
) -> Iterator[None]:
    """Everything inside asks for `user_id`; `use_model` False means that this person switched models off."""
    token = _turn.set(Turn(user_id, use_model, calls, seconds))
    try:
        yield
    finally:
        _turn.reset(token)


def this_turn() -> Turn:
    """The turn around the caller, or a nameless one."""
    return _turn.get(None) or Turn(None, True)
