"""Controls on how much: order value, cash, turnover, open orders, weights, losses. They bind orders that add risk.

Contract: as `domain.gate.standing`. Room is computed in won with resting buys and reservations counted; a clamp takes
the largest quantity that fits, a missing figure refuses. Weights are basis points of the account's total value.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

from domain.gate.case import INCREASE, REDUCE, Case, Hit, fresh, refuse
from domain.gate.order import OrderClass
from domain.gate.pricing import shrink
from domain.limits import FULL_BPS

_NAME: Callable[[Case], str] = attrgetter("name")


def _sector(case: Case) -> str:
    return f"{case.facts.sector} " if case.facts.sector else ""


def order_value(case: Case) -> Hit | None:
    limit = case.limits.max_order_safe_krw if case.facts.safe else case.limits.max_order_krw
    if case.value <= limit:
        return None
    text = "한 번에 {:,}원까지 주문할 수 있어요. 이 주문은 {:,}원이에요."
    return shrink(case, _fitting(case, limit), text, (limit, case.value), case.value, limit)


def cash(case: Case) -> Hit | None:
    figure, config = case.account.cash, case.config
    if figure is None or not fresh(figure.asked_at, case.wall, config.cash_max_age):
        return refuse("주문 가능 금액을 확인하지 못했어요. 잠시 뒤에 다시 해 주세요.")
    available = max(0, figure.amount - figure.unseen_spent - case.unseen_reserved)
    need = case.value + config.fee(case.value)
    if need <= available:
        return None
    text = "주문 가능 금액은 {:,}원인데 수수료까지 {:,}원이 필요해요."
    return shrink(case, _affordable(case, available), text, (available, need), need, available)


def turnover(case: Case) -> Hit | None:
    if case.equity is None:
        return _no_equity()
    limit = case.limits.turnover_bps * case.equity // FULL_BPS
    total = case.account.traded_today + case.open_value + case.value
    if total <= limit:
        return None
    text = "하루 거래 한도는 {:,}원이에요. 이 주문까지 더하면 {:,}원이에요."
    return shrink(case, _fitting(case, limit - total + case.value), text, (limit, total), total, limit)


def open_orders(case: Case) -> Hit | None:
    limit = case.config.max_open_orders
    if case.open_count >= limit:
        text = "미체결 주문이 {:,}건이에요. {:,}건까지 둘 수 있어요."
        return refuse(text, (case.open_count, limit), case.open_count + 1, limit)
    return None


def unexecuted(case: Case) -> Hit | None:
    if case.equity is None:
        return _no_equity()
    limit = case.config.max_unexecuted_bp * case.equity // FULL_BPS
    total = case.open_value + case.value
    if total <= limit:
        return None
    text = "미체결 주문은 모두 {:,}원까지예요. 이 주문까지 더하면 {:,}원이에요."
    return shrink(case, _fitting(case, limit - case.open_value), text, (limit, total), total, limit)


def volume_share(case: Case) -> Hit | None:
    """What a thin market cannot take: own resting buys of the name and this order against a usual day."""
    average = case.market.average_volume
    if average is None:
        return None
    limit = case.config.max_volume_bp * max(0, average) // FULL_BPS
    total = case.name_resting + case.quantity
    if total <= limit:
        return None
    text = "{}: 하루 평균 거래량의 {:g}%인 {:,}주까지예요. 이 주문까지 더하면 {:,}주예요."
    figures = (case.name, case.config.max_volume_bp / 100, limit, total)
    return shrink(case, limit - case.name_resting, text, figures, total, limit)


def weight_name(case: Case) -> Hit | None:
    limit = getattr(case.limits.name_weights, case.facts.weight_of)
    return _weight(case, case.name_value, limit, "{} 비중", of=_NAME)


def weight_sector(case: Case) -> Hit | None:
    if case.facts.safe:
        return None
    return _weight(case, case.sector_value, case.limits.max_sector_bps, "{}업종 비중", of=_sector)


def weight_equity(case: Case) -> Hit | None:
    exposure = case.facts.exposure_bps
    return _weight(case, case.equity_value, case.limits.max_equity_bps, "주식 비중", exposure) if exposure else None


def above_grade(case: Case) -> Hit | None:
    """The whole of what the user holds above the grade; whether it may be asked for at all is SUITABILITY's matter."""
    if case.suitable or case.limits.above_grade_bps == 0:
        return None
    return _weight(case, case.above_value, case.limits.above_grade_bps, "투자성향보다 위험한 상품의 비중")


