"""Runs of the news, followed: headlines about names that somebody wants to hear of.

Contract: a run counts when it is kept whole in the lake; its moment is the follower's place, written with the alerts of
that run in one transaction. A story is one alert a name and person, in whichever run it is met again.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC
from uuid import UUID

import structlog

from domain.clock import Clock
from domain.instruments import Instruments
from domain.watch import USUAL, Alert, AlertKind, AlertRule
from domain.watch_facts import Told, of_news
from tools.lake import LakeError, LakeUnavailable
from tools.news.stored import RunShelf
from tools.store.outbox import Outbox

log = structlog.get_logger(__name__)

FOLLOWER = "news"


class NewsFollower:
    """`once` looks at the newest run."""

    def __init__(self, shelf: RunShelf, outbox: Outbox, table: Instruments, clock: Clock, venue: str) -> None:
        self._shelf = shelf
        self._outbox = outbox
        self._table = table
        self._clock = clock
        self._venue = venue

    async def once(self) -> int:
        """How many alerts were made. Raises PortUnavailable."""
        try:
            run = await self._shelf.newest()
        except (LakeError, LakeUnavailable) as fault:
            log.info("watch.lake_away", fault=type(fault).__name__)
            return 0
        if run is None:
            return 0
        place = int(run.at.astimezone(UTC).timestamp())
        known = await self._outbox.place(FOLLOWER)
        if known is not None and place <= known.at:
            return 0
        by_person: dict[UUID, list[AlertRule]] = defaultdict(list)
        for rule in await self._outbox.rules(self._venue):
            if rule.kind is AlertKind.NEWS:
                by_person[rule.user_id].append(rule)
        choices, found = await self._outbox.choices(), list[Alert]()
        names = {rule.ticker: self._name(rule.ticker) for rules in by_person.values() for rule in rules}
        for story in run.news:
            told = Told(story.title, story.source, story.at, story.codes, story.score)
            for user_id, rules in by_person.items():
                found += of_news(told, rules, names, run.at, choices.get(user_id, USUAL))
        await self._outbox.put(found, FOLLOWER, place, self._clock.now())
        return len(found)

    def _name(self, ticker: str) -> str:
        row = self._table.get(ticker)
        return ticker if row is None else row.name
