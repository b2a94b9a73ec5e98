"""Daily bars as brokers and public files give them, made whole.

Adjusting for a split rounds each price of a bar by itself, so a high may lie a won under its own close; so little is
put right, anything more is a fault of the data.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from domain.bars import Bars, bars_from_public

_ROUNDING = 500  # a high may miss its close by one part of this many, or 2 won


def adjusted_bars(rows: Any) -> Bars:
    """From int64[6, n]: time, open, high, low, close, volume, oldest first; days without trading have an open of 0.
    Raises ValueError as `domain.bars.bars_of`, naming the bar."""
    time, opened, high, low, close, volume = np.array(rows, dtype=np.int64).reshape(6, -1)
    most, least = np.maximum(opened, close), np.minimum(opened, close)
    spare = np.maximum(close // _ROUNDING, 2)
    wrong = (opened > 0) & (np.maximum(most - high, low - least) > spare)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(
            f"expected low <= open, close <= high, was {low[at]}..{high[at]} at the bar that ends {time[at]}"
        )
    return bars_from_public(time, opened, high, low, close, volume)
