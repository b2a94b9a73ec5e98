"""The OMS process: takes the lease, recovers, opens the door, serves until told to stop.

Order of things: settings → revision → durability → lease → witness → recovery → door → ready. SIGTERM drains: no
new order leaves, begun POSTs end and are written down, the lease is given back. Losing the lease, a suspend or a jump
of the wall clock ends the process with status 3 at once; whoever supervises it starts it again as a successor.
"""

from __future__ import annotations

import asyncio
import signal

import structlog

from domain.calendar import Calendar
from domain.waiting import within
from execution.oms.accounts import Accounts, Parts
from execution.oms.admission import Admission
from execution.oms.assembly import Assembly
from execution.oms.cancel import Canceller
from execution.oms.clockwatch import ClockWatch
from execution.oms.core import Core
from execution.oms.enroll import Enrolment
from execution.oms.errors import Fenced, LedgerError, LedgerUnsafe, NotReady, Refusal, StorageFault
from execution.oms.halting import Halting
from execution.oms.inquiry import Inquiry
from execution.oms.ledger.port import Lease
from execution.oms.ledger.rows import LeaseKey
from execution.oms.marketdata import MarketData
from execution.oms.notices import Notices
from execution.oms.orderdesk import OrderDesk
from execution.oms.outside import Outside, outside_of
from execution.oms.pages import LOST, Pages
from execution.oms.posting import Poster
from execution.oms.progress import Progress
from execution.oms.reconcile import Reconciler
from execution.oms.recovery import check_witness, recover
from execution.oms.resolve import Resolver
from execution.oms.resume import Resumer
from execution.oms.revise import Reviser
from execution.oms.sender import Sender
from execution.oms.timing import Timing, timing_for
from execution.oms.translators.site import Translators
from execution.oms.unknown import Unknowns
from tools.embedded.services import Endpoints, endpoints
from tools.kis.environment import Environment
from tools.kis.errors import KisError
from tools.kis.events import Down, Gap, QuoteFrame, Trouble
from tools.kis.token import TokenKeeper, TokenStatus
from tools.kis.ws import KisStream
from tools.settings import Broker, Settings
from tools.store.secrets import instance_secret

log = structlog.get_logger("oms")
_TOKEN_TICK_S = 20.0
UNSERVED = 1


