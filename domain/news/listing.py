"""The names that are listed: code, name, market, size, kind and sector of each, and nothing else.

Contract: immutable; codes are unique; a name that two rows share belongs to none of them by name. `Listing.of` takes
rows from whoever has them (the broker's stock master, the bundled instruments); this page reads no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.instruments import Instruments, Kind


class Size(StrEnum):
    """The index compiler's size class; small also where it names none."""

    LARGE = "large"
    MID = "mid"
    SMALL = "small"


class Product(StrEnum):
    STOCK = "stock"
    PREFERRED = "preferred"
    ETF = "etf"
    REIT = "reit"


@dataclass(frozen=True, slots=True)
class Listed:
    """One listed name. `sector` is a key of `domain.instruments.SECTORS`, or "" where nothing is known."""

    code: str
    name: str
    market: str
    size: Size
    product: Product
    sector: str = ""
    status: str = "normal"  # normal | managed | warning | halted | delisting


class Listing:
    """All of them. `as_of` says how old the list is, in words for a person ("2026-07-24")."""

    def __init__(self, rows: Iterable[Listed], as_of: str) -> None:
        self._by_code = {row.code: row for row in rows}
        self.as_of = as_of

    def __len__(self) -> int:
        return len(self._by_code)

    def __iter__(self) -> Iterator[Listed]:
        return iter(self._by_code.values())

    def get(self, code: str) -> Listed | None:
        return self._by_code.get(code)


_PREFERRED = re.compile(r"(?:\d?우[A-C]?(?:\(전환\))?)$")


def product_of(group: str, code: str, name: str) -> Product:
    """The kind of a row of the stock master. A common share's code ends in 0, a preferred one's does not."""
    if group == "EF":
        return Product.ETF
    if group in ("RT", "IF"):
        return Product.REIT
    if not code.endswith("0") and _PREFERRED.search(name):
        return Product.PREFERRED
    return Product.STOCK


def listing_of(table: Instruments) -> Listing:
    """The bundled instruments as a list of names: few, but always there."""
    rows = [
        Listed(
            code=row.ticker,
            name=row.name,
            market=row.market.value,
            size=Size.LARGE if row.product_risk > 1 else Size.SMALL,
            product=Product.ETF if row.kind is Kind.ETF else Product.STOCK,
            sector=row.sector,
            status=row.status,
        )
        for row in table.all()
    ]
    return Listing(rows, "bundled")
