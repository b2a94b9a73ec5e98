"""The sessions of this process: made at first use, one an account, with the loops that serve it.

Contract: `ensure` returns a session that has been reconciled since this process took over, or raises NotReady. A loop
that fails is logged and started again; losing the lease ends the process instead. `renew` makes a session anew around a
change of what it talks with, only while nothing of the account is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field

import httpx
import structlog

from domain.waiting import within
from execution.oms import manual, reach
from execution.oms.budget import PacedBudget
from execution.oms.cancel import Canceller
from execution.oms.core import Core
from execution.oms.errors import CommitInDoubt, Fenced, LedgerError, NotReady, Refusal
from execution.oms.inquiry import Inquiry
from execution.oms.ledger.port import Tx
from execution.oms.marketdata import MarketData
from execution.oms.notices import Notices
from execution.oms.quiet import nothing_open
from execution.oms.reconcile import Reconciler
from execution.oms.resume import Resumer
from execution.oms.sender import Sender
from execution.oms.sessions import AccountSession
from execution.oms.unknown import UNCERTAIN
from tools.kis.budget import Priority
from tools.kis.client import KisClient
from tools.kis.errors import KisError, Unreachable

log = structlog.get_logger("oms.accounts")
STARTING = "starting"
_READY_S = 15.0
_RECONCILE_S = 30

MakeClient = Callable[[str], Awaitable[tuple[KisClient, PacedBudget]]]


@dataclass(slots=True)
class Parts:
    """The workers that every account shares."""

    sender: Sender
    canceller: Canceller
    inquiry: Inquiry
    notices: Notices
    reconciler: Reconciler
    resumer: Resumer


@dataclass(slots=True)
class _Entry:
    session: AccountSession
    data: MarketData | None  # where its stream's quotes go
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Accounts:
    """`house` is the client that asks for prices; on KIS it is also the owner's. `shared_data`: on KIS the stream of
    the owner's session brings the quotes too."""

    def __init__(
        self,
        core: Core,
        parts: Parts,
        make_client: MakeClient,
        on_fenced: Callable[[], None],
        house: KisClient,
        shared_data: MarketData | None,
    ) -> None:
        self._core = core
        self._parts = parts
        self._make_client = make_client
        self._on_fenced = on_fenced
        self._house = house
        self._shared_data = shared_data
        self._renewals: set[asyncio.Task[None]] = set()
        self._entries: dict[str, _Entry] = {}
        self._lock = asyncio.Lock()
        self._marks: dict[str, set[str]] = {}  # by key: how the broker's list marks what we keyed in

    def sessions(self) -> list[AccountSession]:
        return [entry.session for entry in self._entries.values()]

    def get(self, account_ref: str) -> AccountSession | None:
        entry = self._entries.get(account_ref)
        return entry.session if entry is not None else None

    async def ensure(self, account_ref: str, *, wait: bool = True) -> AccountSession:
        """Raises NotReady when it cannot be served yet, Refusal when it is not ours to serve."""
        entry = self._entries.get(account_ref)
        if entry is None:
            async with self._lock:
                entry = self._entries.get(account_ref) or await self._make(account_ref)
        if wait and not entry.ready.is_set() and not await within(entry.ready, _READY_S):
            raise NotReady("증권사와 계좌를 맞추는 중이에요. 잠시 후 다시 시도해 주세요.")
        return entry.session

    async def _make(self, account_ref: str) -> _Entry:
        core = self._core
        async with core.ledger.read() as tx:
            account = await tx.desk.account(account_ref)
            owners = account is not None and await tx.desk.is_owner(account.owner)
        if account is None or account.venue != core.environment:
            raise Refusal("ACCOUNT_UNKNOWN", "그런 계좌가 없어요.")
        async with core.ledger.write(None) as tx:
            await tx.states.open_account(account_ref, tx.now)
        client, budget = await self._make_client(account_ref)
        session = AccountSession(account_ref, client, budget, client.stream(), core.wall, core.market, core.timing)
        session.marks = self._marks.setdefault(client.credential.fingerprint, session.marks)
        entry = _Entry(session, self._shared_data if owners else None)
        if entry.data is not None and session.stream is not None:
            entry.data.attach(session.stream)
        core.states.raise_cause(account_ref, STARTING, "증권사와 계좌를 맞추는 중이에요.")
        self._entries[account_ref] = entry
        self._start(entry)
        return entry

    def _start(self, entry: _Entry) -> None:
        parts, session, account_ref = self._parts, entry.session, entry.session.account_ref
        for name, work in (
            ("keep", lambda: self._keep(entry)),
            ("notices", lambda: parts.notices.run(session, entry.data)),
            ("inquiry", lambda: self._after(entry, parts.inquiry.run)),
            ("cancel", lambda: self._after(entry, parts.canceller.run)),
            ("send", lambda: self._after(entry, parts.sender.run)),
        ):
            entry.tasks.append(
                asyncio.create_task(self._supervise(name, account_ref, work), name=f"{name} {account_ref}")
            )

    async def renew(self, account_ref: str, change: Callable[[Tx], Awaitable[None]]) -> None:
        """Commits `change` under the account's lock and starts the session anew. Raises Refusal while an order is
        open, and whatever `change` raises; then the old session goes on. Not ended half way by a caller who left."""
        await self._to_its_end(account_ref, self._renew(account_ref, change))

    async def unlink(self, account_ref: str, change: Callable[[Tx], Awaitable[None]]) -> None:
        """Commits `change` and serves the account no more until somebody asks for it, by what the ledger says then.
        Raises as `renew` does; the session is then made anew at the next call."""
        await self._to_its_end(account_ref, self._unlink(account_ref, change))

    async def _to_its_end(self, account_ref: str, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=f"renew {account_ref}")
        self._renewals.add(task)
        task.add_done_callback(self._renewals.discard)
        await asyncio.shield(task)

    async def _renew(self, account_ref: str, change: Callable[[Tx], Awaitable[None]]) -> None:
        core = self._core
        async with self._lock:
            entry = await self._stopped(account_ref)
            kept = False
            try:
                await self._commit(account_ref, change)
                kept = True
            except CommitInDoubt:
                self._entries.pop(account_ref, None)  # the next caller's session goes by what the ledger says
                raise
            finally:
                if not kept and entry is not None and account_ref in self._entries:
                    self._start(entry)
            self._entries.pop(account_ref, None)
            core.states.clear_cause(account_ref, reach.CAUSE)
            if entry is not None and entry.session.client is not self._house:
                await entry.session.aclose()
            await self._make(account_ref)

    async def _unlink(self, account_ref: str, change: Callable[[Tx], Awaitable[None]]) -> None:
        """The old key is let go of before the commit: no token under way is stored behind it, nothing is admitted for a
        session that will not come back."""
        core = self._core
        async with self._lock:
            entry = await self._stopped(account_ref)
            kept = False
            try:
                if entry is not None:
                    await entry.session.leave(keep_client=entry.session.client is self._house)
                await self._commit(account_ref, change)
                kept = True
            finally:
                self._entries.pop(account_ref, None)
                core.data.want(account_ref, [])
                for cause in (reach.CAUSE, STARTING):
                    core.states.clear_cause(account_ref, cause)
                if entry is not None and entry.session.client is not self._house:
                    await entry.session.aclose()
                if not kept:
                    with suppress(NotReady, Refusal):  # by what the ledger says now
                        await self._make(account_ref)

    async def _stopped(self, account_ref: str) -> _Entry | None:
        """The account's entry without its loops. Raises Refusal while an order is open."""
        async with self._core.ledger.write(None) as tx:
            await tx.states.open_account(account_ref, tx.now)
            await nothing_open(tx, account_ref)
        entry = self._entries.get(account_ref)
        await self._halt(entry)
        return entry

    async def _commit(self, account_ref: str, change: Callable[[Tx], Awaitable[None]]) -> None:
        async with self._core.ledger.write(account_ref) as tx:
            await nothing_open(tx, account_ref)  # admitted while the loops were ending
            await change(tx)

    async def _halt(self, entry: _Entry | None) -> None:
        if entry is None:
            return
        for task in entry.tasks:
            task.cancel()
        await asyncio.gather(*entry.tasks, return_exceptions=True)
        entry.tasks.clear()

    async def _after(self, entry: _Entry, work: Callable[[AccountSession], Awaitable[None]]) -> None:
        await entry.ready.wait()
        await work(entry.session)

    async def _supervise(self, name: str, account_ref: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
                return
            except Fenced:
                self._on_fenced()
                return
            except (LedgerError, KisError, OSError, TimeoutError) as error:
                log.warning("loop_failed", loop=name, account=account_ref, error=type(error).__name__)
            except Exception as error:
                # A defect in one account's loop must not take the others down; it is loud, and the loop starts again.
                log.error("loop_crashed", loop=name, account=account_ref, error=repr(error)[:300], exc_info=True)
            await asyncio.sleep(1.0)

    async def _keep(self, entry: _Entry) -> None:
        """Reconciles at start, then keeps the book, the day and the registrations in step."""
        core, session, parts = self._core, entry.session, self._parts
        day = None
        while True:
            try:
                if not entry.ready.is_set():
                    await parts.notices.drain_unworked(session)
                    await parts.inquiry.ask(session, Priority.UNKNOWN)
                    await parts.reconciler.open(session)
                    await parts.reconciler.compare(session)
                    day = core.market.trade_date
                    await self._started(session)
                    entry.ready.set()
                    log.info("account_ready", account=session.account_ref)
                elif session.unreachable:
                    await session.client.tokens.require_for_order()
                    await session.figures(max_age_s=0.0)
                    await reach.found(core, session)
                elif day != core.market.trade_date:
                    await parts.inquiry.ask(session)  # with the old day's dates: what lapsed has lapsed
                    await parts.reconciler.compare(session, max_age_s=0.0)
                    day = core.market.trade_date
                else:
                    await parts.reconciler.compare(session)
                await self._started(session)
                await manual.review(core, session.account_ref)
                await parts.resumer.finish(session)
                await self._watch_tickers(session)
                await core.market.release_idle(session.account_ref)
            except httpx.HTTPError as error:
                log.warning("venue_not_released", error=type(error).__name__)
            except KisError as error:
                if isinstance(error, Unreachable):
                    await reach.lost(core, session)
                log.warning("reconcile_failed", account=session.account_ref, reason=error.message[:200])
                await asyncio.sleep(1.0)
                continue
            await self._pause(session, day)

    async def _pause(self, session: AccountSession, day: object) -> None:
        """Until it is time to compare again, the day changes, or something waits for the comparison."""
        states = self._core.states
        for _ in range(_RECONCILE_S):
            await asyncio.sleep(1.0)
            waits = STARTING in states.causes.get(session.account_ref, {}) or session.account_ref in states.resuming
            if day != self._core.market.trade_date or session.unreachable or waits:
                return

    async def _started(self, session: AccountSession) -> None:
        """Turns the account ACTIVE when nothing of an earlier process is uncertain any more."""
        causes = self._core.states.causes.get(session.account_ref, {})
        if STARTING not in causes:
            return
        async with self._core.ledger.read() as tx:
            uncertain = await tx.intents.in_state(session.account_ref, *UNCERTAIN)
        if not any((intent.epoch or 0) < self._core.ledger.lease.epoch for intent in uncertain):
            self._core.states.clear_cause(session.account_ref, STARTING)
            session.send_hint.set()

    async def _watch_tickers(self, session: AccountSession) -> None:
        async with self._core.ledger.read() as tx:
            wanted = {s.ticker for s in await tx.books.sleeves(session.account_ref) if s.position.quantity}
            wanted |= {i.ticker for i in await tx.intents.open(session.account_ref)}
        self._core.data.want(session.account_ref, sorted(wanted))

    async def aclose(self) -> None:
        await asyncio.gather(*self._renewals, return_exceptions=True)
        await asyncio.gather(*(self._halt(entry) for entry in self._entries.values()))
        for entry in self._entries.values():
            await entry.session.aclose()
