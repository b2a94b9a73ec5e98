"""Who writes receipts: after a turn that made or decided a plan, and again whenever the tables have moved on.

Contract: `after` and `complete` may be called as often as one likes, by several processes, after any crash: a receipt
is begun once, and what a chain says already is not said again. What a turn knew and died with is read back from the
conversation's own history; what is not there any more is left out, never made up. A receipt that cannot be written
costs no turn: it is logged and tried again. Decides nothing and orders nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from domain.orders.types import Plan
from domain.receipt import ReceiptError
from graph.receipts.facts import followed
from graph.receipts.said import Said, begun
from graph.turn import TurnResult
from tools.ports import Ports, PortUnavailable
from tools.trail import TrailPort

log = structlog.get_logger(__name__)

Remember = Callable[[Plan], Awaitable[Said]]


class Recorder:
    """`ports.receipts` keeps the chains, `trails` reads what the tables know."""

    def __init__(self, ports: Ports, trails: TrailPort) -> None:
        self._ports = ports
        self.trails = trails

    async def after(self, result: TurnResult) -> None:
        """Of a turn that came to a card or past the order desk."""
        plan_id = _plan_of(result)
        if plan_id is None:
            return
        try:
            await self.settle(plan_id, Said.of(result.values))
        except PortUnavailable as gone:
            log.warning("receipt.unavailable", where=gone.where)
        except Exception as fault:  # the turn is done and said: a defect of its record must not unsay it
            log.error("receipt.failed", plan=str(plan_id), fault=type(fault).__name__, text=str(fault)[:200])

    async def complete(self, remember: Remember, limit: int = 50) -> list[UUID]:
        """Every receipt that the tables have moved past; those that grew. Raises PortUnavailable."""
        grown = []
        for plan_id in await self.trails.moved(limit):
            try:
                if await self.settle(plan_id, None, remember):
                    grown.append(plan_id)
            except (ReceiptError, ValueError, KeyError, TypeError) as fault:  # one broken receipt must not stop others
                log.error("receipt.failed", plan=str(plan_id), fault=type(fault).__name__, text=str(fault)[:200])
        return grown

    async def settle(self, plan_id: UUID, said: Said | None, remember: Remember | None = None) -> bool:
        """Begins the receipt if it is not, and adds what the tables tell by now. True when something was added."""
        trail = await self.trails.trail(plan_id)
        if trail is None:
            return False
        receipts, now = self._ports.receipts, self._ports.clock.now()
        chain = await receipts.chain(plan_id)
        drafts = followed(trail, self._ports.instruments, now)
        if not chain:
            if said is None:
                said = Said() if remember is None else await remember(trail.plans[0])
            if await receipts.open(plan_id, [*begun(trail, said, now), *drafts]):
                return True
        before = len(await receipts.chain(plan_id))
        for kind, body, at in drafts:
            await receipts.append(plan_id, kind, body, at)
        return len(await receipts.chain(plan_id)) > before


def _plan_of(result: TurnResult) -> UUID | None:
    if result.failed or not result.fresh:
        return None
    if result.approval is not None:
        return result.approval.plan_id
    known = result.values.get("plan_id")
    return UUID(known) if known and "order_desk" in (result.values.get("route") or result.route) else None
