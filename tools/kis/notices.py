"""Execution notices (H0STCNI0, H0STCNI9): decrypted, read, and stripped of what nobody else may see.

AES-256-CBC, PKCS7; key and iv are the subscription ack's strings as bytes. The wire has 23 tokens, the documents
name 26: only the first 17 are read by position, the order price is the last token of either layout. The customer id,
account number and holder's name stay here: a notice says only whether it is about our account.
A notice is a provisional increment without identity: the book counts by inquiry, `digest` finds exact repeats.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from domain.orders.types import Side
from tools.kis.errors import ReadFailed
from tools.kis.fields import at_kst, parse_time
from tools.kis.frames import split_records
from tools.kis.orders import BrokerOrder

_FIELDS = 17
_PERSONAL = (0, 1, 17)  # customer id, account number, account name


class NoticeKind(StrEnum):
    ACCEPTED = "accepted"  # a new order reached the exchange
    REVISED = "revised"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"  # the remainder of an IOC or FOK order
    REJECTED = "rejected"  # by the exchange, after the broker's ack
    FILLED = "filled"


@dataclass(frozen=True, slots=True)
class ExecutionNotice:
    """For FILLED `quantity` and `price` are the fill's; otherwise the order's. `text` is the notice without personal
    fields, `digest` the SHA-256 of the whole."""

    kind: NoticeKind
    order: BrokerOrder
    original: int | None  # the order that this one revises or cancels
    side: Side
    ticker: str
    quantity: int
    price: int
    order_quantity: int | None
    order_price: int | None
    type_code: str
    at: datetime
    own_account: bool
    text: str = field(repr=False)
    digest: str = field(repr=False)


class NoticeCipher:
    """Key and iv of one subscription."""

    def __init__(self, key: str, iv: str) -> None:
        if len(key.encode()) != 32 or len(iv.encode()) != 16:
            raise ReadFailed(f"expected a key of 32 and an iv of 16 bytes, was {len(key.encode())}/{len(iv.encode())}")
        self._key = key.encode()
        self._iv = iv.encode()

    def __repr__(self) -> str:
        return "NoticeCipher()"

    def decrypt(self, payload: str) -> str:
        """Raises ReadFailed when the payload was made with another key or is damaged."""
        try:
            sealed = base64.b64decode(payload, validate=True)
            decryptor = Cipher(AES(self._key), CBC(self._iv)).decryptor()
            padded = decryptor.update(sealed) + decryptor.finalize()
            unpadder = PKCS7(128).unpadder()
            return (unpadder.update(padded) + unpadder.finalize()).decode()
        except (binascii.Error, ValueError):
            failure = "expected an execution notice under this session's key, could not decrypt it"
        raise ReadFailed(failure)


def parse_notices(plain: str, count: int, day: date, account: str) -> tuple[ExecutionNotice, ...]:
    """The notices in a decrypted payload. `day` is the market's date (the wire has the time only), `account` the
    ten digits (CANO + product) that are ours."""
    return tuple(parse_notice(record, day, account) for record in split_records(plain, count, _FIELDS))


def parse_notice(record: Sequence[str], day: date, account: str) -> ExecutionNotice:
    whole = "^".join(record)
    shown = "^".join("" if index in _PERSONAL else value for index, value in enumerate(record))
    number = _number(record[2])
    if number is None:
        raise ReadFailed("expected an order number in the notice, was empty")
    side = {"01": Side.SELL, "02": Side.BUY}.get(record[4])
    if side is None:
        raise ReadFailed(f"expected side 01 or 02 in the notice, was {record[4][:4]!r}")
    return ExecutionNotice(
        kind=_kind(record),
        order=BrokerOrder(record[15].strip(), number),
        original=_number(record[3]) or None,
        side=side,
        ticker=record[8].strip(),
        quantity=_number(record[9]) or 0,
        price=_number(record[10]) or 0,
        order_quantity=_number(record[16]),
        order_price=_number(record[-1]) if len(record) in (23, 26) else None,
        type_code=record[6].strip(),
        at=at_kst(day, parse_time(record[11].strip())),
        own_account=record[1].strip() == account,
        text=shown,
        digest=hashlib.sha256(whole.encode()).hexdigest(),
    )


def _kind(record: Sequence[str]) -> NoticeKind:
    if record[12].strip() == "1":
        return NoticeKind.REJECTED
    if record[13].strip() == "2":
        return NoticeKind.FILLED
    if record[14].strip() == "3":
        return NoticeKind.LAPSED
    return {"1": NoticeKind.REVISED, "2": NoticeKind.CANCELLED}.get(record[5].strip(), NoticeKind.ACCEPTED)


def _number(text: str) -> int | None:
    stripped = text.strip()
    if not stripped:
        return None
    if not (stripped.isascii() and stripped.isdigit()):
        raise ReadFailed(f"expected digits in the notice, was {len(stripped)} other characters")
    return int(stripped)
