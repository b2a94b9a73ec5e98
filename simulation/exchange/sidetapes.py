"""The bars of the boards beside the regular session: close-price trading, evening auctions, the after-market.

Contract: pure. `side_bar` gives the bar that a board's tape is woven from, None where a board has nothing: funds do
not trade in the after-market, and a replay knows nothing but its regular days and their closes.
"""

from __future__ import annotations

from domain.instruments import Instrument, Kind
from domain.orders.types import Side
from domain.ticks import Band, round_to_tick, tick_size
from simulation.exchange.divisions import Board
from simulation.exchange.tape import Bar, rng_for

_VOLUME_PART = {Board.PRE_CLOSE: 400, Board.POST_CLOSE: 100, Board.SINGLE: 60, Board.AFTER: 30}


def side_bar(regular: Bar, board: Board, instrument: Instrument, band: Band, seed: int, *, replay: bool) -> Bar | None:
    """The board's day in one bar."""
    volume = max(1, regular.volume // _VOLUME_PART[board])
    if replay and board in (Board.PRE_CLOSE, Board.AFTER):
        return None
    if board is Board.PRE_CLOSE:
        return _flat(regular, regular.base, volume)
    if board is not Board.AFTER:
        return _flat(regular, regular.close, volume)
    if instrument.kind is Kind.ETF:
        return None
    rng = rng_for(seed, "after", instrument.ticker, regular.day.isoformat())
    drift, up, down = rng.standard_normal(3) * 0.004
    start = regular.close

    def on_unit(price: float, side: Side) -> int:
        return min(max(round_to_tick(max(1, round(price)), side, instrument.kind, regular.day), band.lower), band.upper)

    end = on_unit(start * (1 + float(drift)), Side.BUY)
    high = on_unit(max(start, end) * (1 + abs(float(up)) / 2), Side.BUY)
    low = on_unit(min(start, end) * (1 - abs(float(down)) / 2), Side.SELL)
    if high == low:
        high = min(band.upper, high + tick_size(high, instrument.kind, regular.day))
    return Bar(regular.day, start, max(high, start, end), min(low, start, end), end, volume, regular.base)


def _flat(regular: Bar, price: int, volume: int) -> Bar:
    return Bar(regular.day, price, price, price, price, volume, regular.base)
