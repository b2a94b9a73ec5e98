"""Ports: everything a node, a guard or a worker may ask of the outside, one Protocol each.

Contract: methods are async and cheap to fake; "not there" is an empty result or None, a broken pipe raises
`PortUnavailable` with a Korean message. Writes are never retried by an adapter. `Identity` is authority: it comes from
the runner (or the dev server's authenticated user), never from graph state or a client's context.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, Self
from uuid import UUID

from domain.clock import Clock
from domain.constraints import DEFAULT, Constraints
from domain.exits import ExitRule, RuleRow
from domain.fundamentals import Fundamentals
from domain.ids import NewId
from domain.instruments import Instruments
from domain.limits import Limits
from domain.macro.report import MacroReport
from domain.mandate import Mandate, bounds_of, mandate_of
from domain.orders.types import Plan
from domain.proto import oms_pb2 as pb
from domain.receipt import Draft, Step, StepKind
from domain.reports import AnalystReport
from domain.strategy.running import RunState, StrategyRun
from domain.strategy.spec import StrategySpec
from domain.strategy.trial import Trial
from tools.checks import ChecksPort, MemoryChecks
from tools.receipts_memory import MemoryReceipts
from tools.watching import MemoryWatch, WatchPort

if TYPE_CHECKING:  # arrays: few of those who hold ports read bars
    from domain.bars import Bars


class PortUnavailable(Exception):
    """The other side cannot answer now. `message` is Korean and may be shown."""

    def __init__(self, message: str, *, where: str) -> None:
        super().__init__(message)
        self.message = message
        self.where = where


class PortRefused(PortUnavailable):
    """The other side understood and said no: asking again changes nothing. `code` is stable, `message` Korean."""

    def __init__(self, code: str, message: str, *, where: str) -> None:
        super().__init__(message, where=where)
        self.code = code


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose turn it is and which account it may touch."""

    user_id: UUID
    name: str
    account_ref: str
    venue: str  # sim | paper | live


class OmsPort(Protocol):
    """The order management system's door, for one acting user at a time."""

    async def submit(self, who: Identity, request: pb.SubmitRequest) -> pb.SubmitReply: ...
    async def preview(self, who: Identity, ref: pb.PlanRef) -> pb.PreviewReply: ...
    async def cancel(self, who: Identity, intent_id: str, request_id: str) -> pb.OrderReply: ...
    async def revise(self, who: Identity, intent_id: str, new_price: int, request_id: str) -> pb.OrderReply: ...
    async def set_trading_state(self, who: Identity, state: str, reason: str) -> pb.TradingStateReply: ...
    async def orders(
        self, who: Identity, *, open_only: bool = False, plan_id: str = "", limit: int = 50
    ) -> list[pb.Order]: ...
    async def book(self, who: Identity) -> pb.BookReply: ...
    async def status(self, who: Identity) -> pb.StatusReply: ...
    async def days(self, who: Identity, limit: int = 0) -> list[pb.Day]: ...
    async def exits(self, who: Identity) -> list[pb.ProtectedPosition]: ...
    def watch(self, who: Identity, after_seq: int) -> AsyncIterator[pb.Event]: ...


class HandPort(Protocol):
    """What only a person's own hand may ask of the OMS. A face holds one, a graph never does."""

    async def evidence(self, who: Identity, intent_id: str) -> pb.EvidenceReply: ...
    async def foreign(self, who: Identity) -> list[pb.Order]: ...
    async def resolve(self, who: Identity, request: pb.ResolveRequest) -> pb.OrderReply: ...
    async def set_trading_state(
        self, who: Identity, state: str, reason: str, *, scope: str = "account", sleeve: str = ""
    ) -> pb.TradingStateReply: ...
    async def enroll(self, who: Identity, request: pb.EnrollRequest) -> pb.EnrollReply: ...
    async def unenroll(self, who: Identity) -> pb.EnrollReply: ...


class MarketPort(Protocol):
    """Prices through the OMS's read door. Unknown ticker: `found` is false / no bars."""

    async def quote(self, ticker: str) -> pb.QuoteReply: ...
    async def quotes(self, tickers: Sequence[str]) -> list[pb.QuoteReply]: ...
    async def order_book(self, ticker: str) -> pb.OrderBookReply: ...
    async def chart(self, ticker: str, period: str, from_date: str, to_date: str) -> list[pb.Bar]: ...
    async def minutes(self, ticker: str, since: str = "", until: str = "") -> list[pb.Bar]: ...
    async def fundamentals(self, tickers: Sequence[str]) -> list[Fundamentals]: ...
    async def market_clock(self) -> pb.MarketClockReply: ...


