"""`.kis.yaml` 1.0, the file of KIS's official strategy builder and backtester: in and out.

Contract: `import_kis` reads what both official programs write and accept, and this language's own additions beside it;
errors name path and remedy in Korean, all at once, and `read_kis` gives the notes as well. `export_kis` writes 1.0 keys
only; what they cannot say is refused by name, all of it, and left out only with consent (`leave_out`). What is exported
leads back to an equal hash: import_kis(export_kis(s, parts)) == without(s, parts). Nothing is dropped silently.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain.strategy import kis_words
from domain.strategy.kis_conditions import names_used, read_group
from domain.strategy.kis_parts import neutral_sizing, read_metadata, read_risk
from domain.strategy.kis_reading import Reading, as_id, as_number, as_text
from domain.strategy.kis_series import DIRECTIONS, read_params, read_series
from domain.strategy.kis_writing import to_yaml
from domain.strategy.limits import check_size
from domain.strategy.problems import WHOLE, Problem, StrategyError, one_problem
from domain.strategy.signals import Category, Condition, Group, Operator
from domain.strategy.spec import StrategySpec, parse_spec
from domain.strategy.terms import Constraints, OrderPolicy, Risk, Schedule, Sizing, TimeStop, Universe
from domain.strategy.yaml_text import load_yaml

VERSION = "1.0"
PARTS = {
    "universe": "거래할 종목",
    "timeframe": "봉 주기",
    "sizing": "비중",
    "constraints": "포트폴리오 한도",
    "schedule": "점검 일정",
    "orders": "주문 방법",
    "profile_version": "투자성향 버전",
    "time_stop": "보유 기간",
}
"""What 1.0 has no words for and may be left out with consent."""
_SEVEN = frozenset(list(Operator)[:7])


@dataclass(frozen=True, slots=True)
class Imported:
    """A spec from a foreign file. `notes`: what was read otherwise than it stands there, or only describes."""

    spec: StrategySpec
    notes: tuple[Problem, ...]


def import_kis(text: str) -> StrategySpec:
    """The strategy of a file. StrategyError lists every problem with its path and remedy in Korean."""
    return read_kis(text).spec


def read_kis(text: str) -> Imported:
    """As `import_kis`, with the notes."""
    return read_kis_data(load_yaml(text))


def read_kis_data(data: Any) -> Imported:
    """As `read_kis`, from the values of the file."""
    check_size(data)
    if not isinstance(data, Mapping) or not data:
        raise one_problem(WHOLE, "전략 파일이 아니에요. version, metadata, strategy가 있는 파일을 주세요.")
    reading = Reading()
    content = _document(reading, {str(key): value for key, value in data.items()})
    spec: StrategySpec | None = None
    try:
        spec = parse_spec(content)
    except StrategyError as error:
        named = {problem.path for problem in reading.problems}
        reading.problems.extend(problem for problem in error.problems if problem.path not in named)
    if spec is None or reading.problems:
        raise StrategyError(reading.problems)
    return Imported(spec, tuple(reading.notes))


def _document(reading: Reading, data: dict[str, Any]) -> dict[str, Any]:
    reading.known_only("document", "", data, (*kis_words.DOCUMENT_KEYS, *kis_words.OUR_DOCUMENT_KEYS))
    version = as_number(data.get("version", VERSION))
    if version != Decimal(VERSION):
        reading.refuse("version", f"'{as_text(data.get('version'))[:20]}' 형식은 읽을 수 없어요. 1.0 파일을 주세요.")
    if "strategy" not in data:
        reading.refuse("strategy", "필요한 항목이 없어요. 지표와 조건을 strategy 아래에 적어 주세요.")
    strategy = reading.mapping("strategy", data.get("strategy"))
    risk = read_risk(reading, data.get("risk"))
    content: dict[str, Any] = {
        "metadata": read_metadata(reading, data, strategy),
        "strategy": _signals(reading, strategy, data),
        "risk": risk,
        "sizing": neutral_sizing(as_number(risk.get("max_position_size")) or Decimal(1)),
    }
    return content | {key: data[key] for key in kis_words.OUR_DOCUMENT_KEYS if data.get(key) is not None}


def _signals(reading: Reading, strategy: dict[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    reading.known_only("strategy", "strategy", strategy, kis_words.STRATEGY_KEYS)
    wanted = frozenset([*names_used(strategy.get("entry")), *names_used(strategy.get("exit"))])
    series = read_series(reading, strategy, wanted)
    said = as_text(strategy.get("id")).strip()
    metadata = data.get("metadata")
    id_ = as_id(said or as_text(metadata.get("name") if isinstance(metadata, Mapping) else ""))
    if id_ != said:
        reading.note("strategy.id", f"이름표를 '{id_}'로 읽었어요.")
    entry = read_group(reading, series, "strategy.entry", strategy.get("entry"), "AND")
    exit_ = read_group(reading, series, "strategy.exit", strategy.get("exit"), "OR")
    if not exit_["conditions"]:
        reading.note("strategy.exit", "매도 조건이 없어 손절·익절로만 팔아요.")
    return {
        "id": id_,
        "category": _category(reading, strategy.get("category")),
        "params": read_params(reading, strategy.get("params")),
        "indicators": series.indicators,
        "candlesticks": series.candlesticks,
        "entry": entry,
        "exit": exit_,
    }


def _category(reading: Reading, value: Any) -> str:
    said = as_text(value).strip().lower()
    known = kis_words.CATEGORIES.get(said, said or Category.CUSTOM.value)
    if known in list(Category):
        return known
    reading.note("strategy.category", f"'{said[:40]}' 갈래가 없어 custom으로 읽었어요.")
    return Category.CUSTOM.value


def export_kis(spec: StrategySpec, leave_out: Collection[str] = ()) -> str:
    """The text of the file. StrategyError lists what 1.0 cannot say and `leave_out` does not name."""
    unknown = [part for part in leave_out if part not in PARTS]
    if unknown:
        text = f"뺄 수 있는 항목이 아니에요. {', '.join(PARTS)} 가운데에서 골라 주세요."
        raise StrategyError(Problem(part, text) for part in unknown)
    missing = [part for part in inexpressible(spec) if part not in leave_out]
    consent = ",".join([*missing, *leave_out])
    problems = [
        Problem(
            part, f"KIS 형식에는 없는 항목이에요({PARTS[part]}). 빼고 내보내려면 --without {consent}를 붙여 주세요."
        )
        for part in missing
    ]
    problems += _unsayable(spec)
    if problems:
        raise StrategyError(problems)
    return to_yaml(_content(without(spec, leave_out)))


def inexpressible(spec: StrategySpec) -> tuple[str, ...]:
    """The parts that 1.0 has no words for, in the order of `PARTS`."""
    return tuple(part for part in PARTS if without(spec, (part,), check=False) != spec)


def without(spec: StrategySpec, parts: Collection[str], *, check: bool = True) -> StrategySpec:
    """The strategy with these parts as an import of a 1.0 file has them. StrategyError when the rest does not hold
    together without them."""
    neutral: dict[str, Any] = {
        "universe": Universe(),
        "timeframe": StrategySpec.model_fields["timeframe"].default,
        "sizing": Sizing.model_validate(neutral_sizing(spec.risk.max_position_size)),
        "constraints": Constraints(),
        "schedule": Schedule(),
        "orders": OrderPolicy(),
        "profile_version": None,
        "risk": spec.risk.model_copy(update={"time_stop": TimeStop()}),
    }
    fields = {"risk" if part == "time_stop" else part for part in parts}
    left = spec.model_copy(update={name: neutral[name] for name in fields})
    return parse_spec(left.to_json()) if check else left


def _unsayable(spec: StrategySpec) -> Iterator[Problem]:
    """What belongs to the signals and cannot be left out, because the rest would mean something else."""
    for n, row in enumerate(spec.strategy.indicators):
        if row.timeframe is not None:
            text = "KIS 형식에는 지표별 봉 주기가 없어요. 전략과 같은 주기의 지표로 바꿔 주세요."
            yield Problem(f"strategy.indicators[{n}].timeframe", text)
    for side, group in (("entry", spec.strategy.entry), ("exit", spec.strategy.exit)):
        path = f"strategy.{side}"
        if not group.conditions:
            text = "KIS 프로그램은 빈 조건을 늘 맞는 것으로 읽어요. 조건을 하나 이상 넣어 주세요."
            yield Problem(f"{path}.conditions", text)
        for n, part in enumerate(group.conditions):
            yield from _unsayable_part(f"{path}.conditions[{n}]", part)


def _unsayable_part(path: str, part: Condition | Group) -> Iterator[Problem]:
    if isinstance(part, Group):
        yield Problem(path, "KIS 형식에는 조건 묶음이 없어요. AND나 OR 하나로 풀어 주세요.")
        return
    if part.model is not None:
        yield Problem(f"{path}.model", "KIS 형식에는 모델 조건이 없어요. 이 조건을 지우거나 지표로 바꿔 주세요.")
    if part.operator is not None and part.operator not in _SEVEN:
        text = f"KIS 형식에는 {part.operator.value}가 없어요. {_instead(part.operator)} 바꿔 주세요."
        yield Problem(f"{path}.operator", text)
    right = part.value if part.value is not None else part.compare_to
    number = isinstance(right, Decimal) or (isinstance(right, str) and right.startswith("$"))
    if number and part.compare_scalar is not None:
        text = "KIS는 숫자와 비교할 때 이 값을 쓰지 않아요. 계산한 숫자를 직접 적어 주세요."
        yield Problem(f"{path}.compare_scalar", text)


def _instead(operator: Operator) -> str:
    return {
        Operator.BETWEEN: "greater_equal과 less_equal 두 조건으로",
        Operator.NOT_EQUALS: "greater_than이나 less_than으로",
        Operator.CROSS_ABOVE_EQUAL: "cross_above로",
        Operator.CROSS_BELOW_EQUAL: "cross_below로",
        Operator.BREAKS_ABOVE: "cross_above로",
        Operator.BREAKS_BELOW: "cross_below로",
    }.get(operator, "다른 비교로")


def _content(spec: StrategySpec) -> dict[str, Any]:
    """The file's values; numbers stay Decimal until they are written."""
    signals, metadata = spec.strategy, spec.metadata
    about: dict[str, Any] = {"name": metadata.name, "description": metadata.description, "author": metadata.author}
    for key in ("created_at", "updated_at"):
        moment = getattr(metadata, key)
        if moment is not None:
            about[key] = moment.isoformat()
    strategy: dict[str, Any] = {"id": signals.id, "category": signals.category.value}
    if signals.params:
        strategy["params"] = {name: _given(param) for name, param in signals.params.items()}
    strategy["indicators"] = [_indicator(row) for row in signals.indicators]
    if signals.candlesticks:
        strategy["candlesticks"] = [_given(row) for row in signals.candlesticks]
    for side, group in (("entry", signals.entry), ("exit", signals.exit)):
        strategy[side] = {"logic": group.logic, "conditions": [_given(part) for part in group.conditions]}
    return {
        "version": VERSION,
        "metadata": about | {"tags": list(metadata.tags)},
        "strategy": strategy,
        "risk": _risk(spec.risk),
    }


def _given(part: Any) -> dict[str, Any]:
    """The fields that are given, in the order of the shape."""
    fields = type(part).model_fields
    return {
        name: getattr(part, name)
        for name in fields
        if getattr(part, name) is not None and not (name == "description" and not getattr(part, name))
    }


def _indicator(row: Any) -> dict[str, Any]:
    written = {name: value for name, value in _given(row).items() if name != "timeframe" and value != ""}
    if "direction" in row.params:
        words = {Decimal(number): word for word, number in DIRECTIONS.items()}
        said = row.params["direction"]
        written["params"] = {**row.params, "direction": words.get(said, said)}
    return written


def _risk(risk: Risk) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for key in ("stop_loss", "take_profit", "trailing_stop"):
        stop = getattr(risk, key)
        if stop != type(stop)():
            written[key] = {"enabled": stop.enabled, "percent": stop.percent}
    if risk.max_position_size != 1:
        written["max_position_size"] = risk.max_position_size
    return written
