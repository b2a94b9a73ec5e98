"""Orders from target weights: whole shares, inside limits, cash and holdings. Pure.

Contract: never more than the target, the single-order limit, the cash or the run's turnover allows; a sale never more
than is sellable; an order below the smallest is not worth its fee and falls away. At most `MAX_PROPOSALS`, sales first.
What a limit changed is returned beside the proposals. Prices are on the tick grid, rounded against us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from domain.constraints import Clamp
from domain.costs import fee
from domain.hangul import josa
from domain.instruments import Instrument, Instruments, Kind
from domain.limits import FULL_BPS
from domain.orders.types import Side
from nodes.investor import Investor
from nodes.portfolio.scene import Target
from nodes.pricing import limit_near

MAX_PROPOSALS = 3  # or as many as the constraints let a run buy


@dataclass(frozen=True, slots=True)
class Market:
    """Prices of one name, won; bid, ask and the day's band may be unknown."""

    last: int
    bid: int | None = None
    ask: int | None = None
    upper: int | None = None
    lower: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A position: shares, shares that this order may sell, value in won; `of_others` are sellable by others only."""

    quantity: int
    sellable: int
    value: int
    of_others: int = 0


@dataclass(frozen=True, slots=True)
class Proposal:
    ticker: str
    name: str
    side: Side
    quantity: int
    price: int
    reason: str


def size(
    table: Instruments,
    investor: Investor,
    targets: Sequence[Target],
    markets: Mapping[str, Market],
    held: Mapping[str, Held],
    cash: int,
    on: date,
) -> tuple[tuple[Proposal, ...], tuple[Clamp, ...]]:
    """Proposals and what the limits changed. `cash` is the buying power, won."""
    sales: list[Proposal] = []
    buys: list[Proposal] = []
    clamps: list[Clamp] = []
    left, turnover = cash, investor.constraints.turnover_krw(investor.base)
    for target in targets:
        row, market = table.get(target.ticker), markets.get(target.ticker)
        if row is None or market is None or market.last <= 0:
            clamps.append(Clamp("NO_PRICE", target.ticker, "시세가 없어 제안에서 뺐어요.", 0, 0))
            continue
        owned = held.get(target.ticker, Held(0, 0, 0))
        change = target.weight_bps * investor.base // FULL_BPS - owned.value
        if target.side is not None and target.side is not (Side.SELL if change < 0 else Side.BUY):
            continue  # the price has done it meanwhile; what was to be bought is never sold for that
        if change < 0:
            sale = _sale(row, target, market, investor, owned, min(-change, turnover), on)
            if sale is not None:
                sales.append(sale)
                turnover -= sale.quantity * sale.price
            elif owned.of_others:
                text = f"{josa(row.name, '은/는')} 직접 사신 몫이라 위임으로는 팔지 않아요. 대화에서 직접 팔 수 있어요."
                clamps.append(Clamp("SLEEVE", row.ticker, text, -change, 0))
            continue
        buy, why = _buy(row, target, market, investor, min(change, turnover), left, on)
        clamps += why
        if buy is not None:
            buys.append(buy)
            amount = buy.quantity * buy.price
            left -= amount + fee(amount)
            turnover -= amount
    most = investor.constraints.max_buy_candidates
    return tuple([*sales, *buys[:most]][: max(MAX_PROPOSALS, most)]), tuple(clamps)


def _sale(
    row: Instrument, target: Target, market: Market, investor: Investor, owned: Held, value: int, on: date
) -> Proposal | None:
    price = limit_price(market, Side.SELL, row.kind, on)
    quantity = min(owned.sellable, value // price)
    if quantity * price < investor.min_order:
        return None
    return Proposal(row.ticker, row.name, Side.SELL, quantity, price, target.reason)


def _buy(
    row: Instrument, target: Target, market: Market, investor: Investor, value: int, cash: int, on: date
) -> tuple[Proposal | None, list[Clamp]]:
    clamps: list[Clamp] = []
    if not investor.may_buy(row):
        return None, [Clamp("GRADE", row.ticker, f"{josa(row.name, '은/는')} 투자성향보다 위험해서 뺐어요.", 0, 0)]
    order = investor.limits.order_krw(row)
    if value > order:
        clamps.append(
            Clamp("ORDER_VALUE", row.ticker, f"{row.name} 주문을 한 번에 낼 수 있는 금액까지 줄였어요.", value, order)
        )
        value = order
    if value > cash:
        clamps.append(Clamp("CASH", row.ticker, f"{row.name} 주문을 살 수 있는 돈까지 줄였어요.", value, cash))
        value = cash
    price = limit_price(market, Side.BUY, row.kind, on)
    quantity = max(0, value) // price
    while quantity > 0 and quantity * price + fee(quantity * price) > cash:
        quantity -= 1
    if quantity * price < investor.min_order:
        clamps.append(
            Clamp(
                "MIN_ORDER",
                row.ticker,
                f"{row.name} 주문이 최소 금액보다 작아 뺐어요.",
                quantity * price,
                investor.min_order,
            )
        )
        return None, clamps
    return Proposal(row.ticker, row.name, Side.BUY, quantity, price, target.reason), clamps


def limit_price(market: Market, side: Side, kind: Kind, on: date) -> int:
    """A price that should fill now, see `nodes.pricing`."""
    other = market.ask if side is Side.BUY else market.bid
    return limit_near(market.last, other, side, kind, on, upper=market.upper, lower=market.lower)
