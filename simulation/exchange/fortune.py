"""What may happen to an order at the exchange besides the rules: nothing, unless somebody says otherwise.

Contract: `parts` splits an execution into executions of the same order, price and total; `refuses` gives the reason why
the exchange does not take an order that the broker took, or None. Asked once for each.
"""

from __future__ import annotations

from collections.abc import Sequence

from simulation.exchange.matching import Execution
from simulation.exchange.orders import Order


class Fortune:
    """Plain: every execution is one, every order is taken."""

    def parts(self, execution: Execution) -> Sequence[Execution]:
        return (execution,)

    def refuses(self, order: Order) -> str | None:
        del order
        return None
