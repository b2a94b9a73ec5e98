"""ORD_DVSN: what each order type means, as one table.

Contract: `DIVISIONS[code]` says on which board an order lives, how its price is made, what becomes of a remainder, and
which venues and environments take it. `lived` is the type on the board where an order lives.
Source: KIS reference of 2026-09-11; paper takes 00–04 only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Board(StrEnum):
    """A market with its own hours and orders; nothing moves from one to another."""

    NXT_PRE = "nxt_pre"  # NXT's pre-market, since 2026-09-14
    PRE_CLOSE = "pre_close"  # at yesterday's close, before the open
    REGULAR = "regular"
    NXT = "nxt"  # its main market: KRX's continuous trading without the auctions around it
    MIDPOINT = "midpoint"  # beside continuous trading, between its best prices; unseen
    POST_CLOSE = "post_close"  # at today's close
    SINGLE = "single"  # ten-minute auctions in the evening, until 2026-09-13
    AFTER = "after"  # KRX after-market, since 2026-09-14


class Pricing(StrEnum):
    """Where an order's price comes from."""

    LIMIT = "limit"
    MARKET = "market"
    BEST = "best"  # the opposite side's best at arrival
    OWN_BEST = "own_best"  # the own side's best at arrival
    CLOSE = "close"  # the board's only price
    MIDPOINT = "midpoint"  # whatever lies between the best prices when it trades


class Fate(StrEnum):
    """What becomes of what cannot trade at once."""

    REST = "rest"
    IOC = "ioc"
    FOK = "fok"


@dataclass(frozen=True, slots=True)
class Division:
    """One order type. `turns_market`: becomes a market order in the closing auction; `stop`: waits for CNDT_PRIC."""

    name: str
    board: Board = Board.REGULAR
    pricing: Pricing = Pricing.LIMIT
    fate: Fate = Fate.REST
    venues: tuple[str, ...] = ("KRX",)
    paper: bool = False
    turns_market: bool = False
    stop: bool = False

    @property
    def auction(self) -> bool:
        """Does a call auction take it?"""
        return self.fate is Fate.REST and self.pricing in (Pricing.LIMIT, Pricing.MARKET, Pricing.CLOSE)

    @property
    def evening(self) -> bool:
        """Does NXT take it in the after-market, too?"""
        priced = self.pricing in (Pricing.LIMIT, Pricing.BEST, Pricing.OWN_BEST)
        return self.board is Board.REGULAR and "NXT" in self.venues and priced and not self.stop

    @property
    def reserves_limit(self) -> bool:
        """May a buy have to pay the upper limit?"""
        return self.pricing is Pricing.MARKET or self.turns_market


_ALL = ("KRX", "NXT", "SOR")
_NOT_NXT = ("KRX", "SOR")
_VISIBLE = ("KRX", "NXT")
_NXT = ("NXT",)

DIVISIONS: dict[str, Division] = {
    "00": Division("지정가", venues=_ALL, paper=True),
    "01": Division("시장가", pricing=Pricing.MARKET, venues=_NOT_NXT, paper=True),
    "02": Division("조건부지정가", turns_market=True, paper=True),
    "03": Division("최유리지정가", pricing=Pricing.BEST, venues=_ALL, paper=True),
    "04": Division("최우선지정가", pricing=Pricing.OWN_BEST, venues=_ALL, paper=True),
    "05": Division("장전 시간외", board=Board.PRE_CLOSE, pricing=Pricing.CLOSE),
    "06": Division("장후 시간외", board=Board.POST_CLOSE, pricing=Pricing.CLOSE),
    "07": Division("시간외 단일가", board=Board.SINGLE),
    "11": Division("IOC지정가", fate=Fate.IOC, venues=_ALL),
    "12": Division("FOK지정가", fate=Fate.FOK, venues=_ALL),
    "13": Division("IOC시장가", pricing=Pricing.MARKET, fate=Fate.IOC, venues=_ALL),
    "14": Division("FOK시장가", pricing=Pricing.MARKET, fate=Fate.FOK, venues=_ALL),
    "15": Division("IOC최유리", pricing=Pricing.BEST, fate=Fate.IOC, venues=_ALL),
    "16": Division("FOK최유리", pricing=Pricing.BEST, fate=Fate.FOK, venues=_ALL),
    "21": Division("중간가", board=Board.MIDPOINT, pricing=Pricing.MIDPOINT, venues=_VISIBLE),
    "22": Division("스톱지정가", stop=True, venues=_VISIBLE),
    "23": Division("중간가IOC", board=Board.MIDPOINT, pricing=Pricing.MIDPOINT, fate=Fate.IOC, venues=_VISIBLE),
    "24": Division("중간가FOK", board=Board.MIDPOINT, pricing=Pricing.MIDPOINT, fate=Fate.FOK, venues=_VISIBLE),
    "27": Division("프리마켓 GTP지정가", board=Board.NXT_PRE, venues=_NXT),
    "28": Division("프리마켓 GTP최유리지정가", board=Board.NXT_PRE, pricing=Pricing.BEST, venues=_NXT),
    "29": Division("프리마켓 GTP최우선지정가", board=Board.NXT_PRE, pricing=Pricing.OWN_BEST, venues=_NXT),
    "41": Division("애프터마켓 지정가", board=Board.AFTER),
    "42": Division("애프터마켓 IOC지정가", board=Board.AFTER, fate=Fate.IOC),
    "43": Division("애프터마켓 FOK지정가", board=Board.AFTER, fate=Fate.FOK),
    "44": Division("애프터마켓 최유리지정가", board=Board.AFTER, pricing=Pricing.BEST),
    "45": Division("애프터마켓 IOC최유리", board=Board.AFTER, pricing=Pricing.BEST, fate=Fate.IOC),
    "46": Division("애프터마켓 FOK최유리", board=Board.AFTER, pricing=Pricing.BEST, fate=Fate.FOK),
    "47": Division("애프터마켓 최우선지정가", board=Board.AFTER, pricing=Pricing.OWN_BEST),
}


def lived(code: str, exchange: str, *, late: bool) -> Division:
    """The type as an order lives it: on NXT's main market, or in the after-market when NXT took it in the evening."""
    division = DIVISIONS[code]
    if late:
        return replace(division, board=Board.AFTER)
    if exchange == "NXT" and division.board is Board.REGULAR:
        return replace(division, board=Board.NXT)
    return division
