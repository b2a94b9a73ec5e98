"""What a call cost: tokens as the provider counted them, in won by a dated price table.

Contract: `ModelCall` is one row of desk.model_calls and holds no prompt and no answer. Prices are public list prices in
USD a million tokens, won by a dated rate: an estimate for the settings page, not a bill. A model or server that the
table does not know, or a call whose tokens nobody told, is `priced=False` with 0 won.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml

from domain.clock import KST
from domain.tables import in_force
from tools.llm.budget import ANSWER_ESTIMATE, Cost, estimated_tokens
from tools.llm.chain import Link

PRICES = Path(__file__).parent / "data" / "prices.yaml"


@dataclass(frozen=True, slots=True)
class Tokens:
    """As the provider counted them; `cached` are those of `input` that cost less."""

    input: int = 0
    cached: int = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One call. `won_milli` is thousandths of a won."""

    call_id: UUID
    user_id: UUID | None
    at: datetime
    task: str
    model: str
    attempt: int
    outcome: str
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    won_milli: int
    priced: bool
    latency_ms: int


Recorder = Callable[[ModelCall], Awaitable[None]]


def tokens_of(usage: Mapping[str, Any] | None) -> Tokens | None:
    """From LangChain's usage_metadata; None when the provider told nothing."""
    if not usage:
        return None
    detail = usage.get("input_token_details") or {}
    given, made = _count(usage.get("input_tokens")), _count(usage.get("output_tokens"))
    return Tokens(given, min(given, _count(detail.get("cache_read"))), made)


def _count(value: Any) -> int:
    return min(max(0, value), 2**31 - 1) if isinstance(value, int) and not isinstance(value, bool) else 0


def won_milli(link: Link, tokens: Tokens | None, at: datetime) -> int | None:
    """Thousandths of a won, None when nobody knows. A server of the user's own has no list price."""
    if tokens is None or link.own_address:
        return None
    table = _table()
    price = table["models"].get(link.label)
    if price is None:
        return None
    on = at.astimezone(KST).date()
    try:
        row = in_force(price, on, lambda each: _day(each["since"]), f"the price of {link.label}")
        rate = in_force(table["won_per_usd"], on, lambda each: _day(each["since"]), "the won rate")
    except ValueError:
        return None
    usd_millionths = (
        (tokens.input - tokens.cached) * Decimal(row["input"])
        + tokens.cached * Decimal(row["cached"])
        + tokens.output * Decimal(row["output"])
    )
    return int((usd_millionths * Decimal(rate["rate"]) / 1000).to_integral_value(ROUND_HALF_UP))


def estimate(link: Link, signs: int, most: int, at: datetime) -> Cost:
    """What a call is taken to cost before it is made: a question of so many characters, and a usual answer of at most
    `most` tokens. 0 won where nobody knows the price."""
    tokens = Tokens(estimated_tokens(signs), 0, min(ANSWER_ESTIMATE, most))
    return Cost(tokens.input + tokens.output, won_milli(link, tokens, at) or 0)


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))


@cache
def _table() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(PRICES.read_text("utf-8"))
    return loaded


def load_prices() -> None:
    """Reads the table now, so that nothing opens a file inside the event loop."""
    _table()
