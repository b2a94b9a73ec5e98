"""What a face may show while a turn runs: rooms that open, get on and close, and words as the writer forms them.

Contract: for display only; a callback that is slow or fails changes nothing. `Words` carry filled figures, never a raw
placeholder; what counts at the end is `TurnResult.reply`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RoomOpened:
    room: str  # nodes.state.NodeName


@dataclass(frozen=True, slots=True)
class RoomProgress:
    """How far a room is that looks at several things; the count only grows."""

    room: str
    done: int
    of: int


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """`reports` are what the room wrote (AnalystReport as JSON), so that a step can say what it found."""

    room: str
    reports: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Words:
    """The next piece of the reply. `restart` means: what came before in this turn is void."""

    text: str
    restart: bool = False


TurnEvent = RoomOpened | RoomProgress | RoomClosed | Words
OnEvent = Callable[[TurnEvent], None]
