"""The broker's stock master read into a listing: KIS's fixed-width files, or the same columns as CSV. Pure.

Contract: a line that cannot be read is passed over and counted; fund-of-fund classes, warrants, rights, notes and SPACs
are left out, because no headline is about them. Source of the layout: KIS's public sample for kospi_code.mst and
kosdaq_code.mst (cp949; a head of 9 + 12 characters and the name, a tail of 227 or 221 characters of columns).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from domain.news.listing import Listed, Listing, Product, Size, product_of

_GROUPS = frozenset({"ST", "EF", "RT", "DR", "FS", "IF"})
_SIZES = {"1": Size.LARGE, "2": Size.MID}
_TAILS = {"KOSPI": 227, "KOSDAQ": 221}

# Offset of each flag in the tail, by market.
_SECTOR_AT: Mapping[str, Mapping[str, int]] = {
    "KOSPI": {
        "자동차": 25,
        "반도체": 26,
        "바이오": 27,
        "은행": 28,
        "화학": 30,
        "철강": 31,
        "통신": 33,
        "건설": 34,
        "증권": 36,
        "조선": 37,
        "보험": 38,
        "운송": 39,
    },
    "KOSDAQ": {
        "자동차": 20,
        "반도체": 21,
        "바이오": 22,
        "은행": 23,
        "화학": 25,
        "철강": 26,
        "통신": 28,
        "건설": 29,
        "증권": 31,
        "조선": 32,
        "보험": 33,
        "운송": 34,
    },
}
_SPAC_AT = {"KOSPI": 29, "KOSDAQ": 24}
_STATE_AT = {"KOSPI": 60, "KOSDAQ": 55}  # halted, delisting, managed: one flag each

# The same as columns of a CSV.
_SECTOR_COLUMNS = {
    "KRX자동차": "자동차",
    "KRX반도체": "반도체",
    "KRX바이오": "바이오",
    "KRX은행": "은행",
    "KRX에너지화학": "화학",
    "KRX철강": "철강",
    "KRX미디어통신": "통신",
    "KRX건설": "건설",
    "KRX증권": "증권",
    "KRX선박": "조선",
    "KRX섹터_보험": "보험",
    "KRX섹터_운송": "운송",
}


class NotAMaster(ValueError):
    """The text is no stock master."""


def read_mst(text: str, market: str) -> list[Listed]:
    """Rows of `kospi_code.mst` (market KOSPI) or `kosdaq_code.mst` (KOSDAQ), decoded. Raises NotAMaster."""
    width = _TAILS[market]
    rows = []
    lines = text.splitlines()
    for line in lines:
        head, tail = line[:-width], line[-width:]
        if len(head) < 22 or len(tail) < width:
            continue
        row = _row(
            head[:9].strip(),
            head[21:].strip(),
            market,
            group=tail[:2],
            size=tail[2],
            sectors=(sector for sector, at in _SECTOR_AT[market].items() if tail[at] == "Y"),
            spac=tail[_SPAC_AT[market]] == "Y",
            states=tail[_STATE_AT[market] : _STATE_AT[market] + 3],
        )
        if row is not None:
            rows.append(row)
    if not rows or len(rows) < len(lines) // 10:
        raise NotAMaster(f"expected lines of a {market} stock master, read {len(rows)} of {len(lines)}")
    return rows


def read_csv(text: str, as_of: str) -> Listing:
    """A master as CSV with Korean column names, or our own `code,name,market,size,product,sector,status`."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    columns = set(reader.fieldnames or ())
    if {"code", "name", "market", "size", "product"} <= columns:
        return Listing(_own_rows(reader), as_of)
    if not {"단축코드", "한글명", "시장", "그룹코드"} <= columns:
        raise NotAMaster("expected the columns 단축코드, 한글명, 시장, 그룹코드, was something else")
    found = (
        _row(
            row["단축코드"],
            row["한글명"],
            row["시장"],
            group=row["그룹코드"],
            size=row.get("시가총액규모", ""),
            sectors=(sector for column, sector in _SECTOR_COLUMNS.items() if row.get(column) == "Y"),
            spac=row.get("SPAC") == "Y",
            states=(row.get("거래정지") or "N") + (row.get("정리매매") or "N") + (row.get("관리종목") or "N"),
        )
        for row in reader
    )
    return Listing((row for row in found if row is not None), as_of)


def write_csv(listing: Listing) -> str:
    """Our own columns, sorted by code: what `read_csv` reads back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("code", "name", "market", "size", "product", "sector", "status"))
    for row in sorted(listing, key=lambda each: each.code):
        writer.writerow((row.code, row.name, row.market, row.size, row.product, row.sector, row.status))
    return out.getvalue()


def _own_rows(reader: csv.DictReader[str]) -> Iterator[Listed]:
    for row in reader:
        yield Listed(
            row["code"],
            row["name"],
            row["market"],
            Size(row["size"]),
            Product(row["product"]),
            row.get("sector") or "",
            row.get("status") or "normal",
        )


def _row(
    code: str, name: str, market: str, *, group: str, size: str, sectors: Iterator[str], spac: bool, states: str
) -> Listed | None:
    if group not in _GROUPS or spac or not code or not name or len(code) != 6:
        return None
    halted, delisting, managed = (flag == "Y" for flag in states.ljust(3, "N")[:3])
    status = "delisting" if delisting else "halted" if halted else "managed" if managed else "normal"
    return Listed(
        code,
        name,
        market,
        _SIZES.get(size, Size.SMALL),
        product_of(group, code, name),
        next(sectors, ""),
        status,
    )
