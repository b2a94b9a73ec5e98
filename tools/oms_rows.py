"""Replies of the OMS's read door as the domain has them. Pure.

Contract: a figure that the reply does not carry is None, never 0.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC

from domain.fundamentals import AccountYear, Fundamentals
from domain.proto import oms_pb2 as pb

_YEAR = tuple(one.name for one in fields(AccountYear) if one.name != "period")


def fundamentals_of(reply: pb.FundamentalsReply) -> Fundamentals | None:
    """None where the broker says nothing of the name."""
    told = {name: getattr(reply, name) for name in ("per", "pbr", "eps", "bps") if reply.HasField(name)}
    years = tuple(
        AccountYear(year.period, **{name: getattr(year, name) for name in _YEAR if year.HasField(name)})
        for year in reply.years
    )
    if not reply.found or not (told or years):
        return None
    at = reply.as_of.ToDatetime(UTC)
    return Fundamentals(reply.ticker, at, reply.source, **told, market_cap=reply.market_cap or None, years=years)
