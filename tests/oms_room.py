"""The OMS's own parts in one room: the ledger in memory, a clock that stands until told, and a broker of few words.

The broker takes, loses or never sees orders as it is told, fills them, forgets its list, trails with its balance; what
it holds is the truth that the ledger must reach. Nothing runs by itself: a test says who moves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from domain import ids
from domain.calendar import calendar_named
from domain.clock import KST, ManualClock
from domain.costs import fee, sell_tax
from domain.gate.config import gate_config
from domain.gate.finding import Effect
from domain.gate.order import order_of
from domain.gate.plan import check_plan
from domain.gate.view import Approval
from domain.instruments import Instruments, Kind, Market
from domain.orders.plans import plan_hash
from domain.orders.types import Initiative, IntentState, Leg, OrderType, Plan, Side
from execution.oms.accounts import Parts
from execution.oms.admission import Admission, Refused
from execution.oms.asked import Asked
from execution.oms.auth import Authority as Word
from execution.oms.auth import Caller
from execution.oms.budget import PacedBudget
from execution.oms.cancel import Canceller
from execution.oms.core import Core
from execution.oms.events import Hub
from execution.oms.inquiry import Inquiry
from execution.oms.ledger.memory.database import Database
from execution.oms.ledger.memory.people import People
from execution.oms.ledger.memory.storage import MemoryStorage
from execution.oms.ledger.rows import BrokerOrder, Intent, LeaseKey, Mark
from execution.oms.marketclock import MarketClock
from execution.oms.marketdata import MarketData
from execution.oms.moves import Mover
from execution.oms.notices import Notices
from execution.oms.posting import Poster
from execution.oms.progress import Progress
from execution.oms.reconcile import Reconciler, booked_shares
from execution.oms.resolve import Resolver
from execution.oms.resume import Resumer
from execution.oms.revise import Reviser
from execution.oms.sender import Sender
from execution.oms.sessions import AccountSession, Channel
from execution.oms.timing import timing_for
from execution.oms.trading import TradingStates
from execution.oms.unknown import Unknowns
from execution.oms.views import Fetched, Views
from tools.kis.account import Balance, BuyingPower, Holding
from tools.kis.charts import Bar, Chart
from tools.kis.errors import NotSent, OutcomeUnknown, Rejected, ReplyClass, WriteReply
from tools.kis.events import Notice
from tools.kis.executions import Executions, OrderRow
from tools.kis.notices import ExecutionNotice, NoticeKind
from tools.kis.orders import BrokerOrder as BrokerNumber
from tools.kis.orders import CashOrder, OrderAck
from tools.kis.quotes import MultiQuote, Quote

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=KST)
SAMSUNG, KODEX200 = "005930", "069500"
PRICES = {SAMSUNG: 70_000, KODEX200: 30_000}


@dataclass
class Placed:
    """One order at the broker."""

    number: int
    ticker: str
    side: Side
    quantity: int
    price: int
    at: datetime
    original: int | None = None
    filled: int = 0
    amount: int = 0
    cancelled: int = 0
    rejected: int = 0
    entry: str = "OpnAPI"

    @property
    def remaining(self) -> int:
        return self.quantity - self.filled - self.cancelled - self.rejected


@dataclass(frozen=True)
class _Stand:
    """Cash and shares at one moment."""

    at: datetime
    settled: int
    held: dict[str, int]
    resting: tuple[tuple[str, Side, int, int], ...]
    traded: dict[tuple[str, Side], int]  # today


class Broker:
    """`faults` are taken by the next writes, one each: "lost" (taken, no answer), "never" (not seen, no answer),
    "not_sent", "rejected"; "" and none left answer."""

    def __init__(self, clock: ManualClock, *, cash: int = 100_000_000, hides: bool = False) -> None:
        self._clock = clock
        self.orders: dict[tuple[date, int], Placed] = {}
        self.faults: list[str] = []
        self.hides = hides  # shows no list at all, as KIS paper may
        self.hidden: Callable[[Placed], bool] = lambda placed: False  # rows that it leaves out
        self.lag_s = 0.0
        self.settled = cash
        self.held: dict[str, int] = {}
        self.posts = 0
        self.notices: list[ExecutionNotice] = []
        self.asked_days: list[tuple[date, date]] = []
        self._numbers = 1000
        self._stands: list[_Stand] = []
        self.skew = None
        self._note()

    # What a test does --------------------------------------------------------------------------------------------

    def by_hand(self, side: Side, quantity: int, price: int, ticker: str = SAMSUNG, entry: str = "HTS") -> Placed:
        placed = self._place(ticker, side, quantity, price, entry=entry)
        self._tell(NoticeKind.ACCEPTED, placed, quantity, price)
        return placed

    def fill(self, placed: Placed, quantity: int, price: int | None = None) -> None:
        assert 0 < quantity <= placed.remaining
        at = price or placed.price or PRICES[placed.ticker]
        before = placed.amount
        placed.filled += quantity
        placed.amount += quantity * at
        sign = 1 if placed.side is Side.BUY else -1
        self.held[placed.ticker] = self.held.get(placed.ticker, 0) + sign * quantity
        costs = fee(placed.amount) - fee(before)
        if placed.side is Side.SELL:
            kind = Kind.ETF if placed.ticker == KODEX200 else Kind.STOCK
            day = placed.at.date()
            taxed = sell_tax(placed.amount, Market.KOSPI, kind, day) - sell_tax(before, Market.KOSPI, kind, day)
            costs += taxed
        self.settled -= sign * quantity * at + costs
        self._tell(NoticeKind.FILLED, placed, quantity, at)
        self._note()

    def end(self, placed: Placed, *, rejected: bool = False) -> None:
        """Cancelled elsewhere, or refused by the exchange."""
        if rejected:
            placed.rejected = placed.remaining
        else:
            placed.cancelled = placed.remaining
        self._note()

    def live(self, ticker: str = SAMSUNG, side: Side | None = None) -> list[Placed]:
        """Those of today, oldest first."""
        today = self._clock.now().date()
        return [
            o
            for (day, _), o in sorted(self.orders.items())
            if o.remaining > 0 and o.ticker == ticker and side in (None, o.side) and day == today
        ]

    # The calls of a client ---------------------------------------------------------------------------------------

    async def place(self, order: CashOrder, **options: Any) -> OrderAck:
        self.posts += 1
        fault = self._fault(options)
        placed = self._place(order.ticker, order.side, order.quantity, order.price)
        self._tell(NoticeKind.ACCEPTED, placed, order.quantity, order.price)
        return self._answer(placed, fault)

    async def cancel(self, order: BrokerNumber, **options: Any) -> OrderAck:
        fault = self._fault(options)
        target = self._known(order.number)
        if target.remaining == 0:
            raise Rejected("정정/취소할 수량이 없습니다.", code="40330000")
        target.cancelled += (left := target.remaining)
        made = self._place(target.ticker, target.side, left, 0, original=target.number)
        made.cancelled = left
        self._tell(NoticeKind.CANCELLED, made, left, 0)
        self._note()
        return self._answer(made, fault)

    async def revise(self, order: BrokerNumber, *, price: int, **options: Any) -> OrderAck:
        fault = self._fault(options)
        target = self._known(order.number)
        if target.remaining == 0:
            raise Rejected("정정/취소할 수량이 없습니다.", code="40330000")
        left = target.remaining
        target.cancelled += left
        made = self._place(target.ticker, target.side, left, price, original=target.number)
        self._tell(NoticeKind.REVISED, made, left, price)
        return self._answer(made, fault)

    async def executions(self, start: date, end: date, **options: Any) -> Executions:
        self.asked_days.append((start, end))
        shown = [
            _row(placed)
            for (day, _), placed in sorted(self.orders.items())
            if start <= day <= end and not self.hides and not self.hidden(placed)
        ]
        return Executions(tuple(shown), self.hides, (), None, None, None, self._clock.now())

    async def balance(self, **options: Any) -> Balance:
        stand = self._stand()
        values: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Balance))
        rows = tuple(_holding(ticker, count, stand) for ticker, count in sorted(stand.held.items()))
        total = stand.settled + sum(PRICES[t] * n for t, n in stand.held.items())
        values |= {"holdings": rows, "deposit": stand.settled, "settled_cash": stand.settled}
        return Balance(**(values | {"securities_value": 0, "total_value": total, "duplicated": ()}))

    async def buying_power(self, ticker: str, price: int, **options: Any) -> BuyingPower:
        stand = self._stand()
        tied = sum(left * at + fee(left * at) for _, side, left, at in stand.resting if side is Side.BUY)
        return BuyingPower(stand.settled - tied, None, stand.settled - tied, None, None)

    async def price(self, ticker: str, **options: Any) -> Quote | None:
        if ticker not in PRICES:
            return None
        values: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Quote))
        price = PRICES[ticker]
        bounds = {"base": price, "upper": price * 13 // 10, "lower": price * 7 // 10, "volume": 1, "halted": False}
        return Quote(**(values | bounds | {"ticker": ticker, "price": price, "vi_code": "N"}))

    async def many(self, tickers: Sequence[str], **options: Any) -> dict[str, MultiQuote | None]:
        values: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(MultiQuote))
        return {t: MultiQuote(**(values | {"ticker": t, "price": PRICES[t], "volume": 2})) for t in tickers}

    async def bars(self, ticker: str, start: date, end: date, **options: Any) -> Chart:
        days = [end - timedelta(days=n) for n in range(20, 0, -1)]
        return Chart(ticker, None, tuple(Bar(d, 1, 1, 1, 1, 10_000_000, None, None) for d in days), ())

    async def aclose(self) -> None:
        return None

    # The parts ---------------------------------------------------------------------------------------------------

    def _fault(self, options: dict[str, Any]) -> str:
        fault = self.faults.pop(0) if self.faults else ""
        deadline = options["deadline"]
        if deadline.passed() or deadline.stopped() or fault == "not_sent":
            raise NotSent("before the first byte")
        if fault == "rejected":
            raise Rejected("주문가능금액을 초과 했습니다", code="APBK0952")
        if fault == "never":
            raise OutcomeUnknown("no answer")
        return fault

    def _answer(self, placed: Placed, fault: str) -> OrderAck:
        if fault == "lost":
            raise OutcomeUnknown("no answer")
        reply = WriteReply(ReplyClass.ACKED, "APBK0013", "", 200, {}, placed.at, placed.at)
        return OrderAck(BrokerNumber("06010", placed.number), placed.at, placed.at.date(), reply)

    def _place(
        self, ticker: str, side: Side, quantity: int, price: int, *, original: int | None = None, entry: str = "OpnAPI"
    ) -> Placed:
        self._numbers += 1
        placed = Placed(
            self._numbers,
            ticker,
            side,
            quantity,
            price,
            self._clock.now().replace(microsecond=0),
            original,
            entry=entry,
        )
        self.orders[placed.at.date(), placed.number] = placed
        self._note()
        return placed

    def _known(self, number: int) -> Placed:
        return next(placed for placed in self.orders.values() if placed.number == number)

    def _tell(self, kind: NoticeKind, placed: Placed, quantity: int, price: int) -> None:
        self.notices.append(
            ExecutionNotice(
                kind=kind, order=BrokerNumber("06010", placed.number), original=placed.original, side=placed.side,
                ticker=placed.ticker, quantity=quantity, price=price, order_quantity=placed.quantity,
                order_price=placed.price, type_code="00" if placed.price else "01", at=self._clock.now(),
                own_account=True, text="", digest=f"{kind}-{placed.number}-{len(self.notices)}",
            )
        )  # fmt: skip

    def _note(self) -> None:
        resting = tuple((o.ticker, o.side, o.remaining, o.price) for o in self.orders.values() if o.remaining > 0)
        today = self._clock.now().date()
        traded: dict[tuple[str, Side], int] = {}
        for (day, _), o in self.orders.items():
            if day == today:
                traded[o.ticker, o.side] = traded.get((o.ticker, o.side), 0) + o.filled
        self._stands.append(_Stand(self._clock.now(), self.settled, dict(self.held), resting, traded))

    def _stand(self) -> _Stand:
        """What the lagging balance shows."""
        until = self._clock.now() - timedelta(seconds=self.lag_s)
        return next((stand for stand in reversed(self._stands) if stand.at <= until), self._stands[0])

    def over_night(self) -> None:
        """Orders of a day end with it."""
        for placed in self.orders.values():
            placed.cancelled += 0
        lapsed = [(key, o) for key, o in self.orders.items() if o.remaining > 0]
        for _, placed in lapsed:
            placed.cancelled += placed.remaining
        self._note()


def _row(placed: Placed) -> OrderRow:
    return OrderRow(
        order=BrokerNumber("06010", placed.number), original=placed.original, ticker=placed.ticker, name="",
        side=placed.side, type_code="00" if placed.price or placed.original else "01", type_name="",
        quantity=placed.quantity, price=placed.price, filled=placed.filled, filled_amount=placed.amount or None,
        average_price=None, remaining=placed.remaining, cancelled=placed.cancelled, rejected=placed.rejected,
        is_cancelled=placed.cancelled > 0 and placed.filled == 0, ordered_at=placed.at, entry=placed.entry,
    )  # fmt: skip


def _holding(ticker: str, count: int, stand: _Stand) -> Holding:
    values: dict[str, Any] = dict.fromkeys(field.name for field in dataclasses.fields(Holding))
    selling = sum(left for name, side, left, _ in stand.resting if name == ticker and side is Side.SELL)
    values |= {"ticker": ticker, "name": ticker, "quantity": count, "sellable": count - selling, "credit": False}
    today = {
        "bought_today": stand.traded.get((ticker, Side.BUY), 0),
        "sold_today": stand.traded.get((ticker, Side.SELL), 0),
    }
    return Holding(**(values | today | {"price": PRICES[ticker], "cost": PRICES[ticker] * count}))


class _Client:
    """A broker under the names that a client gives its calls."""

    def __init__(self, broker: Broker) -> None:
        self.orders = self.order_list = self.account = self.quotes = self.charts = broker

    @property
    def skew(self) -> None:
        return None

    async def aclose(self) -> None:
        return None


class _Witness:
    def __init__(self) -> None:
        self.mark: Mark | None = None

    def remembered(self) -> Mark | None:
        return self.mark

    async def advance(self, mark: Mark) -> None:
        self.mark = mark


@dataclass
class Room:
    """One account of one person, reconciled and ACTIVE."""

    clock: ManualClock
    broker: Broker
    core: Core
    parts: Parts
    poster: Poster
    reviser: Reviser
    resolver: Resolver
    admission: Admission
    session: AccountSession
    people: People
    database: Database
    user: UUID
    told: int = 0
    plans: int = field(default=0)

    @property
    def account(self) -> str:
        return self.session.account_ref

    async def submit(
        self,
        *legs: tuple[str, Side, int, int | None],
        after: dict[int, int] | None = None,
        seconds: float = 3600.0,
        sleeve: str = "manual",
    ) -> list[Intent]:
        """Approved and admitted. Raises Refused or Refusal."""
        plan = await self.plan(*legs, after=after, seconds=seconds, sleeve=sleeve)
        fetched = await self.core.views.fetch(self.session, [leg.ticker for leg in plan.legs])
        approval = ids.approval_id(plan.plan_id, plan.version)
        asked = Asked(Caller("web", self.user), plan, plan_hash(plan), Word.APPROVAL, approval)
        return list((await self.admission.admit(asked, self.session, fetched)).intents)

    async def judged(self, plan: Plan, fetched: Fetched) -> list[str]:
        """What the gate objects to at admission, in its order."""
        async with self.core.ledger.read() as tx:
            quantities = {leg.leg: leg.quantity for leg in plan.legs}
            word = Approval("same", "same", quantities, plan.expires_at)
            view = await self.core.views.build(tx, self.session, self.user, fetched, word, plan=plan)
        verdict = check_plan([order_of(plan, leg) for leg in plan.legs], view)
        return [finding.code for finding in verdict.findings if finding.effect is Effect.REFUSE]

    async def plan(
        self,
        *legs: tuple[str, Side, int, int | None],
        after: dict[int, int] | None = None,
        seconds: float = 3600.0,
        sleeve: str = "manual",
    ) -> Plan:
        """Written and approved. A leg is (ticker, side, quantity, limit or None)."""
        self.plans += 1
        now, until = self.clock.now(), self.clock.now() + timedelta(seconds=seconds)
        origin = ("test", f"{self.account}-{self.plans}")
        made = tuple(
            Leg(
                number, ticker, side, quantity, OrderType.LIMIT if price else OrderType.MARKET, price, until,
                Initiative.USER, (after or {}).get(number),
            )
            for number, (ticker, side, quantity, price) in enumerate(legs, start=1)
        )  # fmt: skip
        plan = Plan(
            ids.plan_id(self.account, origin), 1, self.account, self.user, sleeve, origin, made, 1, None, now, until
        )
        await self.people.plan(plan, plan_hash(plan))
        approval = ids.approval_id(plan.plan_id, 1)
        await self.people.question(approval, plan.plan_id, 1, plan_hash(plan), self.account, self.user, until)
        await self.people.answer(approval, self.user, plan_hash(plan), "approve", now)
        return plan

    async def send(self) -> None:
        """One look at the queue, to the end of what it began."""
        await self.parts.sender._pass(self.session)
        await self.poster.drain()

    async def place(self, ticker: str, side: Side, quantity: int, price: int | None) -> Intent:
        """Admitted and sent; the intent afterwards."""
        (intent,) = await self.submit((ticker, side, quantity, price))
        await self.send()
        return await self.intent(intent)

    async def cancel(self, intent: Intent, request: str = "c-1") -> Intent:
        await self.parts.canceller.ask(self.session, intent.intent_id, request, "test")
        await self.parts.canceller._pass(self.session)
        return await self.intent(intent)

    async def hear(self, *, lost: Callable[[int], bool] = lambda number: False) -> None:
        """The notices that have not come yet."""
        while self.told < len(self.broker.notices):
            notice = self.broker.notices[self.told]
            self.told += 1
            if not lost(self.told):
                await self.parts.notices._take(self.session, Notice(self.clock.now(), notice))

    async def look(self, after: float = 0.0) -> None:
        """An inquiry, `after` seconds from now."""
        self.clock.advance(after)
        await self.parts.inquiry.ask(self.session)

    async def settle(self) -> None:
        """An inquiry late enough to prove what it proves."""
        await self.look(self.core.timing.deadline_s + self.core.timing.settle_s + 1)
        await self.look(self.core.timing.lag_s + 1)

    async def compare(self) -> bool:
        self.clock.advance(self.core.timing.lag_s + 1)
        return await self.parts.reconciler.compare(self.session, max_age_s=0.0)

    async def intent(self, intent: Intent) -> Intent:
        async with self.core.ledger.read() as tx:
            found = await tx.intents.get(intent.intent_id)
        assert found is not None
        return found

    async def state(self, intent: Intent) -> IntentState:
        return (await self.intent(intent)).state

    async def numbers(self) -> list[BrokerOrder]:
        async with self.core.ledger.read() as tx:
            return await tx.orders.of_day(self.account, self.core.market.trade_date)

    async def booked(self) -> dict[str, int]:
        async with self.core.ledger.read() as tx:
            return await booked_shares(tx, self.account)

    def moves(self, intent: Intent) -> list[str]:
        rows = self.database.tables.transitions.rows.values()
        mine = [row for row in rows if row.entity_id == str(intent.intent_id)]
        return [row.event for row in sorted(mine, key=lambda row: row.seq)]

    async def next_day(self) -> None:
        """The night passes; the broker's orders lapse."""
        self.broker.over_night()
        self.clock.advance(24 * 3600.0)


