"""Candidates of the news that fit one investor. Pure.

Contract: an instrument that Quartz knows is judged as everywhere (`Investor.may_buy`: grade, excluded sectors, status);
a listed name beyond that table gets the cautious reading of the same classification: product grade 2 for a large stock
or a plain fund, 1 for everything else. What is left out is counted by its reason, so that a short list is explained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.instruments import Asset, Instrument, Instruments, Kind, Market
from domain.news.candidates import Candidate
from domain.news.listing import Listed, Product, Size
from nodes.investor import Investor

_GEARED = ("레버리지", "인버스", "2X")

SECTOR = "excluded_sector"
RISK = "risk_grade"
STATUS = "status"
REASONS = {SECTOR: "제외한 업종이에요", RISK: "투자성향이 허용하는 위험등급을 넘어요", STATUS: "거래에 주의가 필요해요"}


@dataclass(frozen=True, slots=True)
class Fitting:
    """What fits, best first, and how many did not, by reason."""

    candidates: tuple[tuple[Candidate, Instrument], ...]
    left_out: dict[str, int]


def fitting(found: Sequence[Candidate], investor: Investor, table: Instruments, limit: int) -> Fitting:
    """At most `limit` of the candidates."""
    kept: list[tuple[Candidate, Instrument]] = []
    left: dict[str, int] = {}
    for each in found:
        instrument = table.get(each.row.code) or instrument_of(each.row)
        why = _why_not(instrument, investor)
        if why is not None:
            left[why] = left.get(why, 0) + 1
        elif len(kept) < limit:
            kept.append((each, instrument))
    return Fitting(tuple(kept), left)


def _why_not(instrument: Instrument, investor: Investor) -> str | None:
    if instrument.sector in investor.excluded:
        return SECTOR
    if instrument.status != "normal":
        return STATUS
    return None if investor.may_buy(instrument) else RISK


def instrument_of(row: Listed) -> Instrument:
    """A listed name as an instrument, graded with caution."""
    is_fund = row.product is Product.ETF
    leverage = 2 if any(word in row.name for word in _GEARED) else 1
    is_usual = leverage == 1 and row.status == "normal" and (is_fund or row.size is Size.LARGE)
    return Instrument(
        ticker=row.code,
        name=row.name,
        market=Market(row.market),
        kind=Kind.ETF if is_fund else Kind.STOCK,
        sector=row.sector,
        product_risk=2 if is_usual else 1,
        aliases=(),
        leverage=leverage,
        status=row.status,
        asset=Asset.EQUITY,
        source="종목 마스터, 등급은 보수적으로 매김",
    )
