"""From a wanted leg to the OMS's answer: once in effect, however often it is asked.

Contract: a plan's id follows from account, strategy, hash, name and the end of the bar, so the same bar is the same
plan; what is stored first counts. The question is written down before it is put. A silent door leaves it open, and
it is put again with the same ids and no others; a definite answer is written once, with a line in the journal, and is
never asked again. A strategy that may not ask any more (stopped, changed) only looks whether its question took effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from domain import ids
from domain.clock import KST, Clock
from domain.instruments import Instruments, Kind
from domain.limits import FULL_BPS
from domain.orders.plans import plan_hash
from domain.orders.types import Plan, Side
from domain.proto import oms_pb2 as pb
from domain.strategy.running import StrategyRun, sleeve_of
from domain.strategy.spec import StrategySpec
from domain.ticks import round_to_tick
from execution.desk.drafting import deadlines, first_draft, wanted_legs
from execution.desk.options import DEFAULT_OPTIONS
from execution.worker import words
from execution.worker.ports import Door, Memory, Papers
from execution.worker.seeing import Wanted
from tools.ports import Identity, JournalEntry, PortRefused, PortUnavailable
from tools.store.worker_memory import Asked

log = structlog.get_logger("worker.asking")


@dataclass(frozen=True, slots=True)
class Moment:
    """`now` market time."""

    now: datetime
    calendar: str


def origin_of(run: StrategyRun, ticker: str, bar_end: int) -> tuple[str | int, ...]:
    """What a plan's id is made of."""
    return ("strategy", str(run.strategy_id), run.hash, ticker, bar_end)


def bound_price(spec: StrategySpec, side: Side, quote: pb.QuoteReply, kind: Kind, at: datetime) -> int | None:
    """The worst price that the strategy takes, on its price unit and inside the day's band; None at market."""
    if spec.orders.type == "market":
        return None
    bps = FULL_BPS + (spec.orders.slippage_bps if side is Side.BUY else -spec.orders.slippage_bps)
    price = round_to_tick(max(1, quote.price * bps // FULL_BPS), side, kind, at.astimezone(KST).date())
    if quote.upper_limit:
        price = min(price, quote.upper_limit)
    return max(price, quote.lower_limit) if quote.lower_limit else price


class Asking:
    """The way to the door, for every strategy."""

    def __init__(self, door: Door, papers: Papers, memory: Memory, table: Instruments, wall: Clock) -> None:
        self._door = door
        self._papers = papers
        self._memory = memory
        self._table = table
        self._wall = wall

    async def ask(
        self,
        who: Identity,
        run: StrategyRun,
        spec: StrategySpec,
        wanted: Wanted,
        quote: pb.QuoteReply,
        mandate_id: UUID,
        bar_end: int,
        at: Moment,
    ) -> None:
        """Puts the question of this bar, unless it was put before. PortUnavailable: the desk is silent; ask again."""
        plan_id = ids.plan_id(run.account_ref, origin_of(run, wanted.ticker, bar_end))
        if await self._memory.asked(plan_id) is not None:
            return
        plan = await self._papers.plan(plan_id, 1)
        if plan is None:
            await self._papers.save_plan(self._drafted(run, spec, wanted, quote, bar_end, at))
            plan = await self._papers.plan(plan_id, 1)
        if plan is None:
            raise PortUnavailable("주문 계획을 다시 읽지 못했어요.", where="desk")
        (leg,) = plan.legs
        asked = Asked(
            plan_id=plan.plan_id,
            version=plan.version,
            mandate_id=mandate_id,
            account_ref=run.account_ref,
            user_id=run.user_id,
            strategy_id=run.strategy_id,
            hash=run.hash,
            ticker=leg.ticker,
            side=leg.side.value,
            value=leg.quantity * quote.price,
            why=wanted.why,
            bar_end=bar_end,
            answer="",
            asked_at=at.now,
        )
        await self._memory.ask(asked)
        await self.put(who, asked)

    async def put(self, who: Identity, asked: Asked) -> bool:
        """Once to the door; whether it answered."""
        request = pb.SubmitRequest(plan_id=str(asked.plan_id), version=asked.version, mandate_id=str(asked.mandate_id))
        try:
            reply = await self._door.submit(who, request)
        except PortRefused as no:
            await self._answer(asked, "refused", no.message, (), {"code": no.code})
        except PortUnavailable as silent:
            log.warning("door_silent", plan=str(asked.plan_id), reason=silent.message)
            return False
        else:
            if reply.outcome in (pb.SubmitReply.ADMITTED, pb.SubmitReply.ALREADY_ADMITTED):
                await self._answer(asked, "admitted", reply.message, ())
            else:
                codes = [{"code": found.code, "message": found.message} for found in reply.findings]
                await self._answer(asked, "refused", reply.message, reply.findings, {"findings": codes})
        return True

    async def look(self, who: Identity, asked: Asked) -> bool:
        """Whether an old question is settled, without putting it again."""
        if await self._door.orders(who, plan_id=str(asked.plan_id)):
            await self._answer(asked, "admitted", "", ())
            return True
        plan = await self._papers.plan(asked.plan_id, asked.version)
        if plan is not None and max(leg.not_after for leg in plan.legs) >= self._wall.now():
            return False  # it may still be on its way
        await self._answer(asked, "refused", "전략이 멈춰 있어 주문하지 않았어요.", ())
        return True

    async def _answer(
        self, asked: Asked, answer: str, message: str, findings: Any, detail: dict[str, Any] | None = None
    ) -> None:
        await self._memory.answered(asked.plan_id, answer, self._wall.now())
        plan = await self._papers.plan(asked.plan_id, asked.version)
        row, side = self._table.get(asked.ticker), Side(asked.side)
        name = f"{row.name}({asked.ticker})" if row is not None else asked.ticker
        if answer == "admitted":
            quantity = plan.legs[0].quantity if plan is not None else 0
            text, kind = f"{name} {quantity:,}주 {words.SIDES[side]}: {words.REASONS[asked.why]}.", "order"
        else:
            text, kind = words.refused(name, side, findings, message), "refusal"
        known = {"plan_id": str(asked.plan_id), "strategy_id": str(asked.strategy_id), "bar_end": asked.bar_end}
        if plan is not None:
            known["plan_hash"] = plan_hash(plan)
        entry = JournalEntry(self._wall.now(), kind, asked.ticker, text, {**known, **(detail or {})})
        await self._papers.note(asked.user_id, entry)
        log.info("answered", plan=str(asked.plan_id), ticker=asked.ticker, side=asked.side, answer=answer)

    def _drafted(
        self, run: StrategyRun, spec: StrategySpec, wanted: Wanted, quote: pb.QuoteReply, bar_end: int, at: Moment
    ) -> Plan:
        row = self._table.get(wanted.ticker)
        price = bound_price(spec, wanted.side, quote, Kind.STOCK if row is None else row.kind, at.now)
        until = deadlines(self._wall.now(), at.now, at.calendar, DEFAULT_OPTIONS)
        wish = {
            "ticker": wanted.ticker,
            "side": wanted.side.value,
            "qty": wanted.quantity,
            "order_type": "market" if price is None else "limit",
            "price": price,
            "initiative": "agent",
            "reason": words.leg_reason(spec.metadata.name, wanted.why),
        }
        return first_draft(
            account_ref=run.account_ref,
            user_id=run.user_id,
            sleeve=sleeve_of(run.strategy_id),
            origin=origin_of(run, wanted.ticker, bar_end),
            legs=wanted_legs([wish], until),
            profile_version=spec.profile_version,
            strategy_id=run.strategy_id,
            now=self._wall.now(),
            until=until,
        )
