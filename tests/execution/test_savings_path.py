"""Monthly savings at the real OMS and exchange: one plan a month under the signed mandate, through the same gate."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from oms_path import KODEX200, PATIENCE_S, Path_, Person
from standing import revoke, signed

from domain.clock import KST, SystemClock
from domain.instruments import Instruments
from domain.mandate import Mandate, MandateKind
from domain.orders.types import Side
from domain.savings import Done, Month, Savings
from domain.watch import Alert, AlertKind
from graph.savings import SavingsJob
from graph.standing_orders import OmsByAuthority
from tools.oms_client import OmsChannel, OmsClient
from tools.store.desk import Desk
from tools.store.outbox import Outbox
from tools.store.pool import make_dict_pool
from tools.store.secrets import instance_secret
from tools.store.slots import Slots
from tools.store.watching import Watching

SUM = 300_000


class Dying(Outbox):
    """A process that ends between the order and the row that says so, as often as `left`."""

    left = 0

    async def close_month(self, month: Month, alert: Alert | None) -> bool:
        if self.left:
            self.left -= 1
            raise InterruptedError
        return await super().close_month(month, alert)


@dataclass
class Saver:
    """A person with a signed plan of last month, and the job that serves it."""

    path: Path_
    who: Person
    job: SavingsJob
    outbox: Dying
    watching: Watching
    plan: Savings = field(init=False)
    mandate: Mandate = field(init=False)

    async def begin(self, amount: int = SUM, most: int = 2 * SUM, ticker: str = KODEX200) -> Savings:
        mandate = self.mandate = signed(
            self.who,
            most,
            kind=MandateKind.SAVINGS,
            tickers=frozenset({ticker}),
            sides=frozenset({Side.BUY}),
            expires_at=datetime.now(KST) + timedelta(days=300),
        )
        before = datetime.now(KST) - timedelta(days=20)
        with self.path.admin() as admin:  # signed a while ago
            admin.execute("UPDATE desk.mandates SET signed_at = %s WHERE mandate_id = %s", (before, mandate.mandate_id))
        self.plan = Savings(
            savings_id=uuid4(),
            user_id=self.who.identity.user_id,
            account_ref=self.who.account,
            mandate_id=mandate.mandate_id,
            amount=amount,
            day=datetime.now(KST).day,
            tickers=(ticker,),
            made_at=before,
        )
        await self.watching.add_savings(self.plan)
        return self.plan

    async def month(self) -> Month:
        (month,) = await self.watching.months(self.plan.savings_id)
        return month


@pytest.fixture
async def saver(path: Path_) -> AsyncIterator[Saver]:
    working = OmsChannel(path.oms.address, instance_secret(path.database.settings), "worker")
    async with make_dict_pool(path.database.url("graph"), "test-savings", max_size=2) as pool:
        outbox, watching, oms = Dying(pool), Watching(pool), OmsByAuthority(path.client, OmsClient(working))
        parts: Any = (oms, path.market, Desk(pool), watching, outbox, Slots(pool), Instruments.load())
        who = path.person()
        await path.client.book(who.identity)
        job = SavingsJob(*parts, SystemClock(), "sim", "test")
        yield Saver(path, who, job, outbox, watching)
    await working.aclose()


async def test_the_day_of_a_plan_buys_whole_shares_once_and_tells_what_is_left(saver: Saver) -> None:
    plan = await saver.begin()
    await saver.job.once()
    month = await saver.month()
    assert month.outcome is Done.ORDERED
    assert month.budget == SUM
    (order,) = await saver.path.until(saver.who, "FILLED", seconds=PATIENCE_S)
    assert (order.sleeve, order.authority, order.ticker, order.side) == ("savings", "mandate", KODEX200, "buy")
    assert order.quantity == month.ordered // order.price > 0
    assert month.ordered <= SUM < month.ordered + order.price * 102 // 100
    assert "남는 돈은 다음 달로" in month.text
    inbox = await saver.watching.inbox(saver.who.identity.user_id)
    assert [(each.alert.kind, each.alert.key) for each in inbox] == [
        (AlertKind.SAVINGS, f"savings:{plan.savings_id}:{month.month}")
    ]
    assert await saver.job.once() == 0
    assert len(await saver.path.orders(saver.who)) == 1


async def test_a_process_that_dies_after_the_order_buys_nothing_a_second_time(saver: Saver) -> None:
    await saver.begin()
    saver.outbox.left = 2
    for _ in range(2):
        with suppress(InterruptedError):
            await saver.job.once()
    assert await saver.watching.months(saver.plan.savings_id) == []
    await saver.job.once()
    month = await saver.month()
    assert month.outcome is Done.ORDERED
    orders = await saver.path.orders(saver.who)
    assert len(orders) == 1
    assert month.plan_id == UUID(orders[0].plan_id)


@pytest.mark.parametrize("case", ["cash", "halt", "revoked", "limit", "unsuitable"])
async def test_what_stops_or_lowers_a_purchase_is_said_in_words(saver: Saver, case: str) -> None:
    if case == "cash":
        await saver.begin(300_000_000, 600_000_000)
    elif case == "limit":  # a fifth of the capital at most in one stock
        await saver.begin(90_000_000, 180_000_000, "005930")
    elif case == "unsuitable":
        with saver.path.admin() as admin:
            admin.execute(
                "UPDATE desk.profiles SET grade = '적극투자형' WHERE user_id = %s", (saver.who.identity.user_id,)
            )
        await saver.begin(ticker="122630")  # a leveraged fund
    else:
        await saver.begin()
    if case == "halt":
        await saver.path.client.set_trading_state(saver.who.identity, "HALTED", "시험")
    if case == "revoked":
        revoke(saver.who, saver.mandate)
    await saver.job.once()
    orders = await saver.path.orders(saver.who)
    if case == "revoked":
        assert await saver.watching.months(saver.plan.savings_id) == []
        assert orders == []
        return
    month = await saver.month()
    if case == "limit":
        assert month.outcome is Done.ORDERED
        assert "한도에 맞춰 줄였어요" in month.text
        assert 0 < month.ordered < 90_000_000
        return
    assert month.outcome is Done.SKIPPED
    assert orders == []
    assert {"cash": "모자라", "halt": "사지 않았어요", "unsuitable": "위험등급"}[case] in month.text
