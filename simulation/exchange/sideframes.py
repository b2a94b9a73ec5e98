"""Records of the real-time streams beside trades and books: expected trades, members, programmes, indices, NAV, the
evening's single-price auctions. Pure text.

Contract: plain decimal text in the documented order; an expected trade shows nothing of a session that has not begun.
Members are called 데모 and are seeded; what they trade are fixed parts of the day's volume. NAV lies within a tenth of
a per cent of the price. Everything is simulated.
"""

from __future__ import annotations

import zlib

from simulation.exchange.auction import Expected
from simulation.exchange.book import Ladder
from simulation.exchange.config import Layout
from simulation.exchange.figures import ratio, sign_of
from simulation.exchange.flows import Flow
from simulation.exchange.frames import Trade, book_record, trade_record
from simulation.exchange.indices import Reading
from simulation.exchange.market import Snapshot
from simulation.exchange.routes_index import MILLION, SHARES, points
from simulation.exchange.tape import Tape, rng_for

EXPECTED_FIELDS, EVENING_FIELDS = 45, 43
_HOUR, _EVENING_LEVELS = 43, 9
MEMBERS = (*(f"데모증권{letter}" for letter in "ABCDEFG"), *(f"데모외국계{letter}" for letter in "HIJ"))
_FOREIGN_FROM = 7
MEMBER_PERCENT = (14, 11, 8, 6, 5)


def expected_record(quote: Snapshot, soon: Expected, trade: Trade, tape: Tape, book: Ladder) -> list[str]:
    """H0STANC0, 45 fields, and one more (VI_STND_PRC) for NXT's and the unified stream."""
    record = trade_record(trade, tape, book, Layout.LEGACY)
    record[_HOUR] = soon.hour
    record[21] = ""
    if not quote.open:  # trade_record knows the day's first price, which nobody may know yet
        record[7] = "0"
        for sign, change in ((25, 26), (28, 29), (31, 32)):
            record[sign], record[change] = "3", "0"
    return record


def programme_record(quote: Snapshot, day: Flow, tape: Tape, book: Ladder) -> list[str]:
    """H0STPGM0: the same sums as program-trade-by-stock."""
    done, total = int(tape.cum_volume[quote.index]), max(1, int(tape.cum_volume[-1]))
    sold, bought = day.sold * done // total, day.bought * done // total
    fields = [
        quote.ticker,
        f"{quote.at:%H%M%S}",
        sold,
        sold * day.price,
        bought,
        bought * day.price,
        bought - sold,
        (bought - sold) * day.price,
        sum(level.quantity for level in book.asks) // 5,
        sum(level.quantity for level in book.bids) // 5,
        (sum(level.quantity for level in book.bids) - sum(level.quantity for level in book.asks)) // 5,
    ]
    return [str(value) for value in fields]


def member_record(seed: int, quote: Snapshot, before: int) -> list[str]:
    """H0STMBC0, 78 fields; `before` is the volume that the last record told of."""
    sides: list[list[int]] = []
    for side in ("sell", "buy"):
        order = rng_for(seed, "members", side, quote.ticker, quote.day.isoformat()).permutation(len(MEMBERS))
        sides.append(order[: len(MEMBER_PERCENT)].tolist())

    def shares(volume: int) -> list[int]:
        return [volume * percent // 100 for percent in MEMBER_PERCENT]

    now, then = shares(quote.volume), shares(before)
    grown = [a - b for a, b in zip(now, then, strict=True)]
    foreign = [[i for i, member in enumerate(side) if member >= _FOREIGN_FROM] for side in sides]
    sums = [sum(now[i] for i in where) for where in foreign]
    sums_grown = [sum(grown[i] for i in where) for where in foreign]
    fields: list[object] = [
        quote.ticker,
        *(MEMBERS[member] for side in sides for member in side),
        *now,
        *now,
        *("Y" if member >= _FOREIGN_FROM else "N" for side in sides for member in side),
        *(f"{member + 1:05d}" for side in sides for member in side),
        *(ratio(part, quote.volume) for _ in sides for part in now),
        *grown,
        *grown,
        *sums,
        *sums_grown,
        sums[1] - sums[0],
        *(ratio(part, quote.volume) for part in sums),
        *(f"DEMO{member + 1:02d}" for side in sides for member in side),
    ]
    return [str(value) for value in fields]


def index_record(reading: Reading, before: Reading | None) -> list[str]:
    """H0UPCNT0, 30 fields."""
    opened, high, low = (level or reading.last for level in (reading.open, reading.high, reading.low))
    fields: list[object] = [
        reading.index.code,
        f"{reading.at:%H%M%S}",
        points(reading.last),
        sign_of(reading.change),
        points(reading.change),
        reading.volume // SHARES,
        reading.value // MILLION,
        (reading.volume - before.volume) // SHARES if before is not None else 0,
        (reading.value - before.value) // MILLION if before is not None else 0,
        ratio(reading.change, reading.base),
        points(reading.open),
        points(reading.high),
        points(reading.low),
    ]
    for level in (opened, high, low):
        fields += [points(reading.last - level), sign_of(reading.last - level)]
    fields += [ratio(level - reading.base, reading.base) for level in (opened, high, low)]
    fields += [
        reading.upper,
        reading.risen + reading.upper,
        reading.flat,
        reading.fallen + reading.lower,
        reading.lower,
        0,
        0,
        points(reading.last - before.last) if before is not None else "0.00",
    ]
    return [str(value) for value in fields]


def nav_record(quote: Snapshot) -> list[str]:
    """H0STNAV0, 8 fields: the fund's value a share, hundredths of a won."""
    noise = zlib.crc32(f"nav|{quote.ticker}|{quote.day.toordinal()}|{quote.index // 60}".encode()) % 17 - 8
    nav, base = quote.last * 100 * (10_000 + noise) // 10_000, quote.base * 100
    levels = [quote.open * 100, max(quote.high * 100, nav), min(quote.low * 100, nav)]
    return [
        quote.ticker,
        points(nav),
        sign_of(nav - base),
        points(nav - base),
        ratio(nav - base, base),
        *(points(level) for level in levels),
    ]


def evening_book(quote: Snapshot, book: Ladder, soon: Expected | None) -> list[str]:
    """H0STOAA0, 54 fields: nine levels a side."""
    whole = book_record(quote, book, Layout.LEGACY, soon)
    head, blocks, tail = whole[:3], whole[3:43], whole[43:58]
    kept = [value for block in range(4) for value in blocks[10 * block : 10 * block + _EVENING_LEVELS]]
    return [*head, *kept, *tail]
