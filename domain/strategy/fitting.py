"""A strategy made elsewhere, fitted to a profile: what the grade forbids is refused, what is too large made smaller.

Contract: only ever tighter. Names outside the grade, excluded or not tradable are refused by name; weights, the largest
position and the stop are narrowed to the advised limits, and every narrowing is told. Names no prices and makes no
orders; the gate judges again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.decimals import canonical, percent, to_decimal
from domain.instruments import Instruments
from domain.limits import FULL_BPS, Limits
from domain.profile import Profile
from domain.strategy.problems import Problem, StrategyError, one_problem
from domain.strategy.spec import StrategySpec, parse_spec

UNKNOWN_RISK = 1  # a ticker that the table does not know counts as the riskiest
NEED_NAMES = "종목이 없는 전략은 저장할 수 없어요. --tickers 005930,000660처럼 거래할 종목을 정해 주세요."


@dataclass(frozen=True, slots=True)
class Fitted:
    """`notes`: what was made smaller, and why."""

    spec: StrategySpec
    notes: tuple[Problem, ...]


def fitted(spec: StrategySpec, profile: Profile, instruments: Instruments | None = None) -> Fitted:
    """The strategy inside the profile's limits. StrategyError when a name is not allowed or nothing remains."""
    table = instruments or Instruments.load()
    limits = profile.advice()
    if limits is None:
        raise one_problem("profile_version", "확인된 투자성향이 없어요. ./quartz chat에서 먼저 확인해 주세요.")
    if not spec.is_bound:
        raise one_problem("universe.tickers", NEED_NAMES)
    problems = tuple(_names(spec, profile, limits, table))
    if problems:
        raise StrategyError(problems)
    content: dict[str, Any] = spec.to_json()
    content["profile_version"] = profile.version if profile.confirmed_at else None
    notes = [
        *_weights(content, spec, limits, table),
        *_portfolio(content, limits),
        *_stop(content, spec, profile),
    ]
    return Fitted(parse_spec(content), tuple(notes))


def _names(spec: StrategySpec, profile: Profile, limits: Limits, table: Instruments) -> Iterator[Problem]:
    for n, ticker in enumerate(spec.universe.tickers):
        path, row = f"universe.tickers[{n}]", table.get(ticker)
        called = f"{row.name}({ticker})" if row else ticker
        if row is None and UNKNOWN_RISK not in limits.allowed_products:
            yield Problem(path, f"{called}: 위험을 알 수 없는 종목이라 지금 성향에는 담을 수 없어요. 빼 주세요.")
        if row is None:
            continue
        if not limits.allows(row) or limits.name_weight_bps(row) <= 0:
            yield Problem(path, f"{called}: 지금 투자성향에 맞지 않는 상품이에요. 빼 주세요.")
        elif row.status != "normal":
            yield Problem(path, f"{called}: 지금은 거래할 수 없는 종목이에요. 빼 주세요.")
        elif row.sector in profile.excluded_sectors:
            yield Problem(path, f"{called}: {row.sector} 업종은 제외하기로 하셨어요. 빼 주세요.")


def _weights(content: dict[str, Any], spec: StrategySpec, limits: Limits, table: Instruments) -> Iterator[Problem]:
    sizing = content["sizing"]
    for ticker, weight in spec.sizing.targets.items():
        most = limits.name_weight_bps(table.get(ticker))
        if weight > most:
            sizing["targets"][ticker] = most
            yield Problem(f"sizing.targets.{ticker}", f"성향 한도에 맞춰 {percent(most)}로 줄였어요.")
    if spec.sizing.method == "targets":
        return
    names = [ticker for ticker in spec.universe.tickers if ticker != spec.sizing.parking]
    most = min([limits.max_sector_bps, limits.max_equity_bps, *(limits.name_weight_bps(table.get(t)) for t in names)])
    if most <= 0:
        raise one_problem("sizing.name_bps", "지금 성향으로는 이 종목들을 담을 수 없어요. 종목을 바꿔 주세요.")
    if spec.sizing.name_bps > most:
        sizing["name_bps"] = most
        yield Problem("sizing.name_bps", f"성향 한도에 맞춰 {percent(most)}로 줄였어요.")
    share = Decimal(sizing["name_bps"]) / FULL_BPS
    if spec.risk.max_position_size > share:
        content["risk"]["max_position_size"] = canonical(share)


def _portfolio(content: dict[str, Any], limits: Limits) -> Iterator[Problem]:
    for key, most in (("max_sector_bps", limits.max_sector_bps), ("max_equity_bps", limits.max_equity_bps)):
        if content["constraints"][key] > most:
            content["constraints"][key] = most
            yield Problem(f"constraints.{key}", f"성향 한도에 맞춰 {percent(most)}로 줄였어요.")


def _stop(content: dict[str, Any], spec: StrategySpec, profile: Profile) -> Iterator[Problem]:
    loss = profile.max_loss_bps
    if not loss:
        return
    stop = spec.risk.stop_loss
    if stop.enabled and stop.percent * 100 <= loss:
        return
    tight = canonical(to_decimal(loss) / 100)
    if spec.sizing.method == "targets" and not stop.enabled:
        return  # fixed weights of careful products; the tolerated loss has shaped them already
    content["risk"]["stop_loss"] = {"enabled": True, "percent": tight}
    yield Problem("risk.stop_loss", f"말씀하신 손실 한도에 맞춰 {tight}%로 정했어요.")
