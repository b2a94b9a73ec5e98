"""Controls on what is traded and at which price: instrument, session, lot, tick, band, collar, self-trade.

Contract: as `domain.gate.standing`. Prices are only ever moved against us: a buy down, a sale up.
"""

from __future__ import annotations

from domain.gate.case import CLAMP, LIMIT, REDUCE, REFUSE, SELL, Case, Hit, refuse, warn
from domain.limits import FULL_BPS
from domain.ticks import round_to_tick, tick_size

STATUS_LABELS = {
    "managed": "관리종목",
    "warning": "투자경고 종목",
    "halted": "거래정지 종목",
    "delisting": "정리매매 종목",
}


def instrument(case: Case) -> Hit | None:
    found = case.instrument
    if case.market.halted or (found is not None and found.status == "halted"):
        return refuse("{}: 거래가 정지돼 있어요.", (case.name,))
    if case.order_class is REDUCE:
        return None
    if found is None:
        return refuse("{}: 종목 정보가 없어 매수할 수 없어요.", (case.order.ticker,))
    for status in (case.market.designated, found.status):  # today's word before the bundled table's
        if status in case.config.refused_status:
            return refuse("{}: {}이라 매수하지 않아요.", (case.name, STATUS_LABELS.get(status, status)))
    return None


def session(case: Case) -> Hit | None:
    config = case.config
    phases = config.limit_phases if case.order.order_type is LIMIT else config.market_phases
    if case.market.phase not in phases:
        return refuse("지금은 주문할 수 있는 시간이 아니에요. 장이 열리면 다시 해 주세요.")
    return None


def quantity(case: Case) -> Hit | None:
    asked, config = case.quantity, case.config
    if asked < config.min_quantity:
        return refuse("{:,}주부터 주문할 수 있어요.", (config.min_quantity,), asked, config.min_quantity)
    if asked > config.max_quantity:
        most = config.max_quantity
        return shrink(case, most, "한 번에 {:,}주까지예요.", (most,), asked, most)
    return None


def tick(case: Case) -> Hit | None:
    price = case.price
    if price is None:
        return None
    rounded = round_to_tick(price, case.side, case.kind, case.on)
    if rounded == price:
        return None
    unit = tick_size(price, case.kind, case.on)
    moved = "낮췄어요" if rounded < price else "높였어요"
    figures = (unit, rounded, moved)
    return CLAMP, "호가단위 {:,}원에 맞춰 {:,}원으로 {}.", figures, price, rounded, None, rounded


def band(case: Case) -> Hit | None:
    limits, price = case.band, case.price
    if limits is None:
        if price is None and not case.buying:
            return None
        return refuse("{}: 상하한가를 알 수 없어 주문할 수 없어요.", (case.name,))
    if price is None or limits.lower <= price <= limits.upper:
        return None
    if price > limits.upper:
        return refuse("{:,}원은 오늘 상한가 {:,}원보다 높아요.", (price, limits.upper), price, limits.upper)
    return refuse("{:,}원은 오늘 하한가 {:,}원보다 낮아요.", (price, limits.lower), price, limits.lower)


def collar(case: Case) -> Hit | None:
    """A reducing order without a fresh price is held by the band alone; stops themselves fire on fresh data only."""
    reference = case.market.reference
    if not case.reference_fresh or reference is None:
        if case.order_class is REDUCE:
            return warn("{}: 최근 시세가 없어 상하한가만 확인했어요.", (case.name,))
        return refuse("{}: 최근 시세를 받지 못해 가격을 확인할 수 없어요.", (case.name,))
    if case.order.stop_price is not None:
        reference = min(reference, case.order.stop_price)  # where it wakes, not where the market is now
    price, away = case.price, case.config.collar_bp
    if price is None:
        return None
    if case.buying:
        most = reference * (FULL_BPS + away) // FULL_BPS
        if price > most:
            text = "현재가 {:,}원보다 너무 높아요. {:,}원까지 낼 수 있어요."
            return refuse(text, (reference, most), price, most)
    else:
        least = -(-reference * (FULL_BPS - away) // FULL_BPS)
        if price < least:
            text = "현재가 {:,}원보다 너무 낮아요. {:,}원부터 낼 수 있어요."
            return refuse(text, (reference, least), price, least)
    return None


def interruption(case: Case) -> Hit | None:
    """In a volatility interruption orders gather for one price; what cuts risk may wait there, what adds it may not."""
    if not case.market.interrupted:
        return None
    if case.order_class is REDUCE:
        return warn("{}: 변동성 완화장치가 발동돼 단일가로 체결돼요.", (case.name,))
    return refuse("{}: 변동성 완화장치가 발동돼 지금은 매수하지 않아요. 풀리면 다시 해 주세요.", (case.name,))


def limit_lock(case: Case) -> Hit | None:
    """At the end of its band a name has one side only: a buy would queue or catch a fall, a sale may stay open."""
    limits, reference = case.band, case.market.reference
    if limits is None or not case.reference_fresh or reference is None or limits.lower < reference < limits.upper:
        return None
    top = reference >= limits.upper
    end, at = ("상한가", limits.upper) if top else ("하한가", limits.lower)
    if case.order_class is REDUCE:
        return None if top else warn("{}: 하한가라 매도가 체결되지 않을 수 있어요.", (case.name,), reference, at)
    return refuse("{}: 지금 {} {:,}원이라 매수하지 않아요.", (case.name, end, at), reference, at)


def self_trade(case: Case) -> Hit | None:
    other = case.crossing
    if other is None:
        return None
    what = "매도" if other.side is SELL else "매수"
    text = "{}: 내 {} 주문({:,}원 {:,}주)과 서로 체결될 수 있어요. 먼저 취소해 주세요."
    return refuse(text, (case.name, what, other.price, other.remaining), case.cost_price, other.price)


def shrink(case: Case, most: int, sentence: str, figures: tuple[object, ...], was: int, limit: int) -> Hit:
    """Lowers the quantity to `most` where that is allowed and leaves something; refuses otherwise."""
    if case.clamp_allowed and case.config.min_quantity <= most < case.quantity:
        figures = (*figures, case.quantity, most)
        return CLAMP, sentence + " {:,}주에서 {:,}주로 줄였어요.", figures, was, limit, most, None
    return REFUSE, sentence, figures, was, limit, None, None
