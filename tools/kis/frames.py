"""WebSocket text of KIS, read: control answers, PINGPONG, data frames, and the records of trades and order books.

Pure. A data frame is `enc|TR|count|payload` and the payload is count records run together with `^`, so the fields
of a record are len / count: KIS appends columns (46 → 47, 59 → 62 → 63) and only the front has kept its meaning.
Prices are won, quantities shares, times KST.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from tools.kis.errors import ReadFailed
from tools.kis.fields import at_kst, parse_day, parse_time
from tools.kis.quotes import Level

TRADE_TRS = frozenset({"H0STCNT0", "H0NXCNT0", "H0UNCNT0"})
BOOK_TRS = frozenset({"H0STASP0"})
NOTICE_TRS = frozenset({"H0STCNI0", "H0STCNI9"})
_TRADE_FIELDS = 46
_BOOK_FIELDS = 59


@dataclass(frozen=True, slots=True)
class Ping:
    """PINGPONG: to be sent back as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Control:
    """The answer to a subscribe or unsubscribe frame, or a complaint about the session (tr_id "")."""

    tr_id: str
    tr_key: str = field(repr=False)  # an HTS id for notices
    ok: bool
    code: str
    message: str
    iv: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Data:
    tr_id: str
    encrypted: bool
    count: int
    payload: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Malformed:
    reason: str


@dataclass(frozen=True, slots=True)
class Trade:
    """One print of H0STCNT0. (ticker, day, total_volume) identifies it; the price may lie between two ticks."""

    ticker: str
    at: datetime
    price: int
    change: int
    change_pct: Decimal | None
    open: int
    high: int
    low: int
    ask: int
    bid: int
    volume: int
    total_volume: int
    total_amount: int
    strength: Decimal | None  # CTTR, 체결강도
    initiator: str  # CCLD_DVSN: 1 buy, 5 sell, 3 before the open, "" unknown
    session_code: str  # NEW_MKOP_CLS_CODE
    hour_code: str  # HOUR_CLS_CODE: 0 regular, A/B/C/D call auctions
    halted: bool
    vi_reference: int | None
    market_code: str | None  # MARKET_CLS_CODE since 2026-09-14: 1 pre, 2 regular, 3 after, 5 close


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """Ten levels of H0STASP0, best first, levels without a price left out. `time` has no date on the wire."""

    ticker: str
    time: str  # HHMMSS
    hour_code: str
    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    total_ask: int
    total_bid: int
    expected_price: int | None
    expected_quantity: int | None
    total_volume: int


def parse_message(text: str) -> Ping | Control | Data | Malformed:
    """What one text message is."""
    if text[:1] in ("0", "1"):
        return _parse_data(text)
    try:
        value = json.loads(text)
        header = value["header"]
        tr_id = str(header["tr_id"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return Malformed("expected a data frame or a control object")
    if tr_id == "PINGPONG":
        return Ping(text)
    body = value.get("body")
    if not isinstance(body, dict) or not isinstance(header, dict):
        return Malformed(f"expected a body in the control message of {tr_id[:12]}")
    output = body.get("output")
    secrets = output if isinstance(output, dict) else {}
    return Control(
        tr_id="" if tr_id == "(null)" else tr_id,
        tr_key=str(header.get("tr_key") or ""),
        ok=str(body.get("rt_cd", "")).strip() == "0",
        code=str(body.get("msg_cd") or "").strip(),
        message=str(body.get("msg1") or "").strip(),
        iv=str(secrets["iv"]) if secrets.get("iv") else None,
        key=str(secrets["key"]) if secrets.get("key") else None,
    )


def _parse_data(text: str) -> Data | Malformed:
    parts = text.split("|", 3)
    if len(parts) != 4 or parts[0] not in ("0", "1") or not parts[1]:
        return Malformed("expected enc|TR|count|payload")
    if not (parts[2].isascii() and parts[2].isdigit()) or int(parts[2]) < 1:
        return Malformed(f"expected a record count in a frame of {parts[1][:12]}, was {parts[2][:8]!r}")
    return Data(parts[1], parts[0] == "1", int(parts[2]), parts[3])


def split_records(payload: str, count: int, at_least: int) -> tuple[tuple[str, ...], ...]:
    """The records of a payload. Raises ReadFailed when it does not divide into `count` records of `at_least` fields."""
    values = payload.split("^")
    stride, rest = divmod(len(values), count)
    if rest and values[-1] == "":  # a trailing separator
        values.pop()
        stride, rest = divmod(len(values), count)
    if rest or stride < at_least:
        raise ReadFailed(f"expected {count} records of >= {at_least} fields, was {len(values)} fields")
    return tuple(tuple(values[start : start + stride]) for start in range(0, len(values), stride))


def parse_trades(data: Data) -> tuple[Trade, ...]:
    return tuple(parse_trade(record) for record in split_records(data.payload, data.count, _TRADE_FIELDS))


def parse_books(data: Data) -> tuple[BookSnapshot, ...]:
    return tuple(parse_book(record) for record in split_records(data.payload, data.count, _BOOK_FIELDS))


def parse_trade(record: Sequence[str]) -> Trade:
    day: date = parse_day(record[33])
    change = _int(record[4])
    return Trade(
        ticker=record[0],
        at=at_kst(day, parse_time(record[1])),
        price=_int(record[2]),
        change=-abs(change) if record[3] in ("4", "5") else change,
        change_pct=_decimal(record[5]),
        open=_int(record[7]),
        high=_int(record[8]),
        low=_int(record[9]),
        ask=_int(record[10]),
        bid=_int(record[11]),
        volume=_int(record[12]),
        total_volume=_int(record[13]),
        total_amount=_int(record[14]),
        strength=_decimal(record[18]),
        initiator=record[21],
        session_code=record[34],
        hour_code=record[43],
        halted=record[35] == "Y",
        vi_reference=_int(record[45]) or None,
        market_code=record[46] or None if len(record) > 46 else None,
    )


def parse_book(record: Sequence[str]) -> BookSnapshot:
    return BookSnapshot(
        ticker=record[0],
        time=record[1],
        hour_code=record[2],
        asks=_levels(record[3:13], record[23:33]),
        bids=_levels(record[13:23], record[33:43]),
        total_ask=_int(record[43]),
        total_bid=_int(record[44]),
        expected_price=_int(record[47]) or None,
        expected_quantity=_int(record[48]) or None,
        total_volume=_int(record[53]),
    )


def _levels(prices: Sequence[str], quantities: Sequence[str]) -> tuple[Level, ...]:
    pairs = zip(map(_int, prices), map(_int, quantities), strict=True)
    return tuple(Level(price, quantity) for price, quantity in pairs if price)


def _int(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        if text.strip() in ("", "(null)"):
            return 0
        raise ReadFailed(f"expected a whole number in a frame, was {text[:20]!r}") from None


def _decimal(text: str) -> Decimal | None:
    stripped = text.strip()
    if stripped in ("", "(null)"):
        return None
    try:
        number = Decimal(stripped)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ReadFailed(f"expected a number in a frame, was {text[:20]!r}")
    return number
