"""What is expected of a call auction while it gathers orders: shown, never binding. Pure.

Contract: `expected` is None in continuous trading and outside hours. The expectation starts at the last price and
comes nearer to the single price that the tape holds as the auction goes on; its quantity grows the same way. The
price is on its unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.instruments import Kind
from domain.orders.types import Side
from domain.ticks import round_to_tick
from simulation.exchange.market import Snapshot
from simulation.exchange.tape import Tape

OPENING_SECONDS = 1_800


@dataclass(frozen=True, slots=True)
class Expected:
    """`hour` is KIS's HOUR_CLS_CODE: B before the open, C after nine o'clock and in an interruption."""

    price: int
    quantity: int
    hour: str


def expected(quote: Snapshot, tape: Tape | None, kind: Kind) -> Expected | None:
    """The auction that gathers orders now."""
    if tape is None or quote.at.date() != quote.day or not tape.hours.auction:
        gathering = _pause(quote, tape)
    else:
        gathering = _pause(quote, tape) or _auction(quote, tape)
    if gathering is None or tape is None:
        return None
    begins, ends, index, hour = gathering
    gone = min(max(_second(quote) - begins, 0), ends - begins)
    final = int(tape.prices[index])
    price = quote.last + (final - quote.last) * gone // (ends - begins)
    quantity = int(tape.volumes[index]) * gone // (ends - begins)
    return Expected(round_to_tick(price, Side.BUY, kind, quote.day), quantity, hour)


def _pause(quote: Snapshot, tape: Tape | None) -> tuple[int, int, int, str] | None:
    if tape is None or quote.pause is None:
        return None
    return tape.second_of(quote.pause.start), tape.second_of(quote.pause.end), quote.pause.end, "C"


def _auction(quote: Snapshot, tape: Tape) -> tuple[int, int, int, str] | None:
    second, hours = _second(quote), tape.hours
    if hours.open - OPENING_SECONDS <= second < hours.open:
        return hours.open - OPENING_SECONDS, hours.open, 0, "B"
    if hours.continuous_end <= second < hours.close:
        return hours.continuous_end, hours.close, tape.size - 1, "C"
    return None


def _second(quote: Snapshot) -> int:
    return quote.at.hour * 3600 + quote.at.minute * 60 + quote.at.second
