"""A person of a campaign: one account, plans, approvals through the product's own desk, orders through its door.

Contract: what the person approves is told to the judge before the word is written, and everything is written and asked
as the screens do it. A call that is not answered is made again with the same ids. Quantities of one name and side
differ from order to order while there are any left, so that the judge can tell whose an order is. Every choice is the
seed's; when it is made is the machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from domain import ids
from domain.book import MANUAL as PERSONS_OWN
from domain.clock import SystemClock
from domain.instruments import Instruments, Kind
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.proto import oms_pb2 as pb
from domain.suitability import Grade
from domain.ticks import round_to_tick
from proving.campaign.databank import Databank, written
from proving.oracle.judge import Judge
from tools.oms_client import MarketClient, OmsClient
from tools.ports import ApprovalRequest, Identity, PortRefused, PortUnavailable
from tools.store.decisions import Decisions, Recorded
from tools.store.desk import Desk
from tools.store.users import get_or_create

TICKERS = ("011200", "024110", "032640", "323410", "003490", "244580", "091170", "229200", "161510", "360750")
MOST = 12  # shares of one order
CAPITAL = 100_000_000
VALID_S = 90.0
_PAUSE_S = 1.0
T = TypeVar("T")


@dataclass(slots=True)
class Wish:
    intent_id: str
    ticker: str
    side: Side
    limited: bool


class Trader:
    """`number` gives the account's number at the exchange once the OMS has opened it."""

    def __init__(
        self,
        name: str,
        rng: random.Random,
        bank: Databank,
        client: OmsClient,
        market: MarketClient,
        instruments: Instruments,
        judge: Judge,
        number: Callable[[str], str | None],
        tally: Counter[str],
    ) -> None:
        self.name = name
        self.who = Identity(UUID(int=0), name, "", "sim")  # until it has moved in
        self._rng = rng
        self._bank = bank
        self._client = client
        self._market = market
        self._instruments = instruments
        self._judge = judge
        self._number = number
        self._tally = tally
        self._clock = SystemClock()
        self._count = 0
        self._free: dict[tuple[str, Side], list[int]] = {}
        self._lately: list[Wish] = []

    def _id(self) -> UUID:
        return UUID(int=self._rng.getrandbits(128), version=4)

    async def moves_in(self) -> None:
        """A user with an account and a confirmed profile, whose account the OMS has opened."""
        self.who = await written(self._signs_up)
        await written(self._confirms)
        while self._number(self.who.account_ref) is None:
            with contextlib.suppress(PortUnavailable):
                await self._client.book(self.who)
            await asyncio.sleep(_PAUSE_S)

    async def _signs_up(self) -> Identity:
        now, settings = self._clock.now(), self._bank.settings
        async with self._bank.alone("ui") as connection:
            user = await get_or_create(connection, self.name, settings, now=now, new_id=self._id, local_terminal=True)
        who = user.identity("sim")
        assert who is not None, "expected a new user to have an account at the paper exchange"
        return who

    async def _confirms(self) -> None:
        desk, now = Desk(await self._bank.graph()), self._clock.now()
        if await desk.latest_profile(self.who.user_id) is None:
            content = {"capital_krw": CAPITAL}
            await desk.save_profile(
                self.who.user_id, Grade.AGGRESSIVE.value, 90, content, now, now + timedelta(days=365)
            )

    # Wanting --------------------------------------------------------------------------------------------------------

    def _quantity(self, ticker: str, side: Side, most: int) -> int | None:
        """One that this name and side have not seen, as long as there is one; the price must tell them apart then."""
        free = self._free.setdefault((ticker, side), [])
        if not free:
            free.extend(range(1, MOST + 1))
            self._rng.shuffle(free)
        for index, quantity in enumerate(free):
            if quantity <= most:
                return free.pop(index)
        return None

    def _held(self) -> dict[str, int]:
        """What may be sold: the exchange's shares less what is on its way out."""
        number = self._number(self.who.account_ref) or ""
        purse = self._judge.broker.purses.get(number)
        held = dict(purse.shares) if purse is not None else {}
        for order in self._judge.broker.orders.values():
            if order.account == number and order.side == "sell":
                held[order.ticker] = held.get(order.ticker, 0) - order.open
        return {ticker: shares for ticker, shares in held.items() if shares > 0}

    async def _price(self, ticker: str, side: Side, kind: str) -> int | None:
        """A limit that takes, stands at the last price or rests; None for the market's."""
        if kind == "market":
            return None
        quote = await self._market.quote(ticker)
        if not quote.found:
            raise PortUnavailable(f"expected a price of {ticker}, was none", where="quote")
        towards = 1 if side is Side.BUY else -1
        share = {"take": self._rng.randint(8, 25), "edge": 0, "rest": -self._rng.randint(10, 40)}[kind]
        price = quote.price * (1000 + towards * share) // 1000
        if quote.lower_limit and quote.upper_limit:  # zero: the broker has not told today's
            price = min(max(price, quote.lower_limit), quote.upper_limit)
        row = self._instruments.get(ticker)
        return round_to_tick(price, side, row.kind if row is not None else Kind.STOCK, self._clock.now().date())

    async def trades(self, side: Side) -> None:
        """One order from the plan to the door, and now and then at two doors at once."""
        held = self._held()
        names = list(held) if side is Side.SELL else list(TICKERS)
        if not names:
            side, names = Side.BUY, list(TICKERS)
        ticker = self._rng.choice(names)
        quantity = self._quantity(ticker, side, held.get(ticker, 0) if side is Side.SELL else MOST)
        if quantity is None:
            return
        kind = self._rng.choices(("take", "edge", "rest", "market"), (5, 3, 3, 2))[0]
        plan = self._plan(ticker, side, quantity, await self._price(ticker, side, kind))
        text = await written(lambda: self._save(plan))
        approval = ids.approval_id(plan.plan_id, plan.version)
        await written(lambda: self._ask(plan, approval, text))
        leg = plan.legs[0]
        intent = str(ids.intent_id(plan.plan_id, leg.leg))
        number = self._number(self.who.account_ref)
        assert number is not None, "expected somebody who has moved in"
        self._judge.approve(intent, (number, ticker, side.value, quantity), leg.limit_price)
        recorded = await written(lambda: self._approve(approval))
        if recorded not in (Recorded.RECORDED, Recorded.ALREADY):
            self._tally[f"approval {recorded.value}"] += 1
            return
        self._lately = [*self._lately[-7:], Wish(intent, ticker, side, leg.limit_price is not None)]
        request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=plan.version, approval_id=str(approval))
        doors = 2 if self._rng.random() < 0.06 else 1
        self._tally["two doors"] += doors - 1
        await asyncio.gather(*(self._submit(request) for _ in range(doors)))

    def _plan(self, ticker: str, side: Side, quantity: int, price: int | None) -> Plan:
        self._count += 1
        origin = ("campaign", self._count)
        now = self._clock.now()
        leg = Leg(
            leg=1,
            ticker=ticker,
            side=side,
            quantity=quantity,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            limit_price=price,
            not_after=now + timedelta(seconds=VALID_S),
            initiative=Initiative.USER,
            after_leg=None,
            reason="campaign",
        )
        return Plan(
            plan_id=ids.plan_id(self.who.account_ref, origin),
            version=1,
            account_ref=self.who.account_ref,
            user_id=self.who.user_id,
            sleeve=PERSONS_OWN,
            origin=origin,
            legs=(leg,),
            profile_version=1,
            strategy_id=None,
            created_at=now,
            expires_at=now + timedelta(seconds=VALID_S),
        )

    async def _save(self, plan: Plan) -> str:
        return await Desk(await self._bank.graph()).save_plan(plan)

    async def _ask(self, plan: Plan, approval: UUID, text: str) -> None:
        request = ApprovalRequest(
            approval_id=approval,
            plan_id=plan.plan_id,
            version=plan.version,
            plan_hash=text,
            account_ref=plan.account_ref,
            user_id=plan.user_id,
            thread_id=f"campaign-{self.name}",
            card={"needs_unsuitable_ack": False, "legs": []},
            created_at=plan.created_at,
            expires_at=plan.expires_at,
        )
        await Desk(await self._bank.graph()).ask_approval(request)

    async def _approve(self, approval: UUID) -> Recorded:
        decisions = Decisions(await self._bank.ui(), self._clock)
        return await decisions.decide(self.who.user_id, approval, "approve", channel="campaign")

    # Asking ---------------------------------------------------------------------------------------------------------

    async def _submit(self, request: pb.SubmitRequest) -> None:
        """Until it is answered, or too late."""
        reply = await self._answered(lambda: self._client.submit(self.who, request), VALID_S)
        if reply is None:
            return
        if reply.outcome in (pb.SubmitReply.ADMITTED, pb.SubmitReply.ALREADY_ADMITTED):
            self._tally["admitted"] += reply.outcome == pb.SubmitReply.ADMITTED
            return
        codes = ",".join(finding.code for finding in reply.findings if finding.effect != "note")
        self._tally[f"refused {codes or pb.SubmitReply.Outcome.Name(reply.outcome)}"] += 1

    async def _answered(self, call: Callable[[], Awaitable[T]], seconds: float) -> T | None:
        end = self._clock.monotonic() + seconds
        while True:
            try:
                return await call()
            except PortRefused as no:
                self._tally[f"refused {no.code}"] += 1
                return None
            except PortUnavailable:
                self._tally["asked again"] += 1
            if self._clock.monotonic() > end:
                self._tally["never answered"] += 1
                return None
            await asyncio.sleep(_PAUSE_S * (0.5 + self._rng.random()))

    async def cancels(self) -> None:
        if self._lately:
            wish = self._rng.choice(self._lately)
            await self.cancel(wish.intent_id)

    async def cancel(self, intent_id: str) -> None:
        self._tally["cancel"] += 1
        request = f"c{self._rng.getrandbits(48):x}"
        await self._answered(lambda: self._client.cancel(self.who, intent_id, request), 60.0)

    async def revises(self) -> None:
        limited = [wish for wish in self._lately if wish.limited]
        if not limited:
            return
        wish = self._rng.choice(limited)
        price = await self._price(wish.ticker, wish.side, self._rng.choice(("take", "rest")))
        assert price is not None, "expected a price for what is no market order"
        self._tally["revise"] += 1
        self._judge.revised(wish.intent_id, price)
        request = f"r{self._rng.getrandbits(48):x}"
        await self._answered(lambda: self._client.revise(self.who, wish.intent_id, price, request), 60.0)

    async def settles(self, intent_id: str, odno: int) -> bool:
        """A person looked at the broker's own app: the order's number there, 0 when there is none."""
        request = pb.ResolveRequest(
            account_ref=self.who.account_ref,
            intent_id=intent_id,
            reason="seen at the broker",
            confirmation=intent_id[:8],
        )
        if odno:
            request.adopt_broker_order_no = str(odno)
        else:
            request.absent = True
        reply = await self._answered(lambda: self._client.resolve(self.who, request), 20.0)
        return reply is not None and reply.accepted

    async def lives(self, pause_s: float, stopping: asyncio.Event) -> None:
        """Acts, on average every `pause_s`, until told to stop."""
        acts: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (50, lambda: self.trades(Side.BUY)),
            (34, lambda: self.trades(Side.SELL)),
            (10, self.cancels),
            (6, self.revises),
        ]
        while not stopping.is_set():
            act = self._rng.choices([one for _, one in acts], [weight for weight, _ in acts])[0]
            try:
                await act()
            except PortUnavailable:
                self._tally["gave up"] += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), self._rng.expovariate(1 / pause_s))
