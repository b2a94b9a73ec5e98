"""The guard's head: takes prices, judges each position's rule, and asks the OMS for the exit that follows.

Contract: decides on fresh ticks in order and only while the venue takes orders; nothing is kept for a closed market,
the first fresh tick of the next session judges anew. A trigger is remembered before the OMS is asked. Asking again is
safe: a generation is one exit, whoever asks and however often. A refusal is not a verdict: the next fresh tick judges
again, after a pause. Knows no broker, no model and no plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import structlog

from domain.calendar import Phase
from domain.clock import Clock
from domain.exits import ExitKind, Tick, Trigger, judge, observed, rule_for
from domain.proto import oms_pb2 as pb
from execution.guard.clock import GuardClock
from execution.guard.ports import Door, GuardTiming, Memory, Rules
from execution.guard.watched import Watched, tick_of
from tools.ports import PortRefused, PortUnavailable
from tools.store.guard_memory import StoredTrigger

log = structlog.get_logger("guard")
ORDERABLE = frozenset({Phase.CONTINUOUS, Phase.CLOSING_AUCTION})
_FALLING = frozenset({ExitKind.STOP_LOSS, ExitKind.TRAILING})


class Watchman:
    """One a process. `look` and `read_rules` bring it up to date, `take` gives it a price."""

    def __init__(
        self, door: Door, rules: Rules, memory: Memory, clock: GuardClock, wall: Clock, timing: GuardTiming
    ) -> None:
        self._door = door
        self._rules = rules
        self._memory = memory
        self._clock = clock
        self._wall = wall
        self._timing = timing
        self._rows: dict[str, list[Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._left_over: dict[UUID, StoredTrigger] | None = None
        self.watched: dict[UUID, Watched] = {}

    @property
    def tickers(self) -> tuple[str, ...]:
        return tuple(sorted({each.position.ticker for each in self.watched.values()}))

    # Being up to date -----------------------------------------------------------------------------------------------

    async def read_rules(self) -> None:
        """Raises PortUnavailable; the rules known so far go on."""
        self._rows = dict(await self._rules.everybodys())
        for each in self.watched.values():
            each.rule = self._rule_of(each.position)

    async def look(self) -> None:
        """Asks what is held under which exit mandate. Raises PortUnavailable; what is watched stays watched."""
        positions = [position for position in await self._door.exits() if position.quantity > 0]
        fresh = [UUID(p.exit_mandate_id) for p in positions if UUID(p.exit_mandate_id) not in self.watched]
        marks = await self._memory.marks(fresh) if fresh else {}
        after: dict[UUID, Watched] = {}
        for position in positions:
            number = UUID(position.exit_mandate_id)
            known = self.watched.get(number) or Watched(position, self._rule_of(position))
            if number in marks:
                known.state = marks[number]
                known.kept_high = known.state.high
            if position.generation != known.position.generation:
                known.trigger = None  # what it asked for is in the ledger
            known.position = position
            after[number] = known
        self.watched = after
        if self._left_over is None:
            await self._take_up()
        for each in after.values():
            self._carry_on(each)

    async def _take_up(self) -> None:
        """Triggers that a predecessor wrote down and may not have asked for."""
        since = self._wall.now() - timedelta(seconds=self._timing.trigger_s)
        self._left_over = {trigger.exit_mandate_id: trigger for trigger in await self._memory.since(since)}
        for number, trigger in self._left_over.items():
            each = self.watched.get(number)
            if each is not None and each.position.generation == trigger.generation and not each.exiting:
                log.info("trigger_taken_up", position=str(number), kind=trigger.kind.value)
                self._take_on(each, trigger)
                each.noted = True

    def _rule_of(self, position: pb.ProtectedPosition) -> Any:
        return rule_for(self._rows.get(position.account_ref, ()), position.ticker, position.sleeve)

    # Prices ---------------------------------------------------------------------------------------------------------

    def take(self, quote: pb.QuoteReply) -> None:
        """A price from the stream or from a question."""
        if not quote.found or quote.stale or not self._clock.known or self._clock.phase not in ORDERABLE:
            return
        tick = tick_of(quote)
        for each in self.watched.values():
            if each.position.ticker == tick.ticker:
                self._judge(each, tick)

    def _judge(self, each: Watched, tick: Tick) -> None:
        now, held = self._clock.now(), each.held
        found = judge(
            each.rule, held, each.state, tick, now, self._clock.calendar, self._clock.age(self._timing.max_age_s)
        )
        after = observed(each.state, held, tick)
        if after is not None:
            each.state, each.tick = after, tick
            self._keep_high(each)
        if found is not None and not each.exiting and each.trigger is None:
            if self._wall.monotonic() >= each.not_before:
                self._begin(each, self._stored(each, found))
        elif after is not None:
            self._rest(each)

    def _keep_high(self, each: Watched) -> None:
        now = self._wall.monotonic()
        if each.state.high > each.kept_high and now - each.kept_at >= self._timing.keep_s:
            each.kept_high, each.kept_at = each.state.high, now
            self._spawn(self._keep(each), f"keep {each.id}")

    async def _keep(self, each: Watched) -> None:
        try:
            await self._memory.keep(each.id, each.state, self._wall.now())
        except PortUnavailable:
            each.kept_high = 0  # the next tick writes it

    def _stored(self, each: Watched, found: Trigger) -> StoredTrigger:
        position = each.position
        return StoredTrigger(
            each.id,
            position.account_ref,
            position.generation,
            found.kind,
            found.price,
            found.level,
            found.at,
            found.rule.rule_id,
        )

    # Exits ----------------------------------------------------------------------------------------------------------

    def _begin(self, each: Watched, trigger: StoredTrigger) -> None:
        self._take_on(each, trigger)
        log.info("triggered", position=str(each.id), kind=trigger.kind.value, price=trigger.price, level=trigger.level)
        self._spawn(self._remember(each, trigger), f"trigger {each.id}")

    def _take_on(self, each: Watched, trigger: StoredTrigger) -> None:
        each.trigger, each.triggered_at, each.noted = trigger, self._wall.monotonic(), False
        each.not_before = each.triggered_at
        if each.rests and trigger.kind in _FALLING:
            each.not_before += self._timing.backup_s  # the broker's own stop has the first word

    async def _remember(self, each: Watched, trigger: StoredTrigger) -> None:
        try:
            await self._memory.remember(trigger, self._wall.now())
        except PortUnavailable:
            log.warning("trigger_not_kept", position=str(each.id))  # the stop is worth more than its note
        each.noted = True
        self._carry_on(each)

    def _carry_on(self, each: Watched) -> None:
        """Asks for what was triggered, unless it is being asked for, is out, or is too long ago."""
        now, trigger = self._wall.monotonic(), each.trigger
        if trigger is None or each.asking or not each.noted:
            return
        if each.exiting or now - each.triggered_at > self._timing.trigger_s or self._clock.phase not in ORDERABLE:
            each.trigger = None
            return
        if now < each.not_before:
            self._spawn(self._later(each, each.not_before - now), f"later {each.id}")
            return
        each.asking = True
        self._spawn(self._ask(each, trigger), f"exit {each.id}")

    async def _later(self, each: Watched, seconds: float) -> None:
        await self._wall.sleep(seconds)
        self._carry_on(each)

    async def _ask(self, each: Watched, trigger: StoredTrigger) -> None:
        request = pb.ExitRequest(
            account_ref=trigger.account_ref,
            exit_mandate_id=str(trigger.exit_mandate_id),
            generation=trigger.generation,
            kind=trigger.kind.value,
            observed_price=trigger.price,
            level=trigger.level,
            rule_id=trigger.rule_id,
        )
        request.observed_at.FromDatetime(trigger.tick_at.astimezone(UTC))
        try:
            reply = await self._door.exit(request)
        except PortRefused as no:
            reply = pb.ExitReply(outcome=pb.ExitReply.REFUSED, code=no.code, message=no.message)
        except PortUnavailable:
            reply = pb.ExitReply(outcome=pb.ExitReply.WAITING, code="UNAVAILABLE")
        finally:
            each.asking = False
        self._answered(each, trigger, reply)

    def _answered(self, each: Watched, trigger: StoredTrigger, reply: pb.ExitReply) -> None:
        now = self._wall.monotonic()
        if reply.outcome == pb.ExitReply.WAITING:
            each.not_before = now + self._timing.waiting_s
            self._carry_on(each)
            return
        if each.trigger is trigger:
            each.trigger = None
        if reply.outcome in (pb.ExitReply.ADMITTED, pb.ExitReply.ALREADY_ADMITTED):
            each.refusals, each.code = 0, ""
            each.position.live.CopyFrom(reply.order)  # until the next look says how it stands
            each.not_before = now + self._timing.look_s
            log.info("exit_out", position=str(each.id), intent=reply.order.intent_id, outcome=reply.outcome)
            return
        pause = min(self._timing.refused_most_s, self._timing.refused_s * 2**each.refusals)
        each.refusals = min(each.refusals + 1, 10)
        each.not_before = now + pause
        if reply.code != each.code:
            log.warning("exit_refused", position=str(each.id), code=reply.code, message=reply.message)
        each.code = reply.code

    # The stop that rests at the broker ------------------------------------------------------------------------------

    def _rest(self, each: Watched) -> None:
        """Has the broker hold the stop too, where the person wants it and the environment takes it."""
        now, position = self._wall.monotonic(), each.position
        if each.asking or each.trigger is not None or each.exiting or not position.takes_resting:
            return
        floor = each.levels.floor if each.rule.resting else None
        resting = position.live.stop_price if each.rests else 0
        if (floor is None) == (resting == 0) and (floor is None or floor == each.rested_level):
            return
        if now - each.rested_at < self._timing.move_s or now < each.not_before:
            return
        each.asking, each.rested_at = True, now
        request = pb.RestStopRequest(
            account_ref=position.account_ref,
            exit_mandate_id=position.exit_mandate_id,
            generation=position.generation,
            stop_price=floor or 0,
            rule_id=each.rule.rule_id,
        )
        self._spawn(self._ask_rest(each, request, floor), f"rest {each.id}")

    async def _ask_rest(self, each: Watched, request: pb.RestStopRequest, floor: int | None) -> None:
        try:
            reply = await self._door.rest_stop(request)
        except PortUnavailable:
            each.asking = False
            return
        each.asking = False
        if reply.outcome == pb.ExitReply.WAITING:
            each.rested_at = self._wall.monotonic() - self._timing.move_s + self._timing.waiting_s
        elif reply.outcome == pb.ExitReply.REFUSED:
            log.info("resting_refused", position=str(each.id), code=reply.code)
        else:
            each.rested_level = floor
            if reply.HasField("order"):
                each.position.live.CopyFrom(reply.order)
            else:
                each.position.ClearField("live")

    # Work of its own ------------------------------------------------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("work_failed", work=task.get_name(), error=repr(error)[:300])

    async def settle(self) -> None:
        """Waits for the work begun so far."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def aclose(self) -> None:
        for task in set(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
