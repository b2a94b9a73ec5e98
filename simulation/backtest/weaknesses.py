"""What a person has to know before believing a backtest (약점), in Korean and never flattering.

Contract: pure; each weakness has a code for programs and a text for people, in the order of how much it weighs. That
the past is no promise is always among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from simulation.backtest.bootstrap import Intervals
from simulation.backtest.engine.shapes import Ints, Records
from simulation.backtest.metrics import Figures, TradeFigures
from simulation.backtest.timeline import Timeline

NO_PROMISE = "지난 성과는 앞으로의 수익을 보장하지 않아요."
FEW_TRADES, FEW_SESSIONS = 30, 252
_LARGE_PART = 0.02  # of tries to fill that were cut by volume
_OFF_TICK_PART = 0.05
_SAMPLE = 2_000  # prices looked at


@dataclass(frozen=True, slots=True)
class Weakness:
    code: str
    text: str


def weaknesses(
    line: Timeline,
    off_tick: float,
    account: Records,
    fills: int,
    found: Figures,
    trades: TradeFigures,
    likely: Intervals | None,
    unbound: bool,
) -> tuple[Weakness, ...]:
    """`off_tick`: part of the prices that are on no price unit of their day."""
    rows = [
        *_sample(found, trades, likely),
        *_data(line, off_tick, unbound),
        *_market(account, fills),
        Weakness("no_promise", NO_PROMISE),
    ]
    return tuple(rows)


def _sample(found: Figures, trades: TradeFigures, likely: Intervals | None) -> Iterator[Weakness]:
    if trades.count < FEW_TRADES:
        yield Weakness(
            "few_trades",
            f"끝난 거래가 {trades.count}건뿐이에요. {FEW_TRADES}건보다 적으면 운과 실력을 가릴 수 없어요.",
        )
    if found.sessions < FEW_SESSIONS:
        yield Weakness(
            "short_history",
            f"기간이 {found.sessions}거래일뿐이에요. 1년보다 짧아 오르는 장과 내리는 장을 다 겪지 못했어요.",
        )
    if likely is not None and likely.cagr.below_zero > 0.05:
        yield Weakness(
            "uncertain",
            f"같은 성질의 수익률을 {likely.resamples:,}번 다시 뽑으면 {likely.cagr.below_zero:.0%}는 손실이에요.",
        )


def _data(line: Timeline, off_tick: float, unbound: bool) -> Iterator[Weakness]:
    yield Weakness(
        "survivorship",
        "지금 남아 있는 종목의 자료만 보았다면 사라진 종목이 빠져 결과가 좋아 보여요(생존 편향)."
        if unbound
        else "지금 알고 있는 종목을 골라 과거를 보면 결과가 좋아 보여요(생존 편향).",
    )
    if off_tick > _OFF_TICK_PART:
        yield Weakness(
            "adjusted",
            f"가격의 {off_tick:.0%}가 호가 단위에 맞지 않아 수정주가로 보여요. "
            "그때의 실제 가격과 수량, 상하한가와는 달라요.",
        )
    idle = int((line.volume <= 0).sum())
    if idle:
        yield Weakness("halts", f"거래가 없던 봉이 {idle:,}개 있어요(거래정지 등). 그때는 사고팔지 못한 것으로 했어요.")


def _market(account: Records, fills: int) -> Iterator[Weakness]:
    thin = int(account["thin"])
    if thin > max(1, _LARGE_PART * max(fills, 1)):
        yield Weakness(
            "liquidity",
            f"주문이 거래량에 견줘 커서 {thin:,}번 나뉘거나 체결되지 못했어요. 금액을 줄이면 결과가 달라져요.",
        )
    if account["locked"]:
        yield Weakness("locked", f"상·하한가에 묶여 체결되지 못한 때가 {int(account['locked']):,}번 있어요.")
    if account["drawdown_stops"]:
        yield Weakness(
            "drawdown_limit",
            f"낙폭 한도에 걸려 새로 사지 않은 때가 {int(account['drawdown_stops']):,}번 있어요. "
            "실제라면 그때 거래가 멈춰요.",
        )
    if account["small"]:
        yield Weakness("small", f"금액이 작아 한 주도 사지 못한 신호가 {int(account['small']):,}번 있어요.")
    if account["refused"]:
        yield Weakness("limits", f"한도나 보유 종목 수 때문에 넘긴 신호가 {int(account['refused']):,}번 있어요.")


def off_tick_part(line: Timeline, rules: Records, kinds: Ints) -> float:
    """Part of a sample of closes that are not on their price unit."""
    sample = np.random.default_rng(0).integers(0, len(line.close), min(len(line.close), _SAMPLE))
    day = line.day[np.searchsorted(line.starts, sample, side="right") - 1]
    steps = rules["steps"][day, kinds[line.name[sample]]]
    price = line.close[sample]
    row = (price[:, None] >= steps[:, :, 0]).sum(axis=1)
    unit = steps[np.arange(len(sample)), row, 1]
    return float((price % unit != 0).mean()) if len(sample) else 0.0
