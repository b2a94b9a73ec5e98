"""The OMS process: takes the lease, recovers, opens the door, serves until told to stop.

Order of things: settings → revision → durability → lease → witness → recovery → door → ready. SIGTERM drains: no
new order leaves, begun POSTs end and are written down, the lease is given back. Losing the lease ends the process with
status 3 at once; whoever supervises it starts it again as a successor.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import signal
import stat
import sys
import uuid
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import httpx
import psycopg
import structlog
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from domain.clock import SystemClock
from domain.gate.config import gate_config
from domain.instruments import Instruments
from domain.proto import oms_pb2_grpc
from execution.oms.accounts import Accounts, Parts
from execution.oms.admission import Admission
from execution.oms.auth import Authenticator
from execution.oms.budget import PacedBudget
from execution.oms.cancel import Canceller
from execution.oms.core import Core
from execution.oms.credentials import HOUSE, LedgerSecrets, SimCredentials, owners_credential
from execution.oms.door import OmsDoor
from execution.oms.errors import CommitInDoubt, Fenced
from execution.oms.events import Hub
from execution.oms.inquiry import Inquiry
from execution.oms.ledger.lease import Lease, LeaseKey
from execution.oms.ledger.store import Ledger, Pool
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData
from execution.oms.moves import Mover
from execution.oms.notices import Notices
from execution.oms.orderdesk import OrderDesk
from execution.oms.progress import Progress
from execution.oms.reads import ReadsDoor
from execution.oms.reconcile import Reconciler
from execution.oms.recovery import check_witness, recover
from execution.oms.resolve import Resolver
from execution.oms.revise import Reviser
from execution.oms.sender import Sender
from execution.oms.timing import Timing, timing_for
from execution.oms.trading import TradingStates
from execution.oms.unknown import Unknowns
from execution.oms.views import Views
from execution.oms.witness import Witness, require_durable
from tools.embedded.services import Endpoints, endpoints
from tools.kis.client import KisClient
from tools.kis.credentials import Credential
from tools.kis.deadline import awake_or_asleep
from tools.kis.environment import Environment, sim
from tools.kis.events import QuoteFrame
from tools.kis.sealed import FernetBox
from tools.kis.ws import KisStream
from tools.settings import Broker, Settings
from tools.store.migrate import check_revision
from tools.store.pool import make_pool
from tools.store.roles import role_url
from tools.store.secrets import derive, instance_secret

log = structlog.get_logger("oms")
FENCED = 3


class OmsProcess:
    """One OMS from start to end. `timing` is for tests that cannot wait."""

    def __init__(self, settings: Settings, found: Endpoints, timing: Timing | None = None) -> None:
        self._settings = settings
        self._found = found
        self._environment = settings.broker.value
        self._timing = timing or timing_for(self._environment)
        self._wall = SystemClock()
        self._rng = random.SystemRandom()
        self._stop = asyncio.Event()

    def stop(self) -> None:
        self._stop.set()

    def _fenced(self) -> None:
        """Somebody else writes now. Not a byte more may leave and nothing of the successor's (its socket has our path)
        may be cleaned up, so the process ends here; what was under way is a question for the successor."""
        sys.stderr.flush()
        os._exit(FENCED)

    async def run(self) -> int:
        """Serves; returns the exit status."""
        url = role_url(self._settings, "oms", self._found)
        await asyncio.to_thread(check_revision, url)
        pool = make_pool(url, "quartz-oms", min_size=2, max_size=12)
        async with pool:
            async with pool.connection() as connection:
                await require_durable(connection)
            return await self._lead(pool)

    async def _lead(self, pool: Pool) -> int:
        key = LeaseKey(self._environment, self._key_hash())
        lease = Lease(key, uuid.uuid4(), self._timing.lease_s, awake_or_asleep)
        while not self._stop.is_set():
            async with pool.connection() as connection:
                if await lease.take(connection):
                    break
            log.info("waiting_for_lease")
            await self._pause(self._timing.renew_s / 2)
        if self._stop.is_set():
            return 0
        log.info("lease_taken", epoch=lease.epoch)
        renewal = asyncio.create_task(self._renew(pool, lease), name="lease")
        try:
            await self._serve(pool, lease)
        except Fenced:
            self._fenced()
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
            if lease.held:
                async with pool.connection() as connection:
                    await lease.release(connection)
        log.info("stopped")
        return 0

    async def _renew(self, pool: Pool, lease: Lease) -> None:
        while True:
            await asyncio.sleep(self._timing.renew_s)
            if not lease.held:  # we were suspended or starved: whoever wanted it may have it
                log.error("lease_ran_out")
                self._fenced()
                return
            try:
                async with pool.connection(timeout=max(0.1, lease.remaining_s())) as connection:
                    await lease.renew(connection)
            except Fenced:
                log.error("lease_lost")
                self._fenced()
                return
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("lease_renewal_failed", error=type(error).__name__)

    async def _serve(self, pool: Pool, lease: Lease) -> None:
        core, house = await self._core(pool, lease)
        parts_progress = Progress(core.mover, core.instruments)
        inquiry = Inquiry(core, parts_progress, Unknowns(core))
        canceller, sender, reconciler = Canceller(core), Sender(core), Reconciler(core)
        parts = Parts(sender, canceller, inquiry, Notices(core, parts_progress), reconciler)
        shared = None if self._settings.broker is Broker.SIM else core.data
        accounts = Accounts(core, parts, self._client_of, self._fenced, shared)
        admission = Admission(core.ledger, core.views, core.market, core.wall, core.mover)
        desk = OrderDesk(core, accounts, admission, canceller, Reviser(core), Resolver(core), reconciler)
        async with core.ledger.read() as tx:
            await core.states.load(tx)
        await check_witness(core)
        await recover(core)
        core.sending = True
        tasks = [asyncio.create_task(core.market.follow(), name="market clock")]
        if house is not None:
            tasks.append(asyncio.create_task(self._quotes(house, core.data), name="quotes"))
        tasks.append(asyncio.create_task(self._open_accounts(core, accounts), name="accounts"))
        server, status = await self._open_door(core, desk)
        log.info("ready", environment=self._environment, epoch=lease.epoch)
        try:
            await self._stop.wait()
        finally:
            core.draining = True
            await status.enter_graceful_shutdown()
            await server.stop(grace=1.0)
            await sender.drain()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await accounts.aclose()
            await core.market.aclose()
            await self._house_client.aclose()

    async def _core(self, pool: Pool, lease: Lease) -> tuple[Core, KisStream | None]:
        hub = Hub()
        ledger = Ledger(pool, lease, self._wall, hub.announce)
        secret = instance_secret(self._settings)
        self._box = FernetBox(derive(secret, "kis:box"))
        self._store = LedgerSecrets(ledger)
        self._sim = SimCredentials(ledger, self._box)
        broker = self._settings.broker
        label = {Broker.SIM: "모의 시세", Broker.PAPER: "모의투자 시세", Broker.LIVE: "실시간 시세"}[broker]
        self._market = MarketClock(self._wall, self._exchange_url(), label)
        await self._ask_the_time()
        self._house_client, self._house_budget = await self._client_of(HOUSE)
        house = self._house_client.stream() if broker is Broker.SIM else None
        instruments = Instruments.load()
        states = TradingStates()
        data = MarketData(self._house_client, house, self._market, self._wall, self._timing)
        config = replace(
            gate_config(self._environment, live_enabled=self._settings.live_trading),
            cash_lag=timedelta(seconds=self._timing.lag_s),  # one figure for the broker's lag in this process
        )
        views = Views(data, self._market, self._wall, instruments, config, states)
        witness = Witness(self._settings.home / f"witness-{self._environment}.json")
        return (
            Core(
                environment=self._environment,
                wall=self._wall,
                market=self._market,
                new_id=uuid.uuid4,
                timing=self._timing,
                instruments=instruments,
                ledger=ledger,
                states=states,
                data=data,
                views=views,
                mover=Mover(instruments),
                hub=hub,
                witness=witness,
            ),
            house,
        )

    async def _ask_the_time(self) -> None:
        """The venue's clock dates everything: without it nothing starts."""
        while not self._market.known and not self._stop.is_set():
            try:
                await self._market.ask()
            except (httpx.HTTPError, ValueError, KeyError) as error:
                log.info("waiting_for_exchange", error=type(error).__name__)
                await self._pause(0.3)

    async def _client_of(self, account_ref: str) -> tuple[KisClient, PacedBudget]:
        """On the paper exchange every account has its key; on KIS there is one, and one budget for all its uses."""
        if self._settings.broker is Broker.SIM:
            environment: Environment = sim(self._exchange_url() or "")
            credential = await self._sim.of(account_ref)
            budget = self._budget(environment)
            return self._client(environment, credential, budget), budget
        if account_ref != HOUSE:
            return self._house_client, self._house_budget
        environment, credential = owners_credential(self._settings)
        budget = self._budget(environment)
        return self._client(environment, credential, budget), budget

    def _budget(self, environment: Environment) -> PacedBudget:
        return PacedBudget(self._wall, environment.rate_per_second, margin_s=self._timing.cap_margin_s)

    def _client(self, environment: Environment, credential: Credential, budget: PacedBudget) -> KisClient:
        return KisClient(
            environment,
            credential,
            clock=self._wall,
            budget=budget,
            store=self._store,
            box=self._box,
            rng=random.Random(self._rng.getrandbits(64)),
            market=self._market,
        )

    def _exchange_url(self) -> str | None:
        return self._found.exchange_url if self._settings.broker is Broker.SIM else None

    def _key_hash(self) -> str:
        """Names the lease. The paper exchange's keys are all ours, so one lease holds for all of them."""
        if self._settings.broker is Broker.SIM:
            return hashlib.sha256(b"sim").hexdigest()[:16]
        return owners_credential(self._settings)[1].fingerprint

    async def _quotes(self, stream: KisStream, data: MarketData) -> None:
        async with stream:
            async for event in stream.events():
                if isinstance(event, QuoteFrame):
                    data.frame(event)

    async def _open_accounts(self, core: Core, accounts: Accounts) -> None:
        """Everything that was open before is looked after again, whether somebody asks or not."""
        async with core.ledger.read() as tx:
            known = await tx.states.accounts()
        for account_ref in known:
            try:
                await accounts.ensure(account_ref, wait=False)
            except (psycopg.Error, CommitInDoubt) as error:
                log.warning("account_not_opened", account=account_ref, error=type(error).__name__)

    async def _open_door(self, core: Core, desk: OrderDesk) -> tuple[grpc.aio.Server, health.aio.HealthServicer]:
        authenticator = Authenticator(instance_secret(self._settings))
        server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        status = health.aio.HealthServicer()
        oms_pb2_grpc.add_OmsServicer_to_server(OmsDoor(authenticator, desk), server)
        oms_pb2_grpc.add_ReadsServicer_to_server(ReadsDoor(authenticator, core), server)
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
        path = socket_path(self._found.oms_address)
        if path is not None:
            clear_stale_socket(path)
        before = os.umask(0o177)  # the socket is born 0600
        try:
            server.add_insecure_port(self._found.oms_address)
            await server.start()
        finally:
            os.umask(before)
        await status.set("", health_pb2.HealthCheckResponse.SERVING)
        return server, status

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return


def socket_path(address: str) -> Path | None:
    """The file of a unix address, None for anything else."""
    return Path(address.removeprefix("unix:").removeprefix("//")) if address.startswith("unix:") else None


def clear_stale_socket(path: Path) -> None:
    """Removes what a dead predecessor left; the lease says that nobody listens. Never removes anything but a socket."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        if stat.S_ISSOCK(path.lstat().st_mode):
            path.unlink()
    except FileNotFoundError:
        return


def serve(settings: Settings, found: Endpoints | None = None) -> int:
    """Runs the OMS in this process until SIGTERM or SIGINT."""

    async def main() -> int:
        process = OmsProcess(settings, found or endpoints(settings))
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, process.stop)
        return await process.run()

    return asyncio.run(main())
