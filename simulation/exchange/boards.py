"""The hours of each board on a session day. Pure.

Contract: `windows` is ordered by end; each says from when it takes orders, from when it trades and when what is left
expires. Midpoint trading and NXT's main market go on beside continuous trading, NXT's pre-market beside close-price
trading; other boards follow each other. An always-open day has the regular board and those two beside it only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from domain.calendar import Calendar, SessionHours
from domain.clock import KST
from simulation.exchange.divisions import Board

PRE_CLOSE_MINUTES = 10
NXT_PRE_FROM, NXT_PRE_UNTIL = time(8), time(8, 50)
NXT_LATER_SECONDS = 30  # than KRX its main market begins
NXT_EVENING_MINUTES = 10  # after KRX's close its evening takes orders
SINGLE_PRICE_UNTIL = time(18)  # 시간외 단일가 of the years before the after-market


@dataclass(frozen=True, slots=True)
class Window:
    """One board's day: half-open spans [takes_from, until) of orders and [trades_from, until) of trades."""

    board: Board
    takes_from: datetime
    trades_from: datetime
    until: datetime

    def takes(self, at: datetime) -> bool:
        return self.takes_from <= at < self.until


def windows(calendar: Calendar, day: date) -> tuple[Window, ...]:
    """The boards of a session day; none on a closed one."""
    hours = calendar.hours(day)
    return _of_day(day, hours) if hours is not None else ()


@lru_cache(maxsize=64)  # asked for at every look at the market
def _of_day(day: date, hours: SessionHours) -> tuple[Window, ...]:
    opens, closes = _at(day, hours.opening_auction), _at(day, hours.close)
    regular = Window(Board.REGULAR, opens, _at(day, hours.open), closes)
    middle = Window(Board.MIDPOINT, regular.trades_from, regular.trades_from, _at(day, hours.closing_auction))
    if hours.close_price_until <= hours.close:
        return (middle, replace(regular, board=Board.NXT), regular)
    main_from = regular.trades_from + timedelta(seconds=NXT_LATER_SECONDS)
    main = Window(Board.NXT, main_from, main_from, middle.until)
    pre_end = opens + timedelta(minutes=PRE_CLOSE_MINUTES)
    late = _at(day, hours.close_price_until)
    # its types came with the after-market; on days that begin an hour later it has no hours that are known
    nxt = hours.after_market_until is not None and hours.open <= time(9)
    found = [
        Window(Board.PRE_CLOSE, opens, opens, pre_end),
        *(
            (Window(Board.NXT_PRE, _at(day, NXT_PRE_FROM), _at(day, NXT_PRE_FROM), _at(day, NXT_PRE_UNTIL)),)
            if nxt
            else ()
        ),
        middle,
        main,
        regular,
        Window(Board.POST_CLOSE, closes, _at(day, hours.close_price_from), late),
    ]
    evening = _evening(hours)
    if evening is not None:
        board, until = evening
        found.append(Window(board, late, late, _at(day, until)))
    return tuple(found)


def _evening(hours: SessionHours) -> tuple[Board, time] | None:
    if hours.after_market_until is not None:
        return Board.AFTER, hours.after_market_until
    if hours.close_price_until < SINGLE_PRICE_UNTIL:
        return Board.SINGLE, SINGLE_PRICE_UNTIL
    return None


def window_of(calendar: Calendar, day: date, board: Board) -> Window | None:
    """A board's hours on a day; None when it does not exist then."""
    return next((window for window in windows(calendar, day) if window.board is board), None)


def nxt_evening(calendar: Calendar, day: date) -> Window | None:
    """When NXT takes orders for the after-market: earlier than KRX, which it trades beside from KRX's hour on."""
    after, hours = window_of(calendar, day, Board.AFTER), calendar.hours(day)
    if after is None or hours is None:
        return None
    return replace(after, takes_from=_at(day, hours.close) + timedelta(minutes=NXT_EVENING_MINUTES))


def end_of_regular(calendar: Calendar, day: date) -> datetime:
    """When a session day's regular trading is over."""
    return next(window.until for window in windows(calendar, day) if window.board is Board.REGULAR)


def board_at(calendar: Calendar, at: datetime) -> Board:
    """Whose prices are shown at a moment: the after-market's while it trades, else the regular session's."""
    after = window_of(calendar, at.date(), Board.AFTER)
    return Board.AFTER if after is not None and after.takes(at) else Board.REGULAR


def _at(day: date, clock: time) -> datetime:
    """The moment; the last microsecond of an always-open day is the first of the next."""
    moment = datetime.combine(day, clock, KST)
    return moment if clock.microsecond == 0 else moment.replace(microsecond=0) + timedelta(seconds=1)
