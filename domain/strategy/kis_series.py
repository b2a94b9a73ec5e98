"""Parameters, indicators and candlesticks of an official file in our shapes, and the names conditions know them by.

Contract: what both official programs accept is accepted: rows without an alias, aliases that are no names (kept as the
shown name), prices listed as indicators, patterns listed as indicators, numbers as text, other words for the same
indicator. Problems and notes go to the reading; nothing is dropped without one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from domain.strategy import kis_words
from domain.strategy.kis_reading import Reading, as_name, as_number, as_text, plain
from domain.strategy.signals import NAME, PRICE_FIELDS
from domain.strategy.vocabulary import candlestick_ids, indicator_table, known_id, main_output

_NAME = re.compile(NAME)
DIRECTIONS = {"up": "1", "down": "-1"}  # the one parameter that official files write as a word


@dataclass(slots=True)
class Names:
    """What conditions may refer to, by the alias of the file. `prices`: rows that are a price field."""

    series: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    prices: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, str] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()

    @property
    def taken(self) -> set[str]:
        return {*self.series.values(), *self.patterns.values()}


@dataclass(slots=True)
class Series:
    """Rows in our shape."""

    indicators: list[dict[str, Any]] = field(default_factory=list)
    candlesticks: list[dict[str, Any]] = field(default_factory=list)
    names: Names = field(default_factory=Names)


def read_params(reading: Reading, value: Any) -> dict[str, Any]:
    """`strategy.params`, with plain numbers where the format has {default, …}."""
    found: dict[str, Any] = {}
    for name, row in reading.mapping("strategy.params", value).items():
        path = f"strategy.params.{name}"
        if not isinstance(row, Mapping):
            number = as_number(row)
            if number is None:
                reading.refuse(path, "숫자나 {default, min, max, type}이 와야 해요. 값을 고쳐 주세요.")
                continue
            whole = number == number.to_integral_value() and "." not in as_text(row)
            found[name] = {"default": plain(number), "type": "int" if whole else "float"}
            continue
        row = reading.mapping(path, row)
        reading.known_only("param", path, row, kis_words.PARAM_KEYS)
        kept = {key: row[key] for key in kis_words.PARAM_KEYS if row.get(key) is not None}
        if "type" in kept:
            kept["type"] = kis_words.PARAM_TYPES.get(as_text(kept["type"]).lower(), as_text(kept["type"]).lower())
        if "description" in kept:
            kept["description"] = as_text(kept["description"])[:200]
        found[name] = kept
    return found


def read_series(reading: Reading, strategy: Mapping[str, Any], wanted: frozenset[str]) -> Series:
    """`strategy.indicators` and `strategy.candlesticks`. `wanted`: names that the conditions use."""
    series = Series(names=Names(wanted=wanted))
    numbering = _Numbering(wanted)
    for n, row in enumerate(reading.rows("strategy.indicators", strategy.get("indicators"))):
        _indicator(reading, series, numbering, f"strategy.indicators[{n}]", row, n)
    for n, row in enumerate(reading.rows("strategy.candlesticks", strategy.get("candlesticks"))):
        _candlestick(reading, series, numbering, f"strategy.candlesticks[{n}]", row, n)
    return series


@dataclass(slots=True)
class _Numbering:
    """Missing aliases: the builder counts every row of an id, the backtester those without an alias, and candlesticks
    by their place. The first of these that a condition uses is the one that was meant."""

    wanted: frozenset[str]
    every: dict[str, int] = field(default_factory=dict)
    unnamed: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def alias(self, id_: str, given: str, place: int) -> str:
        self.every[id_] = self.every.get(id_, 0) + 1
        if given:
            self.used.add(given)
            return given
        self.unnamed[id_] = self.unnamed.get(id_, 0) + 1
        counted = [f"{id_}_{n}" for n in (self.every[id_], self.unnamed[id_], place + 1)]
        free = [name for name in counted if name not in self.used]
        meant = [name for name in free if name in self.wanted]
        name = next(iter(meant or free), as_name(id_, self.used))
        self.used.add(name)
        return name


def _indicator(reading: Reading, series: Series, numbering: _Numbering, path: str, value: Any, place: int) -> None:
    row = reading.mapping(path, value)
    if not row:
        if value is None:
            reading.refuse(path, "빈 항목이에요. 지워 주세요.")
        return
    said = as_text(row.get("id")).strip().lower()
    if not said:
        reading.refuse(f"{path}.id", "지표 이름이 없어요. id를 넣어 주세요.")
        return
    id_ = known_id(said)
    if id_ in candlestick_ids():
        _candlestick(reading, series, numbering, path, value, place)
        return
    raw = numbering.alias(said, as_text(row.get("alias")).strip(), place)
    if id_ in kis_words.PRICE_ROWS:
        output = as_text(row.get("output")).strip().lower()
        meant = output if output in PRICE_FIELDS else raw if raw in PRICE_FIELDS else kis_words.PRICES.get(id_, id_)
        series.names.prices[raw] = meant
        return
    reading.known_only("indicator", path, row, kis_words.INDICATOR_KEYS)
    if raw in kis_words.PRICES:
        reading.refuse(f"{path}.alias", f"'{raw}'는 KIS에서 종가를 뜻해요. 다른 별칭을 써 주세요.")
    alias, name = _alias(reading, series.names, path, raw, row)
    series.names.series[raw] = alias
    series.names.ids[raw] = id_
    kept: dict[str, Any] = {"id": id_, "alias": alias, "params": _settings(reading, path, id_, row.get("params"))}
    if name:
        kept["name"] = name
    kept["output"] = output_of(id_, row.get("output")) or "value"
    if row.get("timeframe") is not None:
        kept["timeframe"] = row["timeframe"]
    series.indicators.append(kept)


def _alias(reading: Reading, names: Names, path: str, raw: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """(alias, shown name). An alias that is no name keeps its text as the shown name."""
    shown = as_text(row.get("name") or row.get("display_name") or row.get("displayName")).strip()[:80]
    if _NAME.fullmatch(raw):
        return raw, shown
    alias = as_name(raw, names.taken)
    reading.note(f"{path}.alias", f"'{raw[:80]}'를 '{alias}'로 바꿔 읽었어요.")
    return alias, shown or raw[:80]


def _settings(reading: Reading, path: str, id_: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, setting in reading.mapping(f"{path}.params", value).items():
        place = f"{path}.params.{key}"
        if isinstance(setting, Mapping) and "default" in setting:
            reading.note(place, "default만 읽었어요.")
            setting = setting["default"]
        if setting is None:
            reading.note(place, "값이 없어 기본값을 써요.")
            continue
        if key == "direction" and as_text(setting).lower() in DIRECTIONS:
            setting = DIRECTIONS[as_text(setting).lower()]
        if isinstance(setting, bool) or not isinstance(setting, int | float | str | Decimal):
            reading.refuse(place, "숫자나 $파라미터를 넣어 주세요.")
            continue
        found[key] = setting
    return found


def _candlestick(reading: Reading, series: Series, numbering: _Numbering, path: str, value: Any, place: int) -> None:
    row = reading.mapping(path, value)
    said = as_text(row.get("id")).strip().lower()
    if not said:
        reading.refuse(f"{path}.id", "캔들 패턴 이름이 없어요. id를 넣어 주세요.")
        return
    reading.known_only("candlestick", path, row, ("id", "alias"))
    raw = numbering.alias(said, as_text(row.get("alias")).strip(), place)
    alias, _ = _alias(reading, series.names, path, raw, row)
    series.names.patterns[raw] = alias
    series.candlesticks.append({"id": said, "alias": alias})


def add_pattern(series: Series, raw: str) -> str | None:
    """The alias of a pattern that a condition names; one that the file does not list is added, as the backtester does:
    doji, or doji_2. None when it is no pattern."""
    if raw in series.names.patterns:
        return series.names.patterns[raw]
    id_ = raw if raw in candlestick_ids() else re.sub(r"_\d+$", "", raw)
    if id_ not in candlestick_ids():
        return None
    series.names.patterns[raw] = raw
    series.candlesticks.append({"id": id_, "alias": raw})
    return raw


def output_of(id_: str, value: Any) -> str | None:
    """The output that a file means: `value` of an indicator without one is its main output."""
    text = as_text(value).strip()
    outputs = indicator_table().get(id_, {}).get("outputs", [])
    if text in ("", "value") and outputs and "value" not in outputs:
        return main_output(id_)
    return text or None
