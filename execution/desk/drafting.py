"""From wanted legs to a plan, and from a plan to its next version. Pure: time, ids and quotes come in.

Contract: the plan's id follows from account and origin, so the same wish drafts the same plan; a next version keeps leg
numbers, because intents are named after them. Does not judge: the gate does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from domain import ids
from domain.calendar import calendar_named
from domain.clock import KST
from domain.instruments import Instruments, Kind
from domain.orders.types import Initiative, Leg, OrderType, Plan, Side
from domain.ticks import round_to_tick
from execution.desk.options import DeskOptions

MAX_LEGS = 10


class BadRequest(ValueError):
    """The wanted legs cannot be a plan. The message is for the log; the user hears one plain sentence."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Until when the question stands and until when a leg may leave, both in wall time."""

    answer_by: datetime
    send_by: datetime
    last_send_by: datetime  # for a leg that waits for another one


def deadlines(now: datetime, market_now: datetime, calendar: str, options: DeskOptions) -> Deadlines:
    """Bounded by the end of the market's session; the distance to it is taken on the market's clock.

    With no session going on nothing is bounded: the gate will refuse and say why.
    """
    send_by = now + timedelta(minutes=options.send_minutes)
    end = session_end(market_now, calendar)
    closes = now + (end - market_now) if end is not None else send_by
    return Deadlines(
        answer_by=min(now + timedelta(minutes=options.approval_minutes), closes),
        send_by=min(send_by, closes),
        last_send_by=closes,
    )


def session_end(at: datetime, calendar: str) -> datetime | None:
    """End of the trading phase that `at` is in or before; None when nothing trades any more that day."""
    local = at.astimezone(KST)
    hours = calendar_named(calendar).hours(local.date())
    if hours is None:
        return None
    for end in (hours.close, hours.close_price_until, hours.after_market_until):
        if end is not None and local.time() < end:
            return datetime.combine(local.date(), end, tzinfo=KST)
    return None


def wanted_legs(request: Sequence[Mapping[str, Any]], until: Deadlines) -> tuple[Leg, ...]:
    """Legs as asked for. Raises BadRequest "expected X, was Y"."""
    if not 0 < len(request) <= MAX_LEGS:
        raise BadRequest(f"expected 1 to {MAX_LEGS} legs, was {len(request)}")
    return tuple(_leg(number, wish, until) for number, wish in enumerate(request, start=1))


def _leg(number: int, wish: Mapping[str, Any], until: Deadlines) -> Leg:
    try:
        order_type = OrderType(wish.get("order_type", "limit"))
        side = Side(wish["side"])
        initiative = Initiative(wish.get("initiative", "agent"))
        ticker = str(wish["ticker"])
    except (KeyError, ValueError) as error:
        raise BadRequest(f"expected a complete leg {number}, was {error}") from None
    quantity, price, after = wish.get("qty"), wish.get("price"), wish.get("after_leg")
    if not isinstance(quantity, int) or quantity <= 0:
        raise BadRequest(f"expected a quantity of at least 1 in leg {number}, was {quantity!r}")
    if order_type is OrderType.LIMIT and (not isinstance(price, int) or price <= 0):
        raise BadRequest(f"expected a limit price in leg {number}, was {price!r}")
    if after is not None and not 0 < after < number:
        raise BadRequest(f"expected after_leg below {number}, was {after!r}")
    return Leg(
        leg=number,
        ticker=ticker,
        side=side,
        quantity=quantity,
        order_type=order_type,
        limit_price=price if order_type is OrderType.LIMIT else None,
        not_after=until.send_by if after is None else until.last_send_by,
        initiative=initiative,
        after_leg=after,
        reason=str(wish.get("reason", "")),
    )