def daily_loss(case: Case) -> Hit | None:
    account = case.account
    if case.equity is None or account.day_profit is None or account.day_start_value is None:
        return refuse("오늘 손익을 계산하지 못해 매수할 수 없어요.")
    limit = case.limits.daily_loss_bps * max(0, account.day_start_value) // FULL_BPS
    if account.day_profit < 0 and -account.day_profit >= limit:
        text = "오늘 손실이 {:,}원으로 하루 한도 {:,}원에 닿았어요. 오늘은 매수하지 않아요."
        return refuse(text, (-account.day_profit, limit), -account.day_profit, limit)
    return None


def drawdown(case: Case) -> Hit | None:
    account = case.account
    top = account.high_water if account.high_water is not None else account.day_start_value
    if case.equity is None or top is None:
        return _no_equity()
    limit = case.limits.drawdown_bps * max(0, top) // FULL_BPS
    fall = top - case.equity
    if fall > 0 and fall >= limit:
        text = "최고 평가액보다 {:,}원 줄어 한도 {:,}원에 닿았어요. 손실을 줄이는 주문만 할 수 있어요."
        return refuse(text, (fall, limit), fall, limit)
    return None


def sellable(case: Case) -> Hit | None:
    if case.buying or case.quantity <= case.free:
        return None
    text = "{}: 지금 팔 수 있는 수량은 {:,}주예요. 없는 주식은 팔지 않아요."
    return shrink(case, case.free, text, (case.name, case.free), case.quantity, case.free)


def sleeve(case: Case) -> Hit | None:
    if case.buying or case.quantity <= case.sleeve_free:
        return None
    text = "{}: 이 주문의 몫으로 팔 수 있는 수량은 {:,}주예요."
    return shrink(case, case.sleeve_free, text, (case.name, case.sleeve_free), case.quantity, case.sleeve_free)


def reduces(case: Case) -> OrderClass:
    """Class of an order: REDUCE exactly for a sale that fits what is free, after the clamp it may get."""
    if case.buying:
        return INCREASE
    fits = case.quantity <= case.free or (case.clamp_allowed and case.free > 0)
    return REDUCE if fits else INCREASE


def _weight(
    case: Case, held: int, limit_bps: int, what: str, exposure: int = FULL_BPS, of: Callable[[Case], str] | None = None
) -> Hit | None:
    """`what` is weighed; `of` is whose it is and fills its place."""
    equity = case.equity
    if equity is None:
        return _no_equity()
    room = limit_bps * equity // FULL_BPS - held
    adds = case.value * exposure // FULL_BPS
    if adds <= room:
        return None
    weight = (held + adds) * FULL_BPS // equity if equity > 0 else FULL_BPS
    text, shares = what + "이 {:g}%를 넘어요. 이 주문까지 더하면 {:g}%예요.", (limit_bps / 100, weight / 100)
    figures = shares if of is None else (of(case), *shares)
    return shrink(case, _fitting(case, max(0, room) * FULL_BPS // exposure), text, figures, weight, limit_bps)


def _fitting(case: Case, room: int) -> int:
    """Most shares whose value is within `room` won."""
    return max(0, room) // case.cost_price if case.cost_price > 0 else 0


def _affordable(case: Case, available: int) -> int:
    """Most shares whose value and fee are within `available` won. The fee's floors make the first guess high by one."""
    config, price = case.config, case.cost_price
    if price <= 0:
        return 0
    whole = config.fee_denominator + config.fee_numerator
    most = (available + config.fee_unit) * config.fee_denominator // (whole * price)
    while most > 0 and most * price + config.fee(most * price) > available:
        most -= 1
    return max(0, most)


def _no_equity() -> Hit:
    return refuse("계좌 평가액을 확인하지 못해 매수할 수 없어요.")
