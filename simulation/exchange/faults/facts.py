"""What a fault may match of a request: read from the parsed one, or from its bytes.

Contract: both ways give the same facts for the same request; nothing here is checked, only read.
"""

from __future__ import annotations

from email.parser import BytesHeaderParser
from urllib.parse import parse_qsl, urlsplit

from domain.orders.types import Side
from simulation.exchange.faults.fault import Match
from simulation.exchange.passage import Asked


def side_of(tr_id: str) -> Side:
    """Of an order-cash: TTTC0012U and TTTC0802U buy, TTTC0011U and TTTC0801U sell."""
    return Side.BUY if tr_id[-2:-1] == "2" else Side.SELL


def facts_of(asked: Asked) -> Match:
    """Of a request that the server has parsed."""
    fields = asked.fields
    return Match(
        path=asked.path,
        tr_id=asked.tr_id,
        account=asked.account,
        ticker=fields.get("PDNO", "") or fields.get("FID_INPUT_ISCD", ""),
        side=side_of(asked.tr_id).value if asked.path.endswith("/order-cash") else "",
    )


def facts_of_bytes(request: bytes) -> Match:
    """Of a request that nobody has parsed yet."""
    head, _, body = request.partition(b"\r\n\r\n")
    line, _, rest = head.partition(b"\r\n")
    method, target, *_ = [*line.decode("latin-1").split(" "), "", ""]
    where = urlsplit(target)
    tr_id = BytesHeaderParser().parsebytes(rest).get("tr_id", "")
    query = dict(parse_qsl(where.query, keep_blank_values=True))
    return facts_of(Asked(method, "/" + where.path.lstrip("/"), tr_id, body=body, query=query))
