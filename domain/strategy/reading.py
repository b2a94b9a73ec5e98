"""A strategy from a file's text, ours or `.kis.yaml`, told apart by what it says and not by its name.

Contract: JSON or YAML; a document with `schema_version` is ours, one with `version`, or with neither `sizing` nor
`schema_version`, is the official builder's. StrategyError with path and Korean remedy for anything else. Also binds a
strategy that names nothing to trade to names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from domain.limits import FULL_BPS
from domain.strategy.kis_yaml import read_kis_data
from domain.strategy.limits import check_text
from domain.strategy.problems import WHOLE, Problem, one_problem
from domain.strategy.spec import StrategySpec, parse_spec
from domain.strategy.yaml_text import load_yaml

Format = Literal["json", "kis"]


@dataclass(frozen=True, slots=True)
class Read:
    """`notes`: what a `.kis.yaml` was read otherwise than it stands there, or only describes."""

    spec: StrategySpec
    format: Format
    notes: tuple[Problem, ...] = ()


def read_strategy(text: str) -> Read:
    """The strategy in a text."""
    check_text(text)
    data = _values(text.removeprefix("\ufeff"))
    if not isinstance(data, Mapping):
        raise one_problem(WHOLE, "전략 파일이 아니에요. JSON이나 .kis.yaml 전략 파일을 주세요.")
    if "schema_version" in data or ("sizing" in data and "version" not in data):
        return Read(parse_spec(data), "json")
    found = read_kis_data(data)
    return Read(found.spec, "kis", found.notes)


def _values(text: str) -> Any:
    if not text.lstrip().startswith("{"):
        return load_yaml(text)
    try:
        return json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise one_problem(WHOLE, "너무 깊이 묶여 있어요. 풀어 주세요.") from None
    except json.JSONDecodeError as error:
        try:
            return load_yaml(text)  # YAML may begin with a brace as well
        except ValueError:
            where = f"{error.lineno}번째 줄"
            raise one_problem(where, "JSON으로 읽을 수 없어요. 쉼표와 따옴표를 확인해 주세요.") from error
    except ValueError as error:  # a number of thousands of digits
        raise one_problem(WHOLE, "읽을 수 없는 숫자가 있어요. 숫자를 확인해 주세요.") from error


def _no_number(word: str) -> Any:
    raise one_problem(WHOLE, f"{word}는 숫자가 아니에요. 숫자를 넣어 주세요.")


def bound(spec: StrategySpec, tickers: Sequence[str]) -> StrategySpec:
    """The same strategy for these names. A size that no file has said (a 1.0 file cannot) becomes an equal share, as
    in the official backtester, and never more than the largest position."""
    content = spec.to_json()
    content["universe"]["tickers"] = list(tickers)
    if not spec.is_bound and spec.sizing.method == "per_signal" and tickers:
        content["sizing"]["name_bps"] = min(spec.sizing.name_bps, max(1, FULL_BPS // len(tickers)))
        content["constraints"]["max_positions"] = max(spec.constraints.max_positions, min(len(tickers), 200))
    return parse_spec(content)
