"""Monthly savings on their day: from a signed mandate to one plan a month, through the OMS's own gate.

    due → budget (the sum and what was left) → whole shares → Preview → Submit under the mandate → said and written

Contract: the plan's id follows from savings plan and month, and what is stored first counts, so a month that is begun
twice is one purchase; its row says once what came of it, with the alert about it. Nothing is bought without a mandate
in force, outside the continuous session, or with money that is not there; what stops it is told in the OMS's words. A
door or a market that is silent leaves the month open: the next look goes on with the same ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

import structlog

from domain import ids
from domain.calendar import Phase, calendar_named
from domain.clock import KST, Clock
from domain.instruments import Instruments, Kind
from domain.money import format_won
from domain.orders.types import Plan, Side
from domain.proto import oms_pb2 as pb
from domain.savings import (
    SLEEVE,
    Done,
    DueMonth,
    Month,
    Savings,
    budget_of,
    carried_from,
    due,
    origin_of,
    quantities,
    slot_of,
)
from domain.slots import Kind as SlotKind
from domain.slots import Outcome as SlotOutcome
from domain.watch import Alert, AlertKind
from execution.desk import drafting
from execution.desk.options import DEFAULT_OPTIONS
from graph.savings_words import BOUGHT, KEPT, LATE, NOT_ALLOWED, REFUSED, SHORT, why_of
from graph.schedule.ports import SlotPort
from nodes.pricing import limit_near
from tools.ports import DeskPort, Identity, MarketPort, OmsPort, PortRefused, StoredMandate
from tools.store.outbox import Outbox
from tools.watching import WatchPort

log = structlog.get_logger(__name__)

OPENED = time(9, 5)  # the first minutes of a session have wide spreads
TAKEN_FOR = timedelta(minutes=5)  # a month that another runner claimed and did not end is taken over after that


@dataclass(frozen=True, slots=True)
class _Session:
    """The market as one look found it."""

    now: datetime
    calendar: str

    @property
    def on(self) -> date:
        return self.now.date()


class SavingsJob:
    """`oms` submits mandates as the worker and reads as a face (`graph.standing_orders`)."""

    def __init__(
        self,
        oms: OmsPort,
        market: MarketPort,
        desk: DeskPort,
        watching: WatchPort,
        outbox: Outbox,
        slots: SlotPort,
        table: Instruments,
        clock: Clock,
        venue: str,
        by: str,
    ) -> None:
        self._oms = oms
        self._market = market
        self._desk = desk
        self._watching = watching
        self._outbox = outbox
        self._slots = slots
        self._table = table
        self._clock = clock
        self._venue = venue
        self._by = by
        self._others: dict[tuple[UUID, str], datetime] = {}  # months that somebody else claimed, since when we know

    async def once(self) -> int:
        """How many months were ended. Raises PortUnavailable; what is left is met at the next look."""
        plans = await self._outbox.savings(self._venue)
        if not plans:
            return 0
        clock = await self._market.market_clock()
        session = _Session(clock.now.ToDatetime(UTC).astimezone(KST), clock.calendar)
        if clock.phase != Phase.CONTINUOUS or (clock.calendar != "always" and session.now.time() < OPENED):
            return 0
        people = {who.account_ref: who for who in await self._outbox.everybody(self._venue)}
        ended = 0
        for plan in plans:
            who = people.get(plan.account_ref)
            if who is not None and await self._served(who, plan, session):
                ended += 1
        return ended

    async def _served(self, who: Identity, plan: Savings, session: _Session) -> bool:
        mandates = await self._desk.mandates(plan.account_ref)
        mandate = next((row for row in mandates if row.mandate_id == plan.mandate_id), None)
        if mandate is None or mandate.signed_at is None or not mandate.is_live(self._clock.now()):
            return False
        months = await self._watching.months(plan.savings_id)
        begun = replace(plan, made_at=max(plan.made_at, mandate.signed_at.astimezone(KST)))
        calendar = calendar_named(session.calendar)
        found = due(begun, {each.month for each in months}, session.on, calendar)
        if found is None or not await self._is_ours(plan, found.month):
            return False
        month = await self._month(who, plan, found, mandate, months[-1] if months else None, session)
        if month is None:
            return False
        names = ", ".join(self._name(ticker) for ticker in plan.tickers)
        alert = None
        if (await self._watching.choices(who.user_id)).wants(AlertKind.SAVINGS):
            key = f"savings:{plan.savings_id}:{month.month}"
            text = f"{names} 적립식 {int(month.month[5:])}월분: {month.text}"
            alert = Alert(who.user_id, key, AlertKind.SAVINGS, text, month.at, plan.tickers[0])
        if not await self._outbox.close_month(month, alert):
            return False
        outcome = SlotOutcome.SKIPPED if month.outcome is Done.SKIPPED else SlotOutcome.DONE
        slot = slot_of(plan, month.month)
        await self._slots.ended(plan.account_ref, SlotKind.SAVINGS, slot, self._clock.now(), outcome, month.text)
        log.info("savings.month", savings=str(plan.savings_id), month=month.month, outcome=month.outcome.value)
        return True

    async def _is_ours(self, plan: Savings, month: str) -> bool:
        now, key = self._clock.now(), (plan.savings_id, month)
        if await self._slots.claim(plan.account_ref, SlotKind.SAVINGS, slot_of(plan, month), now, self._by):
            self._others[key] = now - TAKEN_FOR  # ours: a look that was cut short is taken up at the next one
            return True
        return now - self._others.setdefault(key, now) >= TAKEN_FOR

    # One month ----------------------------------------------------------------------------------------------------
    async def _month(
        self,
        who: Identity,
        plan: Savings,
        found: DueMonth,
        mandate: StoredMandate,
        last: Month | None,
        session: _Session,
    ) -> Month | None:
        """What came of it; None when a price is missing and the next look may have it."""
        carried = carried_from(last, await self._spent(who, last))
        if found.late:
            return self._ended(plan, found, Done.SKIPPED, carried, 0, LATE)
        budget = budget_of(plan, carried, int(mandate.bounds["max_per_day"]))
        plan_id = ids.plan_id(plan.account_ref, origin_of(plan, found.month))
        placed = await self._oms.orders(who, plan_id=str(plan_id))
        if placed:  # sent before a crash
            return self._bought(plan, found, budget, placed)
        limits = await self._limits(plan, session)
        if not limits:
            return None
        shares = quantities(budget, plan.tickers, limits)
        if not shares:
            return self._ended(plan, found, Done.KEPT, budget, 0, KEPT.format(budget=format_won(budget)))
        needed = sum(count * limits[ticker] for ticker, count in shares.items())
        there = (await self._oms.book(who)).buying_power
        if there < needed:
            text = SHORT.format(needed=f"{needed:,}원", there=f"{there:,}원")
            return self._ended(plan, found, Done.SKIPPED, carried, 0, text)
        order = await self._drafted(who, plan, found, shares, limits, session)
        return await self._submitted(who, plan, found, mandate, order, budget, carried)

    async def _spent(self, who: Identity, last: Month | None) -> int:
        if last is None or last.plan_id is None:
            return 0
        orders = await self._oms.orders(who, plan_id=str(last.plan_id))
        return sum(order.filled_amount + order.fee for order in orders)

    async def _limits(self, plan: Savings, session: _Session) -> dict[str, int]:
        """The most that a share of each name may cost, won; names without a price today are left out."""
        found = {}
        for quote in await self._market.quotes(list(plan.tickers)):
            if not quote.found or quote.price <= 0 or quote.halted:
                continue
            row = self._table.get(quote.ticker)
            kind = Kind.STOCK if row is None else row.kind
            upper, lower = quote.upper_limit or None, quote.lower_limit or None
            found[quote.ticker] = limit_near(quote.price, None, Side.BUY, kind, session.on, upper=upper, lower=lower)
        return found

    async def _drafted(
        self,
        who: Identity,
        plan: Savings,
        found: DueMonth,
        shares: Mapping[str, int],
        limits: Mapping[str, int],
        session: _Session,
    ) -> Plan:
        """This month's plan as it is stored: what was written first counts while it can still be sent."""
        until = drafting.deadlines(self._clock.now(), session.now, session.calendar, DEFAULT_OPTIONS)
        wishes = [
            {
                "ticker": ticker,
                "side": Side.BUY.value,
                "qty": count,
                "order_type": "limit",
                "price": limits[ticker],
                "initiative": "agent",
                "reason": f"적립식 {found.month}",
            }
            for ticker, count in shares.items()
        ]
        legs = drafting.wanted_legs(wishes, until)
        profile = await self._desk.latest_profile(who.user_id)
        fresh = drafting.first_draft(
            account_ref=plan.account_ref,
            user_id=plan.user_id,
            sleeve=SLEEVE,
            origin=origin_of(plan, found.month),
            legs=legs,
            profile_version=None if profile is None else profile.version,
            strategy_id=None,
            now=self._clock.now(),
            until=until,
        )
        newest = await self._desk.plan(fresh.plan_id)
        if newest is not None and min(leg.not_after for leg in newest.legs) > self._clock.now():
            return newest
        if newest is not None:
            fresh = drafting.next_version(newest, legs, self._clock.now(), until)
        await self._desk.save_plan(fresh)
        return await self._desk.plan(fresh.plan_id, fresh.version) or fresh

    async def _submitted(
        self,
        who: Identity,
        plan: Savings,
        found: DueMonth,
        mandate: StoredMandate,
        order: Plan,
        budget: int,
        carried: int,
    ) -> Month:
        ref = pb.PlanRef(plan_id=str(order.plan_id), version=order.version, account_ref=who.account_ref)
        preview = await self._oms.preview(who, ref)
        order, lowered = await self._lowered(order, preview) if preview.admissible else (replace(order, legs=()), "")
        if not order.legs:
            return self._ended(plan, found, Done.SKIPPED, carried, 0, REFUSED.format(why=why_of(preview.findings)))
        request = pb.SubmitRequest(
            plan_id=str(order.plan_id), version=order.version, mandate_id=str(mandate.mandate_id)
        )
        try:
            reply = await self._oms.submit(who, request)
        except PortRefused as no:
            return self._ended(plan, found, Done.SKIPPED, carried, 0, REFUSED.format(why=no.message))
        if reply.outcome not in (pb.SubmitReply.ADMITTED, pb.SubmitReply.ALREADY_ADMITTED):
            why = why_of(reply.findings) if reply.findings else reply.message or NOT_ALLOWED
            return self._ended(plan, found, Done.SKIPPED, carried, 0, REFUSED.format(why=why))
        month = self._bought(plan, found, budget, reply.orders)
        return replace(month, text=f"{month.text} 한도에 맞춰 줄였어요: {lowered}") if lowered else month

    async def _lowered(self, order: Plan, preview: pb.PreviewReply) -> tuple[Plan, str]:
        """The plan as the gate admits it, and the sentence of what lowered it; without legs when nothing is left."""
        admitted = {leg.leg: leg for leg in preview.legs}
        legs = drafting.lowered(order.legs, {number: leg.quantity for number, leg in admitted.items()})
        legs = drafting.at_prices(legs, {number: leg.price for number, leg in admitted.items() if leg.price > 0})
        if legs == order.legs:
            return order, ""
        why = why_of([found for found in preview.findings if found.effect == "clamp"] or preview.findings)
        legs = tuple(leg for leg in legs if leg.quantity > 0)
        if not legs:
            return replace(order, legs=()), why
        now = self._clock.now()
        until = drafting.Deadlines(order.expires_at, legs[0].not_after, legs[0].not_after)
        lower = drafting.next_version(order, legs, now, until)
        await self._desk.save_plan(lower)
        return await self._desk.plan(lower.plan_id, lower.version) or lower, why

    def _bought(self, plan: Savings, found: DueMonth, budget: int, rows: Sequence[pb.Order]) -> Month:
        legs = ", ".join(f"{row.name or self._name(row.ticker)} {row.quantity:,}주" for row in rows)
        cost = sum(row.quantity * row.price for row in rows)
        text = BOUGHT.format(legs=legs, cost=f"{cost:,}원")
        month = self._ended(plan, found, Done.ORDERED, max(budget, 0), cost, text)
        return replace(month, plan_id=UUID(rows[0].plan_id))

    def _ended(self, plan: Savings, found: DueMonth, outcome: Done, budget: int, ordered: int, text: str) -> Month:
        return Month(plan.savings_id, found.month, outcome, budget, ordered, text, self._clock.now())

    def _name(self, ticker: str) -> str:
        row = self._table.get(ticker)
        return ticker if row is None else row.name
