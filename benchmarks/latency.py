"""An order's way to the exchange while research floods the budget, against the same orders without the flood.

One key for orders and prices, as on KIS live (18 requests a second), so that research at the read door and the order
want the same grants. Timed from Submit to the order's arrival in the exchange's own log, one order after another; and
at the budget itself, how long each grant of an order was waited for and how many less urgent requests were let
through meanwhile: at most one.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.budget import answered, asking
from benchmarks.home import ms, percentile, spread, table
from benchmarks.orderpath import OrderPath, Person, order_path
from domain.proto import oms_pb2 as pb
from execution.oms.budget import PacedBudget
from tools.kis.budget import Priority

AT_ONCE = 60
_ARRIVAL_S = 20.0
MOST = 20  # orders a stretch: they rest, and an account may have 50 open


@dataclass
class Waits:
    """What grants of orders cost: seconds, and grants given to less urgent requests while one was waited for."""

    seconds: list[float] = field(default_factory=list)
    overtaken: list[int] = field(default_factory=list)
    less_urgent: int = 0

    def listen(self, budget: PacedBudget) -> None:
        """From now on every grant is noted here as well."""
        grant = budget.grant

        async def noted(priority: Priority) -> None:
            before, began = self.less_urgent, time.perf_counter()
            await grant(priority)
            if priority > Priority.ORDER:
                self.less_urgent += 1
            elif priority == Priority.ORDER:
                self.seconds.append(time.perf_counter() - began)
                self.overtaken.append(self.less_urgent - before)

        budget.grant = noted  # type: ignore[method-assign]


async def _orders(path: OrderPath, who: Person, plans: Sequence[pb.SubmitRequest]) -> list[float]:
    took = []
    for request in plans:
        before = len(await _posts(path))
        began = time.monotonic()
        await path.submit(who, request)
        while len(posts := await _posts(path)) == before:
            if time.monotonic() - began > _ARRIVAL_S:
                raise RuntimeError(f"expected the order to arrive within {_ARRIVAL_S:.0f} s, was not there")
            await asyncio.sleep(0.05)
        took.append(posts[-1] - began)
        await asyncio.sleep(0.3)  # its reply and what is asked after it
    return took


async def _posts(path: OrderPath) -> list[float]:
    return [row["at"] for row in await path.arrivals() if row["path"].endswith("/order-cash")]


async def _run(rounds: int) -> int:
    async with order_path("live") as path:
        who = await path.person(owner=True)
        await path.opened([who])
        prices = await path.resting_prices(2 * rounds + 2)
        budget = (await path.desk.accounts.ensure(who.account_ref)).budget
        await _orders(path, who, await path.approved(who, prices[-2:]))
        waits = Waits()
        waits.listen(budget)
        quiet = await _orders(path, who, await path.approved(who, prices[:rounds]))
        alone, waits.seconds, waits.overtaken = waits.seconds, [], []
        flood = await asking(path, 1.5 * rounds + 5.0, 1, AT_ONCE)
        await asyncio.sleep(1.0)
        flooded = await _orders(path, who, await path.approved(who, prices[rounds : 2 * rounds]))
        interval, worst = budget.interval_s, max(waits.overtaken)
        if budget.waiting < AT_ONCE // 2 and flood.returncode is None:
            raise RuntimeError(f"expected research to wait in the budget, was {budget.waiting} waiting")
        served = await answered(flood)
    if worst > 1:
        raise RuntimeError(f"expected an order to wait for at most one less urgent grant, was {worst}")
    more = (statistics.median(flooded) - statistics.median(quiet)) / interval
    table(
        f"{rounds} orders one after another, {AT_ONCE} charts asked for at any time ({served} answered)",
        ("what", "p50", "p95"),
        [
            ("Submit to the exchange, quiet", *spread(quiet)),
            ("Submit to the exchange, flooded", *spread(flooded)),
            ("a grant of an order, quiet", *spread(alone)),
            ("a grant of an order, flooded", *spread(waits.seconds)),
        ],
        {
            "interval of grants": ms(interval),
            "flood to quiet": f"{statistics.median(flooded) / statistics.median(quiet):.2f}, {more:.1f} grants more",
            "less urgent grants let through before an order's": f"{worst} at most (aim ≤ 1)",
            "longest wait for a grant": ms(percentile(waits.seconds, 1.0)),
        },
    )
    return 0


def main(rounds: int) -> int:
    return asyncio.run(_run(min(rounds, MOST)))
