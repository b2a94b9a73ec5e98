"""invest-opinion, estimate-perform, ksdinfo/dividend: what brokers and the depository say of the made-up companies.

Contract: all from the same accounts as finance/*, seeded by ticker and period, never by call; brokers are called 데모
and a letter. Estimates begin where reports end; a dividend is recorded at the year's end and paid after the meeting.
Real host only; funds and unknown names have no rows.
"""

from __future__ import annotations

from datetime import date, timedelta

from domain.calendar import Calendar
from domain.ticks import tick_size
from simulation.exchange.bars import bars_of
from simulation.exchange.envelope import Reply, quotation
from simulation.exchange.figures import ratio, two_decimals
from simulation.exchange.fundamentals import (
    FACE_VALUE,
    FIRST_YEAR,
    UNIT,
    Accounts,
    Period,
    accounts,
    has_accounts,
    known,
)
from simulation.exchange.gateway import Call
from simulation.exchange.keys import Row, filled
from simulation.exchange.keys_company import DIVIDEND, ESTIMATE_HEAD, ESTIMATE_ROW, OPINION
from simulation.exchange.listings import Listing
from simulation.exchange.routes_finance import unit
from simulation.exchange.routes_orders import day_of
from simulation.exchange.routes_quotes import check_market
from simulation.exchange.tape import rng_for
from simulation.exchange.venue import Venue

BROKERS = ("데모증권A", "데모증권B", "데모증권C", "데모증권D", "데모증권E")
OPINION_ROWS = 100
_WEEKS_BETWEEN = 6  # of one broker's opinions of a name, about
_WORDS = ((15, "매수", "2"), (5, "중립", "3"), (-101, "매도", "4"))
_HIGH_YIELD_PERCENT = 3
PAID_AFTER_DAYS = 110  # the meeting in March and a month
DIVIDEND_ROWS = 100


def _listing(call: Call, ticker: str) -> Listing | None:
    listing = call.exchange.venue.market.listings.get(ticker)
    return listing if listing is not None and has_accounts(listing) else None


def opinions(call: Call) -> Reply:
    """GET quotations/invest-opinion (real): targets that follow from the earnings known on their day."""
    check_market(call)
    venue = call.exchange.venue
    today = venue.market.trade_date(venue.advance())
    listing = _listing(call, call.need("FID_INPUT_ISCD"))
    if listing is None:
        return quotation(output=[])
    first, last = day_of(call.need("FID_INPUT_DATE_1")), min(day_of(call.need("FID_INPUT_DATE_2")), today)
    rows = [row for broker in BROKERS for row in _of_broker(venue, listing, broker, first, last)]
    rows.sort(key=lambda row: (row["stck_bsop_date"], row["mbcr_name"]), reverse=True)
    return quotation(output=rows[:OPINION_ROWS])


def _of_broker(venue: Venue, listing: Listing, broker: str, first: date, last: date) -> list[Row]:
    rng = rng_for(venue.config.seed, "opinions", listing.ticker, broker)
    bias = 1.0 + float(rng.standard_normal()) * 0.12
    at = date(2024, 1, 2) + timedelta(days=int(rng.integers(7 * _WEEKS_BETWEEN)))
    before: tuple[str, str] = ("", "")
    rows: list[Row] = []
    while at <= last:
        day = at if venue.calendar.is_session(at) else venue.calendar.next_session(at)
        word, code, target, close = _opinion(venue, listing, day, bias)
        if first <= day <= last and close:
            rows.append(
                filled(
                    OPINION,
                    {
                        "stck_bsop_date": f"{day:%Y%m%d}",
                        "invt_opnn": word,
                        "invt_opnn_cls_code": code,
                        "rgbf_invt_opnn": before[0] or word,
                        "rgbf_invt_opnn_cls_code": before[1] or code,
                        "mbcr_name": broker,
                        "hts_goal_prc": target,
                        "stck_prdy_clpr": close,
                        "stck_nday_esdg": close - target,
                        "nday_dprt": ratio(close - target, target),
                        "stft_esdg": close - target,
                        "dprt": ratio(close - target, target),
                    },
                )
            )
        before = (word, code)
        at += timedelta(days=7 * _WEEKS_BETWEEN)
    return rows


