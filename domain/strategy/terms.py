"""The terms of a strategy around its signals: stops, names, sizes, limits, schedule, orders.

Contract: frozen, `extra="forbid"`; `Risk` carries the fields of `.kis.yaml` 1.0 and a time stop of ours, the rest is
ours. Weights are basis points of the account's value, money is int won, percentages are decimals; days are KST. What
each term means is written here once, for the backtester and the worker alike.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from domain.decimals import Number
from domain.strategy.signals import Model

Weekday = Literal["mon", "tue", "wed", "thu", "fri"]
Every = Literal["close", "bar", "30m", "week", "month"]


class Percent(Model):
    """A price distance in percent, e.g. a stop 5 % under the average price."""

    enabled: bool = Field(default=False, description="쓸지 여부")
    percent: Number = Field(default=Decimal(5), gt=0, le=100, description="퍼센트. 5는 5%")


class TimeStop(Model):
    """Sells what has been held for `after` sessions, or bars of the strategy's time frame, since its first fill,
    whatever its price. Counted from the session or bar after that fill; adding to a position does not start it anew."""

    enabled: bool = Field(default=False, description="쓸지 여부")
    after: int = Field(default=20, ge=1, le=2000, description="며칠(또는 몇 봉) 뒤에 팔지")
    unit: Literal["sessions", "bars"] = Field(default="sessions", description="sessions: 거래일, bars: 전략의 봉")


class Risk(Model):
    """`risk:` of a `.kis.yaml`; `max_position_size` is a fraction of the account."""

    LATER = ("time_stop",)

    stop_loss: Percent = Field(default=Percent(), description="손절: 평균 매입가에서 내려간 폭")
    take_profit: Percent = Field(default=Percent(), description="익절: 평균 매입가에서 오른 폭")
    trailing_stop: Percent = Field(default=Percent(), description="추적 손절: 산 뒤 고점에서 내려간 폭")
    max_position_size: Number = Field(default=Decimal(1), gt=0, le=1, description="한 종목 최대 비중. 0.2는 20%")
    time_stop: TimeStop = Field(default=TimeStop(), description="보유 기간이 지나면 팔기")


class Universe(Model):
    """What may be traded; empty means not bound to names yet. Sectors are words of the instrument table, for people;
    the tickers decide."""

    tickers: tuple[str, ...] = Field(default=(), max_length=200, description="종목코드 여섯 자리")
    sectors: tuple[str, ...] = Field(default=(), max_length=50, description="고른 업종 (설명용)")
    excluded_sectors: tuple[str, ...] = Field(default=(), max_length=50, description="뺀 업종 (설명용)")


class Sizing(Model):
    """How much of the account a name gets.

    - `targets`: fixed weights held at all times.
    - `per_signal`: each name that signals gets `name_bps`.
    - `volatility_target`: each name that signals gets `volatility_bps` / v of the account, v being the name's own
      yearly volatility (standard deviation of the log returns of the last `lookback` sessions times the root of 252;
      bps), at most `name_bps`. Nothing while v is unknown or nought.
    - `risk_per_trade`: so much that hitting the stop loss costs `risk_bps` of the account: `risk_bps` / stop distance,
      at most `name_bps`.

    What is idle rests in `parking`. No weight exceeds `risk.max_position_size`."""

    LATER = ("volatility_bps", "risk_bps", "lookback")

    method: Literal["targets", "per_signal", "volatility_target", "risk_per_trade"] = Field(
        description="targets: 정해진 비중, per_signal: 신호마다 같은 비중, volatility_target: 변동성에 맞춘 비중, "
        "risk_per_trade: 손절 때 잃을 돈에 맞춘 비중"
    )
    targets: dict[str, int] = Field(default_factory=dict, max_length=200, description="종목별 비중(bps, 2500은 25%)")
    name_bps: int = Field(default=0, ge=0, le=10_000, description="신호가 난 종목의 비중 또는 그 상한(bps)")
    parking: str | None = Field(default=None, description="남는 돈을 두는 종목")
    volatility_bps: int | None = Field(
        default=None, ge=1, le=10_000, description="volatility_target: 한 종목이 계좌에 줄 연 변동성(bps)"
    )
    risk_bps: int | None = Field(
        default=None, ge=1, le=2_000, description="risk_per_trade: 손절 한 번에 잃어도 되는 계좌 비율(bps)"
    )
    lookback: int = Field(default=20, ge=5, le=500, description="volatility_target: 변동성을 재는 거래일 수")


class Constraints(Model):
    """Tighter than the grade's limits or equal to them, never looser; the gate takes the stricter. Buys beyond a limit
    are made smaller or left out; sells never are."""

    LATER = ("max_turnover_bps", "min_order_krw")

    max_positions: int = Field(default=20, ge=1, le=200, description="동시에 가질 수 있는 종목 수")
    max_name_bps: int = Field(default=10_000, ge=0, le=10_000, description="한 종목 비중 한도(bps)")
    max_sector_bps: int = Field(default=10_000, ge=0, le=10_000, description="한 업종 비중 한도(bps)")
    max_equity_bps: int = Field(default=10_000, ge=0, le=10_000, description="주식 비중 한도(bps)")
    max_turnover_bps: int | None = Field(
        default=None, ge=1, le=100_000, description="하루에 사는 금액의 한도, 계좌에 대한 비율(bps)"
    )
    min_order_krw: int = Field(default=0, ge=0, le=1_000_000_000, description="이보다 작은 매수 주문은 내지 않음(원)")


class Schedule(Model):
    """When it is evaluated: at the daily close, at the end of every bar of its time frame, every 30 minutes of the
    session, on one weekday (or the first session after it when that is no session), or on the n-th session of a month.

    `max_trades_a_week`: at most so many new positions from Monday to Sunday; selling is never held back."""

    LATER = ("weekday", "max_trades_a_week")

    every: Every = Field(
        default="close", description="close: 매일 마감 무렵, bar: 봉마다, 30m: 장중 30분마다, week: 매주, month: 매월"
    )
    session_of_month: int | None = Field(default=None, ge=1, le=15, description="month: 몇 번째 거래일")
    weekday: Weekday | None = Field(default=None, description="week: 무슨 요일")
    max_trades_a_week: int | None = Field(default=None, ge=1, le=500, description="한 주에 새로 사는 횟수의 한도")


class OrderPolicy(Model):
    """How orders are written: limit at most `slippage_bps` against the last price, or market."""

    type: Literal["limit", "market"] = Field(default="limit", description="limit: 지정가, market: 시장가")
    slippage_bps: int = Field(default=30, ge=0, le=300, description="현재가에서 불리하게 허용하는 폭(bps)")
    valid: Literal["day"] = Field(default="day", description="당일 유효")
