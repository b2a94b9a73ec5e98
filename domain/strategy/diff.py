"""What changed between two versions of a strategy, place by place, each with a Korean sentence.

Contract: pure; every difference that changes the hash is listed once (tested), in the order of the document; `before`
and `after` are plain JSON values, None where there was or is nothing. Timestamps are no change. Rows with an alias are
told apart by it, so that inserting one does not change all that follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.decimals import canonical, percent, to_decimal
from domain.hangul import josa
from domain.instruments import Instruments
from domain.strategy.diff_words import LABELS, SETTINGS, UNITS, WORDS
from domain.strategy.problems import quoted
from domain.strategy.render import name_of
from domain.strategy.signals import Condition, Group, Signals, Timeframe
from domain.strategy.spec import StrategySpec
from domain.strategy.vocabulary import candlestick_name, indicator_name
from domain.strategy.wording import TIMEFRAMES, condition_words, group_words, indicator_words

_VOLATILE = ("metadata.created_at", "metadata.updated_at")
_STOPS = ("risk.stop_loss", "risk.take_profit", "risk.trailing_stop", "risk.time_stop")
_SIDES = {"strategy.entry": "매수 조건", "strategy.exit": "매도 조건"}


@dataclass(frozen=True, slots=True)
class Change:
    """`path` as in sizing.name_bps or strategy.indicators[rsi14].params.period."""

    path: str
    before: Any
    after: Any
    text: str


def changes(old: StrategySpec, new: StrategySpec, instruments: Instruments | None = None) -> tuple[Change, ...]:
    """Every change from the old version to the new one; empty when they do the same."""
    table = instruments or Instruments.load()
    found: list[Change] = []
    for path, before, after in _walk("", old.to_json(), new.to_json()):
        if path not in _VOLATILE:
            found.append(Change(path, before, after, _sentence(path, before, after, old, new, table)))
    return tuple(found)


def _walk(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Places that differ: whole stops, conditions and rows that came or went; single values otherwise."""
    if before == after:
        return
    if path in _STOPS or path == "universe.tickers" or _part_of_group(path):
        yield path, before, after
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in [*before, *(key for key in after if key not in before)]:
            place = f"{path}.{key}" if path else key
            yield from _walk(place, before.get(key), after.get(key))
    elif _aliased(before) and _aliased(after) and (before or after):
        yield from _rows(path, before, after)
    elif path.endswith(".conditions") and isinstance(before, list) and isinstance(after, list):
        for n in range(max(len(before), len(after))):
            yield from _walk(f"{path}[{n}]", _at(before, n), _at(after, n))
    else:
        yield path, before, after


def _rows(path: str, before: list[Any], after: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    olds, news = {row["alias"]: row for row in before}, {row["alias"]: row for row in after}
    for alias in [*olds, *(alias for alias in news if alias not in olds)]:
        yield from _walk(f"{path}[{alias}]", olds.get(alias), news.get(alias))
    kept_old, kept_new = [a for a in olds if a in news], [a for a in news if a in olds]
    if kept_old != kept_new:
        yield path, list(olds), list(news)


def _at(rows: list[Any], n: int) -> Any:
    return rows[n] if n < len(rows) else None


def _aliased(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) and "alias" in row for row in value)


def _part_of_group(path: str) -> bool:
    return path.startswith(("strategy.entry.conditions[", "strategy.exit.conditions["))


def _sentence(path: str, before: Any, after: Any, old: StrategySpec, new: StrategySpec, table: Instruments) -> str:
    if path == "universe.tickers":
        return _tickers(before or [], after or [], table)
    if path in _STOPS:
        return _stops(path, before, after)
    for side, label in _SIDES.items():
        if path.startswith(f"{side}.conditions["):
            return _conditions(label, _part(before, old), _part(after, new))
    if path.startswith("strategy.params."):
        return _param(path, before, after, old.strategy, new.strategy)
    if path.startswith(("strategy.indicators", "strategy.candlesticks")):
        return _series(path, before, after, old, new)
    if path.startswith("sizing.targets."):
        return _became(f"{name_of(path.rsplit('.', 1)[1], table)} 비중", _bps(before), _bps(after))
    if path == "sizing.parking":
        shown = [name_of(value, table) if value else None for value in (before, after)]
        return _became(LABELS[path], *shown)
    return _became(LABELS.get(path, path), _value(path, before), _value(path, after))