def _opinion(venue: Venue, listing: Listing, day: date, bias: float) -> tuple[str, str, int, int]:
    """(opinion, its code, target price, close before) of a day: the target is a multiple of the year's earnings."""
    bars = bars_of(venue, listing.ticker, day)
    at = bars.upto(day) - 1
    close = int(bars.close[at]) if at >= 0 else 0
    reported = accounts(venue.config.seed, listing, known(day, quarters=False, count=1)[0])
    ahead = accounts(venue.config.seed, listing, Period(reported.period.year + 1, 4))
    worth = (close + ahead.eps * (listing.level / max(1, _anchor_eps(venue, listing)))) / 2 * 1.12 * bias
    unit_ = tick_size(max(1, int(worth)), listing.instrument.kind, day)
    target = max(unit_, int(worth) // unit_ * unit_)
    upside = (target - close) * 100 // close if close else 0
    word, code = next((word, code) for least, word, code in _WORDS if upside >= least)
    return word, code, target, close


def _anchor_eps(venue: Venue, listing: Listing) -> int:
    return accounts(venue.config.seed, listing, Period(2025, 4)).eps


def estimates(call: Call) -> Reply:
    """GET quotations/estimate-perform (real): three reported years and two estimated, `E` behind their label."""
    venue = call.exchange.venue
    today = venue.market.trade_date(venue.advance())
    listing = _listing(call, call.need("SHT_CD"))
    if listing is None:
        return quotation(output1=filled(ESTIMATE_HEAD, {}, ""), output2=[], output3=[], output4=[])
    newest = known(today, quarters=False, count=1)[0].year
    years = [accounts(venue.config.seed, listing, Period(year, 4)) for year in range(newest - 2, newest + 3)]
    past = [accounts(venue.config.seed, listing, one.period.before()) for one in years]
    price = venue.snapshot_at(listing.ticker, venue.clock.now()).base

    def row(values: list[str]) -> Row:
        return filled(ESTIMATE_ROW, {f"data{i}": value for i, value in enumerate(values, start=1)})

    def grown(now: list[int], before: list[int]) -> Row:
        return row([ratio(a - b, b, 1) for a, b in zip(now, before, strict=True)])

    sales, operating, net = ([getattr(one, name) for one in years] for name in ("sales", "operating", "net_income"))
    sales0, operating0, net0 = ([getattr(one, name) for one in past] for name in ("sales", "operating", "net_income"))
    output2 = [
        row([unit(value) for value in sales]),
        grown(sales, sales0),
        row([unit(value) for value in operating]),
        grown(operating, operating0),
        row([unit(value) for value in net]),
        grown(net, net0),
    ]
    output3 = [
        row([unit(one.operating + one.depreciation) for one in years]),
        row([str(one.eps) for one in years]),
        grown([one.eps for one in years], [one.eps for one in past]),
        row([two_decimals(price, one.eps) for one in years]),
        row([two_decimals(price * one.shares + one.long_debt, one.operating + one.depreciation) for one in years]),
        row([ratio(one.net_income, one.equity, 1) for one in years]),
        row([ratio(one.debt, one.equity, 1) for one in years]),
        row([two_decimals(one.operating, max(1, one.long_debt // 25)) for one in years]),
    ]
    output4 = [{"dt": f"{one.period.year}.12{'E' if one.period.year > newest else ''}"} for one in years]
    head = {
        "sht_cd": listing.ticker,
        "item_kor_nm": listing.name,
        "name1": "데모",
        "estdate": f"{today:%Y%m%d}",
        "rcmd_name": _opinion(venue, listing, today, 1.0)[0],
        "capital": years[2].capital // UNIT,
        "forn_item_lmtrt": "0.00",
    }
    return quotation(output1=filled(ESTIMATE_HEAD, head, ""), output2=output2, output3=output3, output4=output4)


def dividends(call: Call) -> Reply:
    """GET ksdinfo/dividend (real): year-end dividends by record date, newest first. There are no interim ones."""
    venue = call.exchange.venue
    today = venue.market.trade_date(venue.advance())
    first, last = day_of(call.need("F_DT")), day_of(call.need("T_DT"))
    ticker = call.get("SHT_CD")
    wanted = [_listing(call, ticker)] if ticker else list(venue.market.listings.values())
    rows: list[Row] = []
    if call.get("GB1", "0") in ("", "0", "1"):
        for year in range(min(last.year, today.year), max(first.year, FIRST_YEAR + 1) - 1, -1):
            record = Period(year, 4).end
            if first <= record <= last and Period(year, 4).published <= today:
                for one in wanted:
                    if one is not None and has_accounts(one):
                        paid = accounts(venue.config.seed, one, Period(year, 4))
                        rows.append(_dividend(one, paid, record, venue.calendar))
    if call.get("HIGH_GB").upper() == "Y":
        rows = [row for row in rows if row["high_divi_gb"] == "Y"]
    return quotation(output1=rows[:DIVIDEND_ROWS])


def _dividend(listing: Listing, paid: Accounts, record: date, calendar: Calendar) -> Row:
    amount = paid.dividend_per_share
    payday = record + timedelta(days=PAID_AFTER_DAYS)
    if not calendar.is_session(payday):
        payday = calendar.next_session(payday)
    return filled(
        DIVIDEND,
        {
            "record_date": f"{record:%Y%m%d}",
            "sht_cd": listing.ticker,
            "isin_name": listing.name,
            "divi_kind": "결산",
            "face_val": FACE_VALUE,
            "per_sto_divi_amt": amount,
            "divi_rate": ratio(amount, FACE_VALUE),
            "stk_divi_rate": "0.00",
            "divi_pay_dt": f"{payday:%Y/%m/%d}" if amount else "",
            "stk_div_pay_dt": "",
            "odd_pay_dt": "",
            "stk_kind": "보통",
            "high_divi_gb": "Y" if amount * 100 >= listing.level * _HIGH_YIELD_PERCENT else "",
        },
    )
