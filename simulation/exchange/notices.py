"""Execution notices (H0STCNI0 real, H0STCNI9 paper): 23 or 26 tokens, AES-256-CBC, one frame each.

Contract: order-type notices (CNTG_YN 1) carry order quantity and price in the execution fields, as KIS's do; fills
carry 2, an order the exchange refused RFUS_YN 1, a dropped IOC or FOK remainder ACPT_YN 3. A cancel or revision names
its original. Key and iv are the ack's 32 and 16 characters as bytes.
"""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from domain.orders.types import Side
from simulation.exchange.config import Notices
from simulation.exchange.divisions import DIVISIONS, Fate
from simulation.exchange.journal import Record
from simulation.exchange.orders import Act, Order

NOTICE_TRS = ("H0STCNI0", "H0STCNI9")
NOTICE_KINDS = ("order", "revise", "cancel", "fill", "kill", "bounce")
_CONDITIONS = {Fate.REST: "0", Fate.IOC: "1", Fate.FOK: "2"}
# received, confirmed, or what was left of an IOC or FOK order cancelled
_ACCEPTED = {"order": "1", "bounce": "1", "revise": "2", "cancel": "2", "fill": "2", "kill": "3"}
_VENUES = {"KRX": "1", "NXT": "2", "SOR": "3"}  # ORD_EXG_GB


def plain_text(
    record: Record, order: Order, hts_id: str, branch: str, name: str, layout: Notices = Notices.LIVE
) -> str:
    """The 23 or 26 tokens of a committed record; documented, the eighteenth is four: price, venue, popup, filler."""
    venue = _VENUES[order.exchange]
    condition = [f"{venue}Y"] if layout is Notices.LIVE else [f"{order.trigger:09d}", venue, "Y", ""]
    fill = record["kind"] == "fill"
    at = datetime.fromisoformat(record["t"])
    price = record.get("price", order.price)
    tokens = [
        hts_id,
        order.account,
        order.odno,
        f"{order.original:010d}" if order.original else "",
        "01" if order.side is Side.SELL else "02",
        {Act.NEW: "0", Act.REVISE: "1", Act.CANCEL: "2"}[order.act],
        order.division,
        _CONDITIONS[DIVISIONS[order.division].fate],
        order.ticker,
        f"{record['qty']:010d}",
        f"{price:09d}",
        at.strftime("%H%M%S"),
        "1" if record["kind"] == "bounce" else "0",
        "2" if fill else "1",
        _ACCEPTED[record["kind"]],
        branch,
        f"{order.quantity:09d}",
        "모의계좌",
        *condition,
        "10",
        "",
        name,
        f"{order.price:09d}" if fill else "",
    ]
    return "^".join(tokens)


def frame(tr_id: str, text: str, key: str, iv: str) -> str:
    """The encrypted frame."""
    padder = padding.PKCS7(128).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key.encode()), modes.CBC(iv.encode())).encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    return f"1|{tr_id}|001|{base64.b64encode(sealed).decode()}"
