"""The gate on a whole plan: each leg sees what the legs before it take, and dependent legs what those will bring.

Contract: legs come in order; a plan is admissible whole or not at all. An earlier leg reserves cash, shares and room
for the later ones. A leg that waits (`after_leg`) is judged as if the legs it waits for had filled at their price, and
is marked provisional: only fills that really came fund it at its release. Does not order or drop legs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from domain import ids
from domain.gate.check import check
from domain.gate.finding import LegVerdict, PlanVerdict, Verdict
from domain.gate.order import GateOrder, Stage, payload_of
from domain.gate.view import AccountView, Authority, Exiting, GateView, Holding, Mandated, OpenOrder, Signature
from domain.mandate import Usage
from domain.orders.types import IntentState, Side


def check_plan(
    orders: Sequence[GateOrder], view: GateView, stage: Stage = Stage.ADMIT, *, clamp_allowed: bool = False
) -> PlanVerdict:
    """Verdicts on all legs, in order."""
    legs: list[LegVerdict] = []
    done: dict[int, Verdict] = {}
    taken = _Taken([], {})
    waits = {order.leg: order.after_leg for order in orders}
    for order in orders:
        assumed = _assumed(order, waits)
        verdict = check(order, _view_for(order, view, done, taken, assumed), stage, clamp_allowed=clamp_allowed)
        legs.append(LegVerdict(verdict, provisional=order.after_leg is not None))
        if verdict.admissible:
            done[order.leg] = verdict
            taken.note(verdict, view)
    before = buying_power(view)
    after = before
    if after is not None:
        for verdict in done.values():
            after += _cash_of(verdict)
    return PlanVerdict(tuple(legs), before, after)


def lowered(orders: Sequence[GateOrder], quantities: Mapping[int, int]) -> tuple[GateOrder, ...]:
    """The legs with the quantities that the user lowered; a leg lowered to 0 is left out. Never raises a quantity.

    A lowered order is another payload: the whole leg under the same id conflicts with it.
    """
    kept = []
    for order in orders:
        quantity = min(order.quantity, quantities.get(order.leg, order.quantity))
        if quantity == order.quantity:
            kept.append(order)
        elif quantity > 0:
            less = replace(order, quantity=quantity)
            kept.append(replace(less, payload_hash=ids.payload_hash(payload_of(less))))
    return tuple(kept)


def buying_power(view: GateView) -> int | None:
    """Cash for new orders: the broker's figure less what it has not seen; None when it is not known."""
    figure = view.account.cash
    if figure is None:
        return None
    seen_until = figure.asked_at - view.config.cash_lag
    unseen = sum(
        order.reserved
        for order in view.account.open_orders
        if order.side is Side.BUY and not order.waiting and (order.acked_at is None or order.acked_at > seen_until)
    )
    return max(0, figure.amount - figure.unseen_spent - unseen)


@dataclass(slots=True)
class _Taken:
    """What the legs before leave in the way of the next: worked out once for each of them, not once for each pair."""

    signatures: list[Signature]  # two equal legs of one plan are one order asked twice
    reservations: dict[int, OpenOrder]

    def note(self, verdict: Verdict, view: GateView) -> None:
        order = verdict.order
        if order is not None:
            self.signatures.append(Signature(order.ticker, order.side, order.quantity, order.limit_price, view.wall))
            self.reservations[order.leg] = _reservation(verdict, order)


def _assumed(order: GateOrder, waits: Mapping[int, int | None]) -> frozenset[int]:
    """The legs that will have ended before this one leaves."""
    legs: set[int] = set()
    leg = order.after_leg
    while leg is not None and leg not in legs:
        legs.add(leg)
        leg = waits.get(leg)
    return frozenset(legs)


def _view_for(
    order: GateOrder, view: GateView, done: Mapping[int, Verdict], taken: _Taken, assumed: frozenset[int]
) -> GateView:
    if not done:
        return view
    account, resting = view.account, list(taken.reservations.values())
    if order.after_leg is not None:
        for leg, verdict in done.items():
            if leg in assumed and verdict.order is not None:
                account = _filled(account, verdict, verdict.order)
        # Legs that wait share what will come; a leg that leaves at once does not see them.
        resting = [replace(one, waiting=False) for leg, one in taken.reservations.items() if leg not in assumed]
    account = replace(account, open_orders=(*account.open_orders, *resting))
    authority = _used(view.authority, order, done)
    recent = (*view.ids.recent, *taken.signatures)
    return replace(view, account=account, authority=authority, ids=replace(view.ids, recent=recent))


def _used(authority: Authority | None, order: GateOrder, done: Mapping[int, Verdict]) -> Authority | None:
    """What the legs before have taken of a mandate's day or of an exit's shares."""
    if isinstance(authority, Mandated):
        bought = sum(v.value for v in done.values() if v.order is not None and v.order.side is Side.BUY)
        return replace(authority, usage=Usage(authority.usage.bought_today + bought))
    if isinstance(authority, Exiting):
        sold = sum(v.order.quantity for v in done.values() if v.order is not None and v.order.ticker == order.ticker)
        return replace(authority, remaining=authority.remaining - sold)
    return authority


def _reservation(verdict: Verdict, order: GateOrder) -> OpenOrder:
    return OpenOrder(
        order_id=order.intent_id,
        ticker=order.ticker,
        side=order.side,
        remaining=order.quantity,
        price=verdict.value // order.quantity,
        state=IntentState.NEW,
        order_type=order.order_type,
        reserved=verdict.reserve,
        sleeve=order.sleeve,
        waiting=order.after_leg is not None,
    )


def _cash_of(verdict: Verdict) -> int:
    """Expected change of cash: a buy takes its reserve, a sale brings its value less fee and tax."""
    if verdict.order is None:
        return 0
    return -verdict.reserve if verdict.order.side is Side.BUY else verdict.value - verdict.fee - verdict.tax


def _filled(account: AccountView, verdict: Verdict, order: GateOrder) -> AccountView:
    """The account as it will be once that leg has filled at the price that counts; its own reservation is gone."""
    price = verdict.value // order.quantity
    sign = 1 if order.side is Side.BUY else -1
    held = {holding.ticker: holding for holding in account.holdings}
    holding = held.get(order.ticker, Holding(order.ticker, 0, price, 0))
    sleeves = dict(holding.sleeves)
    sleeves[order.sleeve] = max(0, sleeves.get(order.sleeve, 0) + sign * order.quantity)
    sellable = holding.sellable
    held[order.ticker] = replace(
        holding,
        quantity=max(0, holding.quantity + sign * order.quantity),
        sellable=None if sellable is None else max(0, sellable + sign * order.quantity),
        sleeves=sleeves,
    )
    cash = account.cash
    return replace(
        account,
        holdings=tuple(held.values()),
        cash=None if cash is None else replace(cash, amount=cash.amount + _cash_of(verdict)),
        traded_today=account.traded_today + verdict.value,
        open_orders=tuple(other for other in account.open_orders if other.order_id != order.intent_id),
    )
