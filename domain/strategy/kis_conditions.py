"""Conditions of an official file in our shape: groups with or without their frame, other spellings, older forms.

Contract: the meaning is that of the official programs where they agree, as the table in `domain.strategy.signals` has
it; where they read a file differently from what it says, a note tells. Problems and notes go to the reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from domain.strategy import kis_words
from domain.strategy.kis_reading import Reading, as_number, as_text
from domain.strategy.kis_series import Series, add_pattern, output_of
from domain.strategy.signals import PRICE_FIELDS, Operator

_SIDES = (("indicator", "output"), ("compare_to", "compare_output"), ("compare_to_high", "compare_high_output"))
_OPERATORS = ", ".join(operator.value for operator in Operator)
_LEFT = ("indicator", "candlestick", "model", "operator", "event")


def names_used(value: Any) -> Iterator[str]:
    """Every name that conditions use, however they are framed."""
    if isinstance(value, list | tuple):
        for part in value:
            yield from names_used(part)
    elif isinstance(value, Mapping):
        for key in ("indicator", "compare_to", "compare_to_high", "value", "candlestick"):
            if isinstance(value.get(key), str):
                yield value[key].strip()
        yield from names_used(value.get("conditions"))


def read_group(reading: Reading, series: Series, path: str, value: Any, logic: str) -> dict[str, Any]:
    """A group; a list or one condition without a frame is joined by `logic`, as is a group that names no logic."""
    if value is None:
        return {"logic": logic, "conditions": []}
    if isinstance(value, list | tuple):
        return {"logic": logic, "conditions": _parts(reading, series, f"{path}.conditions", value)}
    row = reading.mapping(path, value)
    if "conditions" not in row and any(key in row for key in _LEFT):
        return {"logic": logic, "conditions": _parts(reading, series, f"{path}.conditions", [row])}
    reading.known_only("group", path, row, ("logic", "conditions"))
    parts = _parts(reading, series, f"{path}.conditions", reading.rows(f"{path}.conditions", row.get("conditions")))
    said = as_text(row.get("logic")).strip().upper()
    if not said and logic == "OR" and len(parts) > 1:
        reading.note(path, "logic이 없어 OR로 읽었어요. 모두 맞을 때 팔려면 logic: AND를 적어 주세요.")
    return {"logic": said or logic, "conditions": parts}


def _parts(reading: Reading, series: Series, path: str, rows: Any) -> list[dict[str, Any]]:
    found = []
    for n, row in enumerate(rows):
        place = f"{path}[{n}]"
        if isinstance(row, Mapping) and "conditions" in row:
            found.append(read_group(reading, series, place, row, "AND"))
        elif isinstance(row, Mapping):
            found.append(_condition(reading, series, place, {str(key): part for key, part in row.items()}))
        else:
            reading.refuse(place, "조건은 indicator와 operator 같은 항목으로 적어 주세요.")
    return found


def _condition(reading: Reading, series: Series, path: str, row: dict[str, Any]) -> dict[str, Any]:
    reading.known_only("condition", path, row, kis_words.CONDITION_KEYS)
    row = {key: value for key, value in row.items() if value is not None}
    if "candlestick" in row:
        return _pattern(reading, series, path, row)
    raw = as_text(row.get("indicator")).strip()
    if raw in series.names.patterns and raw not in series.names.series:
        return _older_pattern(reading, series, path, row)
    row["operator"] = _operator(reading, path, row)
    kept = {key: row[key] for key in kis_words.CONDITION_KEYS if key in row}
    _value(reading, series, path, kept)
    for side, output in _SIDES:
        _side(series, kept, side, output)
    _scalar(reading, path, kept)
    return kept


def _operator(reading: Reading, path: str, row: Mapping[str, Any]) -> str:
    said = as_text(row.get("operator", row.get("event", row.get("type")))).strip().lower()
    if not said:
        reading.note(f"{path}.operator", "operator가 없어 greater_than으로 읽었어요. KIS 프로그램과 같아요.")
        return Operator.GREATER_THAN.value
    operator = kis_words.OPERATORS.get(said, said)
    if operator not in list(Operator):
        reading.refuse(f"{path}.operator", f"'{said[:40]}'라는 비교는 없어요. {_OPERATORS} 가운데 하나를 써 주세요.")
        return Operator.EQUALS.value  # so that the rest is checked as well
    if said == "breaks":
        reading.note(f"{path}.operator", "breaks는 KIS 백테스터처럼 greater_than으로 읽었어요.")
    return operator


def _value(reading: Reading, series: Series, path: str, row: dict[str, Any]) -> None:
    """`value` may be a pair for `between`, a name, or the same number as `compare_to`."""
    value = row.get("value")
    if isinstance(value, list | tuple) and row["operator"] == Operator.BETWEEN and len(value) == 2:
        row["value"], row["value_high"] = value
        return
    if isinstance(value, str) and "compare_to" not in row and _known(series, value.strip()):
        row["compare_to"] = row.pop("value")
        return
    if value is not None and "compare_to" in row:
        if as_text(value).strip() == as_text(row["compare_to"]).strip():
            del row["value"]
        else:
            text = "compare_to와 value가 서로 달라요. KIS 프로그램마다 다르게 읽어요. 하나만 남겨 주세요."
            reading.refuse(path, text)
            del row["value"]


def _known(series: Series, name: str) -> bool:
    names = series.names
    return name in names.series or name in names.prices or name in PRICE_FIELDS or name in kis_words.PRICES


def _side(series: Series, row: dict[str, Any], side: str, output: str) -> None:
    """One side's name and output in our words."""
    value = row.get(side)
    if not isinstance(value, str) or value.strip().startswith("$"):
        return
    raw, names = value.strip(), series.names
    if raw in names.series:
        row[side] = names.series[raw]
        meant = output_of(names.ids[raw], row.get(output)) if row.get(output) is not None else None
        row.pop(output, None)
        if meant is not None:
            row[output] = meant
        return
    price = names.prices.get(raw, kis_words.PRICES.get(raw, raw))
    row[side] = price
    if price in PRICE_FIELDS and as_text(row.get(output)) in ("", "value", price, raw):
        row.pop(output, None)


