"""A stop that will rest at the broker is judged where it wakes, not where the market is now."""

from __future__ import annotations

from typing import Any

import pytest

from domain.gate.check import check
from domain.gate.order import Stage
from domain.orders.types import Side


@pytest.mark.parametrize(
    ("price", "stop", "refused"),
    [
        (63_200, None, True),  # 5 % under 70,000 is 66,500
        (63_200, 66_500, False),  # 5 % under the stop is 63,175
        (63_100, 66_500, True),
        (66_500, 80_000, False),  # a stop above the market widens nothing
        (66_400, 80_000, True),
    ],
)
@pytest.mark.parametrize("stage", [Stage.ADMIT, Stage.RELEASE])
def test_the_collar_of_a_stop_hangs_under_its_trigger(
    gate: Any, price: int, stop: int | None, refused: bool, stage: Stage
) -> None:
    order = gate.order(Side.SELL, 10, price, stop_price=stop)
    verdict = check(order, gate.view(), stage)
    assert ("COLLAR" in {finding.code for finding in verdict.refusals}) is refused


def test_a_clamped_stop_keeps_its_trigger(gate: Any) -> None:
    verdict = check(gate.order(Side.SELL, 10, 66_550, stop_price=67_000), gate.view())
    assert verdict.order is not None
    assert (verdict.order.limit_price, verdict.order.stop_price) == (66_600, 67_000)
