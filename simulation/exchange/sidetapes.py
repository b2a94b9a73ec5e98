"""The bars of the boards beside the regular session: close-price trading, evening auctions, the after-market.

Contract: pure. `side_bar` gives the bar that a board's tape is woven from, None where a board has nothing: funds do
not trade in the after-market, only NXT's names before the open, and a replay knows nothing but its regular days and
their closes. `between` is the midpoint's tape, made of the regular one second by second; `continuous_only` is NXT's
main market: the same prices without KRX's auctions.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from domain.instruments import Instrument, Kind
from domain.orders.types import Side
from domain.ticks import Band, round_to_tick, tick_size
from simulation.exchange.divisions import Board
from simulation.exchange.tape import Bar, Tape, rng_for

_VOLUME_PART = {Board.NXT_PRE: 200, Board.PRE_CLOSE: 400, Board.POST_CLOSE: 100, Board.SINGLE: 60, Board.AFTER: 30}


def side_bar(regular: Bar, board: Board, instrument: Instrument, band: Band, seed: int, *, replay: bool) -> Bar | None:
    """The board's day in one bar."""
    volume = max(1, regular.volume // _VOLUME_PART[board])
    if replay and board in (Board.PRE_CLOSE, Board.AFTER, Board.NXT_PRE):
        return None
    if board is Board.PRE_CLOSE:
        return _flat(regular, regular.base, volume)
    if board not in (Board.AFTER, Board.NXT_PRE):
        return _flat(regular, regular.close, volume)
    before = board is Board.NXT_PRE
    if instrument.kind is Kind.ETF or (before and not instrument.nxt):
        return None
    rng = rng_for(seed, "nxt-pre" if before else "after", instrument.ticker, regular.day.isoformat())
    drift, up, down = rng.standard_normal(3) * 0.004
    # the morning goes from yesterday's close to where the auction will open, the evening wanders from today's
    start, towards = (regular.base, regular.open) if before else (regular.close, regular.close)

    def on_unit(price: float, side: Side) -> int:
        return min(max(round_to_tick(max(1, round(price)), side, instrument.kind, regular.day), band.lower), band.upper)

    end = on_unit(towards * (1 + float(drift) / (4 if before else 1)), Side.BUY)
    high = on_unit(max(start, end) * (1 + abs(float(up)) / 2), Side.BUY)
    low = on_unit(min(start, end) * (1 - abs(float(down)) / 2), Side.SELL)
    if high == low:
        high = min(band.upper, high + tick_size(high, instrument.kind, regular.day))
    return Bar(regular.day, start, max(high, start, end), min(low, start, end), end, volume, regular.base)


def _flat(regular: Bar, price: int, volume: int) -> Bar:
    return Bar(regular.day, price, price, price, price, volume, regular.base)


_MIDPOINT_ONE_IN = 10  # seconds with a trade that have one between the best prices, too
_MIDPOINT_PART = 4


def between(regular: Tape, instrument: Instrument, seed: int) -> Tape:
    """Trades half a price unit inside the spread, while trading is continuous.

    Where half a unit is no whole won (units of one or five won) nothing trades: amounts here are whole.
    """
    prices, last = regular.prices.astype(np.int64), regular.size - 1
    units = {int(p): tick_size(int(p), instrument.kind, regular.bar.day) for p in np.unique(prices).tolist()}
    halves = np.array([units[p] for p in prices.tolist()], dtype=np.int64) / 2
    middle = np.where(regular.buys, prices - halves, prices + halves)
    rng = rng_for(seed, "midpoint", instrument.ticker, regular.bar.day.isoformat())
    trades = (rng.random(regular.size) * _MIDPOINT_ONE_IN < 1) & (middle == np.floor(middle))
    for pause in regular.pauses:
        trades[pause.start : pause.end + 1] = False
    if regular.hours.auction:
        trades[[0, last]] = False
    volumes = np.where(trades, regular.volumes.astype(np.int64) // _MIDPOINT_PART, 0)
    whole = np.floor(middle).astype(np.int64)
    small = whole.astype(np.int32)
    return replace(
        regular,
        prices=small,
        volumes=volumes.astype(np.int32),
        cum_volume=np.cumsum(volumes),
        cum_value=np.cumsum(volumes * whole),
        run_high=np.maximum.accumulate(small),
        run_low=np.minimum.accumulate(small),
        board=Board.MIDPOINT,
    )


_NXT_PART = 3  # of KRX's volume
_NXT_LATER = 30  # seconds after KRX's open


def continuous_only(regular: Tape) -> Tape:
    """NXT's main market: it begins half a minute later and has neither an opening nor a closing auction."""
    volumes = regular.volumes.astype(np.int64) // _NXT_PART
    if regular.hours.auction:
        volumes[:_NXT_LATER] = 0
        volumes[-1] = 0
    return replace(
        regular,
        volumes=volumes.astype(np.int32),
        cum_volume=np.cumsum(volumes),
        cum_value=np.cumsum(volumes * regular.prices.astype(np.int64)),
        board=Board.NXT,
    )