@dataclass(frozen=True, slots=True)
class StoredProfile:
    version: int
    grade: str
    score: int
    content: Mapping[str, Any]
    confirmed_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class StoredStrategy:
    strategy_id: UUID
    version: int
    hash: str
    spec: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    approval_id: UUID
    plan_id: UUID
    version: int
    plan_hash: str
    account_ref: str
    user_id: UUID
    thread_id: str
    card: Mapping[str, Any]
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApprovalDecision:
    approval_id: UUID
    user_id: UUID
    decision: str  # approve | reject
    quantities: Mapping[int, int]
    unsuitable_ack: bool
    decided_at: datetime


@dataclass(frozen=True, slots=True)
class StoredMandate:
    mandate_id: UUID
    account_ref: str
    kind: str
    strategy_hash: str | None
    bounds: Mapping[str, Any]
    signed_at: datetime | None  # None: offered, not signed
    expires_at: datetime
    revoked_at: datetime | None

    @classmethod
    def offer(cls, mandate: Mandate) -> Self:
        """As it is stored before anybody has signed it."""
        return cls(
            mandate_id=mandate.mandate_id,
            account_ref=mandate.account_ref,
            kind=mandate.kind.value,
            strategy_hash=mandate.strategy_hash,
            bounds=bounds_of(mandate),
            signed_at=None,
            expires_at=mandate.expires_at,
            revoked_at=None,
        )

    @property
    def is_signed(self) -> bool:
        """Signed and not revoked; whether it has run out is another matter."""
        return self.signed_at is not None and self.revoked_at is None

    def is_live(self, now: datetime) -> bool:
        """Signed, not revoked, not run out. `now` wall time."""
        return self.is_signed and self.expires_at > now

    def read(self) -> Mandate:
        """What the stored bounds permit."""
        return mandate_of(
            self.mandate_id, self.account_ref, self.kind, self.strategy_hash, self.bounds, self.expires_at
        )


@dataclass(frozen=True, slots=True)
class JournalEntry:
    at: datetime
    kind: str  # proposal | refusal | order | profile | strategy | halt | cycle
    subject: str
    summary: str
    detail: Mapping[str, Any]


class DeskPort(Protocol):
    """The desk's tables as the graph's role may use them: insert and read, never update."""

    async def latest_profile(self, user_id: UUID) -> StoredProfile | None: ...
    async def assessments_since(self, user_id: UUID, since: datetime) -> list[Mapping[str, Any]]: ...
    async def record_assessment(
        self, user_id: UUID, at: datetime, answers: Mapping[str, Any], score: int, grade: str
    ) -> None: ...
    async def save_profile(
        self,
        user_id: UUID,
        grade: str,
        score: int,
        content: Mapping[str, Any],
        confirmed_at: datetime,
        expires_at: datetime,
    ) -> StoredProfile: ...
    async def strategies(self, user_id: UUID, limit: int = 10) -> list[StoredStrategy]: ...  # newest first
    async def save_strategy(
        self, user_id: UUID, strategy_id: UUID, hash_: str, spec: Mapping[str, Any], at: datetime
    ) -> StoredStrategy: ...
    async def save_reports(self, user_id: UUID | None, reports: Mapping[UUID, AnalystReport]) -> None: ...
    async def latest_report(self, analyst: str, ticker: str | None) -> AnalystReport | None: ...
    async def save_plan(self, plan: Plan) -> str:
        """Writes the version with its legs in one transaction; the same version again is a no-op. Returns plan_hash."""
        ...

    async def plan(self, plan_id: UUID, version: int | None = None) -> Plan | None: ...
    async def ask_approval(self, request: ApprovalRequest) -> None: ...
    async def approval_request(self, approval_id: UUID) -> ApprovalRequest | None: ...
    async def approval_decision(self, approval_id: UUID) -> ApprovalDecision | None: ...
    async def pending_approvals(self, user_id: UUID, now: datetime) -> list[ApprovalRequest]: ...
    async def offer_mandate(self, who: Identity, mandate: StoredMandate) -> None: ...
    async def mandates(self, account_ref: str) -> list[StoredMandate]: ...
    async def exit_rules(self, account_ref: str) -> list[RuleRow]:
        """The newest row of every scope, whoever set it."""
        ...

    async def keep_exit_rule(self, who: Identity, ticker: str, rule: ExitRule | None, strategy_id: UUID) -> None:
        """A strategy's word on one holding; None takes it back. The same word again is a no-op."""
        ...

    async def strategy_runs(self, account_ref: str) -> list[StrategyRun]:
        """The newest word about every strategy that was ever started."""
        ...

    async def set_strategy_run(self, who: Identity, strategy: StoredStrategy, state: RunState, channel: str) -> None:
        """Starts, pauses or stops this very version; the same word again is a no-op. Allows no order by itself."""
        ...

    async def note(self, user_id: UUID, entry: JournalEntry) -> None: ...
    async def journal(self, user_id: UUID, kinds: Sequence[str] = (), limit: int = 10) -> list[JournalEntry]: ...


