"""The port of what a person watches, wants to hear of and saves into; an in-memory adapter for who has no database.

Contract: as `tools.ports`: "not there" is empty, a broken pipe raises PortUnavailable. Words are added, never changed;
the newest counts. Saying the same again is a no-op. `MemoryWatch` keeps everything for as long as it lives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.savings import Month, Savings, State
from domain.watch import AlertRule, Choices, StoredAlert, choices_of


class WatchPort(Protocol):
    """What rooms may ask and say about watching, for one person at a time."""

    async def watch_list(self, user_id: UUID) -> list[str]:
        """Tickers, in the order they were added."""
        ...

    async def watch(self, user_id: UUID, ticker: str, wanted: bool, at: datetime) -> None: ...
    async def rules(self, user_id: UUID) -> list[AlertRule]: ...  # those in force, oldest first
    async def add_rule(self, rule: AlertRule) -> None: ...
    async def end_rules(self, user_id: UUID, rule_ids: Sequence[UUID], at: datetime) -> None: ...
    async def choices(self, user_id: UUID) -> Choices: ...
    async def choose(self, user_id: UUID, choices: Choices, at: datetime) -> None: ...
    async def inbox(self, user_id: UUID, limit: int = 20, *, unread_only: bool = False) -> list[StoredAlert]:
        """Newest first."""
        ...

    async def mark_read(self, user_id: UUID, keys: Sequence[str], channel: str, at: datetime) -> None: ...
    async def savings(self, account_ref: str) -> list[Savings]: ...  # not stopped, oldest first
    async def add_savings(self, savings: Savings) -> None: ...
    async def say_savings(self, savings_id: UUID, state: State, at: datetime) -> None: ...
    async def months(self, savings_id: UUID) -> list[Month]: ...  # oldest first


@dataclass
class MemoryWatch:
    """`WatchPort` in dictionaries."""

    words: list[tuple[UUID, str, bool]] = field(default_factory=list)
    wishes: list[AlertRule] = field(default_factory=list)
    ended: set[UUID] = field(default_factory=set)
    chosen: dict[UUID, Mapping[str, Any]] = field(default_factory=dict)
    alerts: list[StoredAlert] = field(default_factory=list)
    plans: list[Savings] = field(default_factory=list)
    served: list[Month] = field(default_factory=list)

    async def watch_list(self, user_id: UUID) -> list[str]:
        newest = {ticker: wanted for who, ticker, wanted in self.words if who == user_id}
        return [ticker for ticker, wanted in newest.items() if wanted]

    async def watch(self, user_id: UUID, ticker: str, wanted: bool, at: datetime) -> None:
        if (ticker in await self.watch_list(user_id)) != wanted:
            self.words.append((user_id, ticker, wanted))

    async def rules(self, user_id: UUID) -> list[AlertRule]:
        return [rule for rule in self.wishes if rule.user_id == user_id and rule.rule_id not in self.ended]

    async def add_rule(self, rule: AlertRule) -> None:
        if all(known.rule_id != rule.rule_id for known in self.wishes):
            self.wishes.append(rule)

    async def end_rules(self, user_id: UUID, rule_ids: Sequence[UUID], at: datetime) -> None:
        self.ended |= {rule.rule_id for rule in self.wishes if rule.user_id == user_id and rule.rule_id in rule_ids}

    async def choices(self, user_id: UUID) -> Choices:
        return choices_of(self.chosen.get(user_id))

    async def choose(self, user_id: UUID, choices: Choices, at: datetime) -> None:
        self.chosen[user_id] = choices.to_json()

    async def inbox(self, user_id: UUID, limit: int = 20, *, unread_only: bool = False) -> list[StoredAlert]:
        mine = [each for each in self.alerts if each.alert.user_id == user_id and not (unread_only and each.read)]
        return sorted(mine, key=lambda each: each.number, reverse=True)[:limit]

    async def mark_read(self, user_id: UUID, keys: Sequence[str], channel: str, at: datetime) -> None:
        for at_, each in enumerate(self.alerts):
            if each.alert.user_id == user_id and each.alert.key in keys:
                self.alerts[at_] = replace(each, read=True)

    async def savings(self, account_ref: str) -> list[Savings]:
        return [plan for plan in self.plans if plan.account_ref == account_ref and plan.state is not State.STOPPED]

    async def add_savings(self, savings: Savings) -> None:
        if all(known.savings_id != savings.savings_id for known in self.plans):
            self.plans.append(savings)

    async def say_savings(self, savings_id: UUID, state: State, at: datetime) -> None:
        resumed = at if state is State.ACTIVE else None
        self.plans = [
            replace(plan, state=state, resumed_at=resumed) if plan.savings_id == savings_id else plan
            for plan in self.plans
        ]

    async def months(self, savings_id: UUID) -> list[Month]:
        return sorted((each for each in self.served if each.savings_id == savings_id), key=lambda each: each.month)
