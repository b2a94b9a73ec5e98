"""The seeded killer: kill -9 and SIGSTOP of the parts of a home, a share of them in the moment of a SENDING.

Contract: only processes of its home, found by the home's own locks; a stopped one is woken again whatever happens. A
hit counts once the signal was delivered to a living process. A death in SENDING is one after which the ledger still
shows a SENDING of the dead, or, for the others, one seen the moment before. Each process is struck equally often;
which, how and for how long are the seed's.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

from proving.campaign.databank import Databank
from proving.campaign.home import Home, Target, send
from proving.campaign.ledger import LedgerView
from tools.embedded.errors import ServiceError
from tools.ports import PortUnavailable

AIMED = 0.35  # share of strikes that wait for a SENDING
TRAPPED = 0.5  # of the aimed deaths of the OMS: the exchange stands still, so its POST is under way for certain
LONGEST_S = 8.0  # of a stop: well beyond the lease
AIM_S = 4.0
_LOOK_S = 0.004
_THERE_S = 240.0


class Killer:
    """`hits` counts (target, "kill" or "stop"); `in_sending` deaths by target."""

    def __init__(
        self, home: Home, bank: Databank, ledger: LedgerView, rng: random.Random, targets: Sequence[Target] = (*Target,)
    ) -> None:
        self.hits: Counter[tuple[Target, str]] = Counter()
        self.in_sending: Counter[Target] = Counter()
        self.targets = tuple(targets)
        self._home = home
        self._bank = bank
        self._ledger = ledger
        self._rng = rng

    def of(self, target: Target) -> int:
        return self.hits[target, "kill"] + self.hits[target, "stop"]

    def least(self) -> int:
        return min(self.of(target) for target in self.targets)

    async def strike(self, wanted: int) -> None:
        """One more hit of something that has not been hit `wanted` times."""
        left = [target for target in self.targets if self.of(target) < wanted]
        if not left:
            return
        target = self._rng.choices(left, [wanted - self.of(one) for one in left])[0]
        kind = self._rng.choice(("kill", "stop"))
        aimed = self._rng.random() < AIMED
        await self._there(target)
        if kind == "kill":
            await self._kills(target, aimed)
        else:
            await self._stops(target, self._rng.uniform(0.1, LONGEST_S), aimed)

    async def _there(self, target: Target) -> None:
        """Until it runs below a supervisor that looks after it: who kills a start only starts anew. ServiceError when
        nothing brings it back."""
        loop = asyncio.get_running_loop()
        end = loop.time() + _THERE_S
        while not self._home.serving or self._home.pid(target) is None:
            if loop.time() > end:
                raise ServiceError(f"expected {target.value} to be there within {_THERE_S:.0f} s, was not")
            await asyncio.sleep(0.1)

    # Deaths ---------------------------------------------------------------------------------------------------------

    async def _kills(self, target: Target, aimed: bool) -> None:
        if target is Target.OMS and aimed and self._rng.random() < TRAPPED:
            await self._kills_trapped()
            return
        seen = await self._sending() if not aimed else await self._aims()
        if not self._kill(target):
            return
        if target is Target.OMS:
            seen = await self._left_behind()
        self.in_sending[target] += bool(seen)

    async def _kills_trapped(self) -> None:
        """The exchange takes the bytes and does not look at them; the OMS dies waiting; the exchange goes on."""
        async with self._standing(Target.EXCHANGE):
            await self._aims()
            if self._kill(Target.OMS):
                self.in_sending[Target.OMS] += bool(await self._left_behind())
            await asyncio.sleep(self._rng.uniform(0.0, 2.0))

    def _kill(self, target: Target) -> bool:
        pid = self._home.pid(target)
        if pid is None or not send(pid, signal.SIGKILL):
            return False
        self.hits[target, "kill"] += 1
        return True

    async def _sending(self) -> Sequence[str]:
        with contextlib.suppress(PortUnavailable, TimeoutError):
            async with asyncio.timeout(1.0):
                return await self._ledger.sending(await self._bank.oms())
        return ()

    async def _aims(self) -> Sequence[str]:
        """The moment in which something is SENDING; empty when none came."""
        loop = asyncio.get_running_loop()
        end = loop.time() + AIM_S
        while loop.time() < end:
            if seen := await self._sending():
                return seen
            await asyncio.sleep(_LOOK_S)
        return ()

    async def _left_behind(self) -> Sequence[str]:
        """What a dead OMS was sending: asked at once, for a successor waits for the lease before it touches it."""
        return await self._sending()

    # Stops ----------------------------------------------------------------------------------------------------------

    async def _stops(self, target: Target, seconds: float, aimed: bool) -> None:
        if aimed:
            await self._aims()
        async with self._standing(target):
            await asyncio.sleep(seconds)

    @contextlib.asynccontextmanager
    async def _standing(self, target: Target) -> AsyncIterator[None]:
        """The process stands still meanwhile; of a database all of it does."""
        pid = self._home.pid(target)
        stopped: list[int] = []
        try:
            if pid is not None and send(pid, signal.SIGSTOP):
                stopped.append(pid)
                self.hits[target, "stop"] += 1
                if target is Target.POSTGRES:
                    stopped += [one for one in await self._children() if send(one, signal.SIGSTOP)]
            yield
        finally:
            for one in reversed(stopped):  # a parent last: until then its dead keep their numbers
                send(one, signal.SIGCONT)

    async def _children(self) -> list[int]:
        with contextlib.suppress(PortUnavailable, TimeoutError):
            async with asyncio.timeout(2.0):
                return await self._ledger.backends(await self._bank.oms())
        return []


async def under_load(
    killer: Killer, wanted: int, admitted: Callable[[], int], share: float, rng: random.Random
) -> None:
    """Strike after strike until each was hit `wanted` times: mostly when `share` more intents went through since the
    last, now and then at once, into the recovery."""
    loop = asyncio.get_running_loop()
    while killer.least() < wanted:
        before, end = admitted(), loop.time() + 30.0
        patient = rng.random() < 0.75
        while patient and admitted() - before < share and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
        await asyncio.sleep(rng.uniform(0.0, 1.5))
        await killer.strike(wanted)
