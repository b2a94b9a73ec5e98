"""Facts that lie in tables: questions that wait, the gate's noes, warnings about what models cost.

Contract: what has no alert yet is looked for by its key, so a look that is repeated or a process that died between two
looks tells each fact once and leaves none out. Only the last day is looked at; what is older is history. A question is
told as long as it waits: one that was answered meanwhile is not.
"""

from __future__ import annotations

from datetime import timedelta

from domain.clock import Clock
from domain.instruments import Instruments
from domain.watch import USUAL, Alert, AlertKind
from domain.watch_facts import of_refusal, of_waiting
from tools.store.outbox import Outbox

BACK = timedelta(days=1)
PATIENCE = timedelta(seconds=60)  # so long a card in an open conversation is answered there
FOLLOWER = "journal"
LATE = timedelta(minutes=2)  # longer than any transaction takes
BUDGET = "오늘 모델 예산을 거의 다 썼어요. 다 쓰면 정해진 규칙이 이어서 답해요. 자세한 것은 설정에서 볼 수 있어요."


class TableFollower:
    """`once` looks at everything."""

    def __init__(self, outbox: Outbox, table: Instruments, clock: Clock, venue: str) -> None:
        self._outbox = outbox
        self._table = table
        self._clock = clock
        self._venue = venue

    async def once(self) -> int:
        """How many alerts were made. Raises PortUnavailable."""
        now, outbox = self._clock.now(), self._outbox
        choices = await outbox.choices()
        found: list[Alert] = []
        for waiting in await outbox.waiting(self._venue, now - BACK, now - PATIENCE, now):
            found += _some(of_waiting(waiting, choices.get(waiting.user_id, USUAL)))
        for user_id, day, at in await outbox.budgets(now - BACK):
            if choices.get(user_id, USUAL).wants(AlertKind.BUDGET):
                found.append(Alert(user_id, f"budget:{day}", AlertKind.BUDGET, BUDGET, at))
        await outbox.tell(found, now)
        return len(found) + await self._refusals()

    async def _refusals(self) -> int:
        """Those switched off leave no alert; the place says that they were dealt with."""
        now, outbox = self._clock.now(), self._outbox
        place = await outbox.place(FOLLOWER)
        last = await outbox.last_line()
        if place is None:  # the past of an installation that begins to watch is nobody's news
            await outbox.put((), FOLLOWER, last, now)
            return 0
        lines = await outbox.refusals(place.at, now - BACK, now - LATE)
        choices = await outbox.choices()
        found: list[Alert] = []
        for line in lines:
            row = self._table.get(line.subject)
            found += _some(of_refusal(line, "" if row is None else row.name, choices.get(line.user_id, USUAL)))
        if found or last > place.at:
            await outbox.put(found, FOLLOWER, last, now)
        return len(found)


def _some(alert: Alert | None) -> list[Alert]:
    return [] if alert is None else [alert]
