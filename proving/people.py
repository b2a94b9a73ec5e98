"""The people of a world: they plan, approve, mandate, change their minds, press twice, forge, halt and resume.

Contract: everything goes through the desk's rows and the door's calls, as the screens do it; what a person validly
approved is told to the judge before the OMS can know of it, and a forged word never is. A call that is not answered is
made again with the same ids, a few times. Quantities of one name and side differ from order to order, so that the judge
can tell whose an order is. Every choice is the seed's.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import Any
from uuid import UUID

import grpc

from domain import ids
from domain.book import MANUAL as PERSONS_OWN
from domain.clock import Clock
from domain.mandate import Mandate, MandateKind
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.proto import oms_pb2 as pb
from domain.ticks import round_to_tick
from proving.desk import Desk, Household
from proving.exchange import shared_market
from proving.oms import CallRefused, DoorClosed
from proving.oracle.judge import Judge

TICKERS = ("005930", "032640", "247540", "069500")  # a large name, a thin one, one of KOSDAQ, a fund
_TRIES = 6
_PAUSE_S = 3.0
_MOST = {"005930": 18, "032640": 700, "247540": 60, "069500": 40}
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


class Person:
    """One household. `number` is its account at the broker; `ask` calls the door of whichever OMS answers."""

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
        self._count = 0
        self._used: dict[tuple[str, str], list[int]] = {}
        self._mandate: Mandate | None = None
        self._under: list[str] = []  # intents of that mandate

    # Wanting --------------------------------------------------------------------------------------------------------

    def _quantity(self, ticker: str, side: str, most: int) -> int | None:
        """One that this name and side have not seen."""
        free = self._used.get((ticker, side))
        if free is None:
            free = list(range(1, _MOST[ticker] + 1))
            self._rng.shuffle(free)
            self._used[(ticker, side)] = free
        for index, quantity in enumerate(free):
            if quantity <= most:
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

    def _leg(
        self, number: int, side: Side, seconds: float, after: int | None = None, name: str | None = None
    ) -> Leg | None:
        """`name`: of this one only."""
        held = self._shares(self.number)
        if side is Side.SELL:
            names = [ticker for ticker in TICKERS if held.get(ticker, 0) > 0 and name in (None, ticker)]
            if not names:
                return None
            ticker = self._rng.choice(names)
            most = held[ticker]
        else:
            ticker = name or self._rng.choice(TICKERS)
            most = _MOST[ticker]
        quantity = self._quantity(ticker, side.value, most)
        if quantity is None:
            return None
        price = self._price(ticker, side, self._rng.choices(("take", "edge", "rest", "market"), (4, 4, 2, 3))[0])
        return Leg(
            leg=number,
            ticker=ticker,
            side=side,
            quantity=quantity,
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            limit_price=price,
            not_after=self._wall.now() + timedelta(seconds=seconds),
            initiative=Initiative.USER,
            after_leg=after,
            reason="proving",
        )

    async def _plan(self, legs: Sequence[Leg], seconds: float, before: Plan | None = None) -> Plan:
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
            expires_at=now + timedelta(seconds=seconds),
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

    # What they do ---------------------------------------------------------------------------------------------------

    async def buys(self) -> None:
        await self._approved([self._leg(1, Side.BUY, 90.0)], "buy")

    async def sells(self) -> None:
        await self._approved([self._leg(1, Side.SELL, 90.0)], "sell")

    async def again(self, ticker: str, side: Side) -> None:
        """Another order of a name and side of which one is uncertain: who will wait half a minute?"""
        await self._approved([self._leg(1, side, 90.0, name=ticker)], "impatient")

    async def funds(self) -> None:
        """A sale that a purchase waits for."""
        await self._approved([self._leg(1, Side.SELL, 120.0), self._leg(2, Side.BUY, 120.0, after=1)], "dependent_legs")

    async def _approved(self, legs: Sequence[Leg | None], name: str) -> list[Wish]:
        if any(leg is None for leg in legs):
            return []
        self._tally.did[name] += 1
        plan = await self._plan([leg for leg in legs if leg is not None], 120.0)
        approval = await self._desk.ask(plan, self._wall.now() + timedelta(seconds=100))
        quantities: dict[int, int] = {}
        if self._rng.random() < 0.1 and plan.legs[0].quantity > 1:
            lower = self._quantity(plan.legs[0].ticker, plan.legs[0].side.value, plan.legs[0].quantity - 1)
            if lower is not None:
                quantities = {1: lower}
                self._tally.did["lowered"] += 1
        wishes = self._wanted(plan, valid=True, quantities=quantities)
        await self._desk.answer(approval, plan, self._wall.now(), quantities=quantities)
        admitted = await self._submit(plan, wishes, approval_id=str(approval))
        if admitted:
            await self._afterwards(plan, wishes, str(approval))
        return wishes

    async def _afterwards(self, plan: Plan, wishes: Sequence[Wish], approval: str) -> None:
        chance = self._rng.random()
        if chance < 0.12:
            self._tally.did["submitted_twice"] += 1
            await self._submit(plan, wishes, approval_id=approval)
        elif chance < 0.38:
            await asyncio.sleep(self._rng.random() * 12)
            await self.cancels(wishes[0])
        elif chance < 0.62:
            await asyncio.sleep(self._rng.random() * 8)
            await self.revises(plan, wishes[0])
            if chance < 0.50:
                await asyncio.sleep(self._rng.random() * 5)
                await self.cancels(wishes[0])

    async def twice(self) -> None:
        """The same approval through two doors at once."""
        leg = self._leg(1, Side.BUY, 90.0)
        if leg is None:
            return
        self._tally.did["same_id_two_doors"] += 1
        plan = await self._plan([leg], 120.0)
        approval = await self._desk.ask(plan, self._wall.now() + timedelta(seconds=100))
        wishes = self._wanted(plan, valid=True)
        await self._desk.answer(approval, plan, self._wall.now())
        await asyncio.gather(*(self._submit(plan, wishes, approval_id=str(approval)) for _ in range(2)))

    async def changes_mind(self) -> None:
        """Version 2 of a plan takes the place of version 1, or is refused because that has gone out."""
        leg = self._leg(1, Side.BUY, 90.0)
        if leg is None:
            return
        self._tally.did["superseded"] += 1
        first = await self._plan([leg], 120.0)
        approval = await self._desk.ask(first, self._wall.now() + timedelta(seconds=100))
        wishes = self._wanted(first, valid=True)
        await self._desk.answer(approval, first, self._wall.now())
        await self._submit(first, wishes, approval_id=str(approval))
        other = self._quantity(leg.ticker, leg.side.value, _MOST[leg.ticker])
        if other is None:
            return
        second = await self._plan([replace(leg, quantity=other)], 120.0, first)
        approval = await self._desk.ask(second, self._wall.now() + timedelta(seconds=100))
        # One of the two may exist, not both: the judge is told of the second as the same intent's other quantity.
        self._judge.instead(wishes[0].intent_id, (self.number, leg.ticker, leg.side.value, other))
        await self._desk.answer(approval, second, self._wall.now())
        await self._submit(second, wishes, approval_id=str(approval))

    async def forges(self) -> None:
        """A word that is none. Nothing of it may ever reach the broker."""
        leg = self._leg(1, Side.BUY, 90.0)
        if leg is None:
            return
        now = self._wall.now()
        plan = await self._plan([leg], 120.0)
        kind = self._rng.choice(
            ("hash", "person", "late", "none", "rejected", "quantity", "principal", "token", "expired", "other_plan")
        )
        self._tally.did[f"forged_{kind}"] += 1
        approval = await self._desk.ask(plan, now + timedelta(seconds=-1 if kind == "expired" else 100))
        wishes = self._wanted(plan, valid=False)
        word, principal = {"approval_id": str(approval)}, "web"
        match kind:
            case "hash":
                await self._desk.forged(approval, plan, now, text="0" * 64)
            case "person":
                await self._desk.forged(approval, plan, now, by=UUID(int=self._rng.getrandbits(128)))
            case "late":
                await self._desk.answer(approval, plan, now + timedelta(seconds=101))
            case "rejected":
                await self._desk.answer(approval, plan, now, decision="reject")
            case "quantity":
                await self._desk.answer(approval, plan, now, quantities={1: leg.quantity + 1})
            case "principal":
                await self._desk.answer(approval, plan, now)
                principal = self._rng.choice(("worker", "guard", "admin"))
            case "token":
                await self._desk.answer(approval, plan, now)
                await self._with_token(plan, approval)
                return
            case "expired":
                await self._desk.answer(approval, plan, now)
            case "other_plan":
                word = {"approval_id": str(UUID(int=self._rng.getrandbits(128)))}
            case _:
                pass
        if await self._submit(plan, wishes, principal, **word):
            self._tally.wrongly.append(f"{kind}: {wishes[0].intent_id}")

    async def _with_token(self, plan: Plan, approval: UUID) -> None:
        request = pb.SubmitRequest(plan_id=str(plan.plan_id), version=1, approval_id=str(approval))
        try:
            await self._ask("Submit", request, "web", str(self.who.user_id), token="0" * 64)
        except (CallRefused, DoorClosed, TimeoutError):
            return
        self._tally.wrongly.append(f"token: {plan.plan_id}")

    async def mandated(self) -> None:
        """The worker trades under a mandate, which may be revoked meanwhile."""
        mandate = self._mandate or await self._signed()
        leg = self._leg(1, Side.BUY, 90.0)
        if leg is None:
            return
        self._tally.did["mandate"] += 1
        plan = await self._plan([leg], 120.0)
        wishes = self._wanted(plan, valid=True)
        self._under += [wish.intent_id for wish in wishes]
        revoked = self._rng.random() < 0.3
        work = asyncio.create_task(self._submit(plan, wishes, "worker", mandate_id=str(mandate.mandate_id)))
        if revoked:
            await asyncio.sleep(self._rng.random())
            await self._desk.revoke(mandate, self.who.user_id, self._wall.now())
            self._judge.steps.revoked(self._under)
            self._mandate = None
            self._tally.did["revoked"] += 1
        await work
        if revoked:  # what comes after the revocation has no word
            leg = self._leg(1, Side.BUY, 90.0)
            if leg is not None:
                plan = await self._plan([leg], 120.0)
                again = self._wanted(plan, valid=False)
                if await self._submit(plan, again, "worker", mandate_id=str(mandate.mandate_id)):
                    self._tally.wrongly.append(f"revoked: {again[0].intent_id}")

    async def _signed(self) -> Mandate:
        now = self._wall.now()
        self._count += 1
        mandate = Mandate(
            mandate_id=ids.mandate_id(self.who.account_ref, ("proving", self._count)),
            account_ref=self.who.account_ref,
            kind=MandateKind.CYCLE,
            tickers=frozenset(TICKERS),
            sectors=frozenset(),
            max_per_order=20_000_000,
            max_per_day=90_000_000,
            from_time=time(9),
            until_time=time(15, 30),
            expires_at=now + timedelta(days=20),
        )
        await self._desk.sign(mandate, self.who.user_id, now)
        self._mandate, self._under = mandate, []
        return mandate

    async def cancels(self, wish: Wish) -> None:
        self._tally.did["cancel"] += 1
        wish.cancel_asked = True
        request = pb.CancelRequest(
            account_ref=self.who.account_ref, intent_id=wish.intent_id, request_id=f"c{self._rng.getrandbits(48):x}"
        )
        reply = await self._try("Cancel", request)
        if reply is not None and self._rng.random() < 0.3:
            self._tally.did["cancelled_twice"] += 1
            await self._try("Cancel", request)

    async def revises(self, plan: Plan, wish: Wish) -> None:
        leg = next(leg for leg in plan.legs if str(ids.intent_id(plan.plan_id, leg.leg)) == wish.intent_id)
        price = self._price(leg.ticker, leg.side, self._rng.choice(("take", "rest")))
        if leg.limit_price is None or price is None:
            return
        self._tally.did["revise"] += 1
        self._judge.revised(wish.intent_id, price)
        request = pb.ReviseRequest(
            account_ref=self.who.account_ref,
            intent_id=wish.intent_id,
            new_price=price,
            request_id=f"r{self._rng.getrandbits(48):x}",
        )
        await self._try("Revise", request)

    async def halts(self) -> None:
        """Now and then while an order of one's own is just about to leave."""
        bought = asyncio.create_task(self.buys()) if self._rng.random() < 0.6 else None
        if bought is not None:
            self._tally.did["halt_while_buying"] += 1
            await asyncio.sleep(self._rng.random() * 1.5)
        scope = "global" if self.who.is_owner and self._rng.random() < 0.3 else "account"
        name = "*" if scope == "global" else self.number
        self._tally.did[f"halt_{scope}"] += 1
        request = pb.TradingStateRequest(
            scope=scope, account_ref=self.who.account_ref, state="HALTED", reason="proving"
        )
        if await self._try("SetTradingState", request) is not None:
            self._judge.halted(name)
        await asyncio.sleep(2.0 + self._rng.random() * 20)
        request.state = "ACTIVE"
        self._judge.resumed(name)
        for _ in range(20):
            if await self._try("SetTradingState", request) is not None:
                break
            await asyncio.sleep(10.0)
        if bought is not None:
            await bought

    async def reduces(self) -> None:
        """Only less for a while; what was waiting to be bought waits or is refused."""
        self._tally.did["reduce"] += 1
        request = pb.TradingStateRequest(
            scope="account", account_ref=self.who.account_ref, state="REDUCING", reason="proving"
        )
        self._judge.resumed(self.number)  # who was halted sells again from here on
        await self._try("SetTradingState", request)
        await asyncio.sleep(self._rng.random() * 10)
        await self.starts_again("account")

    async def starts_again(self, scope: str) -> bool:
        self._judge.resumed("*" if scope == "global" else self.number)
        request = pb.TradingStateRequest(
            scope=scope, account_ref=self.who.account_ref, state="ACTIVE", reason="proving"
        )
        return await self._try("SetTradingState", request, tries=20) is not None

    # The evening ----------------------------------------------------------------------------------------------------

    async def settles(self, intent_id: str, verdict: str | None, odno: str) -> bool:
        """A person looks at the broker's own app and decides. `verdict` None adopts `odno`."""
        request = pb.ResolveRequest(
            account_ref=self.who.account_ref,
            intent_id=intent_id,
            reason="seen at the broker",
            confirmation=intent_id[:8],
        )
        if verdict == "absent":
            request.absent = True
        else:
            request.adopt_broker_order_no = odno
        self._tally.did["resolved_absent" if verdict == "absent" else "resolved_adopt"] += 1
        return await self._try("Resolve", request) is not None


def acts_of(person: Person, rng: random.Random, *, calm: bool) -> Callable[[], Awaitable[None]]:
    """What somebody does next."""
    acts: list[tuple[int, Callable[[], Awaitable[None]]]] = [
        (34, person.buys),
        (22, person.sells),
        (9, person.funds),
        (9, person.mandated),
        (6, person.twice),
        (5, person.changes_mind),
        (8, person.forges),
    ]
    if not calm:
        acts += [(3, person.halts), (1, person.reduces)]
    return rng.choices([act for _, act in acts], [weight for weight, _ in acts])[0]