def _became(label: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{josa(label, '이/가')} 새로 생겼어요: {after}."
    if after is None:
        return f"{josa(label, '이/가')} 없어졌어요 (전에는 {before})."
    return f"{josa(label, '이/가')} {before}에서 {josa(after, '으로/로')} 바뀌었어요."


def _value(path: str, value: Any) -> str | None:
    if value is None:
        return None
    if path in WORDS:
        return WORDS[path].get(str(value), str(value))
    if path.endswith("_bps"):
        return _bps(value)
    if path.endswith("_krw"):
        return f"{value:,}원"
    if path in UNITS:
        return UNITS[path].format(value)
    if path == "risk.max_position_size":
        return f"{canonical(to_decimal(value) * 100)}%"
    if isinstance(value, list):
        return ", ".join(str(part) for part in value) or "없음"
    return f"'{value}'" if path.startswith("metadata.") else str(value)


def _bps(value: Any) -> str | None:
    return None if value is None else percent(int(value))


def _stops(path: str, before: Any, after: Any) -> str:
    if not any(value and value["enabled"] for value in (before, after)):
        return f"{LABELS[path]}: 쓰지 않는 값이 바뀌었어요."
    return _became(LABELS[path], _stop(path, before), _stop(path, after))


def _stop(path: str, value: Any) -> str:
    if value is None or not value["enabled"]:
        return "쓰지 않음"
    if path == "risk.time_stop":
        return f"{value['after']}{'거래일' if value['unit'] == 'sessions' else '봉'}"
    return f"{canonical(Decimal(value['percent']))}%"


def _tickers(before: list[str], after: list[str], table: Instruments) -> str:
    added = [name_of(ticker, table) for ticker in after if ticker not in before]
    removed = [name_of(ticker, table) for ticker in before if ticker not in after]
    parts = [f"종목에 {josa(', '.join(added), '이/가')} 들어왔어요."] if added else []
    parts += [f"종목에서 {josa(', '.join(removed), '이/가')} 빠졌어요."] if removed else []
    return " ".join(parts) or "종목의 순서가 바뀌었어요."


def _part(value: Any, spec: StrategySpec) -> str | None:
    if value is None:
        return None
    if "conditions" in value:
        return f"({group_words(Group.model_validate(value), spec.strategy, spec.timeframe)})"
    return condition_words(Condition.model_validate(value), spec.strategy, spec.timeframe)


def _conditions(label: str, before: str | None, after: str | None) -> str:
    if before is None:
        return f"{label}에 {quoted(after or '', '이/가')} 더해졌어요."
    if after is None:
        return f"{label}에서 {quoted(before, '이/가')} 빠졌어요."
    return f"{josa(label, '이/가')} '{before}'에서 {quoted(after, '으로/로')} 바뀌었어요."


def _param(path: str, before: Any, after: Any, old: Signals, new: Signals) -> str:
    """A setting is called by its description, as where it is set in words; by its name where it has none."""
    name, _, field = path.removeprefix("strategy.params.").partition(".")
    known = new.params.get(name) or old.params.get(name)
    called = (known.description if known is not None else "") or f"설정값 '{name}'"
    if field == "description":
        return _became(f"설정값 '{name}'의 설명", _value(path, before), _value(path, after))
    if not field:
        shown = [None if value is None else str(value["default"]) for value in (before, after)]
        return _became(called, *shown)
    if field == "default":
        return _became(called, _value(path, before), _value(path, after))
    label = {"min": "정할 수 있는 가장 작은 값", "max": "정할 수 있는 가장 큰 값", "type": "숫자 종류"}[field]
    return _became(f"{called}: {label}", _value(path, before), _value(path, after))


def _series(path: str, before: Any, after: Any, old: StrategySpec, new: StrategySpec) -> str:
    candle = path.startswith("strategy.candlesticks")
    kind = "캔들" if candle else "지표"
    if "[" not in path:
        return f"{kind}의 순서가 바뀌었어요."
    alias, _, field = path.split("[", 1)[1].partition("]")
    if not field:
        shown = [_row_words(alias, value, spec, candle) for value, spec in ((before, old), (after, new))]
        return _became(f"{kind} '{alias}'", *shown)
    place = field.removeprefix(".").replace("params.", "")
    label = {"timeframe": "봉 주기", "output": "출력", "name": "이름", "id": "종류"}.get(place)
    words = [_frame(value) if place == "timeframe" else _value(path, value) for value in (before, after)]
    return _became(f"{_row_name(alias, old.strategy, candle)}의 {label or SETTINGS.get(place, place)}", *words)


def _row_name(alias: str, signals: Signals, candle: bool) -> str:
    """What the row shows, and its alias where another row shows the same kind."""
    if candle:
        return f"캔들 '{alias}'"
    names = {row.alias: row.name or indicator_name(row.id) for row in signals.indicators}
    own = names[alias]
    return own if list(names.values()).count(own) == 1 else f"{own} '{alias}'"


def _row_words(alias: str, value: Any, spec: StrategySpec, candle: bool) -> str | None:
    if value is None:
        return None
    if candle:
        return candlestick_name(value["id"])
    row = next(row for row in spec.strategy.indicators if row.alias == alias)
    return indicator_words(row, spec.strategy, frame=spec.timeframe)


def _frame(value: Any) -> str | None:
    return "전략과 같은 주기" if value is None else TIMEFRAMES[Timeframe(value)]
