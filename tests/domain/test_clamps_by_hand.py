"""What each clamp leaves of an order, worked out by hand to the share: the most that fits, and one share more does not.

The limits are a person's (`domain/data/suitability.yaml`) and the gate's own (`domain/data/gate.yaml`), set here to
round figures; prices count by KRX's units of 2023-01-25, a market buy at the top of the ±30 % band of 2015-06-15.
Equity is 100,000,000 won; 100 shares of 005930 are held at 70,000.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.gate.check import check
from domain.gate.view import Cash, GateView
from domain.orders.types import Side

BUY, SELL = Side.BUY, Side.SELL
RESTING = (BUY, 50, 60_000)  # 3,000,000


def _limits(**changes: Any) -> Any:
    return lambda gate, view: replace(view, limits=replace(view.limits, **changes))


def _account(*resting: tuple[Side, int, int], **changes: Any) -> Any:
    def change(gate: Any, view: GateView) -> GateView:
        orders = tuple(gate.resting(*order, acked_at=gate.NOW.replace(hour=9)) for order in resting)
        return replace(view, account=replace(view.account, open_orders=orders, **changes))

    return change


def _config(**changes: Any) -> Any:
    return lambda gate, view: replace(view, config=replace(view.config, **changes))


def _cash(amount: int) -> Any:
    return lambda gate, view: replace(view, account=replace(view.account, cash=Cash(amount, gate.NOW)))


def _weight(bps: int) -> Any:
    def change(gate: Any, view: GateView) -> GateView:
        weights = replace(view.limits.name_weights, stock=bps)
        return replace(view, limits=replace(view.limits, name_weights=weights))

    return change


def _volume(average: int) -> Any:
    def change(gate: Any, view: GateView) -> GateView:
        market = {ticker: replace(seen, average_volume=average) for ticker, seen in view.market.items()}
        return replace(view, market=market)

    return change


def _sleeves(**sleeves: int) -> Any:
    return lambda gate, view: replace(
        view, account=replace(view.account, holdings=(gate.holding(100, sleeves=sleeves),))
    )


def _approved(shares: int) -> Any:
    return lambda gate, view: replace(view, authority=gate.approval(shares))


# code, side, shares asked, limit (None: market), what is changed, shares left, was, limit of the finding
CLAMPS: list[tuple[str, Side, int, int | None, list[Any], int, int, int]] = [
    # 1,000,000 / 70,000 = 14.28; a market buy counts 91,000: 10.98
    ("ORDER_VALUE", BUY, 50, 70_000, [_limits(max_order_krw=1_000_000)], 14, 3_500_000, 1_000_000),
    ("ORDER_VALUE", BUY, 50, None, [_limits(max_order_krw=1_000_000)], 10, 4_550_000, 1_000_000),
    ("ORDER_VALUE", BUY, 15, 70_000, [_limits(max_order_krw=1_049_999)], 14, 1_050_000, 1_049_999),
    # 20 shares cost 1,400,000 and a fee of 210; 19 cost 1,330,000 and 199.5 → 199
    ("CASH", BUY, 50, 70_000, [_cash(1_400_210)], 20, 3_500_525, 1_400_210),
    ("CASH", BUY, 50, 70_000, [_cash(1_400_209)], 19, 3_500_525, 1_400_209),
    # 7 shares cost 466,200 and 69.93 → 69; 6 cost 399,600 and 59.94 → 59
    ("CASH", BUY, 9, 66_600, [_cash(466_269)], 7, 599_489, 466_269),
    ("CASH", BUY, 9, 66_600, [_cash(466_268)], 6, 599_489, 466_268),
    # 10 % of equity less 2,000,000 traded and 3,000,000 resting: 5,000,000 / 70,000 = 71.4
    ("TURNOVER", BUY, 100, 70_000, [_limits(turnover_bps=1_000), _account(RESTING, traded_today=2_000_000)],
     71, 12_000_000, 10_000_000),
    # 5 % of equity less 3,000,000 resting: 2,000,000 / 70,000 = 28.6
    ("UNEXECUTED", BUY, 100, 70_000, [_config(max_unexecuted_bp=500), _account(RESTING)], 28, 10_000_000, 5_000_000),
    # 15 % is 15,000,000; 7,000,000 held, 3,000,000 resting: 71.4; asked 7,000,000 more are 17 %
    ("WEIGHT_NAME", BUY, 100, 70_000, [_weight(1_500), _account(RESTING)], 71, 1_700, 1_500),
    # 12 % is 12,000,000; 7,000,000 held: 71.4
    ("WEIGHT_SECTOR", BUY, 100, 70_000, [_limits(max_sector_bps=1_200)], 71, 1_400, 1_200),
    # 11.5 % is 11,500,000: 4,500,000 / 70,000 = 64.3
    ("WEIGHT_EQUITY", BUY, 100, 70_000, [_limits(max_equity_bps=1_150)], 64, 1_400, 1_150),
    # 1 % of 4,099 is 40.99; 15 rest
    ("VOLUME_SHARE", BUY, 100, 70_000, [_volume(4_099), _account((BUY, 15, 60_000))], 25, 115, 40),
    ("QUANTITY", BUY, 10, 70_000, [_config(max_quantity=8)], 8, 10, 8),
    ("APPROVAL", BUY, 10, 70_000, [_approved(7)], 7, 10, 7),
    # 100 held, 60 rest
    ("SELLABLE", SELL, 50, 70_000, [_account((SELL, 60, 75_000))], 40, 50, 40),
    ("SLEEVE", SELL, 50, 70_000, [_sleeves(cycle=30, manual=70)], 30, 50, 30),
]  # fmt: skip


@pytest.mark.parametrize(("code", "side", "asked", "price", "changes", "left", "was", "limit"), CLAMPS)
def test_a_clamp_leaves_the_most_that_fits_and_not_a_share_more(
    gate: Any, code: str, side: Side, asked: int, price: int | None, changes: list[Any], left: int, was: int, limit: int
) -> None:
    view = gate.loose()
    for change in changes:
        view = change(gate, view)
    order = gate.order(side, asked, price, sleeve="cycle" if code == "SLEEVE" else "manual")
    clamped = check(order, view, clamp_allowed=True)
    assert clamped.admissible, clamped.refusals
    assert clamped.order is not None
    assert clamped.order.quantity == left
    finding = next(finding for finding in clamped.findings if finding.code == code)
    assert (finding.was, finding.limit) == (was, limit)
    assert check(replace(order, quantity=left), view).admissible
    refused = check(replace(order, quantity=left + 1), view)
    assert code in gate.codes(refused)
