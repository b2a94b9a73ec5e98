"""Which real-time TRs there are: one table. Pure.

Contract: `STREAMS[tr_id]` says what its key names, whether the paper host has it, how many fields a record has in the
current layout, and which KRX stream an NXT or unified one repeats. `refusal` is the code for a registration that the
host does not take, '' when it does. Source: KIS reference of 2026-09-11 and the official samples' column lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.instruments import Kind
from simulation.exchange.config import Environment
from simulation.exchange.indices import INDICES
from simulation.exchange.market import Market


class Names(StrEnum):
    """What a tr_key is."""

    STOCK = "stock"
    FUND = "fund"
    INDEX = "index"
    HTS_ID = "hts_id"


@dataclass(frozen=True, slots=True)
class Stream:
    """`only` is the one environment that has it; None both. `base` is the KRX stream it is made of."""

    names: Names
    fields: int
    only: Environment | None = Environment.REAL
    base: str = ""
    encrypted: bool = False


_REAL, _PAPER = Environment.REAL, Environment.PAPER

STREAMS: dict[str, Stream] = {
    "H0STCNT0": Stream(Names.STOCK, 47, only=None),
    "H0STASP0": Stream(Names.STOCK, 63, only=None),
    "H0STCNI0": Stream(Names.HTS_ID, 23, encrypted=True),
    "H0STCNI9": Stream(Names.HTS_ID, 23, only=_PAPER, encrypted=True),
    # python-kis registers the overseas notices along, the paper one on the real socket too; they stay silent
    "H0GSCNI0": Stream(Names.HTS_ID, 25, only=None, encrypted=True),
    "H0GSCNI9": Stream(Names.HTS_ID, 25, only=None, encrypted=True),
    "H0STANC0": Stream(Names.STOCK, 45),
    "H0STMBC0": Stream(Names.STOCK, 78),
    "H0STPGM0": Stream(Names.STOCK, 11),
    "H0STMKO0": Stream(Names.STOCK, 10),
    "H0STOUP0": Stream(Names.STOCK, 43),
    "H0STOAC0": Stream(Names.STOCK, 43),
    "H0STOAA0": Stream(Names.STOCK, 54),
    "H0UPCNT0": Stream(Names.INDEX, 30),
    "H0STNAV0": Stream(Names.FUND, 8),
    "H0NXCNT0": Stream(Names.STOCK, 47, base="H0STCNT0"),
    "H0NXASP0": Stream(Names.STOCK, 62, base="H0STASP0"),
    "H0NXANC0": Stream(Names.STOCK, 46),
    "H0NXMBC0": Stream(Names.STOCK, 78, base="H0STMBC0"),
    "H0NXPGM0": Stream(Names.STOCK, 11, base="H0STPGM0"),
    "H0NXMKO0": Stream(Names.STOCK, 10, base="H0STMKO0"),
    "H0UNCNT0": Stream(Names.STOCK, 47, base="H0STCNT0"),
    "H0UNASP0": Stream(Names.STOCK, 66, base="H0STASP0"),
    "H0UNANC0": Stream(Names.STOCK, 46),
    "H0UNMBC0": Stream(Names.STOCK, 78, base="H0STMBC0"),
    "H0UNPGM0": Stream(Names.STOCK, 11, base="H0STPGM0"),
    "H0UNMKO0": Stream(Names.STOCK, 10, base="H0STMKO0"),
}
# the KRX stream → those that repeat it
REPEATED = {
    base: tuple(tr_id for tr_id, stream in STREAMS.items() if stream.base == base)
    for base in {stream.base for stream in STREAMS.values() if stream.base}
}


def of_market(tr_id: str) -> bool:
    """Does it tell of a listed name?"""
    stream = STREAMS.get(tr_id)
    return stream is not None and stream.names in (Names.STOCK, Names.FUND)


def refusal(tr_id: str, tr_key: str, env: Environment, market: Market) -> str:
    """OPSP8991 for no such TR, OPSP0009 for one of the other host, OPSP8992 for a key that names nothing."""
    stream = STREAMS.get(tr_id)
    if stream is None:
        return "OPSP8991"
    if stream.only not in (None, env):
        return "OPSP0009"
    listing = market.listings.get(tr_key)
    match stream.names:
        case Names.STOCK:
            known = listing is not None
        case Names.FUND:
            known = listing is not None and listing.instrument.kind is Kind.ETF
        case Names.INDEX:
            known = tr_key in INDICES
        case Names.HTS_ID:
            known = bool(tr_key)
    return "" if known else "OPSP8992"


def table_page() -> str:
    """The table for people: one Markdown row a TR."""
    hosts = {None: "both", _REAL: "real", _PAPER: "paper"}
    lines = ["| TR | hosts | tr_key | fields |", "| --- | --- | --- | --- |"]
    for tr_id, stream in STREAMS.items():
        lines.append(f"| `{tr_id}` | {hosts[stream.only]} | {stream.names.value} | {stream.fields} |")
    return "\n".join(lines)
