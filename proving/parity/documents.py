"""The strategies that a parity campaign trades: every preset with conditions, bound to one name.

Contract: the preset's document as it is, but for what live and past do not judge by the same means. A backtest takes
each bar to fall before it rises, the guard sees the prices; so stop-loss, take-profit and trailing stop are switched
off in the document, and no guard runs. Presets of fixed weights have no signals and are left out.
"""

from __future__ import annotations

from typing import Any

from domain.strategy.presets import preset_draft, preset_ids, trades_on_signals
from domain.strategy.spec import StrategySpec, parse_spec

DAY = "1d"
MINUTES = ("1m", "5m", "15m", "30m", "60m")


def presets() -> tuple[str, ...]:
    """Names of those that trade on signals."""
    return tuple(preset for preset in preset_ids() if trades_on_signals(preset))


def document(preset: str, ticker: str, timeframe: str = DAY) -> StrategySpec:
    """One preset on one name. StrategyError for a preset without signals."""
    content: dict[str, Any] = preset_draft(preset).to_json()
    for stop in ("stop_loss", "take_profit", "trailing_stop"):
        content["risk"][stop]["enabled"] = False
    content["universe"]["tickers"] = [ticker]
    content["timeframe"] = timeframe
    content["schedule"]["every"] = "close" if timeframe == DAY else "bar"
    content["profile_version"] = 1
    return parse_spec(content)
