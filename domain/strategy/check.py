"""Does a strategy hang together: names unique, references resolved, numbers inside their bounds, money inside 100 %.

Contract: every problem names its path and its remedy in Korean; all problems are listed at once. Knows shapes from
`domain.strategy.signals` and the indicator table; does not evaluate anything. Conditions are
`domain.strategy.check_conditions`'s part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from domain.strategy.check_conditions import number_problems, rule_problems
from domain.strategy.problems import Problem, StrategyError, quoted, structural_problems
from domain.strategy.signals import PRICE_FIELDS, Indicator, Param, Signals, Timeframe
from domain.strategy.vocabulary import (
    bounds_of,
    candlestick_ids,
    default_of,
    indicator_table,
    ordered_params,
)

if TYPE_CHECKING:
    from domain.strategy.spec import StrategySpec

__all__ = ["Problem", "StrategyError", "candlestick_ids", "indicator_table", "problems_in", "structural_problems"]

_TICKER = re.compile(r"[0-9A-Z]{6}")
FULL_BPS = 10_000


def problems_in(spec: StrategySpec) -> tuple[Problem, ...]:
    """Everything that does not resolve."""
    return tuple(
        [
            *_names(spec.strategy),
            *_params(spec.strategy),
            *_indicators(spec.strategy, spec.timeframe),
            *rule_problems(spec.strategy),
            *_universe(spec),
            *_sizing(spec),
            *_schedule(spec),
        ]
    )


def _names(signals: Signals) -> Iterator[Problem]:
    seen: set[str] = set()
    aliases = [(f"strategy.indicators[{n}].alias", row.alias) for n, row in enumerate(signals.indicators)]
    aliases += [(f"strategy.candlesticks[{n}].alias", row.alias) for n, row in enumerate(signals.candlesticks)]
    for path, alias in aliases:
        if alias in PRICE_FIELDS:
            yield Problem(path, f"{quoted(alias, '은/는')} 시세 필드 이름이에요. 다른 이름을 써 주세요.")
        if alias in seen:
            yield Problem(path, f"별칭 {quoted(alias, '이/가')} 두 번 나와요. 서로 다르게 지어 주세요.")
        seen.add(alias)


def _params(signals: Signals) -> Iterator[Problem]:
    for name, param in signals.params.items():
        path = f"strategy.params.{name}"
        if param.type == "int" and any(
            bound is not None and bound != bound.to_integral_value() for bound in (param.default, param.min, param.max)
        ):
            yield Problem(path, "정수 파라미터예요. 소수점 없는 값을 넣어 주세요.")
        if (param.min is not None and param.default < param.min) or (
            param.max is not None and param.default > param.max
        ):
            yield Problem(f"{path}.default", "기본값이 min과 max 사이에 있어야 해요. 값을 고쳐 주세요.")


def _indicators(signals: Signals, own: Timeframe) -> Iterator[Problem]:
    known = indicator_table()
    for n, row in enumerate(signals.indicators):
        path = f"strategy.indicators[{n}]"
        if row.id not in known:
            yield Problem(f"{path}.id", f"'{row.id}'라는 지표는 없어요. 지원하는 지표 이름을 써 주세요.")
            continue
        yield from _settings(signals, path, row)
        if row.output not in known[row.id]["outputs"]:
            outputs = ", ".join(known[row.id]["outputs"])
            yield Problem(f"{path}.output", f"{row.id}에는 없는 출력이에요. 쓸 수 있는 출력: {outputs}.")
        if row.timeframe is not None and not own.fills(row.timeframe):
            text = f"{own.value} 봉으로는 {row.timeframe.value} 봉을 만들 수 없어요."
            yield Problem(f"{path}.timeframe", f"{text} 전략보다 길고 나누어떨어지는 주기로 바꿔 주세요.")
    for n, pattern in enumerate(signals.candlesticks):
        if pattern.id not in candlestick_ids():
            text = f"'{pattern.id}'라는 캔들 패턴은 없어요. 지원하는 패턴 이름을 써 주세요."
            yield Problem(f"strategy.candlesticks[{n}].id", text)


def _settings(signals: Signals, path: str, row: Indicator) -> Iterator[Problem]:
    """An indicator's parameters: known, resolved, inside their bounds."""
    known = indicator_table()[row.id]["params"]
    values = {name: default_of(row.id, name) for name in known}
    for key, value in row.params.items():
        place = f"{path}.params.{key}"
        if key not in known:
            yield Problem(place, f"{row.id}에는 없는 설정이에요. 쓸 수 있는 설정: {', '.join(known) or '없음'}.")
            continue
        unresolved = list(number_problems(signals, place, value))
        yield from unresolved
        if unresolved:
            continue
        param = signals.params[value[1:]] if isinstance(value, str) else None
        yield from _within(row.id, key, place, value, param)
        values[key] = param.default if param is not None else Decimal(value)
    for small, large in ordered_params(row.id):
        if values[small] >= values[large]:
            yield Problem(f"{path}.params.{small}", f"{small}는 {large}보다 작아야 해요. 값을 고쳐 주세요.")


