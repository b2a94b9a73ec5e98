"""Prices as the faces get them: the OMS's own, whose source is called by words that a person can use.

Contract: what the venue says of its market goes through `words_of` and through nothing else; the seed of a simulated
market, and how a replay put prices on units, are for whoever runs the exchange.
"""

from __future__ import annotations

import re

from domain.proto import oms_pb2 as pb
from tools.oms_client import MarketClient

_INSIDE = re.compile(r", 시드 \d+$| \(가격은 호가 단위로 맞춤\)$")


def words_of(label: str) -> str:
    """'모의 시세', '과거 시세 재생 2025-06-10부터'."""
    return _INSIDE.sub("", label)


class FacePrices(MarketClient):
    """`tools.ports.MarketPort` of a face."""

    async def market_clock(self) -> pb.MarketClockReply:
        reply = await super().market_clock()
        reply.label = words_of(reply.label)
        return reply