def _scalar(reading: Reading, path: str, row: dict[str, Any]) -> None:
    scalar, operation = row.get("compare_scalar"), as_text(row.get("compare_operation")).strip().lower()
    if scalar is None:
        if row.pop("compare_operation", None) is not None:
            reading.note(f"{path}.compare_operation", "compare_scalar가 없어 쓰이지 않아요.")
        return
    row["compare_operation"] = kis_words.OPERATIONS.get(operation, operation or "mul")
    right = row.get("value", row.get("compare_to"))
    if right is not None and (as_number(right) is not None or as_text(right).startswith("$")):
        number = as_number(scalar)
        if number is not None and number == kis_words.NEUTRAL.get(row["compare_operation"]):
            del row["compare_scalar"], row["compare_operation"]
        else:
            text = "KIS는 숫자와 비교할 때 이 값을 쓰지 않아요. 지우거나 계산한 숫자를 직접 적어 주세요."
            reading.refuse(f"{path}.compare_scalar", text)
    elif row["operator"] in (Operator.CROSS_ABOVE, Operator.CROSS_BELOW):
        reading.note(
            f"{path}.compare_scalar", "적힌 대로 교차에도 써요. KIS 백테스터는 교차에서 이 값을 빼고 계산해요."
        )


def _pattern(reading: Reading, series: Series, path: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A candlestick condition; the official programs look at nothing else in it."""
    raw = as_text(row["candlestick"]).strip()
    alias = add_pattern(series, raw)
    if alias is None:
        reading.refuse(f"{path}.candlestick", f"'{raw[:40]}'라는 캔들이 candlesticks에 없어요. 추가해 주세요.")
    return {"candlestick": alias or raw, "signal": as_text(row.get("signal")).strip().lower() or "detected"}


def _older_pattern(reading: Reading, series: Series, path: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The builder's older form: a pattern compared with 0; above is bullish, below bearish, anything else detected."""
    right = as_number(row.get("compare_to", row.get("value", 0)))
    said = as_text(row.get("operator")).strip().lower()
    signals = {"greater_than": "bullish", "less_than": "bearish"}
    signal = signals.get(kis_words.OPERATORS.get(said, said), "detected") if right == 0 else "detected"
    reading.note(path, f"캔들 신호 {signal}로 읽었어요.")
    return {"candlestick": series.names.patterns[as_text(row["indicator"]).strip()], "signal": signal}
