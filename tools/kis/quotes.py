"""Prices now: one symbol, ten levels of its book, or up to thirty symbols in one request.

Prices are won, quantities shares, percentages Decimal. An unknown symbol is None, never zeros.
Sources: inquire-price FHKST01010100, inquire-asking-price-exp-ccn FHKST01010200, intstock-multprice FHKST11300006.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from tools.kis.budget import Priority
from tools.kis.fields import Row, row, rows
from tools.kis.rest import Rest

MULTI_MAX = 30  # symbols in one multi-price request


@dataclass(frozen=True, slots=True)
class Quote:
    """The state of one symbol. `halted` and the warning fields are KIS's own words about tradability."""

    ticker: str
    price: int
    change: int | None
    change_pct: Decimal | None
    open: int | None
    high: int | None
    low: int | None
    base: int | None  # reference price of the day's band
    upper: int | None
    lower: int | None
    tick: int | None
    volume: int | None
    amount: int | None
    halted: bool
    status_code: str | None  # iscd_stat_cls_code: 51 managed, 52–54 warnings, 58 halted …
    warning_code: str | None  # mrkt_warn_cls_code: 00 none, 01 caution, 02 warning, 03 risk
    vi_code: str | None
    per: Decimal | None
    pbr: Decimal | None
    eps: Decimal | None
    bps: Decimal | None
    market_cap: int | None  # won
    high_52w: int | None
    low_52w: int | None
    margin_pct: Decimal | None


@dataclass(frozen=True, slots=True)
class Level:
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Best first; levels without a price (call auctions show three) are left out."""

    ticker: str
    time: str  # HHMMSS KST of the last change
    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    total_ask: int | None
    total_bid: int | None
    expected_price: int | None
    expected_quantity: int | None
    price: int | None


@dataclass(frozen=True, slots=True)
class MultiQuote:
    """One line of the many-symbol request."""

    ticker: str
    name: str | None
    price: int
    change: int | None
    change_pct: Decimal | None
    open: int | None
    high: int | None
    low: int | None
    previous_close: int | None
    upper: int | None
    lower: int | None
    ask: int | None
    bid: int | None
    volume: int | None
    amount: int | None


class Quotes:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def price(self, ticker: str, *, priority: Priority = Priority.QUOTE) -> Quote | None:
        """None when KIS does not know the symbol (it answers with zeros)."""
        page = await self._rest.get("/quotations/inquire-price", "FHKST01010100", _symbol(ticker), priority=priority)
        return parse_quote(ticker, row(page.body, "output"))

    async def order_book(self, ticker: str, *, priority: Priority = Priority.QUOTE) -> OrderBook | None:
        page = await self._rest.get(
            "/quotations/inquire-asking-price-exp-ccn", "FHKST01010200", _symbol(ticker), priority=priority
        )
        return parse_book(ticker, row(page.body, "output1"), row(page.body, "output2"))

    async def many(
        self, tickers: Sequence[str], *, priority: Priority = Priority.QUOTE
    ) -> dict[str, MultiQuote | None]:
        """Every ticker asked for is a key; None when KIS does not know it. At most 30 symbols a request."""
        found: dict[str, MultiQuote | None] = dict.fromkeys(tickers)
        wanted = list(found)
        for start in range(0, len(wanted), MULTI_MAX):
            params: dict[str, str] = {}
            for number, ticker in enumerate(wanted[start : start + MULTI_MAX], start=1):
                params[f"FID_COND_MRKT_DIV_CODE_{number}"] = "J"
                params[f"FID_INPUT_ISCD_{number}"] = ticker
            page = await self._rest.get("/quotations/intstock-multprice", "FHKST11300006", params, priority=priority)
            for item in rows(page.body, "output"):
                quote = parse_multi(item)
                if quote is not None and quote.ticker in found:
                    found[quote.ticker] = quote
        return found


def _symbol(ticker: str) -> dict[str, str]:
    return {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": ticker}


def parse_quote(ticker: str, item: Row) -> Quote | None:
    price = item.integer("stck_prpr")
    if not price:
        return None
    cap = item.integer("hts_avls")
    return Quote(
        ticker=ticker,
        price=price,
        change=item.integer("prdy_vrss"),
        change_pct=item.decimal("prdy_ctrt"),
        open=item.integer("stck_oprc"),
        high=item.integer("stck_hgpr"),
        low=item.integer("stck_lwpr"),
        base=item.integer("stck_sdpr"),
        upper=item.integer("stck_mxpr"),
        lower=item.integer("stck_llam"),
        tick=item.integer("aspr_unit"),
        volume=item.integer("acml_vol"),
        amount=item.integer("acml_tr_pbmn"),
        halted=bool(item.flag("temp_stop_yn")) or item.text("iscd_stat_cls_code") == "58",
        status_code=item.text("iscd_stat_cls_code"),
        warning_code=item.text("mrkt_warn_cls_code"),
        vi_code=item.text("vi_cls_code"),
        per=item.decimal("per"),
        pbr=item.decimal("pbr"),
        eps=item.decimal("eps"),
        bps=item.decimal("bps"),
        market_cap=None if cap is None else cap * 100_000_000,
        high_52w=item.integer("w52_hgpr"),
        low_52w=item.integer("w52_lwpr"),
        margin_pct=item.decimal("marg_rate"),
    )


def parse_book(ticker: str, levels: Row, summary: Row) -> OrderBook | None:
    asks, bids = _levels(levels, "askp"), _levels(levels, "bidp")
    price = summary.integer("stck_prpr")
    if not asks and not bids and not price:
        return None
    return OrderBook(
        ticker=ticker,
        time=levels.text("aspr_acpt_hour") or "",
        asks=asks,
        bids=bids,
        total_ask=levels.integer("total_askp_rsqn"),
        total_bid=levels.integer("total_bidp_rsqn"),
        expected_price=summary.integer("antc_cnpr") or None,
        expected_quantity=summary.integer("antc_vol") or None,
        price=price or None,
    )


def _levels(item: Row, side: str) -> tuple[Level, ...]:
    found = ((item.integer(f"{side}{n}"), item.integer(f"{side}_rsqn{n}")) for n in range(1, 11))
    return tuple(Level(price, quantity or 0) for price, quantity in found if price)


def parse_multi(item: Row) -> MultiQuote | None:
    ticker, price = item.text("inter_shrn_iscd"), item.integer("inter2_prpr")
    if ticker is None or not price:
        return None
    return MultiQuote(
        ticker=ticker,
        name=item.text("inter_kor_isnm"),
        price=price,
        change=item.integer("inter2_prdy_vrss"),
        change_pct=item.decimal("prdy_ctrt"),
        open=item.integer("inter2_oprc"),
        high=item.integer("inter2_hgpr"),
        low=item.integer("inter2_lwpr"),
        previous_close=item.integer("inter2_prdy_clpr"),
        upper=item.integer("inter2_mxpr"),
        lower=item.integer("inter2_llam"),
        ask=item.integer("inter2_askp"),
        bid=item.integer("inter2_bidp"),
        volume=item.integer("acml_vol"),
        amount=item.integer("acml_tr_pbmn"),
    )