async def open_room(
    environment: str = "live", *, hides: bool = False, cash: int = 100_000_000, held: dict[str, int] | None = None
) -> Room:
    """`held`: what the account has when it is first seen."""
    clock = ManualClock(MONDAY)
    broker = Broker(clock, cash=cash, hides=hides)
    broker.held = dict(held or {})
    broker._note()
    client, timing = cast(Any, _Client(broker)), timing_for(environment)
    database = Database(clock.monotonic)
    storage, people = MemoryStorage(database), People(database)
    lease = storage.lease(LeaseKey(environment, "key"), uuid4(), 1e9, clock.monotonic)
    assert await lease.take()
    hub = Hub()
    ledger = storage.ledger(lease, clock, hub.announce)
    market = MarketClock(clock, None, "시험", calendar_named("always"))
    instruments, states = Instruments.load(), TradingStates()
    data = MarketData(client, None, market, clock, timing)
    config = gate_config(environment, live_enabled=True)
    config = dataclasses.replace(config, cash_lag=timedelta(seconds=timing.lag_s))
    views = Views(data, market, clock, instruments, config, states)
    core = Core(
        environment=environment, wall=clock, awake=clock.monotonic, market=market, new_id=uuid4, timing=timing,
        instruments=instruments, ledger=ledger, states=states, data=data, views=views, mover=Mover(instruments),
        hub=hub, witness=_Witness(), sending=True,
    )  # fmt: skip
    user, account = uuid4(), f"{environment}-{uuid4().hex[:8]}"
    await people.user(user, "사람")
    await people.account(account, user, environment, clock.now())
    await people.profile(
        user, 1, "공격투자형", 90, {"capital_krw": 100_000_000}, clock.now(), clock.now() + timedelta(days=365)
    )
    async with ledger.write(None) as tx:
        await tx.states.open_account(account, tx.now)
    poster, reviser, reconciler = Poster(core), Reviser(core), Reconciler(core)
    progress = Progress(core.mover, instruments)
    parts = Parts(
        sender=Sender(core, poster, reviser), canceller=Canceller(core), reconciler=reconciler,
        inquiry=Inquiry(core, progress, Unknowns(core)), notices=Notices(core, progress),
        resumer=Resumer(core, reconciler),
    )  # fmt: skip
    budget = PacedBudget(clock, 1000.0, first_second_full=False)
    session = AccountSession(account, client, budget, None, clock, market, timing)
    session.channel = Channel.UNPROVEN
    admission = Admission(ledger, views, market, clock, core.mover)
    await reconciler.open(session)
    await parts.inquiry.ask(session)
    return Room(clock, broker, core, parts, poster, reviser, Resolver(core), admission, session, people, database, user)


__all__ = ["KODEX200", "MONDAY", "PRICES", "SAMSUNG", "Broker", "Placed", "Refused", "Room", "open_room"]
