"""Random strategy documents, whole or such as a `.kis.yaml` 1.0 can say; a seed gives the same document again."""

from __future__ import annotations

from random import Random
from typing import Any

from domain.strategy.signals import PRICE_FIELDS, Operator
from domain.strategy.vocabulary import bounds_of, candlestick_ids, indicator_table, ordered_params

TICKERS = ("005930", "000660", "035420", "005380", "0000D0")
NAMES = (
    "예시",
    "a: b #c",
    "'따옴표' \"둘\"",
    "1.10",
    "on",
    "~",
    "줄\n바꿈",
    "표\t📈",
    "null",
    "- 목록",
    "&x *y",
    "  끝",
    "0x1F",
    "{}",
)
_SEVEN = tuple(Operator)[:7]


def document(seed: int, *, expressible: bool = False) -> dict[str, Any]:
    """Plain data that parses. `expressible`: only what a 1.0 file can say."""
    rng = Random(seed)
    size = rng.choice(["1", "0.2", "0.35", "0.0501"])
    risk: dict[str, Any] = {
        "stop_loss": {"enabled": True, "percent": _positive(rng)},
        "trailing_stop": {"enabled": rng.random() < 0.5, "percent": _positive(rng)},
        "max_position_size": size,
    }
    found: dict[str, Any] = {
        "metadata": {
            "name": rng.choice(NAMES).strip(),
            "description": rng.choice(NAMES),
            "tags": [rng.choice(NAMES) for _ in range(rng.randrange(4))],
        },
        "strategy": _signals(rng, expressible),
        "risk": risk,
        "sizing": {"method": "per_signal", "name_bps": round(float(size) * 10_000)},
    }
    return _plain_names(found) if expressible else found | _ours(rng, risk)


def _plain_names(found: dict[str, Any]) -> dict[str, Any]:
    """An import trims what only describes."""
    about = found["metadata"]
    about |= {"description": about["description"].strip(), "tags": [tag.strip() for tag in about["tags"]]}
    return found


def _ours(rng: Random, risk: dict[str, Any]) -> dict[str, Any]:
    sizing: dict[str, Any] = {"method": "per_signal", "name_bps": rng.randint(1, 10_000)}
    method = rng.choice(["per_signal", "volatility_target", "risk_per_trade"])
    if method != "per_signal":
        field = "volatility_bps" if method == "volatility_target" else "risk_bps"
        sizing |= {"method": method, field: rng.randint(1, 2_000), "lookback": rng.randint(5, 100)}
    every = rng.choice(["close", "bar", "30m", "week", "month"])
    schedule: dict[str, Any] = {"every": every, "max_trades_a_week": rng.choice([None, 1, 5])}
    schedule |= {"weekday": rng.choice(["mon", "fri"])} if every == "week" else {}
    schedule |= {"session_of_month": rng.randint(1, 15)} if every == "month" else {}
    stop = {"enabled": rng.random() < 0.5, "after": rng.randint(1, 99), "unit": rng.choice(["sessions", "bars"])}
    return {
        "risk": {**risk, "time_stop": stop},
        "universe": {"tickers": rng.sample(TICKERS, rng.randrange(4))},
        "timeframe": "1d",
        "sizing": sizing,
        "constraints": {"max_turnover_bps": rng.choice([None, 500]), "min_order_krw": rng.choice([0, 50_000])},
        "schedule": schedule,
        "orders": {"type": rng.choice(["limit", "market"]), "slippage_bps": rng.randint(0, 300)},
        "profile_version": rng.choice([None, 3]),
    }


def _signals(rng: Random, expressible: bool) -> dict[str, Any]:
    indicators = [_indicator(rng, n, expressible) for n in range(rng.randint(1, 4))]
    patterns = rng.sample(sorted(candlestick_ids()), rng.randrange(3))
    candles = [{"id": id_, "alias": f"c{n}"} for n, id_ in enumerate(patterns)]

    def group(most: int) -> dict[str, Any]:
        parts = [_part(rng, indicators, candles, expressible) for _ in range(rng.randint(1, most))]
        return {"logic": rng.choice(["AND", "OR"]), "conditions": parts}

    return {
        "id": rng.choice(["mine", "내_전략", "a1"]),
        "category": rng.choice(["trend", "custom", "oscillator"]),
        "params": {"level": {"default": _number(rng), "type": "float"}},
        "indicators": indicators,
        "candlesticks": candles,
        "entry": group(4),
        "exit": group(3),
    }


def _indicator(rng: Random, n: int, expressible: bool) -> dict[str, Any]:
    id_ = rng.choice(sorted(indicator_table()))
    row = indicator_table()[id_]
    params: dict[str, Any] = {}
    for name in row["params"]:
        bounds = bounds_of(id_, name)
        least, most = int(bounds.min or 0), min(int(bounds.max or 300), 300)
        params[name] = rng.randint(least, most) if bounds.whole else rng.choice(["0.05", "0.25", "0.9"])
    for small, large in ordered_params(id_):
        params[small], params[large] = 5, 5 + rng.randint(1, 50)
    found = {"id": id_, "alias": rng.choice(["a", "선", "ma_x"]) + str(n), "params": params}
    found |= {"output": rng.choice(row["outputs"]), "name": rng.choice(["", "내 이평선"])}
    return found if expressible else found | {"timeframe": rng.choice([None, "1d", "1w", "1M"])}


def _part(rng: Random, indicators: list[Any], candles: list[Any], expressible: bool) -> dict[str, Any]:
    if candles and rng.random() < 0.2:
        return {"candlestick": rng.choice(candles)["alias"], "signal": rng.choice(["bullish", "bearish", "detected"])}
    if not expressible and rng.random() < 0.2:
        parts = [_condition(rng, indicators, expressible) for _ in range(rng.randint(1, 3))]
        return {"logic": rng.choice(["AND", "OR"]), "conditions": parts}
    return _condition(rng, indicators, expressible)


def _condition(rng: Random, indicators: list[Any], expressible: bool) -> dict[str, Any]:
    operator = rng.choice(_SEVEN if expressible else tuple(Operator))
    row: dict[str, Any] = {"operator": operator.value}
    names = [indicator["alias"] for indicator in indicators]
    if not expressible and rng.random() < 0.2:
        row |= {"model": "up_tomorrow", "value": _number(rng)}
    else:
        row["indicator"] = rng.choice([*names, *PRICE_FIELDS])
        side = rng.choice(["value", "compare_to", "name"])
        if side != "name":
            row[side] = rng.choice([_number(rng), "$level"])
        else:
            row["compare_to"] = rng.choice([*names, "close", "open"])
            if operator is not Operator.BETWEEN and rng.random() < 0.5:
                row |= {"compare_scalar": _positive(rng), "compare_operation": rng.choice(["mul", "div", "add", "sub"])}
    if operator is Operator.BETWEEN:
        row["value_high"] = _number(rng)
    if operator in (Operator.BREAKS_ABOVE, Operator.BREAKS_BELOW):
        row["bars"] = rng.choice([None, 1, 20, 250])
    return row


def _number(rng: Random) -> str:
    return f"{rng.uniform(-1000, 1000):.{rng.randrange(6)}f}"


def _positive(rng: Random) -> str:
    return f"{rng.uniform(0.01, 100):.2f}"
