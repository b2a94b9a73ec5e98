"""The passage that disturbs: every answer, text and trade of one exchange on its way, with what is armed.

Contract: randomness from the given generator only, windows on the given clock, waits on the running loop; the same
seed, faults and events give the same strikes. Decides nothing itself: `armory` says what strikes, the files beside
this one what it does. `down` is true during a maintenance window: whoever dials then must be refused.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from domain.clock import Clock
from simulation.exchange.credentials import key_hash
from simulation.exchange.envelope import GatewayError, Reply, business
from simulation.exchange.exchange import Exchange
from simulation.exchange.faults import answers, cuts, errors, hands, http
from simulation.exchange.faults.accounts import Lagging
from simulation.exchange.faults.armory import SOCKET, Armory, Begun
from simulation.exchange.faults.connection import Connection
from simulation.exchange.faults.facts import facts_of
from simulation.exchange.faults.fault import Fault, Match
from simulation.exchange.faults.kinds import FaultKind, Stage
from simulation.exchange.faults.market import Misfortune
from simulation.exchange.faults.texts import Texts
from simulation.exchange.faults.tokens import Tokens
from simulation.exchange.journal import Record
from simulation.exchange.passage import Asked, Kind, Make, Push
from simulation.exchange.ws import Hub

_UNHEARD = business("", "", "1")  # returned where the connection is gone: nobody reads it
_TIMEOUTS = (FaultKind.ACCEPT_THEN_TIMEOUT, FaultKind.TIMEOUT_BEFORE_ACCEPT)
_SAID = {
    FaultKind.CONNECT_TIMED_OUT: "EGW00301",
    FaultKind.TRADE_TIMED_OUT: "EGW00302",
    FaultKind.THROTTLED: "EGW00201",
}
_BARE_STATUSES = (500, 502, 503, 504)
_SHUT = Reply({"error": "expected an open exchange, was one that takes no sessions now"}, status=503)


class Faults:
    """One per exchange; see the package for the contract."""

    def __init__(self, rng: random.Random, clock: Clock) -> None:
        self.armory = Armory(rng, clock)
        self.on_down: list[Callable[[float], None]] = []  # told the seconds of a maintenance window as it begins
        self._texts = Texts(self.armory, self._drop)
        self._misfortune = Misfortune(self.armory)
        self._lagging = Lagging(clock)
        self._tokens = Tokens(clock)
        self._views = answers.Views(self.armory, self._lagging)
        self._down_until = self._shut_until = clock.monotonic()
        self._exchange: Exchange | None = None
        self._hub: Hub | None = None

    # --- arming -----------------------------------------------------------------------------------------------

    def arm(self, fault: Fault) -> int:
        """Arm a fault; returns the number it can be disarmed by."""
        return self.armory.arm(fault)

    def disarm(self, number: int | None = None) -> None:
        """Take back one fault, or everything: open windows end as well."""
        self.armory.disarm(number)
        if number is None:
            self._texts.calm()
            self._tokens.calm()
            self._views.calm()
            self._down_until = self._shut_until = self.armory.clock.monotonic()

    @property
    def hits(self) -> Counter[FaultKind]:
        return self.armory.hits

    @property
    def begun(self) -> list[Begun]:
        return self.armory.begun

    @property
    def down(self) -> bool:
        """In a maintenance window: connections are refused."""
        return self.armory.clock.monotonic() < self._down_until

    @property
    def exchange(self) -> Exchange:
        if self._exchange is None:
            raise RuntimeError("expected faults that are attached to an exchange, were not")
        return self._exchange

    def connection(self, inner: asyncio.Protocol) -> asyncio.Protocol:
        """Stand between a transport and the server's protocol: requests may break off on their way in."""
        return Connection(inner, self.armory, lambda: self.down)

    # --- the passage ------------------------------------------------------------------------------------------

    def attach(self, exchange: Exchange, hub: Hub) -> None:
        self._exchange, self._hub = exchange, hub
        exchange.venue.meet(self._misfortune)
        exchange.shown = self._lagging.shown
        self._lagging.attach(exchange)

    async def answer(self, asked: Asked, make: Make) -> Reply:
        facts = facts_of(asked)
        for one in self.armory.strikes(Stage.BEFORE, facts):
            self._before(one, asked, facts)
        if self.down:
            cuts.reset(asked.transport)
            return _UNHEARD
        if (known := self._tokens.answer(self.exchange, asked)) is not None:
            return known
        fault = self.armory.strike(Stage.ANSWER, facts)
        if fault is None:
            return self._views.made(facts, asked, make)
        return await self._spoiled(fault, asked, lambda: self._views.made(facts, asked, make))

    def enters(self) -> Reply | None:
        return _SHUT if self.armory.clock.monotonic() < max(self._down_until, self._shut_until) else None

    def registers(self, tr_id: str, tr_key: str) -> str:
        fault = self.armory.strike(Stage.ANSWER, Match(path=SOCKET, tr_id=tr_id, ticker=tr_key))
        return "" if fault is None else fault.code

    def told(self, kind: Kind, text: str, push: Push, about: Record | None = None) -> None:
        self._texts.told(kind, text, push, about)

    def worded(self, about: Record, plain: str) -> str:
        return self._texts.worded(about, plain)

    async def own(self, request: web.Request, path: str) -> web.Response | None:
        return await http.serve(self, request, path)

    # --- what strikes -----------------------------------------------------------------------------------------

    def _before(self, fault: Fault, asked: Asked, facts: Match) -> None:
        match fault.kind:
            case FaultKind.MAINTENANCE:
                self._down_until = self.armory.clock.monotonic() + fault.lasts
                self._sessions_end(None)
                for listener in self.on_down:
                    listener(fault.lasts)
            case FaultKind.SOCKET_DROPPED:
                self._drop(fault, facts.account)
            case FaultKind.TOKEN_REVOKED:
                self._tokens.revoke(self.exchange, asked)
            case FaultKind.TOKEN_DEAD_ON_REISSUE:
                self._tokens.kill(self.exchange, asked, fault.lasts)
            case FaultKind.HAND_ORDER:
                hands.same_again(self.exchange, asked, marked=fault.marked)

    def _drop(self, fault: Fault, account: str) -> None:
        """Every session of the account's key ends, and none begins for a while."""
        self._shut_until = self.armory.clock.monotonic() + fault.lasts
        known = self.exchange.venue.world.accounts.get(account)
        self._sessions_end(known.owner if known is not None else None)

    def _sessions_end(self, owner: str | None) -> None:
        if self._hub is not None:
            self._hub.drop(owner)

    async def _spoiled(self, fault: Fault, asked: Asked, make: Make) -> Reply:
        """The request is carried out or not; its answer leaves another way, or not at all."""
        made = make() if fault.carried_out else None
        if made is None:
            self.exchange.limiter.kept_out(key_hash(asked.header("appkey")), asked.tr_id, asked.path, fault.kind.value)
        if fault.kind in _TIMEOUTS:
            await asyncio.sleep(fault.lasts)
            cuts.reset(asked.transport)
            return _UNHEARD
        if fault.kind is FaultKind.NOTICE_BEFORE_REPLY:
            await asyncio.sleep(fault.lasts)
            return made or GatewayError("EGW00002").reply()
        if fault.kind is FaultKind.SERVER_ERROR_KIS:
            return errors.reply(fault.code)
        if (code := _SAID.get(fault.kind)) is not None:
            return GatewayError(code).reply()
        now = self.armory.clock.now()
        if fault.kind is FaultKind.SERVER_ERROR_BARE:
            page = cuts.bare_error(self.armory.rng.choice(_BARE_STATUSES), now)
            await cuts.send_and_close(asked.transport, page)
            return _UNHEARD
        answer = made or GatewayError("EGW00002").reply()
        raw = cuts.answer_bytes(answer, asked.tr_id, f"{self.armory.rng.getrandbits(128):032x}", now)
        await cuts.send_and_reset(asked.transport, raw[: cuts.cut_at(fault, raw, self.armory.rng)])
        return _UNHEARD