def first_draft(
    *,
    account_ref: str,
    user_id: UUID,
    sleeve: str,
    origin: Sequence[str | int],
    legs: tuple[Leg, ...],
    profile_version: int | None,
    strategy_id: UUID | None,
    now: datetime,
    until: Deadlines,
) -> Plan:
    """Version 1."""
    return Plan(
        plan_id=ids.plan_id(account_ref, origin),
        version=1,
        account_ref=account_ref,
        user_id=user_id,
        sleeve=sleeve,
        origin=tuple(origin),
        legs=legs,
        profile_version=profile_version,
        strategy_id=strategy_id,
        created_at=now,
        expires_at=until.answer_by,
    )


def same_wish(one: Sequence[Leg], other: Sequence[Leg]) -> bool:
    """Whether two sets of legs ask for the same, whenever they were written."""

    def wish(leg: Leg) -> tuple[Any, ...]:
        return (leg.ticker, leg.side, leg.quantity, leg.order_type, leg.limit_price, leg.initiative, leg.after_leg)

    return [wish(leg) for leg in one] == [wish(leg) for leg in other]


def next_version(plan: Plan, legs: Sequence[Leg], now: datetime, until: Deadlines) -> Plan:
    """The version that supersedes `plan`, with fresh deadlines. A leg without quantity falls away."""
    kept = [leg for leg in legs if leg.quantity > 0]
    numbers = {leg.leg for leg in kept}
    fresh = tuple(
        replace(
            leg,
            after_leg=leg.after_leg if leg.after_leg in numbers else None,
            not_after=until.last_send_by if leg.after_leg in numbers else until.send_by,
        )
        for leg in kept
    )
    return replace(plan, version=plan.version + 1, legs=fresh, created_at=now, expires_at=until.answer_by)


def lowered(legs: Sequence[Leg], quantities: Mapping[int, int]) -> tuple[Leg, ...]:
    """Legs with at most the given quantities; a number that would raise a quantity is ignored."""
    return tuple(replace(leg, quantity=min(leg.quantity, quantities.get(leg.leg, leg.quantity))) for leg in legs)


def repriced(legs: Sequence[Leg], quotes: Mapping[str, int], table: Instruments, on: date) -> tuple[Leg, ...]:
    """Limit prices that we chose follow the market; a price that the user named stays."""
    return tuple(_repriced(leg, quotes.get(leg.ticker), table, on) for leg in legs)


def _repriced(leg: Leg, quote: int | None, table: Instruments, on: date) -> Leg:
    if quote is None or leg.order_type is OrderType.MARKET or leg.initiative is Initiative.USER:
        return leg
    instrument = table.get(leg.ticker)
    kind = Kind.STOCK if instrument is None else instrument.kind
    return replace(leg, limit_price=round_to_tick(quote, leg.side, kind, on))


def caught_up(
    legs: Sequence[Leg], quotes: Mapping[str, int], table: Instruments, on: date, collar_bps: int
) -> tuple[Leg, ...]:
    """Proposals made a while ago: our own limit prices that the market has left behind follow it."""
    then = {leg.leg: leg.limit_price for leg in legs}
    left_behind = moved_too_far(legs, then, quotes, collar_bps)
    return tuple(_repriced(leg, quotes.get(leg.ticker), table, on) if leg.leg in left_behind else leg for leg in legs)


def moved_too_far(
    legs: Sequence[Leg], then: Mapping[int, int | None], now: Mapping[str, int], collar_bps: int
) -> tuple[int, ...]:
    """Numbers of the legs whose market price left the collar since the card; a price that the user named never does."""
    far = []
    for leg in legs:
        before, after = then.get(leg.leg), now.get(leg.ticker)
        named_by_user = leg.initiative is Initiative.USER and leg.order_type is OrderType.LIMIT
        if before and after and not named_by_user and abs(after - before) * 10_000 > collar_bps * before:
            far.append(leg.leg)
    return tuple(far)


def at_prices(legs: Sequence[Leg], limits: Mapping[int, int]) -> tuple[Leg, ...]:
    """Legs with the limit prices that the gate rounded to; market orders have none."""
    return tuple(
        leg if leg.limit_price is None else replace(leg, limit_price=limits.get(leg.leg, leg.limit_price))
        for leg in legs
    )
