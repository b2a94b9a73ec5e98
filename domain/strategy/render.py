"""A strategy in Korean sentences, for reading back before the user agrees.

Contract: pure; says everything that decides an order (what, when, how much, stops, limits) and nothing that the spec
does not. Lines are plain text, '표제: 내용'; the face decides how they look.
"""

from __future__ import annotations

from domain.decimals import canonical, percent
from domain.instruments import Instruments
from domain.strategy.spec import StrategySpec
from domain.strategy.terms import Percent
from domain.strategy.wording import TIMEFRAMES, group_words

CATEGORIES = {
    "trend": "추세",
    "momentum": "모멘텀",
    "mean_reversion": "평균회귀",
    "volatility": "변동성",
    "oscillator": "오실레이터",
    "composite": "복합",
    "custom": "사용자 정의",
}
_SCHEDULES = {"close": "매일 장 마감 무렵", "30m": "장중 30분마다"}
WEEKDAYS = {"mon": "월요일", "tue": "화요일", "wed": "수요일", "thu": "목요일", "fri": "금요일"}
UNBOUND = "아직 정하지 않음"


def render(spec: StrategySpec, instruments: Instruments | None = None) -> tuple[str, ...]:
    """The lines, in the order in which a person asks: what, with what money, when in, when out, stops, when checked."""
    table = instruments or Instruments.load()
    lines = [f"전략: {spec.metadata.name} ({CATEGORIES[spec.strategy.category.value]})"]
    if spec.metadata.description:
        lines.append(spec.metadata.description)
    lines.append("대상: " + (", ".join(name_of(ticker, table) for ticker in spec.universe.tickers) or UNBOUND))
    lines.extend(_sizing(spec, table))
    lines.extend(_limits(spec))
    if spec.strategy.entry.conditions:
        lines.append("매수 조건: " + group_words(spec.strategy.entry, spec.strategy, spec.timeframe))
    if spec.strategy.exit.conditions:
        lines.append("매도 조건: " + group_words(spec.strategy.exit, spec.strategy, spec.timeframe))
    lines.extend(_risk(spec))
    basis = "" if spec.schedule.every == "bar" else f" ({TIMEFRAMES[spec.timeframe]} 기준)"
    lines.append(f"점검: {schedule_words(spec)}{basis}")
    if spec.schedule.max_trades_a_week is not None:
        lines.append(f"거래 횟수: 한 주에 새로 사기 {spec.schedule.max_trades_a_week}번까지 (파는 것은 제한 없음)")
    lines.append(_orders(spec))
    return tuple(lines)


def name_of(ticker: str, table: Instruments) -> str:
    row = table.get(ticker)
    return f"{row.name}({ticker})" if row else ticker


def _sizing(spec: StrategySpec, table: Instruments) -> list[str]:
    sizing, count = spec.sizing, spec.constraints.max_positions
    if sizing.method == "targets":
        parts = [f"{name_of(ticker, table)} {percent(bps)}" for ticker, bps in sizing.targets.items()]
        left = 10_000 - sum(sizing.targets.values())
        lines = ["비중: " + ", ".join(parts) + (f", 예수금 {percent(left)}" if left else "")]
    elif sizing.method == "volatility_target":
        wanted, most = percent(sizing.volatility_bps or 0), percent(sizing.name_bps)
        lines = [
            f"비중: 종목마다 계좌의 연 변동성 {wanted}만큼 ({sizing.lookback}거래일로 계산, 종목당 최대 {most}), "
            f"최대 {count}종목"
        ]
    elif sizing.method == "risk_per_trade":
        wanted, most = percent(sizing.risk_bps or 0), percent(sizing.name_bps)
        lines = [f"비중: 손절하면 계좌의 {wanted}만 잃는 만큼 (종목당 최대 {most}), 최대 {count}종목"]
    else:
        lines = [f"비중: 신호가 난 종목마다 {percent(sizing.name_bps)}, 최대 {count}종목"]
    if sizing.parking:
        lines.append(f"남는 돈: {name_of(sizing.parking, table)}에 두기")
    return lines


def _limits(spec: StrategySpec) -> list[str]:
    limits, lines = spec.constraints, []
    if limits.max_equity_bps < 10_000:
        lines.append(f"주식 비중 한도: {percent(limits.max_equity_bps)}")
    if limits.max_turnover_bps is not None:
        lines.append(f"하루 매수 한도: 계좌의 {percent(limits.max_turnover_bps)}")
    if limits.min_order_krw:
        lines.append(f"최소 주문: {limits.min_order_krw:,}원")
    return lines


def _risk(spec: StrategySpec) -> list[str]:
    def line(label: str, rule: Percent, text: str) -> list[str]:
        return [f"{label}: {text.format(canonical(rule.percent))}"] if rule.enabled else []

    lines = [
        *line("손절", spec.risk.stop_loss, "평균 매입가보다 {}% 내려가면 매도"),
        *line("익절", spec.risk.take_profit, "평균 매입가보다 {}% 오르면 매도"),
        *line("추적 손절", spec.risk.trailing_stop, "고점에서 {}% 내려가면 매도"),
    ]
    held = spec.risk.time_stop
    if held.enabled:
        lines.append(f"보유 기간: 사고 {held.after}{'거래일' if held.unit == 'sessions' else '봉'}이 지나면 매도")
    return lines


def schedule_words(spec: StrategySpec) -> str:
    if spec.schedule.every == "month":
        return f"매월 {spec.schedule.session_of_month}번째 거래일"
    if spec.schedule.every == "week":
        return f"매주 {WEEKDAYS[spec.schedule.weekday or 'mon']} (휴장이면 다음 거래일)"
    if spec.schedule.every == "bar":
        return f"{TIMEFRAMES[spec.timeframe]}마다"
    return _SCHEDULES[spec.schedule.every]


def _orders(spec: StrategySpec) -> str:
    if spec.orders.type == "market":
        return "주문: 시장가, 당일 유효"
    return f"주문: 지정가(현재가에서 {percent(spec.orders.slippage_bps)} 이내), 당일 유효"
