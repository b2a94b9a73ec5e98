"""What is armed, what struck, and how often. The only place that decides whether a fault strikes.

Contract: faults are asked in the order they were armed; the first that matches at a stage and is of the kinds asked
for is spent by one. Draws are made from the given generator and only for a fault that matches and is less than
certain, so a seed and the same matches give the same strikes. `hits` and `begun` only grow.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from domain.clock import Clock
from simulation.exchange.faults.fault import Fault, Match
from simulation.exchange.faults.kinds import TRAITS, FaultKind, Stage

SOCKET = "socket"  # the path of a registration, which has none


@dataclass(frozen=True, slots=True)
class Begun:
    """A fault struck. `number` is the armed fault's."""

    at: datetime
    kind: FaultKind
    number: int
    facts: Match


@dataclass(slots=True)
class _Armed:
    number: int
    fault: Fault
    left: int | None
    skip: int

    def takes(self, facts: Match) -> bool:
        if self.fault.of_socket is not (facts.path == SOCKET):
            return False
        places = () if self.fault.on.path else TRAITS[self.fault.kind].places
        return self.fault.on.takes(facts) and (not places or any(place in facts.path for place in places))


class Armory:
    """Armed faults of one exchange."""

    def __init__(self, rng: random.Random, clock: Clock) -> None:
        self.rng = rng
        self.clock = clock
        self.hits: Counter[FaultKind] = Counter()
        self.begun: list[Begun] = []
        self._stages: dict[Stage, list[_Armed]] = {}
        self._numbers = 0

    def arm(self, fault: Fault) -> int:
        """Arm a fault; returns its number."""
        fault.check()
        self._numbers += 1
        armed = _Armed(self._numbers, fault, fault.count, fault.after)
        self._stages.setdefault(TRAITS[fault.kind].stage, []).append(armed)
        return self._numbers

    def disarm(self, number: int | None = None) -> None:
        """Take back one fault, or all."""
        for armed in self._stages.values():
            armed[:] = [one for one in armed if number is not None and one.number != number]

    def armed(self) -> list[tuple[int, Fault, int | None]]:
        """(number, fault, strikes left) in the order of arming."""
        every = [one for stage in self._stages.values() for one in stage]
        return [(one.number, one.fault, one.left) for one in sorted(every, key=lambda one: one.number)]

    def waits(self, stage: Stage) -> bool:
        """Is anything armed there? Cheap."""
        return bool(self._stages.get(stage))

    def strike(self, stage: Stage, facts: Match, kinds: Collection[FaultKind] | None = None) -> Fault | None:
        """The fault that strikes here, spent by one; None when none does."""
        armed = self._stages.get(stage)
        if not armed:
            return None
        for one in armed:
            if (kinds is not None and one.fault.kind not in kinds) or not one.takes(facts):
                continue
            if one.skip:
                one.skip -= 1
                continue
            if one.fault.chance < 1.0 and self.rng.random() >= one.fault.chance:
                continue
            if one.left is not None:
                one.left -= 1
                if not one.left:
                    armed.remove(one)
            self.hits[one.fault.kind] += 1
            self.begun.append(Begun(self.clock.now(), one.fault.kind, one.number, facts))
            return one.fault
        return None

    def strikes(self, stage: Stage, facts: Match) -> list[Fault]:
        """One of each kind that strikes here, in the order of arming: faults that do not exclude each other."""
        found: list[Fault] = []
        for kind in list(dict.fromkeys(one.fault.kind for one in self._stages.get(stage, ()))):
            if (fault := self.strike(stage, facts, (kind,))) is not None:
                found.append(fault)
        return found