class OmsProcess:
    """One OMS from start to end. `timing`, `venue`, `calendar` and `outside` are for tests that cannot wait or bring
    their own market or their own world; nothing that a user can set reaches them."""

    def __init__(
        self,
        settings: Settings,
        found: Endpoints,
        timing: Timing | None = None,
        venue: Environment | None = None,
        calendar: Calendar | None = None,
        outside: Outside | None = None,
    ) -> None:
        self._settings = settings
        self._found = found
        self._timing = timing or timing_for(settings.broker.value)
        self._outside = outside or outside_of(settings, found, self._timing.lease_s)
        self._assembly = Assembly(settings, found, self._timing, self._outside, venue, calendar)
        self._clocks = ClockWatch(self._outside.wall, self._outside.awake)
        self._stop = asyncio.Event()

    def stop(self) -> None:
        self._stop.set()

    def _fenced(self) -> None:
        self._outside.fenced()

    async def run(self) -> int:
        """Serves; returns the exit status."""
        storage = self._outside.storage
        await storage.check_revision()
        async with storage.opened():
            await storage.require_durable()
            return await self._lead()

    async def _lead(self) -> int:
        key = LeaseKey(self._assembly.environment, self._assembly.key_hash())
        lease = self._outside.storage.lease(key, self._outside.new_id(), self._timing.lease_s, self._outside.awake)
        while not self._stop.is_set():
            try:
                if await lease.take():
                    break
            except StorageFault as error:
                log.warning("lease_not_asked", error=type(error).__name__)
            log.info("waiting_for_lease")
            await self._pause(self._timing.renew_s / 2)
        if self._stop.is_set():
            return 0
        log.info("lease_taken", epoch=lease.epoch)
        renewal = asyncio.create_task(self._renew(lease), name="lease")
        try:
            await self._serve(lease)
        except Fenced:
            self._fenced()
        finally:
            renewal.cancel()
            await asyncio.gather(renewal, return_exceptions=True)
            if lease.held:
                await self._release(lease)
        log.info("stopped")
        return 0

    async def _release(self, lease: Lease) -> None:
        try:
            await lease.release()
        except StorageFault as error:  # then a successor waits until it has run out
            log.warning("lease_not_released", error=type(error).__name__)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await asyncio.sleep(self._timing.renew_s)
            if not lease.held:  # we were suspended or starved: whoever wanted it may have it
                log.error("lease_ran_out")
                self._fenced()
                return
            if self._clocks.jumped():
                log.error("clock_jumped")
                self._fenced()
                return
            try:
                await lease.renew()
            except Fenced:
                log.error("lease_lost")
                self._fenced()
                return
            except StorageFault as error:
                log.warning("lease_renewal_failed", error=type(error).__name__)

    async def _serve(self, lease: Lease) -> None:
        await self._assembly.ask_the_time(self._stop, self._pause)
        if self._stop.is_set():
            return
        core, house = await self._assembly.core(lease)
        poster, reviser, canceller = Poster(core), Reviser(core), Canceller(core)
        progress, reconciler = Progress(core.mover, core.instruments), Reconciler(core)
        resumer = Resumer(core, reconciler)
        parts = Parts(
            sender=Sender(core, poster, reviser),
            canceller=canceller,
            inquiry=Inquiry(core, progress, Unknowns(core)),
            notices=Notices(core, progress),
            reconciler=reconciler,
            resumer=resumer,
        )
        shared = None if self._settings.broker is Broker.SIM else core.data
        accounts = Accounts(core, parts, self._assembly.client_of, self._fenced, self._assembly.house, shared)
        admission = Admission(core.ledger, core.views, core.market, core.wall, core.mover)
        halting = Halting(core, accounts, resumer)
        tokens = self._assembly.caller_tokens()
        desk = OrderDesk(core, accounts, admission, canceller, reviser, Resolver(core), halting, tokens)
        enrolment = Enrolment(core, accounts, self._assembly.own_keys, self._assembly.house.credential)
        async with core.ledger.read() as tx:
            await core.states.load(tx)
            await tokens.load(tx)
        await check_witness(core)
        await recover(core)
        core.sending = True
        tasks = [asyncio.create_task(core.market.follow(), name="market clock")]
        if house is not None:
            tasks.append(asyncio.create_task(self._quotes(house, core.data), name="quotes"))
        tasks.append(asyncio.create_task(self._open_accounts(core, accounts), name="accounts"))
        tasks.append(asyncio.create_task(self._keep_tokens(accounts), name="tokens"))
        door = await self._outside.open_door(
            self._found.oms_address, instance_secret(self._settings), core, desk, enrolment
        )
        pages = await self._open_pages(core, accounts, lease)
        log.info("ready", environment=core.environment, epoch=lease.epoch)
        try:
            await self._stop.wait()
        finally:
            core.draining = True
            await pages.close()
            await door.close()
            await poster.drain()
            await reviser.drain()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await accounts.aclose()
            await self._assembly.aclose()

    async def _open_pages(self, core: Core, accounts: Accounts, lease: Lease) -> Pages:
        """Loopback only; where they are is noted beside the locks of this home."""

        def tokens() -> list[TokenStatus]:
            return [keeper.status() for keeper in self._token_keepers(accounts)]

        def ready() -> dict[str, bool]:
            market_token, *_ = tokens()
            return {"lease": lease.held, "sending": core.sending, "token": market_token.state not in LOST}

        pages = Pages(ready, tokens, Translators(self._found.oms_address, self._outside.wall))
        self._outside.pages_at(await pages.open(self._outside.pages_host, self._settings.oms_http_port))
        return pages

    def _token_keepers(self, accounts: Accounts) -> list[TokenKeeper]:
        """One a key, the one for prices first."""
        keepers = [self._assembly.house.tokens, *(session.client.tokens for session in accounts.sessions())]
        return list(dict.fromkeys(keepers))

    async def _keep_tokens(self, accounts: Accounts) -> None:
        """Renews before expiry, whether or not anybody is trading: the first order of a morning must not wait."""
        while True:
            for keeper in self._token_keepers(accounts):
                try:
                    await keeper.refresh_if_due()
                except Fenced:
                    self._fenced()
                except (LedgerError, KisError, OSError) as error:
                    log.warning("token_not_renewed", error=type(error).__name__)
            await asyncio.sleep(_TOKEN_TICK_S)

    async def _quotes(self, stream: KisStream, data: MarketData) -> None:
        async with stream:
            async for event in stream.events():
                if isinstance(event, QuoteFrame):
                    data.frame(event)
                elif isinstance(event, Down | Gap | Trouble):
                    data.lost(event)

    async def _open_accounts(self, core: Core, accounts: Accounts) -> None:
        """Everything that was open before is looked after again, whether somebody asks or not. What the ledger does not
        answer is asked again: nobody else would come for these orders."""
        left: list[str] | None = None
        while left is None or left:
            try:
                if left is None:
                    async with core.ledger.read() as tx:
                        left = list(await tx.states.accounts())
                while left:
                    await self._open_account(accounts, left[0])
                    left.pop(0)
            except Fenced:
                self._fenced()
                return
            except LedgerError as error:
                log.warning("accounts_not_opened", left=left, error=type(error).__name__)
                await asyncio.sleep(1.0)

    async def _open_account(self, accounts: Accounts, account_ref: str) -> None:
        try:
            await accounts.ensure(account_ref, wait=False)
        except (NotReady, Refusal) as error:
            log.warning("account_not_opened", account=account_ref, error=type(error).__name__)

    async def _pause(self, seconds: float) -> None:
        await within(self._stop, seconds)


def serve(settings: Settings, found: Endpoints | None = None) -> int:
    """Runs the OMS in this process until SIGTERM or SIGINT."""

    async def main() -> int:
        process = OmsProcess(settings, found or endpoints(settings))
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, process.stop)
        return await process.run()

    try:
        return asyncio.run(main())
    except (LedgerError, LedgerUnsafe, OSError) as error:
        # Without its ledger or its witness there is nothing to serve; whoever supervises starts it again.
        log.error("ended_without_ledger", error=type(error).__name__, text=str(error)[:300])
        return UNSERVED
