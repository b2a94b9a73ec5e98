"""Frames and notices: real samples, every layout, and what is refused."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.clock import KST
from domain.orders.types import Side
from tools.kis.errors import ReadFailed
from tools.kis.frames import Control, Data, Malformed, Ping, parse_books, parse_message, parse_trades, split_records
from tools.kis.notices import NoticeCipher, NoticeKind, parse_notices

DAY = date(2026, 11, 20)
KEY, IV = "abcdefghijklmnopabcdefghijklmnop", "0123456789abcdef"
FILL = (
    "HTSID^1234567801^0000005008^^02^0^00^0^069500^0000000001^000043295^144700^0^2^2^00950^000000001^NAME^1Y^10^^"
    "KODEX200^000044000"
)
ACCEPT = (
    "HTSID^1234567801^0000001562^^02^0^00^0^027360^0000000001^000002200^092701^0^1^1^00950^000000001^NAME^1Y^10^^"
    "종목명^"
)


def seal(plain: str) -> str:
    padder = PKCS7(128).padder()
    padded = padder.update(plain.encode()) + padder.finalize()
    encryptor = Cipher(AES(KEY.encode()), CBC(IV.encode())).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def samples(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "kis/samples/ws_frames.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def test_every_real_trade_frame_is_read(shared_dir: Path) -> None:
    frames = [sample for sample in samples(shared_dir) if sample["kind"] == "H0STCNT0"]
    assert len(frames) >= 9
    for sample in frames:
        data = parse_message(sample["raw"])
        assert isinstance(data, Data)
        trades = parse_trades(data)
        assert len(trades) == sample["n_records"]
        for trade in trades:
            assert trade.low <= trade.price <= trade.high
            assert trade.total_volume >= trade.volume > 0
            assert trade.at.tzinfo == KST
            assert trade.market_code == ("2" if sample["fields_per_record"] == 47 else None)


def test_the_three_records_of_one_real_frame_are_three_trades(shared_dir: Path) -> None:
    (sample,) = [sample for sample in samples(shared_dir) if sample.get("n_records") == 3]
    data = parse_message(sample["raw"])
    assert isinstance(data, Data)
    trades = parse_trades(data)
    assert [(trade.price, trade.volume, trade.total_volume) for trade in trades] == [
        (71950, 1, 8305216),
        (71900, 2, 8305218),
        (72000, 75, 8305293),
    ]
    assert trades[0].at == datetime(2025, 7, 30, 9, 47, 51, tzinfo=KST)


def test_every_real_order_book_frame_is_read(shared_dir: Path) -> None:
    frames = [sample for sample in samples(shared_dir) if sample["kind"] == "H0STASP0"]
    for sample in frames:
        data = parse_message(sample["raw"])
        assert isinstance(data, Data)
        (book,) = parse_books(data)
        if book.hour_code == "0":
            assert len(book.asks) == len(book.bids) == 10
            assert book.asks[0].price > book.bids[0].price
            assert book.expected_price is None
        else:
            assert len(book.asks) == 3
            assert book.expected_price == 959000


@pytest.mark.parametrize("extra", [0, 1, 3, 4, 9])
@pytest.mark.parametrize("count", [1, 2, 4])
def test_columns_appended_by_kis_change_nothing(count: int, extra: int, shared_dir: Path) -> None:
    plain = next(sample for sample in samples(shared_dir) if sample["kind"] == "H0STCNT0")["raw"].split("|", 3)[3]
    payload = "^".join([plain + "^2" * extra] * count)
    trades = parse_trades(Data("H0STCNT0", False, count, payload))
    assert len(trades) == count
    assert {trade.price for trade in trades} == {1996000}


@pytest.mark.parametrize(
    ("payload", "count"), [("a^b^c", 2), ("a", 1), ("^".join("x" * 45), 1), ("", 1), ("^".join("x" * 92), 3)]
)
def test_fields_that_do_not_divide_are_refused(payload: str, count: int) -> None:
    with pytest.raises(ReadFailed):
        split_records(payload, count, 46)


def test_a_trailing_separator_is_forgiven() -> None:
    assert len(split_records("^".join("x" * 92) + "^", 2, 46)) == 2


def test_real_control_answers_are_read(shared_dir: Path) -> None:
    found = [parse_message(sample["raw"]) for sample in samples(shared_dir) if "control" in sample["kind"]]
    answers = [control for control in found if isinstance(control, Control)]
    assert [control.ok for control in answers] == [True, True, False, False]
    assert answers[0].iv == "e0a748755db15256"
    assert (answers[2].tr_id, answers[2].code) == ("", "OPSP8996")
    (ping,) = [control for control in found if isinstance(control, Ping)]
    assert json.loads(ping.text)["header"]["tr_id"] == "PINGPONG"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"header":1}',
        '{"header":{"tr_id":"X"}}',
        "0|",
        "0|H0STCNT0|abc|x",
        "0|H0STCNT0|000|x",
        "2|",
    ],
)
def test_what_is_no_message_of_kis_is_said_to_be_malformed(text: str) -> None:
    assert isinstance(parse_message(text), Malformed)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_no_text_makes_the_parser_fail(text: str) -> None:
    parse_message(text)
    parse_message("0|" + text)


def test_notices_are_decrypted_and_read() -> None:
    plain = NoticeCipher(KEY, IV).decrypt(seal(FILL))
    (fill,) = parse_notices(plain, 1, DAY, "1234567801")
    assert (fill.kind, fill.side, fill.ticker, fill.quantity, fill.price) == (
        NoticeKind.FILLED,
        Side.BUY,
        "069500",
        1,
        43295,
    )
    assert (fill.order.branch, fill.order.number, fill.order_quantity, fill.order_price) == ("00950", 5008, 1, 44000)
    assert fill.at == datetime(2026, 11, 20, 14, 47, tzinfo=KST)
    assert fill.own_account
    (accept,) = parse_notices(ACCEPT, 1, DAY, "9999999901")
    assert (accept.kind, accept.quantity, accept.price, accept.order_price) == (NoticeKind.ACCEPTED, 1, 2200, None)
    assert not accept.own_account


def test_a_notice_shows_no_customer_account_or_name() -> None:
    (fill,) = parse_notices(FILL, 1, DAY, "1234567801")
    for text in (repr(fill), fill.text):
        assert not [secret for secret in ("HTSID", "1234567801", "NAME") if secret in text]
    assert "069500" in fill.text


def test_the_26_documented_fields_are_read_like_the_23_on_the_wire() -> None:
    tokens = FILL.split("^")
    documented = "^".join([*tokens[:18], "000000000", "1", "Y", "", "10", "", "KODEX200", "000044000"])
    (fill,) = parse_notices(documented, 1, DAY, "1234567801")
    (same,) = parse_notices(FILL, 1, DAY, "1234567801")
    assert len(documented.split("^")) == 26
    assert (fill.order, fill.quantity, fill.price, fill.order_price) == (
        same.order,
        same.quantity,
        same.price,
        same.order_price,
    )


def test_real_and_documented_notices_are_read(shared_dir: Path) -> None:
    plain = [sample["raw"] for sample in samples(shared_dir) if "decrypted" in sample["kind"]]
    kinds = [parse_notices(text, 1, DAY, "1234567801")[0].kind for text in plain]
    assert kinds == [NoticeKind.FILLED, NoticeKind.ACCEPTED, NoticeKind.ACCEPTED, NoticeKind.FILLED]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({5: "2", 3: "0000001562"}, NoticeKind.CANCELLED),
        ({5: "1", 3: "0000001562"}, NoticeKind.REVISED),
        ({12: "1"}, NoticeKind.REJECTED),
        ({12: "1", 5: "2"}, NoticeKind.REJECTED),
        ({14: "3"}, NoticeKind.LAPSED),
        ({}, NoticeKind.ACCEPTED),
    ],
)
def test_the_kind_of_a_notice_is_told_by_its_codes(changes: dict[int, str], kind: NoticeKind) -> None:
    tokens = ACCEPT.split("^")
    for index, value in changes.items():
        tokens[index] = value
    (notice,) = parse_notices("^".join(tokens), 1, DAY, "1234567801")
    assert notice.kind is kind
    assert notice.original == (1562 if 3 in changes else None)


def test_the_same_notice_twice_has_one_digest_and_another_price_another() -> None:
    (first,) = parse_notices(FILL, 1, DAY, "1234567801")
    (again,) = parse_notices(FILL, 1, DAY, "1234567801")
    (other,) = parse_notices(FILL.replace("43295", "43290"), 1, DAY, "1234567801")
    assert first.digest == again.digest != other.digest


@pytest.mark.parametrize("payload", ["", "not base64!", "AAAA", seal(FILL)[:-24], base64.b64encode(b"x" * 32).decode()])
def test_a_damaged_notice_is_an_error_that_quotes_nothing(payload: str) -> None:
    with pytest.raises(ReadFailed) as caught:
        parse_notices(NoticeCipher(KEY, IV).decrypt(payload), 1, DAY, "1234567801")
    assert caught.value.__context__ is None


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ReadFailed):
        NoticeCipher("short", IV)
