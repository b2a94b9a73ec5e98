"""Carrying out what a schedule planned, each fault through the seam it belongs to, and taking it back at day's end.

Contract: a hit is counted when the fault has acted, not when it was planned: the exchange counts its own, a cut
connection when the byte is reached, a death in SENDING when the first byte leaves. `calm` leaves no fault behind.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from proving.faults import Own, Planned
from proving.oms import OmsHost
from proving.wire_faults import Wires
from simulation.exchange.faults import Fault, FaultKind, Match
from simulation.exchange.faults.kinds import TRAITS, Stage
from tools.settings import Broker

if TYPE_CHECKING:
    from proving.world import World

_LATELY_S = 12.0
_PATHS = ("order-cash",) * 5 + ("order-rvsecncl",) * 3 + ("",) * 2
# Errors of the gateway that say nothing of whether the order happened.
_EITHER = (
    FaultKind.SERVER_ERROR_KIS,
    FaultKind.SERVER_ERROR_BARE,
    FaultKind.CONNECT_TIMED_OUT,
    FaultKind.TRADE_TIMED_OUT,
)


class Striker(Wires):
    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._stood: dict[str, float] = {}
        self._at_send: list[Callable[[OmsHost], None]] = []
        self._skewed = False
        self._standing = False
        self._empty: int | None = None  # the exchange's number of the fault that empties its list of orders

    def stood_lately(self, host: OmsHost) -> bool:
        """Was it stopped or asleep a moment ago?"""
        return self._world.loop.world_time - self._stood.get(host.name, -1e9) < _LATELY_S

    def order_begins(self, host: OmsHost) -> None:
        """The first byte of an order leaves."""
        waiting, self._at_send = self._at_send, []
        for strike in waiting:
            strike(host)

    def standing(self) -> None:
        """What is so all the time: half of KIS paper's days show no executions."""
        self._standing = self._world.broker is Broker.PAPER and self._world.rng.random() < 0.5
        self._arm_standing()

    async def strike(self, one: Planned) -> None:
        if isinstance(one.kind, FaultKind):
            self._exchange(one, one.kind)
        else:
            await getattr(self, f"_{one.kind.name.lower()}")(one)

    # The exchange's own ---------------------------------------------------------------------------------------------

    def _exchange(self, one: Planned, kind: FaultKind) -> None:
        stage = TRAITS[kind].stage
        path = ""
        if (stage in (Stage.ANSWER, Stage.BYTES) and not TRAITS[kind].places) or kind in (
            FaultKind.CONNECT_TIMED_OUT,
            FaultKind.TRADE_TIMED_OUT,
            FaultKind.THROTTLED,
        ):
            path = _PATHS[one.number % 10]
        elif kind is FaultKind.NOTICE_BEFORE_REPLY:
            path = "order-cash"
        count = 1 + one.number % 3 if stage in (Stage.VIEW, Stage.NOTICE) else 1
        happens = bool(one.number % 2) if kind in _EITHER and one.number % 3 == 0 else None
        self._world.exchange.faults.arm(Fault(kind, Match(path=path), count=count, happens=happens))

    # Processes ------------------------------------------------------------------------------------------------------

    def _leader(self) -> OmsHost | None:
        running = [host for host in self._world.oms if host.running]
        return next((host for host in running if host.door is not None), running[0] if running else None)

    async def _oms_killed(self, one: Planned) -> None:
        self.kills()

    def kills(self) -> None:
        """The OMS, at once."""
        host = self._leader()
        if host is not None:
            self._hit(Own.OMS_KILLED)
            host.kill()

    async def _oms_killed_sending(self, one: Planned) -> None:
        def strike(host: OmsHost) -> None:
            life = host.life

            def kill() -> None:
                if host.life is life and host.running:
                    self._hit(Own.OMS_KILLED_SENDING)
                    host.kill()

            self._later(one.number / 1000 * 0.02, kill)

        self._at_send.append(strike)

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self._world.loop.call_later(seconds, work, context=self._world.network.nobody)

    async def _guard_killed(self, one: Planned) -> None:
        guard = self._world.guard
        if guard is not None and guard.running:
            self._hit(Own.GUARD_KILLED)
            guard.kill()

    async def _oms_stopped(self, one: Planned) -> None:
        host = self._leader()
        if host is not None:
            self._hit(Own.OMS_STOPPED)
            await self._stop(host, one.seconds)

    async def _oms_stopped_sending(self, one: Planned) -> None:
        def strike(host: OmsHost) -> None:
            def stop() -> None:
                if host.running and not host.halted:
                    self._hit(Own.OMS_STOPPED_SENDING)
                    host.stop()
                    self._later(one.seconds, lambda: self._go_on(host))

            self._later(one.number / 1000 * 0.02, stop)

        self._at_send.append(strike)

    async def _stop(self, host: OmsHost, seconds: float) -> None:
        host.stop()
        await asyncio.sleep(seconds)
        self._go_on(host)

    def _go_on(self, host: OmsHost) -> None:
        self._stood[host.name] = self._world.loop.world_time
        host.go_on()

    async def _oms_suspended(self, one: Planned) -> None:
        host = self._leader()
        if host is None:
            return
        self._hit(Own.OMS_SUSPENDED)
        host.suspend()
        await asyncio.sleep(one.seconds)
        self._stood[host.name] = self._world.loop.world_time
        host.wake()

    async def _oms_drained(self, one: Planned) -> None:
        host = self._leader()
        if host is not None:
            self._hit(Own.OMS_DRAINED)
            host.terminate()  # the supervisor starts it again

    async def _two_oms(self, one: Planned) -> None:
        """A second one waits for the lease; the first stands still until the second has it, and goes on."""
        world = self._world
        first = self._leader()
        second = next((host for host in world.oms if host is not first), None)
        if first is None or second is None or second.running:
            return
        self._hit(Own.TWO_OMS)
        world.up(second)
        await asyncio.sleep(2.0 + one.number / 100)
        if first.running and not first.halted:
            await self._stop(first, 12.0 + one.number / 60)

    # Clocks ---------------------------------------------------------------------------------------------------------

    async def _clock_step(self, one: Planned) -> None:
        self._hit(Own.CLOCK_STEP)
        self._skewed = True
        self._world.oms_wall.skew_s += one.seconds

    async def _clock_skew(self, one: Planned) -> None:
        """The machine of the OMS comes up with a wrong clock."""
        host = self._leader()
        if host is None:
            return
        self._hit(Own.CLOCK_SKEW)
        self._skewed = True
        host.kill()
        self._world.oms_wall.skew_s += one.seconds

    # The exchange as a process --------------------------------------------------------------------------------------

    async def _exchange_killed(self, one: Planned) -> None:
        self._hit(Own.EXCHANGE_KILLED)
        self._world.exchange.kill()

    async def _exchange_stopped(self, one: Planned) -> None:
        self._hit(Own.EXCHANGE_STOPPED)
        self._world.exchange.stop()
        await asyncio.sleep(one.seconds)
        self._world.exchange.go_on()

    # Storage --------------------------------------------------------------------------------------------------------

    async def _storage_paused(self, one: Planned) -> None:
        self._hit(Own.STORAGE_PAUSED)
        self._world.database.pause()
        await asyncio.sleep(one.seconds)
        self._world.database.resume()

    async def _storage_crashed(self, one: Planned) -> None:
        self._hit(Own.STORAGE_CRASHED)
        self._world.database.crash()

    async def _before_sending(self, one: Planned) -> None:
        """Mostly until an order waits to be sent: the commit that comes next is likely its SENDING."""
        tables = self._world.database.tables
        if one.number % 4:
            await self._world.until(
                lambda: any(row.state.value == "NEW" for row in tables.intents.rows.values()), 30.0, 0.02
            )

    async def _commit_applied(self, one: Planned) -> None:
        await self._before_sending(one)
        self._world.database.in_doubt("applied")

    async def _commit_lost(self, one: Planned) -> None:
        await self._before_sending(one)
        self._world.database.in_doubt("lost")

    async def _ledger_regressed(self, one: Planned) -> None:
        """An older copy is restored under a dead OMS; approvals of that time have run out before a person resumes."""
        world = self._world
        host = self._leader()
        if host is None:
            return
        copy = world.database.copy()
        await asyncio.sleep(5.0 + one.number / 100)
        if world.database.tables.transitions.last == copy.transitions.last:
            return
        self._hit(Own.LEDGER_REGRESSED)
        world.regressed = True
        host.kill()
        world.database.flush_regression(copy)

    async def _witness_broken(self, one: Planned) -> None:
        self._hit(Own.WITNESS_BROKEN)
        self._world.witness.broken_until = self._world.loop.world_time + one.seconds

    # The day is over ------------------------------------------------------------------------------------------------

    async def calm(self) -> None:
        """Everything as it should be; hits of the storage's doubts are what came of them."""
        world = self._world
        self._at_send.clear()
        world.network.wire.calm()
        world.exchange.faults.disarm()
        self._arm_standing()
        world.database.resume()
        for outcome, kind in (("applied", Own.COMMIT_APPLIED), ("lost", Own.COMMIT_LOST)):
            self.hits[kind.value] = sum(one == outcome for one in world.database.doubted)
        world.exchange.go_on()
        world.up(world.exchange)
        for host in world.oms:
            host.wake()
            if host.halted:
                self._go_on(host)
        if self._skewed:
            self._skewed = False
            world.oms_wall.skew_s = 0.0
            for host in world.oms:
                if host.running:
                    host.kill()
        if not any(host.name in world.wanted for host in world.oms):
            world.up(world.oms[0])
        await asyncio.sleep(0)

    def _arm_standing(self) -> None:
        self._empty = None
        if self._standing:
            self.list_is_empty()

    def list_is_empty(self) -> None:
        """From here on, over nights too, until it is shown."""
        self._standing = True
        if self._empty is None:
            self._empty = self._world.exchange.faults.arm(Fault(FaultKind.EMPTY_EXECUTIONS, count=None))

    def list_hides(self) -> bool:
        return self._empty is not None

    def list_is_shown(self) -> None:
        """Now and on every later day: an answer that never comes would be nobody's to find."""
        self._standing = False
        if self._empty is not None:
            self._world.exchange.faults.disarm(self._empty)
            self._empty = None
