"""Whose turn it is for the models: who pays, whether that person wants a model, and how much one turn may ask.

Contract: the runner wraps a turn in `asking(user_id, use_model)`; everything inside, parallel rooms included, shares
one allowance, and one memory of what the day's budget said. Outside of a turn (development server, a script) nobody is
named and a model may be asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID

from tools.llm.budget import Standing

TURN_CALLS = 24
TURN_SECONDS = 60.0


@dataclass(slots=True)
class Turn:
    """The allowance of one turn; its time starts with its first call.

    `standing` is the day's budget as this turn saw it last, None when nobody looked; `refused` is True when the budget
    had no room for a call of this turn, `unreadable` when it could not be asked.
    """

    user_id: UUID | None
    use_model: bool
    calls_left: int = TURN_CALLS
    seconds: float = TURN_SECONDS
    began: float | None = None
    standing: Standing | None = None
    refused: bool = False
    unreadable: bool = False
    _waited_until: float = 0.0

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

    def waited(self, since: float, until: float) -> None:
        """Time in which a client was made ready, which is not the models'; several waits at once count once."""
        self.seconds += max(0.0, until - max(since, self._waited_until))
        self._waited_until = max(self._waited_until, until)


_turn: ContextVar[Turn] = ContextVar("quartz_asking")


@contextmanager
def asking(
    user_id: UUID | None,
    use_model: bool = True,
    *,
    calls: int = TURN_CALLS,
    seconds: float = TURN_SECONDS,
    standing: Standing | None = None,
) -> Iterator[None]:
    """Everything inside asks for `user_id`; `use_model` False means that this person switched models off."""
    token = _turn.set(Turn(user_id, use_model, calls, seconds, standing=standing))
    try:
        yield
    finally:
        _turn.reset(token)


def this_turn() -> Turn:
    """The turn around the caller, or a nameless one."""
    return _turn.get(None) or Turn(None, True)
