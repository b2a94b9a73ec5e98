"""How large a strategy document may be, so that no text can exhaust the program that reads it.

Contract: checked before anything else looks at the data; walks without recursion; StrategyError with path and remedy.
"""

from __future__ import annotations

from typing import Any

from domain.strategy.problems import WHOLE, one_problem

MAX_TEXT = 256 * 1024  # characters
MAX_NODES = 20_000
MAX_NESTING = 40


def check_text(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise one_problem(WHOLE, f"파일이 너무 커요. {MAX_TEXT // 1024}KB까지만 읽어요. 줄여 주세요.")


def check_size(data: Any) -> None:
    """Refuses what holds too many values, is nested too deeply or contains itself."""
    seen = 0
    waiting: list[tuple[Any, int]] = [(data, 1)]
    while waiting:
        value, depth = waiting.pop()
        seen += 1
        if seen > MAX_NODES:
            raise one_problem(WHOLE, f"항목이 너무 많아요. {MAX_NODES}개까지만 읽어요. 줄여 주세요.")
        if depth > MAX_NESTING:
            raise one_problem(WHOLE, f"너무 깊이 묶여 있어요. {MAX_NESTING}겹까지만 읽어요. 풀어 주세요.")
        if isinstance(value, dict):
            waiting.extend((part, depth + 1) for part in value.values())
        elif isinstance(value, list | tuple):
            waiting.extend((part, depth + 1) for part in value)
