"""What happens to the texts of a WebSocket session: lost, twice, out of order, late, the same again, none at all.

Contract: a text goes to `push` now, later on the running loop, or never. A held notice leaves right after the next
one of its session, or after the fault's seconds. Windows end on the armory's clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from simulation.exchange.faults.armory import Armory
from simulation.exchange.faults.fault import Fault, Match
from simulation.exchange.faults.kinds import FaultKind, Stage
from simulation.exchange.journal import Record
from simulation.exchange.passage import Kind, Push

_OF_NOTICES = (
    FaultKind.NOTICES_SILENT,
    FaultKind.NOTICE_LOST,
    FaultKind.NOTICE_DUPLICATED,
    FaultKind.NOTICE_REORDERED,
)
_OF_FRAMES = (FaultKind.FEED_SILENT, FaultKind.FEED_FROZEN, FaultKind.FEED_STALE)
Drop = Callable[[Fault, str], None]


class Texts:
    """Applies the armed faults of sessions."""

    def __init__(self, armory: Armory, drop: Drop) -> None:
        self._armory = armory
        self._drop = drop
        self._silent: dict[Push, float] = {}  # sessions that hear nothing, until when
        self._windows: list[tuple[float, Fault, dict[tuple[str, str], str]]] = []
        self._held: dict[Push, tuple[str, asyncio.TimerHandle]] = {}

    def calm(self) -> None:
        """Everything open ends; a held notice still leaves at its time."""
        self._silent.clear()
        self._windows.clear()

    def told(self, kind: Kind, text: str, push: Push, about: Record | None) -> None:
        facts = _facts(kind, text, about)
        if self._is_silent(push, facts):
            return
        if kind is Kind.NOTICE:
            self._notice(text, push, facts)
        elif kind is Kind.FRAME:
            self._frame(text, push, facts)
        else:
            push(text)

    def worded(self, about: Record, plain: str) -> str:
        if not self._armory.waits(Stage.NOTICE):
            return plain
        facts = _facts(Kind.NOTICE, "", about)
        fault = self._armory.strike(Stage.NOTICE, facts, (FaultKind.EXTRA_FIELDS_IN_NOTICES,))
        return plain if fault is None else plain + "^N" * self._armory.rng.randint(1, 2)

    def _is_silent(self, push: Push, facts: Match) -> bool:
        now = self._armory.clock.monotonic()
        if self._silent.get(push, now) > now:
            return True
        self._silent.pop(push, None)
        fault = self._armory.strike(Stage.ANY_TEXT, facts)
        if fault is not None:
            self._silent[push] = now + fault.lasts
        return fault is not None

    # --- notices ----------------------------------------------------------------------------------------------

    def _notice(self, text: str, push: Push, facts: Match) -> None:
        dropped = self._armory.strike(Stage.BEFORE, facts, (FaultKind.SOCKET_DROPPED,))
        if dropped is not None:
            self._drop(dropped, facts.account)
            return
        if self._window(FaultKind.NOTICES_SILENT, facts) is not None:
            return
        fault = self._armory.strike(Stage.NOTICE, facts, _OF_NOTICES)
        match fault.kind if fault is not None else None:
            case FaultKind.NOTICE_LOST:
                return
            case FaultKind.NOTICES_SILENT if fault is not None:
                self._open(fault)
                return
            case FaultKind.NOTICE_REORDERED if fault is not None and push not in self._held:
                self._hold(text, push, fault.lasts)
                return
            case FaultKind.NOTICE_DUPLICATED if fault is not None:
                asyncio.get_running_loop().call_later(fault.lasts, push, text)
        push(text)
        self._release(push)

    def _hold(self, text: str, push: Push, seconds: float) -> None:
        timer = asyncio.get_running_loop().call_later(seconds, self._release, push)
        self._held[push] = (text, timer)

    def _release(self, push: Push) -> None:
        if (held := self._held.pop(push, None)) is not None:
            held[1].cancel()
            push(held[0])

    # --- frames -----------------------------------------------------------------------------------------------

    def _frame(self, text: str, push: Push, facts: Match) -> None:
        window = self._window(FaultKind.FEED_FROZEN, facts) or self._window(FaultKind.FEED_SILENT, facts)
        fault = self._armory.strike(Stage.FRAME, facts, _OF_FRAMES) if window is None else None
        if fault is not None and fault.kind is not FaultKind.FEED_STALE:
            window = self._open(fault)
        if window is not None:
            if window[1].kind is FaultKind.FEED_FROZEN:
                push(window[2].setdefault((facts.tr_id, facts.ticker), text))
            return
        if self._armory.strike(Stage.FRAME, facts, (FaultKind.EXTRA_FIELDS_IN_FRAMES,)) is not None:
            text = widened(text)
        if fault is not None:
            asyncio.get_running_loop().call_later(fault.lasts, push, text)
        else:
            push(text)

    # --- windows ----------------------------------------------------------------------------------------------

    def _open(self, fault: Fault) -> tuple[float, Fault, dict[tuple[str, str], str]]:
        self._windows.append((self._armory.clock.monotonic() + fault.lasts, fault, {}))
        return self._windows[-1]

    def _window(self, kind: FaultKind, facts: Match) -> tuple[float, Fault, dict[tuple[str, str], str]] | None:
        if not self._windows:
            return None
        now = self._armory.clock.monotonic()
        self._windows = [one for one in self._windows if one[0] > now]
        return next((one for one in self._windows if one[1].kind is kind and one[1].on.takes(facts)), None)


def widened(text: str) -> str:
    """A frame with one more field at the end of each of its records."""
    head, _, payload = text.rpartition("|")
    count = int(head.rsplit("|", 1)[1])
    values = payload.split("^")
    width = len(values) // count
    return f"{head}|" + "^".join("^".join([*values[at : at + width], "N"]) for at in range(0, len(values), width))


def _facts(kind: Kind, text: str, about: Record | None) -> Match:
    if about is not None:
        return Match(
            account=about.get("account", ""),
            ticker=about.get("ticker", ""),
            side=about.get("side", ""),
            record=about["kind"],
        )
    if kind is not Kind.FRAME:
        return Match()
    _, tr_id, _, payload = text.split("|", 3)
    return Match(tr_id=tr_id, ticker=payload.partition("^")[0])
