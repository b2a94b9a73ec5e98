"""What somebody wants and how it is said: legs, plans, approvals of them, and calls of the door made until answered.

Contract: what a person validly approved is told to the judge before the OMS can know of it, and a forged word never is.
A call that is not answered is made again with the same ids, a few times. Quantities of one name and side differ from
order to order, so that the judge can tell whose an order is. Every choice is the seed's.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import grpc

from domain import ids
from domain.book import MANUAL as PERSONS_OWN
from domain.clock import Clock
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.proto import oms_pb2 as pb
from domain.ticks import round_to_tick
from proving.desk import Desk, Household
from proving.exchange import shared_market
from proving.oms import CallRefused, DoorClosed
from proving.oracle.judge import Judge

TICKERS = ("005930", "032640", "247540", "069500")  # a large name, a thin one, one of KOSDAQ, a fund
MOST = {"005930": 18, "032640": 700, "247540": 60, "069500": 40}
_TRIES = 6
_PAUSE_S = 3.0
Ask = Callable[..., Awaitable[Any]]


@dataclass(slots=True)
class Wish:
    """One leg that somebody wanted, and what became of it as far as its person knows."""

    intent_id: str
    account: str
    ticker: str
    side: str
    quantity: int
    valid: bool
    admitted: bool = False
    refused: str = ""  # the code, when the OMS said no
    cancel_asked: bool = False
    at: float = 0.0


@dataclass(slots=True)
class Tally:
    """What people did, by name."""

    did: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    wrongly: list[str] = field(default_factory=list)  # forged words that were believed


class Wisher:
    """One household. `number` is its account at the broker; `ask` calls the door of whichever OMS answers;
    `patience_s` is how long an order may wait to be sent."""

    def __init__(
        self,
        who: Household,
        number: str,
        rng: random.Random,
        wall: Clock,
        desk: Desk,
        judge: Judge,
        ask: Ask,
        now: Callable[[], float],
        shares: Callable[[str], Mapping[str, int]],
        tally: Tally,
        patience_s: float,
    ) -> None:
        self.who = who
        self.number = number
        self.wishes: list[Wish] = []
        self.plans: dict[str, Plan] = {}
        self._rng = rng
        self._wall = wall
        self._desk = desk
        self._judge = judge
        self._ask = ask
        self._now = now
        self._shares = shares
        self._tally = tally
        self._patience_s = patience_s
        self._count = 0
        self._used: dict[tuple[str, str], list[int]] = {}

    # Wanting --------------------------------------------------------------------------------------------------------

    def _quantity(self, ticker: str, side: str, most: int, least: int = 1) -> int | None:
        """One that this name and side have not seen."""
        free = self._used.get((ticker, side))
        if free is None:
            free = list(range(1, MOST[ticker] + 1))
            self._rng.shuffle(free)
            self._used[(ticker, side)] = free
        for index, quantity in enumerate(free):
            if least <= quantity <= most:
                return free.pop(index)
        return None

    def _price(self, ticker: str, side: Side, kind: str) -> int | None:
        """A limit that takes, that stands at the last price (and fills in parts) or that rests; None: the market's."""
        now = self._wall.now()
        quote = shared_market().snapshot(ticker, now)
        if kind == "market" or quote is None:
            return None
        towards = 1 if side is Side.BUY else -1
        share = {"take": self._rng.randint(8, 25), "edge": 0, "rest": -self._rng.randint(10, 60)}[kind]
        price = quote.last * (1000 + towards * share) // 1000
        price = min(max(price, quote.band.lower), quote.band.upper)
        return round_to_tick(price, side, shared_market().listings[ticker].instrument.kind, now.date())

    def last(self, ticker: str) -> int:
        """What it costs now, won."""
        quote = shared_market().snapshot(ticker, self._wall.now())
        assert quote is not None
        return quote.last

    def low(self, ticker: str) -> int:
        """A price to buy at that will hardly come, won."""
        now = self._wall.now()
        quote = shared_market().snapshot(ticker, now)
        assert quote is not None
        price = max(quote.last * 90 // 100, quote.band.lower)
        return round_to_tick(price, Side.SELL, shared_market().listings[ticker].instrument.kind, now.date())

    def _leg(
        self,
        number: int,
        side: Side,
        after: int | None = None,
        name: str | None = None,
        kind: str | None = None,
        most: int | None = None,
        least: int = 1,
    ) -> Leg | None:
        """`name`: of this one only. `kind`: at this price only. `most`, `least`: shares."""
        held = self._shares(self.number)
        if side is Side.SELL:
            names = [ticker for ticker in TICKERS if held.get(ticker, 0) > 0 and name in (None, ticker)]
            if not names:
                return None
            ticker = self._rng.choice(names)
            limit = held[ticker]
        else:
            ticker = name or self._rng.choice(TICKERS)
            limit = MOST[ticker]
        quantity = self._quantity(ticker, side.value, min(limit, most or limit), least)
        if quantity is None:
            return None
        drawn = self._rng.choices(("take", "edge", "rest", "market"), (4, 4, 2, 3))[0]
        price = self._price(ticker, side, kind or drawn)
        return Leg(
            leg=number,
            ticker=ticker,
            side=side,
            quantity=quantity,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            limit_price=price,
            not_after=self._wall.now() + timedelta(seconds=self._patience_s),
            initiative=Initiative.USER,
            after_leg=after,
            reason="proving",
        )

    async def _plan(self, legs: Sequence[Leg], before: Plan | None = None) -> Plan:
        """Version 1 of something new, or the next version of a plan."""
        if before is None:
            self._count += 1
        origin = before.origin if before is not None else ("proving", self._count)
        now = self._wall.now()
        plan = Plan(
            plan_id=ids.plan_id(self.who.account_ref, origin),
            version=before.version + 1 if before is not None else 1,
            account_ref=self.who.account_ref,
            user_id=self.who.user_id,
            sleeve=PERSONS_OWN,
            origin=origin,
            legs=tuple(legs),
            profile_version=1,
            strategy_id=None,
            created_at=now,
            expires_at=now + timedelta(seconds=self._patience_s + 30.0),
        )
        await self._desk.plan(plan)
        return plan

    def _wanted(self, plan: Plan, *, valid: bool, quantities: Mapping[int, int] | None = None) -> list[Wish]:
        wishes = []
        for leg in plan.legs:
            intent = str(ids.intent_id(plan.plan_id, leg.leg))
            quantity = (quantities or {}).get(leg.leg, leg.quantity)
            wish = Wish(intent, self.number, leg.ticker, leg.side.value, quantity, valid, at=self._now())
            first = str(ids.intent_id(plan.plan_id, leg.after_leg)) if leg.after_leg is not None else None
            if valid:
                self._judge.approve(intent, (self.number, leg.ticker, leg.side.value, quantity), leg.limit_price, first)
            wishes.append(wish)
            self.plans[intent] = plan
        self.wishes.extend(wishes)
        return wishes

    # Saying ---------------------------------------------------------------------------------------------------------

    async def _submit(self, plan: Plan, wishes: Sequence[Wish], principal: str = "web", **word: str) -> bool:
        """Until it is answered, or given up."""
        request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=plan.version, **word)
        for _ in range(_TRIES):
            try:
                reply = await self._ask("Submit", request, principal, str(self.who.user_id))
            except (DoorClosed, TimeoutError):
                self._tally.did["asked_again"] += 1
            except CallRefused as refused:
                if refused.code is not grpc.StatusCode.UNAVAILABLE:
                    self._refused(wishes, refused.details.partition(":")[0])
                    return False
                self._tally.did["asked_again"] += 1
            else:
                if reply.outcome in (pb.SubmitReply.ADMITTED, pb.SubmitReply.ALREADY_ADMITTED):
                    for wish in wishes:
                        wish.admitted = True
                    return True
                self._refused(wishes, ",".join(finding.code for finding in reply.findings if finding.effect != "note"))
                return False
            await asyncio.sleep(_PAUSE_S * (0.5 + self._rng.random()))
        return False

    def _refused(self, wishes: Sequence[Wish], code: str) -> None:
        self._tally.refusals[code] += 1
        for wish in wishes:
            wish.refused = code or "refused"

    async def _try(self, call: str, request: Any, principal: str = "web", tries: int = 3) -> Any | None:
        for _ in range(tries):
            try:
                return await self._ask(call, request, principal, str(self.who.user_id))
            except (DoorClosed, TimeoutError):
                await asyncio.sleep(_PAUSE_S)
            except CallRefused as refused:
                if refused.code is not grpc.StatusCode.UNAVAILABLE:
                    return None
                await asyncio.sleep(_PAUSE_S)
        return None
