"""Which number stands where in a row: prices, indicators of every time frame, candlesticks, models.

Contract: made once from a spec; resolves `$param`, refuses what cannot be evaluated with a path and a remedy in Korean.
Indicators with the same id, parameters and time frame stand there once, whatever their aliases.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from domain.indicators import candles
from domain.indicators.catalogue import kernels
from domain.indicators.history import Sheet
from domain.indicators.kernel import Kernel, values
from domain.strategy.problems import Problem, StrategyError
from domain.strategy.signals import Condition, Group, Indicator, Signals, Timeframe
from domain.strategy.spec import StrategySpec

FIELDS = ("open", "high", "low", "close", "volume")
SESSION_MINUTES = 390
SESSIONS = {Timeframe.DAY: 1, Timeframe.WEEK: 5, Timeframe.MONTH: 23}


@dataclass(frozen=True, slots=True)
class Part:
    """Indicators of one time frame, side by side from column `first`. `timeframe` None: the strategy's own."""

    timeframe: Timeframe | None
    sheet: Sheet
    first: int

    @property
    def last(self) -> int:
        return self.first + self.sheet.width


@dataclass(slots=True)
class Columns:
    """`at`: (alias or field, output) → column; the output of fields, candlesticks and models is ''. `against`: ids of
    indicators that compare with a benchmark."""

    parts: list[Part] = field(default_factory=list)
    patterns: list[tuple[str, int]] = field(default_factory=list)
    models: list[tuple[str, int]] = field(default_factory=list)
    at: dict[tuple[str, str], int] = field(default_factory=dict)
    main: dict[str, str] = field(default_factory=dict)
    against: list[str] = field(default_factory=list)
    width: int = len(FIELDS)
    warmup: int = 1

    def of(self, name: str, output: str | None = None) -> int:
        """Column of an alias (with an output, else its own) or a price field."""
        return self.at[name, output if output is not None and name in self.main else self.main.get(name, "")]

    def named(self) -> Iterator[tuple[str, int]]:
        """What people and charts ask for: fields, aliases (their own output), alias.output, candlesticks, models."""
        for (name, output), column in self.at.items():
            if not output:
                yield name, column
            else:
                yield f"{name}.{output}", column
                if self.main[name] == output:
                    yield name, column


def numbers_of(signals: Signals, params: Mapping[str, Decimal]) -> dict[str, float]:
    """Every parameter's value for this run. StrategyError for one the strategy does not have or that is out of its
    bounds."""
    problems = []
    chosen: dict[str, float] = {}
    for name in params:
        if name not in signals.params:
            problems.append(Problem(f"strategy.params.{name}", "전략에 없는 파라미터예요. 이름을 확인해 주세요."))
    for name, param in signals.params.items():
        value = params.get(name, param.default)
        low, high = param.min, param.max
        if (low is not None and value < low) or (high is not None and value > high):
            problems.append(Problem(f"strategy.params.{name}", f"{value}은 min과 max 사이에 있지 않아요."))
        if param.type == "int" and value != int(value):
            problems.append(Problem(f"strategy.params.{name}", "정수 파라미터예요. 소수점 없는 값을 넣어 주세요."))
        chosen[name] = float(value)
    if problems:
        raise StrategyError(problems)
    return chosen


def columns_of(spec: StrategySpec, params: Mapping[str, float]) -> Columns:
    """The row of a strategy. StrategyError lists every indicator that cannot be computed."""
    columns = Columns(at={(name, ""): place for place, name in enumerate(FIELDS)})
    frames: dict[Timeframe | None, dict[tuple[str, bytes], list[Indicator]]] = {}
    ready: dict[tuple[str, bytes], tuple[Kernel, dict[str, float]]] = {}
    problems: list[Problem] = []
    for n, row in enumerate(spec.strategy.indicators):
        try:
            kernel = kernels()[row.id]
            given = {name: number(value, params) for name, value in row.params.items()}
            key = row.id, values(kernel, given).tobytes()
        except (KeyError, ValueError) as error:
            problems.append(
                Problem(f"strategy.indicators[{n}]", f"{row.id} 지표를 계산할 수 없어요. 설정을 고쳐 주세요. ({error})")
            )
            continue
        frame = None if row.timeframe in (None, spec.timeframe) else row.timeframe
        ready[key] = kernel, given
        frames.setdefault(frame, {}).setdefault(key, []).append(row)
    if problems:
        raise StrategyError(problems)
    for frame in sorted(frames, key=lambda one: "" if one is None else one.value):
        part = Part(frame, Sheet([ready[key] for key in frames[frame]]), columns.width)
        columns.parts.append(part)
        columns.against.extend(part.sheet.against)
        columns.width = part.last
        columns.warmup = max(columns.warmup, _own_bars(spec.timeframe, frame, part.sheet.warmup))
        for key, (place, _) in zip(frames[frame], part.sheet.columns, strict=True):
            for row in frames[frame][key]:
                columns.main[row.alias] = row.output
                for offset, output in enumerate(ready[key][0].outputs):
                    columns.at[row.alias, output] = part.first + place + offset
    for pattern in spec.strategy.candlesticks:
        columns.patterns.append((pattern.id, columns.width))
        columns.at[pattern.alias, ""] = columns.width
        columns.width += 1
        columns.warmup = max(columns.warmup, candles.lookback(pattern.id) + 1)
    for name in sorted(set(_models(spec.strategy.entry)) | set(_models(spec.strategy.exit))):
        columns.models.append((name, columns.width))
        columns.at[f"model({name})", ""] = columns.width
        columns.width += 1
    return columns


def number(value: Decimal | str, params: Mapping[str, float]) -> float:
    """A number or a `$param`."""
    return params[value[1:]] if isinstance(value, str) else float(value)


def _own_bars(own: Timeframe, frame: Timeframe | None, warmup: int) -> int:
    """At most so many bars of the strategy's own until `warmup` bars of the other time frame are complete."""
    if frame is None:
        return warmup
    if frame.minutes is not None and own.minutes is not None:
        each = frame.minutes // own.minutes
    else:
        each = SESSIONS[frame] * (1 if own.minutes is None else -(-SESSION_MINUTES // own.minutes))
    return (warmup + 1) * each + 1


def _models(group: Group) -> Iterator[str]:
    for part in group.conditions:
        if isinstance(part, Group):
            yield from _models(part)
        elif isinstance(part, Condition) and part.model is not None:
            yield part.model
