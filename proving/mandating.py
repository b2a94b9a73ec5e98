"""The worker's orders under a mandate that a person signs, and may take back while one is on its way.

Contract: the judge hears of a revocation when it is committed; what asks for an order on that word later is forged.
"""

from __future__ import annotations

import asyncio
from datetime import time, timedelta
from typing import Any

from domain import ids
from domain.mandate import Mandate, MandateKind
from domain.orders.types import Side
from execution.oms.errors import Unfit
from proving.wishes import TICKERS, Wisher


class Mandating(Wisher):
    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._mandate: Mandate | None = None
        self._under: list[str] = []  # intents of that mandate

    async def mandated(self) -> None:
        """The worker trades under a mandate, which may be revoked meanwhile."""
        mandate = self._mandate or await self._signed()
        leg = self._leg(1, Side.BUY)
        if leg is None:
            return
        self._tally.did["mandate"] += 1
        plan = await self._plan([leg])
        wishes = self._wanted(plan, valid=True)
        self._under += [wish.intent_id for wish in wishes]
        revoked = self._rng.random() < 0.3
        work = asyncio.create_task(self._submit(plan, wishes, "worker", mandate_id=str(mandate.mandate_id)))
        if revoked:
            await asyncio.sleep(self._rng.random())
            try:
                await self._desk.revoke(mandate, self.who.user_id, self._wall.now())
            except Unfit:  # a restored older ledger knows of no such mandate
                if not self._judge.steps.forgotten:
                    raise
            self._judge.steps.revoked(self._under)
            self._mandate = None
            self._tally.did["revoked"] += 1
        await work
        if revoked:  # what comes after the revocation has no word
            leg = self._leg(1, Side.BUY)
            if leg is not None:
                plan = await self._plan([leg])
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