def _within(id_: str, key: str, path: str, value: Decimal | str, param: Param | None) -> Iterator[Problem]:
    if param is None:
        objection = bounds_of(id_, key).objection(Decimal(value))
        if objection is not None:
            yield Problem(path, f"{id_}의 {key}: {objection}")
        return
    for name, number in (("default", param.default), ("min", param.min), ("max", param.max)):
        objection = None if number is None else bounds_of(id_, key).objection(number)
        if objection is not None:
            yield Problem(f"strategy.params.{str(value)[1:]}.{name}", f"{id_}의 {key}에 쓰여요. {objection}")


def _universe(spec: StrategySpec) -> Iterator[Problem]:
    tickers = spec.universe.tickers
    if len(set(tickers)) != len(tickers):
        yield Problem("universe.tickers", "같은 종목이 두 번 있어요. 하나만 남겨 주세요.")
    for n, ticker in enumerate(tickers):
        if not _TICKER.fullmatch(ticker):
            yield Problem(f"universe.tickers[{n}]", "종목코드는 숫자와 대문자 여섯 자리예요. 예: 005930")


def _sizing(spec: StrategySpec) -> Iterator[Problem]:
    tickers, sizing = set(spec.universe.tickers), spec.sizing
    for ticker, weight in sizing.targets.items():
        if ticker not in tickers:
            yield Problem(f"sizing.targets.{ticker}", "universe에 없는 종목이에요. universe에 추가해 주세요.")
        if weight <= 0:
            yield Problem(f"sizing.targets.{ticker}", "비중은 0보다 커야 해요. 뺄 종목은 지워 주세요.")
    if sum(sizing.targets.values()) > FULL_BPS:
        yield Problem("sizing.targets", "비중의 합이 100%를 넘어요. 줄여 주세요.")
    if sizing.parking is not None and sizing.parking not in tickers:
        yield Problem("sizing.parking", "universe에 없는 종목이에요. universe에 추가해 주세요.")
    if sizing.method == "targets":
        if not sizing.targets:
            yield Problem("sizing.targets", "종목별 비중을 넣어 주세요.")
        if spec.strategy.entry.conditions:
            yield Problem("sizing.method", "진입 조건이 있으면 per_signal로 정해 주세요.")
    else:
        if sizing.name_bps <= 0:
            yield Problem("sizing.name_bps", "신호가 난 종목의 비중을 넣어 주세요.")
        if not spec.strategy.entry.conditions:
            yield Problem("strategy.entry.conditions", "진입 조건을 하나 이상 넣어 주세요.")
    yield from _by_risk(spec)


_NEEDS: Mapping[str, str] = {"volatility_target": "volatility_bps", "risk_per_trade": "risk_bps"}


def _by_risk(spec: StrategySpec) -> Iterator[Problem]:
    """Each method has its own number and none of another's."""
    for method, field in _NEEDS.items():
        given = getattr(spec.sizing, field)
        if (spec.sizing.method == method) != (given is not None):
            text = f"{method} 방식에만, 그리고 꼭 필요한 값이에요. 넣거나 지워 주세요."
            yield Problem(f"sizing.{field}", text)
    if spec.sizing.method == "risk_per_trade" and not spec.risk.stop_loss.enabled:
        yield Problem("risk.stop_loss.enabled", "risk_per_trade는 손절 폭으로 수량을 정해요. 손절을 켜 주세요.")


def _schedule(spec: StrategySpec) -> Iterator[Problem]:
    if (spec.schedule.every == "month") != (spec.schedule.session_of_month is not None):
        yield Problem("schedule.session_of_month", "매월 실행일 때만, 그리고 꼭 몇 번째 거래일인지 넣어 주세요.")
    if (spec.schedule.every == "week") != (spec.schedule.weekday is not None):
        yield Problem("schedule.weekday", "매주 실행일 때만, 그리고 꼭 요일(mon~fri)을 넣어 주세요.")
