"""The people of a world: they plan, approve, mandate, change their minds, press twice, forge, halt and resume.

Contract: everything goes through the desk's rows and the door's calls, as the screens do it. Every choice is the
seed's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from domain import ids
from domain.orders.types import Leg, Plan, Side
from domain.proto import oms_pb2 as pb
from proving.forging import Forging
from proving.mandating import Mandating
from proving.wishes import MOST, Wish


class Person(Forging, Mandating):
    """One household."""

    # What they do ---------------------------------------------------------------------------------------------------

    async def buys(self) -> None:
        await self._approved([self._leg(1, Side.BUY)], "buy")

    async def sells(self) -> None:
        await self._approved([self._leg(1, Side.SELL)], "sell")

    async def again(self, ticker: str, side: Side) -> None:
        """Another order of a name and side of which one is uncertain: who will wait half a minute?"""
        await self._approved([self._leg(1, side, name=ticker)], "impatient")

    async def funds(self) -> None:
        """A sale that a purchase waits for."""
        await self._approved([self._leg(1, Side.SELL), self._leg(2, Side.BUY, after=1)], "dependent_legs")

    async def _approved(self, legs: Sequence[Leg | None], name: str) -> list[Wish]:
        if any(leg is None for leg in legs):
            return []
        self._tally.did[name] += 1
        plan = await self._plan([leg for leg in legs if leg is not None])
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

    def intends(self, ticker: str, side: Side, kind: str, most: int | None = None, least: int = 1) -> Leg | None:
        """A leg as a story needs it. `most`, `least`: shares."""
        return self._leg(1, side, name=ticker, kind=kind, most=most, least=least)

    async def places(self, ticker: str, side: Side, kind: str, least: int = 1) -> tuple[Plan, Wish] | None:
        leg = self.intends(ticker, side, kind, least=least)
        return await self.places_leg(leg) if leg is not None else None

    async def places_leg(self, leg: Leg) -> tuple[Plan, Wish] | None:
        """One order, and nothing of chance after it. None where it was refused."""
        plan = await self._plan([leg])
        approval = await self._desk.ask(plan, self._wall.now() + timedelta(seconds=100))
        wishes = self._wanted(plan, valid=True)
        await self._desk.answer(approval, plan, self._wall.now())
        if not await self._submit(plan, wishes, approval_id=str(approval)):
            return None
        return plan, wishes[0]

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
        leg = self._leg(1, Side.BUY)
        if leg is None:
            return
        self._tally.did["same_id_two_doors"] += 1
        plan = await self._plan([leg])
        approval = await self._desk.ask(plan, self._wall.now() + timedelta(seconds=100))
        wishes = self._wanted(plan, valid=True)
        await self._desk.answer(approval, plan, self._wall.now())
        await asyncio.gather(*(self._submit(plan, wishes, approval_id=str(approval)) for _ in range(2)))

    async def changes_mind(self) -> None:
        """Version 2 of a plan takes the place of version 1, or is refused because that has gone out."""
        leg = self._leg(1, Side.BUY)
        if leg is None:
            return
        self._tally.did["superseded"] += 1
        first = await self._plan([leg])
        approval = await self._desk.ask(first, self._wall.now() + timedelta(seconds=100))
        wishes = self._wanted(first, valid=True)
        await self._desk.answer(approval, first, self._wall.now())
        await self._submit(first, wishes, approval_id=str(approval))
        other = self._quantity(leg.ticker, leg.side.value, MOST[leg.ticker])
        if other is None:
            return
        second = await self._plan([replace(leg, quantity=other)], first)
        approval = await self._desk.ask(second, self._wall.now() + timedelta(seconds=100))
        # One of the two may exist, not both: the judge is told of the second as the same intent's other quantity.
        self._judge.instead(wishes[0].intent_id, (self.number, leg.ticker, leg.side.value, other))
        await self._desk.answer(approval, second, self._wall.now())
        await self._submit(second, wishes, approval_id=str(approval))

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
        if self._rng.random() < 0.3:
            self._tally.did["reduced_twice"] += 1
            await self._try("SetTradingState", request)
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
        reply = await self._try("Resolve", request)
        return reply is not None and reply.accepted


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