@dataclass(frozen=True, slots=True)
class MacroSnapshot:
    """Levels and changes of a handful of series, with age and provenance.

    `notes` (Korean) say what is old or missing: with one, no direction is taken. `left_out` (Korean) says what was
    never asked for. `report` is the newest one kept, which may be about older figures.
    """

    series: tuple[Mapping[str, Any], ...]
    as_of: datetime
    source: str
    demo: bool
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    report: MacroReport | None = None


class MacroPort(Protocol):
    async def snapshot(self) -> MacroSnapshot | None: ...


@dataclass(frozen=True, slots=True)
class Headline:
    title: str
    source: str
    at: datetime
    tickers: tuple[str, ...]
    demo: bool
    score: float | None = None  # -1 … 1, its mood where somebody has read it already
    link: str = ""


class NewsPort(Protocol):
    async def headlines(self, limit: int = 100) -> list[Headline]: ...


class HistoryPort(Protocol):
    """Strategies on past prices."""

    async def trial(self, spec: StrategySpec, cash_krw: int, limits: Limits | None, patience_s: float) -> Trial | None:
        """None when it takes longer than `patience_s`: it goes on, and asking again joins it. PortUnavailable when the
        prices are not to be had or the strategy cannot be tried on them."""
        ...


class ReceiptPort(Protocol):
    """Receipts by plan, append-only: nothing that was written can be changed or taken away. Saying again what a chain
    says already adds nothing, so whoever repeats, after a crash or beside another process, may. PortUnavailable when
    the tables do not answer."""

    async def open(self, receipt_id: UUID, drafts: Sequence[Draft]) -> bool:
        """The first steps, all or none; False when the receipt was begun before."""
        ...

    async def append(self, receipt_id: UUID, kind: StepKind, body: Mapping[str, Any], at: datetime) -> str:
        """The step's hash. ReceiptError for a body that is not plain JSON."""
        ...

    async def chain(self, receipt_id: UUID) -> list[Step]: ...  # empty: there is none

    async def unfinished(self, limit: int = 100) -> list[UUID]:
        """Receipts of decisions whose end is not written yet, oldest first."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """Finished daily bars of a name, oldest first, adjusted; `requests` is what the broker was asked for them this
    time. `notice` (Korean) says why they did not come the usual way."""

    bars: Bars
    requests: int = 0
    notice: str = ""


class DailyPort(Protocol):
    """Daily bars that are kept: the broker is asked only for sessions that nobody has asked for yet."""

    async def daily(self, ticker: str, *, depth: int = 0) -> Daily:
        """`depth` in calendar days back from the last session; 0: as deep as a turn may wait for. More may come."""
        ...


class IdentityPort(Protocol):
    def __call__(self, runtime: Any) -> Identity: ...


@dataclass(frozen=True, slots=True)
class Ports:
    """What `build_x(ports)` gets. Everything a graph can touch is in here."""

    clock: Clock
    new_id: NewId
    instruments: Instruments
    oms: OmsPort
    market: MarketPort
    desk: DeskPort
    macro: MacroPort
    news: NewsPort
    history: HistoryPort
    identity: IdentityPort
    receipts: ReceiptPort = field(default_factory=MemoryReceipts)
    watch: WatchPort = field(default_factory=MemoryWatch)
    checks: ChecksPort = field(default_factory=MemoryChecks)
    constraints: Constraints = DEFAULT  # bounds of one run, before a grade tightens them
    daily: DailyPort | None = None  # None: rooms ask the market itself and keep nothing
