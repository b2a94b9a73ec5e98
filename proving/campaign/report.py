"""What a campaign came to, and how it is said: hits by process and kind, deaths in SENDING, orders by their end.

Contract: plain values; `complaints` alone decides whether a campaign was good. Nothing here reads or writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from proving.campaign.home import Target


@dataclass(slots=True)
class Report:
    wanted_hits: int
    wanted_intents: int
    seed: int
    targets: Sequence[Target] = (*Target,)
    hits: Counter[tuple[Target, str]] = field(default_factory=Counter)
    in_sending: Counter[Target] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)  # what people did and were told
    states: Counter[str] = field(default_factory=Counter)
    manual: list[str] = field(default_factory=list)
    breaks: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)
    at_broker: int = 0
    seconds: float = 0.0
    finished: bool = False  # it came to rest and was judged

    @property
    def intents(self) -> int:
        return self.states.total()

    def of(self, target: Target) -> int:
        return self.hits[target, "kill"] + self.hits[target, "stop"]

    def complaints(self) -> list[str]:
        """Why it was not good; empty when it was."""
        found = [f"{len(self.breaks)} breaks of a rule"] if self.breaks else []
        if not self.finished:
            found.append("it was not judged at rest")
        found += [
            f"{target.value} was hit {self.of(target)} times of {self.wanted_hits}"
            for target in self.targets
            if self.of(target) < self.wanted_hits
        ]
        if self.intents < self.wanted_intents:
            found.append(f"{self.intents} of {self.wanted_intents} intents went through")
        return found

    def line(self, seconds: float, rows: Sequence[Mapping[str, Any]], breaks: int) -> str:
        """How far it is."""
        hits = " ".join(f"{target.value} {self.of(target)}" for target in self.targets)
        ended = sum(row["ended"] for row in rows)
        return (
            f"{seconds:6.0f} s  {len(rows)} intents ({ended} ended)  hits of {self.wanted_hits}: {hits}"
            f"  in SENDING {self.in_sending.total()}  up again {len(self.gave_up)}  breaks {breaks}"
        )

    def lines(self) -> list[str]:
        """All of it, for people."""
        said = [f"seed {self.seed}, {self.seconds:.0f} s"]
        for target in Target:
            kills, stops = self.hits[target, "kill"], self.hits[target, "stop"]
            said.append(
                f"{target.value:9} {kills + stops:4} hits: {kills} kill -9 ({self.in_sending[target]} in SENDING),"
                f" {stops} SIGSTOP"
            )
        said.append(f"intents   {self.intents}: " + ", ".join(f"{s} {n}" for s, n in sorted(self.states.items())))
        said.append(f"broker    {self.at_broker} orders in the exchange's own journal")
        said.append("people    " + ", ".join(f"{name} {count}" for name, count in self.tally.most_common()))
        said.append(f"up again  {len(self.gave_up)} times" + "".join(f"\n          {why}" for why in self.gave_up[:8]))
        said.append(f"MANUAL    {len(self.manual)}" + "".join(f"\n          {why}" for why in self.manual))
        said += [f"BROKEN    {what}" for what in self.breaks]
        said += [f"FAILED    {what}" for what in self.complaints()]
        if not self.complaints():
            said.append("zero duplicates, zero wrong quantities, zero wrong money")
        return said
