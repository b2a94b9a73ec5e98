"""Words that files of KIS's official strategy builder and backtester use, and what they are here.

Contract: facts of the public sources of both programs (2026-07), as tables: other spellings of operators and
operations, keys that only describe, price fields. Nothing is read or decided here.
"""

from __future__ import annotations

OPERATORS = {
    "gt": "greater_than",
    "lt": "less_than",
    "gte": "greater_equal",
    "lte": "less_equal",
    "ge": "greater_equal",
    "le": "less_equal",
    "eq": "equals",
    "ne": "not_equals",
    "equal": "equals",
    "not_equal": "not_equals",
    ">": "greater_than",
    "<": "less_than",
    ">=": "greater_equal",
    "<=": "less_equal",
    "==": "equals",
    "!=": "not_equals",
    "greater_or_equal": "greater_equal",
    "less_or_equal": "less_equal",
    "greater_than_or_equal": "greater_equal",
    "less_than_or_equal": "less_equal",
    "crosses_above": "cross_above",
    "crosses_below": "cross_below",
    "indicator_cross_above": "cross_above",
    "indicator_cross_below": "cross_below",
    "crossover": "cross_above",
    "crossunder": "cross_below",
    "breaks": "greater_than",  # the backtester evaluates it as >
}
OPERATIONS = {
    "multiply": "mul",
    "*": "mul",
    "times": "mul",
    "divide": "div",
    "/": "div",
    "plus": "add",
    "+": "add",
    "minus": "sub",
    "subtract": "sub",
    "-": "sub",
}
NEUTRAL = {"mul": 1, "div": 1, "add": 0, "sub": 0}
CATEGORIES = {"reversal": "mean_reversion", "breakout": "trend", "pattern": "momentum"}
PARAM_TYPES = {"integer": "int", "number": "float", "double": "float", "percent": "float"}
PRICES = {"price": "close"}  # the backtester's other word for the close
PRICE_ROWS = ("price", "close", "open", "high", "low", "volume")  # rows under indicators that are prices

DOCUMENT_KEYS = ("version", "metadata", "strategy", "risk")
OUR_DOCUMENT_KEYS = ("universe", "timeframe", "sizing", "constraints", "schedule", "orders", "profile_version")
METADATA_KEYS = ("name", "description", "author", "created_at", "updated_at", "tags")
STRATEGY_KEYS = ("id", "category", "params", "indicators", "candlesticks", "entry", "exit")
PARAM_KEYS = ("default", "min", "max", "type", "description")
INDICATOR_KEYS = ("id", "alias", "name", "params", "output", "timeframe")
CONDITION_KEYS = (
    "indicator",
    "operator",
    "compare_to",
    "value",
    "output",
    "compare_output",
    "compare_scalar",
    "compare_operation",
    "candlestick",
    "signal",
    "model",
    "value_high",
    "compare_to_high",
    "compare_high_output",
    "bars",
)
RISK_KEYS = ("stop_loss", "take_profit", "trailing_stop", "max_position_size", "time_stop")

_SAYS_ONLY = {"description", "comment", "comments", "note", "notes", "label", "title", "color", "url"}
DESCRIPTIVE = {
    "document": _SAYS_ONLY | {"name", "author", "tags", "license", "source", "$schema"},
    "strategy": _SAYS_ONLY | {"name", "version", "author", "tags"},
    "param": _SAYS_ONLY | {"name", "step", "unit"},
    "indicator": _SAYS_ONLY | {"category", "panel", "visible", "display_name", "displayName"},
    "candlestick": _SAYS_ONLY | {"name", "output", "params"},
    "group": _SAYS_ONLY | {"name", "id"},
    "condition": _SAYS_ONLY | {"name", "id", "indicator_def", "compare_def", "event", "type"},
    "risk": _SAYS_ONLY,
}


def describes(kind: str, key: str) -> bool:
    """Whether a key that is none of the format's says nothing about what the strategy does."""
    return key in DESCRIPTIVE[kind] or key.startswith(("x-", "x_", "_"))
