"""Execution notices (H0STCNI0 real, H0STCNI9 paper): 23 tokens, AES-256-CBC, one frame each.

Contract: order-type notices (CNTG_YN 1) carry order quantity and price in the execution fields, as KIS's do; fills
carry 2. A cancel or revision names its original. Key and iv are the ack's 32 and 16 characters as bytes.
"""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from domain.orders.types import Side
from simulation.exchange.journal import Record
from simulation.exchange.orders import Act, Order

NOTICE_TRS = ("H0STCNI0", "H0STCNI9")
NOTICE_KINDS = ("order", "revise", "cancel", "fill")


def plain_text(record: Record, order: Order, hts_id: str, branch: str, name: str) -> str:
    """The 23 tokens of a committed order, revise, cancel or fill record."""
    fill = record["kind"] == "fill"
    at = datetime.fromisoformat(record["t"])
    price = record["price"]
    tokens = [
        hts_id,
        order.account,
        order.odno,
        f"{order.original:010d}" if order.original else "",
        "01" if order.side is Side.SELL else "02",
        {Act.NEW: "0", Act.REVISE: "1", Act.CANCEL: "2"}[order.act],
        order.division,
        "0",
        order.ticker,
        f"{record['qty']:010d}",
        f"{price:09d}",
        at.strftime("%H%M%S"),
        "0",
        "2" if fill else "1",
        "1" if record["kind"] == "order" else "2",
        branch,
        f"{order.quantity:09d}",
        "모의계좌",
        "1Y",
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
