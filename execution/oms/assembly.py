"""One OMS put together from its settings: clients, clocks, ledger, views. Decides nothing, starts nothing.

Contract: `core` is called once, with the lease in hand; the venue's clock is asked before anything is built on it.
`venue` and `calendar` say where KIS is and when it is open; without them the settings and KRX's calendar do.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import httpx
import structlog

from domain.calendar import Calendar
from domain.gate.config import gate_config
from domain.instruments import Instruments
from execution.oms.budget import PacedBudget
from execution.oms.callertokens import CallerTokens
from execution.oms.core import Core
from execution.oms.credentials import HOUSE, LedgerSecrets, SimCredentials, owners_credential
from execution.oms.errors import Refusal
from execution.oms.events import Hub
from execution.oms.ledger.port import Lease
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData
from execution.oms.moves import Mover
from execution.oms.outside import Outside
from execution.oms.ownkeys import OwnKeys
from execution.oms.timing import Timing
from execution.oms.trading import TradingStates
from execution.oms.views import Views
from tools.embedded.services import Endpoints
from tools.kis.client import KisClient
from tools.kis.credentials import Credential
from tools.kis.environment import Environment, EnvironmentName, sim
from tools.kis.sealed import FernetBox, SecretStore
from tools.kis.ws import KisStream
from tools.settings import Broker, Settings
from tools.store.secrets import derive, instance_secret

log = structlog.get_logger("oms")
_LABELS = {Broker.SIM: "모의 시세", Broker.PAPER: "모의투자 시세", Broker.LIVE: "실시간 시세"}

Pause = Callable[[float], Awaitable[None]]


class Assembly:
    """The parts of one process, and the clients it makes on demand."""

    def __init__(
        self,
        settings: Settings,
        found: Endpoints,
        timing: Timing,
        outside: Outside,
        venue: Environment | None = None,
        calendar: Calendar | None = None,
    ) -> None:
        self._settings = settings
        self._timing = timing
        self._venue = venue
        self._outside = outside
        self.wall = outside.wall
        self.exchange_url = found.exchange_url if settings.broker is Broker.SIM else None
        self.market = MarketClock(self.wall, self.exchange_url, _LABELS[settings.broker], calendar)

    @property
    def environment(self) -> str:
        return self._settings.broker.value

    def key_hash(self) -> str:
        """Names the lease. The paper exchange's keys are all ours, so one lease holds for all of them."""
        if self._settings.broker is Broker.SIM:
            return hashlib.sha256(b"sim").hexdigest()[:16]
        return owners_credential(self._settings)[1].fingerprint

    async def ask_the_time(self, stopped: asyncio.Event, pause: Pause) -> None:
        """The venue's clock dates everything: without it nothing starts."""
        while not self.market.known and not stopped.is_set():
            try:
                await self.market.ask()
            except (httpx.HTTPError, ValueError, KeyError) as error:
                log.info("waiting_for_exchange", error=type(error).__name__)
                await pause(0.3)

    async def core(self, lease: Lease) -> tuple[Core, KisStream | None]:
        """Everything that the parts share, and the stream of the house's key where prices have one of their own."""
        hub = Hub()
        ledger = self._outside.storage.ledger(lease, self.wall, hub.announce)
        secret = instance_secret(self._settings)
        self._ledger = ledger
        self._box = FernetBox(derive(secret, "kis:box"))
        self._store = LedgerSecrets(ledger)
        self.own_keys: OwnKeys | None = None
        if self._settings.broker is not Broker.SIM:
            name = EnvironmentName(self._settings.broker.value)
            self.own_keys = OwnKeys(ledger, self._box, derive(secret, "kis:hash"), name, self._for_trial)
        self._sim = SimCredentials(ledger, self._box, self._outside.secrets)
        self._house_client, self._house_budget = await self.client_of(HOUSE)
        house = self._house_client.stream() if self._settings.broker is Broker.SIM else None
        instruments = Instruments.load()
        states = TradingStates()
        data = MarketData(self._house_client, house, self.market, self.wall, self._timing)
        config = replace(
            gate_config(self.environment, live_enabled=self._settings.live_trading),
            cash_lag=timedelta(seconds=self._timing.lag_s),  # one figure for the broker's lag in this process
        )
        views = Views(data, self.market, self.wall, instruments, config, states)
        core = Core(
            environment=self.environment,
            wall=self.wall,
            awake=self._outside.awake,
            market=self.market,
            new_id=self._outside.new_id,
            timing=self._timing,
            instruments=instruments,
            ledger=ledger,
            states=states,
            data=data,
            views=views,
            mover=Mover(instruments),
            hub=hub,
            witness=self._outside.witness,
        )
        return core, house

    def caller_tokens(self) -> CallerTokens:
        """Once `core` has made the ledger."""
        return CallerTokens(self._ledger, self._box, self._outside.secrets)

    async def client_of(self, account_ref: str) -> tuple[KisClient, PacedBudget]:
        """On the paper exchange every account has its key. On KIS an account has its person's own, else the owner's
        account the settings'; one key has one client and one budget for all its uses. Raises Refusal without a key."""
        if self._settings.broker is Broker.SIM:
            environment: Environment = sim(self.exchange_url or "")
            credential, fresh = await self._sim.of(account_ref)
            budget = self._budget(environment, fresh=fresh)
            return self._client(environment, credential, budget, self._store), budget
        if account_ref == HOUSE:
            environment, credential = owners_credential(self._settings)
            environment = self._venue or environment
            budget = self._budget(environment)
            return self._client(environment, credential, budget, self._store), budget
        return await self._of_person(account_ref)

    async def _of_person(self, account_ref: str) -> tuple[KisClient, PacedBudget]:
        house = self._house_client
        own = await self.own_keys.of(account_ref) if self.own_keys is not None else None
        if own is not None and own.fingerprint != house.credential.fingerprint:
            budget = self._budget(house.environment)
            return self._client(house.environment, own, budget, self._store), budget
        async with self._ledger.read() as tx:
            account = await tx.desk.account(account_ref)
            owners = account is not None and await tx.desk.is_owner(account.owner)
        if not owners:
            raise Refusal("KEYS_MISSING", "이 계좌로 주문하려면 설정에서 본인의 한국투자 키를 먼저 등록해 주세요.")
        return house, self._house_budget

    @property
    def house(self) -> KisClient:
        """The client that asks for prices; on KIS the only one."""
        return self._house_client

    async def aclose(self) -> None:
        await self.market.aclose()
        await self._house_client.aclose()

    def _budget(self, environment: Environment, *, fresh: bool = False) -> PacedBudget:
        margin = self._timing.cap_margin_s
        return PacedBudget(self.wall, environment.rate_per_second, margin_s=margin, first_second_full=not fresh)

    def _for_trial(self, credential: Credential, store: SecretStore) -> KisClient:
        environment = self._house_client.environment
        return self._client(environment, credential, self._budget(environment, fresh=True), store)

    def _client(
        self, environment: Environment, credential: Credential, budget: PacedBudget, store: SecretStore
    ) -> KisClient:
        return KisClient(
            environment,
            credential,
            clock=self.wall,
            budget=budget,
            store=store,
            box=self._box,
            rng=random.Random(self._outside.rng_seed()),
            market=self.market,
            seconds=self._outside.awake,
            verify=self._outside.tls,
        )
