"""Reads: real samples parsed, pages completed, what is asked again and what is not."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.clock import KST
from domain.orders.types import OrderType, Side
from tools.kis.account import parse_balance
from tools.kis.budget import Priority
from tools.kis.calendar import parse_trading_day
from tools.kis.charts import parse_minute
from tools.kis.client import KisClient
from tools.kis.deadline import Deadline
from tools.kis.environment import LIVE, PAPER
from tools.kis.errors import NotOffered, ReadFailed, Rejected, Throttled, Unreachable
from tools.kis.executions import parse_executions
from tools.kis.fields import Row, parse_day, parse_time, row, rows
from tools.kis.news import parse_headline
from tools.kis.orders import BrokerOrder
from tools.kis.quotes import parse_quote
from tools.kis.rest import Page

OK = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}
THROTTLED = (500, {"rt_cd": "1", "msg_cd": "EGW00201", "msg1": "초당 거래건수를 초과하였습니다."})
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)


def sample(shared: Path, name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "kis/samples" / name).read_text())
    return loaded["body"] if "body" in loaded else loaded["responses"][0]


def test_a_real_price_is_read(shared_dir: Path) -> None:
    quote = parse_quote("005930", row(sample(shared_dir, "inquire_price_FHKST01010100_005930_20250916.json"), "output"))
    assert quote is not None
    assert (quote.price, quote.change, quote.base, quote.upper, quote.lower) == (77600, 1100, 76500, 99400, 53600)
    assert (quote.tick, quote.volume, quote.per, quote.halted) == (100, 5906709, Decimal("15.68"), False)
    assert quote.market_cap == 459_363_900_000_000
    quote = parse_quote("108320", row(sample(shared_dir, "inquire_price_FHKST01010100_108320_20260415.json"), "output"))
    assert quote is not None
    assert (quote.price, quote.change) == (52500, -300)


def test_real_balances_are_read(shared_dir: Path) -> None:
    body = sample(shared_dir, "inquire_balance_VTTC8434R_real_paper.json")
    balance = parse_balance([Page(body, "D")])
    assert [(h.ticker, h.quantity, h.average_price, h.profit) for h in balance.holdings] == [
        ("000660", 1, Decimal("198600.0000"), 16900),
        ("114800", 35, Decimal("4482.1420"), -6725),
    ]
    assert (balance.settled_cash, balance.securities_value, balance.total_value) == (9644485, 365650, 10010135)
    assert balance.duplicated == ()
    empty = parse_balance([Page(sample(shared_dir, "inquire_balance_TTTC8434R_empty_real.json"), "D")])
    assert empty.holdings == ()
    twice = parse_balance([Page(body, "M"), Page({**body, "output2": {**body["output2"][0]}}, "D")])
    assert twice.duplicated == ("000660", "114800")


def test_the_documented_order_list_is_read(shared_dir: Path) -> None:
    body = sample(shared_dir, "inquire_daily_ccld_TTTC0081R_doc.json")
    found = parse_executions([Page(body, "D"), Page(body, "D")], NOW, may_hide=False)
    assert len(found.rows) == 1
    assert found.duplicated == ((date(2022, 1, 3), "06010", 1568197),)
    order = found.rows[0]
    assert (order.side, order.quantity, order.price, order.rejected) == (Side.BUY, 10, 150000, 10)
    assert order.ordered_at == datetime(2022, 1, 3, 17, 1, tzinfo=KST)
    assert not found.inconclusive


def test_minutes_trading_days_and_headlines_are_read(shared_dir: Path) -> None:
    minutes = rows(sample(shared_dir, "time_itemchartprice_FHKST03010200_005930_20250916.json"), "output2")
    bars = [parse_minute(item) for item in minutes]
    assert len(bars) > 100
    assert all(bar is not None and bar.low <= bar.close <= bar.high for bar in bars)
    days = rows(sample(shared_dir, "chk_holiday_CTCA0903R_doc.json"), "output")
    assert [parse_trading_day(item).opens for item in days] == [True, False, False, True]
    news = [parse_headline(item) for item in rows(sample(shared_dir, "news_title_FHKST01011800_doc.json"), "output")]
    assert news[-1] is not None
    assert news[-1].tickers == ("389020",)


def test_fields_are_padded_strings_and_empty_is_none() -> None:
    item = Row({"ORD_QTY": " 0000000010 ", "price": "71900.00", "gone": "", "null": "(null)", "change": "-300"})
    assert item.integer("ord_qty") == 10
    assert item.integer("price") == 71900
    assert item.integer("gone", "change") == -300
    assert item.text("null") is None
    assert item.integer("absent") is None
    assert rows({"output": {"a": "1"}}, "output")
    assert not rows({"output": [{}, {"a": " "}]}, "output")
    assert not rows({"output": None}, "output")
    assert not rows({}, "output")


@pytest.mark.parametrize("value", ["abc", "1.5", "NaN", "Infinity", "1e", "1e999999999"])
def test_a_field_that_is_no_whole_number_is_an_error(value: str) -> None:
    with pytest.raises(ReadFailed):
        Row({"qty": value}).integer("qty")


@pytest.mark.parametrize("value", ["20261301", "2026-1-1", "", "abcdefgh"])
def test_a_date_that_is_none_is_an_error(value: str) -> None:
    with pytest.raises(ReadFailed):
        parse_day(value)


def test_a_time_may_have_lost_its_leading_zero() -> None:
    assert parse_time("90001").hour == 9
    with pytest.raises(ReadFailed):
        parse_time("256060")


async def test_an_unknown_symbol_is_none(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    gateway.answer("/inquire-price", (200, {**OK, "output": {"stck_prpr": "0", "stck_sdpr": "0"}}))
    gateway.answer("/inquire-asking-price-exp-ccn", (200, {**OK, "output1": {"askp1": "0"}, "output2": {}}))
    gateway.answer("/inquire-daily-itemchartprice", (200, {**OK, "output1": {"stck_prpr": "0"}, "output2": [{}]}))
    assert await client.quotes.price("999999") is None
    assert await client.quotes.order_book("999999") is None
    assert await client.charts.bars("999999", date(2026, 1, 1), date(2026, 2, 1)) is None


async def test_the_order_book_is_best_first_without_empty_levels(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    levels = {"askp1": "70100", "askp_rsqn1": "5", "askp2": "70200", "askp_rsqn2": "7", "askp3": "0", "bidp1": "70000"}
    gateway.answer("/inquire-asking-price-exp-ccn", (200, {**OK, "output1": {**levels, "bidp_rsqn1": "9"}}))
    book = await client.quotes.order_book("005930")
    assert book is not None
    assert [(level.price, level.quantity) for level in book.asks] == [(70100, 5), (70200, 7)]
    assert [(level.price, level.quantity) for level in book.bids] == [(70000, 9)]


async def test_many_symbols_go_thirty_to_a_request(make_client: Any, gateway: Any, budget: Any) -> None:
    client: KisClient = make_client(gateway.url)
    line = {"inter_shrn_iscd": "000003", "inter2_prpr": "1000", "inter_kor_isnm": "이름"}
    gateway.answer("/intstock-multprice", (200, {**OK, "output": [line, {"inter_shrn_iscd": "000004"}]}))
    quotes = await client.quotes.many([f"{n:06d}" for n in range(45)])
    asked = gateway.requests("/intstock-multprice")
    assert [sum("FID_INPUT_ISCD" in name for name in request.query) for request in asked] == [30, 15]
    assert len(quotes) == 45
    assert quotes["000003"] is not None
    assert quotes["000003"].price == 1000
    assert quotes["000004"] is None
    assert budget.granted == [Priority.SESSION, Priority.QUOTE, Priority.QUOTE]


async def test_a_chart_is_paged_by_date_windows_oldest_first(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(230)]

    def window(newest: date) -> tuple[int, dict[str, Any]]:
        chosen = [day for day in reversed(days) if day <= newest][:100]
        lines: list[dict[str, str]] = [
            {"stck_bsop_date": f"{day:%Y%m%d}", "stck_clpr": "100", "stck_hgpr": "120", "acml_vol": "7"}
            for day in chosen
        ]
        return (200, {**OK, "output1": {"hts_kor_isnm": "삼성전자", "stck_prpr": "100"}, "output2": [*lines, {}]})

    gateway.answer("/inquire-daily-itemchartprice", window(days[-1]), window(days[129]), window(days[29]))
    chart = await client.charts.bars("005930", days[0], days[-1])
    assert chart is not None
    assert [bar.day for bar in chart.bars] == days
    assert (chart.name, chart.duplicated) == ("삼성전자", ())
    asked = gateway.requests("/inquire-daily-itemchartprice")
    assert [request.query["FID_INPUT_DATE_2"] for request in asked] == ["20260818", "20260510", "20260130"]
    assert asked[0].query["FID_ORG_ADJ_PRC"] == "0"


async def test_a_few_days_cost_one_request_also_where_the_first_is_a_holiday(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    days = ["20261116", "20261113", "20261112"]
    lines = [{"stck_bsop_date": day, "stck_clpr": "100", "stck_hgpr": "120", "acml_vol": "7"} for day in days]
    gateway.answer("/inquire-daily-itemchartprice", (200, {**OK, "output1": {"stck_prpr": "100"}, "output2": lines}))
    chart = await client.charts.bars("005930", date(2026, 11, 8), date(2026, 11, 16))  # from a Sunday
    assert chart is not None
    assert len(chart.bars) == 3
    assert len(gateway.requests("/inquire-daily-itemchartprice")) == 1


async def test_a_balance_is_completed_over_its_pages(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    summary = {"dnca_tot_amt": "1", "prvs_rcdl_excc_amt": "2", "tot_evlu_amt": "3"}

    def page(ticker: str, cursor: str, more: str) -> tuple[int, dict[str, Any], dict[str, str]]:
        held = [{"pdno": ticker, "hldg_qty": "1", "prdt_name": ticker}]
        area = {"ctx_area_fk100": "81055689^01".ljust(100), "ctx_area_nk100": cursor.ljust(100)}
        return (200, {**OK, "output1": held, "output2": [summary], **area}, {"tr_cont": more})

    gateway.answer("/inquire-balance", page("000001", "A", "M"), page("000002", "B", "F"), page("000003", "", "D"))
    balance = await client.account.balance()
    assert [holding.ticker for holding in balance.holdings] == ["000001", "000002", "000003"]
    asked = gateway.requests("/inquire-balance")
    assert [request.headers.get("tr_cont") for request in asked] == ["", "N", "N"]
    assert [request.query["CTX_AREA_NK100"].strip() for request in asked] == ["", "A", "B"]


async def test_a_cursor_that_does_not_move_is_an_error_not_a_short_list(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    stuck = {**OK, "output1": [], "ctx_area_fk100": "f", "ctx_area_nk100": "same"}
    gateway.answer("/inquire-daily-ccld", (200, stuck, {"tr_cont": "M"}))
    with pytest.raises(ReadFailed, match="cursor"):
        await client.order_list.executions(date(2026, 11, 20), date(2026, 11, 20))


async def test_a_page_that_fails_fails_the_whole_inquiry(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    first = {**OK, "output1": [], "ctx_area_fk100": "f", "ctx_area_nk100": "next"}
    gateway.answer("/inquire-daily-ccld", (200, first, {"tr_cont": "M"}), (500, b"<html>"))
    with pytest.raises(ReadFailed):
        await client.order_list.executions(date(2026, 11, 20), date(2026, 11, 20))


async def test_papers_empty_order_list_proves_no_absence(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(PAPER.at(gateway.url))
    nothing = {"rt_cd": "0", "msg_cd": "70070000", "msg1": "조회할 내역(자료)이 없습니다", "output1": []}
    gateway.answer("/inquire-daily-ccld", (200, {**nothing, "output2": {"tot_ord_qty": "3"}}, {"tr_cont": "D"}))
    found = await client.order_list.executions(date(2026, 11, 20), date(2026, 11, 20))
    assert (found.rows, found.inconclusive, found.total_ordered) == ((), True, 3)
    asked = gateway.requests("/inquire-daily-ccld")[0]
    assert (asked.headers["tr_id"], asked.query["EXCG_ID_DVSN_CD"]) == ("VTTC0081R", "KRX")


async def test_what_paper_does_not_offer_is_said_without_a_request(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(PAPER.at(gateway.url))
    for call in (
        client.account.sellable("005930"),
        client.order_list.open_orders(),
        client.trading_days.days_from(date(2026, 11, 20)),
        client.news.headlines(),
        client.finance.ratios("005930"),
    ):
        with pytest.raises(NotOffered):
            await call
    assert gateway.seen == []


async def test_ratios_come_newest_first_and_what_is_empty_is_none(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    years = [{"stac_yymm": "202412", "roe_val": "9.03", "eps": "4950.00", "lblt_rate": "27.93", "grs": ""}, {}]
    newer = {"stac_yymm": "202512", "roe_val": "-1.20", "eps": "-310.00", "lblt_rate": "30.10", "bps": "58114.00"}
    gateway.answer("/finance/financial-ratio", (200, {**OK, "output": [*years, newer, {"stac_yymm": "12"}]}))
    found = await client.finance.ratios("005930")
    assert [one.period for one in found] == ["202512", "202412"]
    assert (found[0].roe, found[0].eps, found[0].bps) == (Decimal("-1.20"), Decimal(-310), Decimal(58114))
    assert (found[1].debt, found[1].sales_growth, found[1].bps) == (Decimal("27.93"), None, None)


async def test_open_orders_buying_power_and_sellable_are_read(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    line = {"ord_gno_brno": "06010", "odno": "0000000007", "orgn_odno": "", "pdno": "005930", "sll_buy_dvsn_cd": "01"}
    gateway.answer("/inquire-psbl-rvsecncl", (200, {**OK, "output": [{**line, "ord_qty": "5", "psbl_qty": "2"}]}))
    power = {"ord_psbl_cash": "1000", "nrcvb_buy_amt": "900", "nrcvb_buy_qty": "3", "psbl_qty_calc_unpr": "0"}
    gateway.answer("/inquire-psbl-order", (200, {**OK, "output": power}))
    gateway.answer("/inquire-psbl-sell", (200, {**OK, "output1": {"ord_psbl_qty": "4", "cblc_qty": "5"}}))
    (order,) = await client.order_list.open_orders()
    assert (order.order, order.side, order.cancellable) == (BrokerOrder("06010", 7), Side.SELL, 2)
    found = await client.account.buying_power("005930", 70_000)
    assert (found.cash, found.amount, found.quantity, found.price) == (1000, 900, 3, None)
    assert (await client.account.sellable("005930")).quantity == 4


async def test_a_throttled_read_waits_and_is_asked_again_within_its_budget(
    make_client: Any, gateway: Any, budget: Any, clock: Any
) -> None:
    client: KisClient = make_client(gateway.url)
    await client.tokens.current()
    before = clock.monotonic()
    gateway.answer("/inquire-price", THROTTLED, THROTTLED, (200, {**OK, "output": {"stck_prpr": "1"}}))
    assert await client.quotes.price("005930") is not None
    assert clock.monotonic() - before >= 3.0
    assert budget.throttles == 2
    assert budget.granted.count(Priority.QUOTE) == 3


async def test_a_read_is_asked_at_most_three_times(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    gateway.answer("/inquire-price", THROTTLED)
    with pytest.raises(Throttled):
        await client.quotes.price("005930")
    gateway.answer("/inquire-asking-price-exp-ccn", (502, b""))
    with pytest.raises(ReadFailed):
        await client.quotes.order_book("005930")
    assert [len(gateway.requests(path)) for path in ("/inquire-price", "/inquire-asking-price-exp-ccn")] == [3, 3]


async def test_a_refusal_is_not_asked_again(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    gateway.answer("/inquire-price", (200, {"rt_cd": "1", "msg_cd": "OPSQ2001", "msg1": "ERROR : INPUT"}))
    with pytest.raises(Rejected):
        await client.quotes.price("005930")
    gateway.answer("/inquire-balance", (500, {"rt_cd": "1", "msg_cd": "EGW00304", "msg1": "고객식별키"}))
    with pytest.raises(Unreachable):
        await client.account.balance()
    assert [len(gateway.requests(path)) for path in ("/inquire-price", "/inquire-balance")] == [1, 1]


async def test_a_dead_token_is_renewed_and_the_read_asked_once_more(
    make_client: Any, gateway: Any, clock: Any, kit: Any
) -> None:
    gateway.answer("/oauth2/tokenP", (200, kit.token_body()), (200, kit.token_body("fresh")))
    dead = (500, {"rt_cd": "1", "msg_cd": "EGW00123", "msg1": "기간이 만료된 token 입니다."})
    gateway.answer("/inquire-price", dead, (200, {**OK, "output": {"stck_prpr": "1"}}))
    client: KisClient = make_client(gateway.url)
    await client.tokens.current()
    clock.advance(3600)
    assert await client.quotes.price("005930") is not None
    assert [r.headers["authorization"][-5:] for r in gateway.requests("/inquire-price")] == ["token", "fresh"]


async def test_cancel_and_revise_speak_of_the_whole_remainder(make_client: Any, gateway: Any) -> None:
    client: KisClient = make_client(gateway.url)
    ack = {**OK, "output": {"KRX_FWDG_ORD_ORGNO": "06010", "ODNO": "0000000099", "ORD_TMD": "100001"}}
    gateway.answer("/order-rvsecncl", (200, ack))
    order, soon = BrokerOrder("06010", 42), Deadline.after(5)
    cancelled = await client.orders.cancel(order, deadline=soon)
    await client.orders.revise(
        order, order_type=OrderType.LIMIT, quantity=3, price=71_000, deadline=soon, priority=Priority.ORDER
    )
    assert cancelled.order.number == 99
    first, second = (request.body for request in gateway.requests("/order-rvsecncl"))
    assert (first["ORGN_ODNO"], first["RVSE_CNCL_DVSN_CD"], first["QTY_ALL_ORD_YN"]) == ("0000000042", "02", "Y")
    assert (second["RVSE_CNCL_DVSN_CD"], second["ORD_QTY"], second["ORD_UNPR"]) == ("01", "3", "71000")


async def test_sell_orders_use_their_own_tr_and_paper_its_letter(make_client: Any, gateway: Any) -> None:
    from tools.kis.orders import CashOrder

    client: KisClient = make_client(PAPER.at(gateway.url))
    gateway.answer("/order-cash", (200, {**OK, "output": {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000000001"}}))
    order = CashOrder(Side.SELL, "005930", 1, OrderType.MARKET, 0)
    ack = await client.orders.place(order, deadline=Deadline.after(5), priority=Priority.REDUCE)
    (request,) = gateway.requests("/order-cash")
    assert (request.headers["tr_id"], request.body["ORD_DVSN"], request.body["ORD_UNPR"]) == ("VTTC0011U", "01", "0")
    assert ack.accepted_at == NOW, "an ack without ORD_TMD is dated by our market clock"


async def test_a_stop_rests_at_the_broker_as_type_22_with_its_trigger(make_client: Any, gateway: Any) -> None:
    from tools.kis.orders import CashOrder

    client: KisClient = make_client(LIVE.at(gateway.url))
    gateway.answer("/order-cash", (200, {**OK, "output": {"KRX_FWDG_ORD_ORGNO": "00950", "ODNO": "0000000001"}}))
    order = CashOrder(Side.SELL, "005930", 2, OrderType.LIMIT, 63_000, 66_500)
    await client.orders.place(order, deadline=Deadline.after(5), priority=Priority.REDUCE)
    (request,) = gateway.requests("/order-cash")
    sent = {key: request.body[key] for key in ("ORD_DVSN", "ORD_UNPR", "CNDT_PRIC")}
    assert sent == {"ORD_DVSN": "22", "ORD_UNPR": "63000", "CNDT_PRIC": "66500"}
    for wrong in ((OrderType.MARKET, 0, 66_500), (OrderType.LIMIT, 63_000, -1)):
        with pytest.raises(ValueError, match="expected a stop"):
            CashOrder(Side.SELL, "005930", 2, *wrong)


def test_an_order_with_a_price_that_does_not_fit_its_type_cannot_be_made() -> None:
    from tools.kis.orders import CashOrder

    for order_type, price in ((OrderType.MARKET, 100), (OrderType.LIMIT, 0), (OrderType.LIMIT, -1)):
        with pytest.raises(ValueError, match="expected price"):
            CashOrder(Side.BUY, "005930", 1, order_type, price)
    with pytest.raises(ValueError, match="quantity"):
        CashOrder(Side.BUY, "005930", 0, OrderType.LIMIT, 100)
