"""What one seed came to, as plain values that cross processes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proving.coverage import Coverage
from proving.figures import Figures, figures_of
from simulation.exchange.faults import FaultKind
from tools.settings import Broker

if TYPE_CHECKING:
    from proving.world import World


@dataclass(slots=True)
class Outcome:
    """`log` is the story, when it was asked for."""

    seed: int
    broker: str
    calm: bool
    breaks: list[str]
    trace: str
    coverage: Coverage
    figures: Figures
    steps: int
    virtual_s: float
    real_s: float = 0.0
    log: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not self.breaks


def outcome_of(world: World) -> Outcome:
    for move in world.database.tables.transitions.rows.values():
        world.coverage.moved(move.entity, move.was, move.event, move.becomes)
    world.coverage.faults.update({kind.value: hits for kind, hits in world.exchange.faults.hits.items()})
    world.coverage.faults.update(world.striker.hits)
    world.coverage.acts.update(world.tally.did)
    world.coverage.refusals.update(world.tally.refusals)
    breaks = [str(found) for found in world.judge.breaks]
    breaks += [f"{0.0:12.3f} s  forged: {what} was believed" for what in world.tally.wrongly]
    breaks += [f"{0.0:12.3f} s  crash: {what}" for what in world.loop.broken]
    figures = figures_of(world, [wish for wish in world.person.wishes])
    if figures.manual and not _was_not_to_be_had(world):
        breaks.append(f"{0.0:12.3f} s  liveness: {figures.manual} MANUAL although the answer was to be had")
    if world.calm:
        breaks += [f"{0.0:12.3f} s  liveness: {what}" for what in figures.stuck]
    world.trace.update(json.dumps(sorted(map(str, world.coverage.transitions.items()))).encode())
    return Outcome(
        seed=world.seed,
        broker=world.broker.value,
        calm=world.calm,
        breaks=breaks,
        trace=world.trace.hexdigest(),
        coverage=world.coverage,
        figures=figures,
        steps=world.loop.steps,
        virtual_s=world.loop.world_time,
        log=world.log,
    )


def _was_not_to_be_had(world: World) -> bool:
    """Could an answer have been missing: KIS paper, whose empty list proves nothing, or an equal order by hand?"""
    hits = world.exchange.faults.hits
    return world.broker is Broker.PAPER or bool(world.watch.hands or hits[FaultKind.EMPTY_EXECUTIONS])
