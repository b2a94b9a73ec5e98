"""The diary of an account's regular checks: what they saw and did on a day, on one screen.

Contract: tells only what was written down at the time. A check has at most its own three lines; neighbours that say the
same are one line with their hours; a look at the weights that changed nothing is not told. The newest word about a slot
counts: a card that was answered later reads as what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from tools.ports import JournalEntry, Ports

KINDS = ("cycle",)
MOST_ENTRIES = 400  # a day has at most 14 checks, some 70 looks at the weights, and a word about exits with each
MOST_LINES = 40  # of a screen
FURTHEST = 60  # days back that are looked through
NOTHING = "{month}월 {day}일에는 아직 정기 점검 기록이 없어요. '자동 점검 켜줘'라고 하시면 장중에 30분마다 살펴볼게요."
EARLIER = "(앞의 {count}줄은 줄였어요)"


@dataclass(frozen=True, slots=True)
class Told:
    """A slot's last word: `hour` is 10:00, `text` what followed the slot's name."""

    hour: str
    loop: str
    text: str


async def diary_of(ports: Ports, user_id: UUID, day: date) -> list[str]:
    """The lines of a day at most `FURTHEST` days ago; empty when nothing was written. Raises PortUnavailable."""
    back = min(FURTHEST, max(0, (ports.clock.now().date() - day).days))
    entries = await ports.desk.journal(user_id, KINDS, MOST_ENTRIES * (back + 1))
    return day_lines(entries, day)


def day_lines(entries: Sequence[JournalEntry], day: date) -> list[str]:
    """`entries` are newest first."""
    lines: list[str] = []
    for first, last, count in _runs(_told(entries, day)):
        hours = first.hour if count == 1 else f"{first.hour}–{last.hour}"
        times = "" if count == 1 else f" ({count}번)"
        head, *rest = first.text.split("\n")
        lines += [f"{hours} {head}{times}", *(f"  {line}" for line in rest[:2])]
    left = len(lines) - MOST_LINES
    return lines if left <= 0 else [EARLIER.format(count=left + 1), *lines[left + 1 :]]


def _told(entries: Sequence[JournalEntry], day: date) -> list[Told]:
    """The newest word of every slot of that day, oldest slot first."""
    found: dict[tuple[str, str], Told] = {}
    known = set()
    for entry in entries:
        if not entry.subject.startswith(day.isoformat()) or "guard_rules" in entry.detail:
            continue
        loop = str(entry.detail.get("loop") or "cycle")
        key = (entry.subject, loop)
        if key in known:
            continue
        known.add(key)
        if not _is_quiet(entry, loop):
            text = entry.summary.removeprefix(entry.subject).strip()
            found[key] = Told(entry.subject[11:16], loop, text)
    return [found[key] for key in sorted(found)]


def _is_quiet(entry: JournalEntry, loop: str) -> bool:
    said = ("proposals", "outcome", "slot_outcome")
    told = any(entry.detail.get(key) for key in said) and not entry.detail.get("again")
    return loop == "rebalance" and not told


def _runs(told: Sequence[Told]) -> list[tuple[Told, Told, int]]:
    """Neighbours with the same text, as (first, last, how many)."""
    runs: list[tuple[Told, Told, int]] = []
    for each in told:
        if runs and (runs[-1][0].loop, runs[-1][0].text) == (each.loop, each.text):
            first, _, count = runs[-1]
            runs[-1] = (first, each, count + 1)
        else:
            runs.append((each, each, 1))
    return runs


def nothing(day: date) -> str:
    return NOTHING.format(month=day.month, day=day.day)
