"""Price and chart of a name, straight from the market port.

Contract: says where a price comes from (모의 시세 …); an unknown or foreign name gets a clear sentence; a chart is
told in words: stretch, high, low, change, and what the technical analyst's rules make of it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import numpy as np

from domain.bars import Bars
from domain.hangul import josa
from domain.reports import AnalystReport
from market.bars.times import day_end
from nodes.account.context import Desk, Outcome, Sheet, figured, says
from nodes.account.wishes import FOREIGN
from nodes.asking import Block, block, question
from nodes.technical.charts import ChartReader, Market
from nodes.technical.direct import DEPTH_DAYS, told_bars
from nodes.technical.reading import STANCES

_STATUS = {"managed": "관리종목", "warning": "투자경고", "halted": "거래정지", "delisting": "정리매매"}


async def price(desk: Desk) -> Outcome:
    tickers = desk.reading.tickers[:3]
    if not tickers:
        return _unknown(desk, "시세를 볼")
    label = (await desk.ports.market.market_clock()).label or "시세"
    blocks: list[Block] = []
    for ticker in tickers:
        quote = await desk.ports.market.quote(ticker)
        if not quote.found:
            blocks.append(figured("text", [f"{desk.name(ticker)} 시세를 찾지 못했어요."], Sheet(label, desk.now)))
            continue
        sheet = Sheet(f"{label} {ticker}", desk.now)
        lines = [
            f"{desk.name(ticker)} {sheet.won(quote.price)} ({sheet.change(quote.price, quote.base_price)}) · {label}"
        ]
        if quote.high and len(tickers) == 1:
            lines.append(
                f"오늘 고가 {sheet.won(quote.high)} · 저가 {sheet.won(quote.low)} · 거래량 {sheet.shares(quote.volume)}"
            )
        row = desk.ports.instruments.get(ticker)
        if quote.halted or (row is not None and row.status in _STATUS):
            lines.append(
                "지금은 거래가 정지된 종목이에요."
                if quote.halted
                else f"{_STATUS[row.status]} 종목이니 조심하세요."
                if row
                else ""
            )
        blocks.append(figured("price", lines, sheet))
    return Outcome(tuple(blocks))


async def chart(desk: Desk) -> Outcome:
    if not desk.reading.tickers:
        return _unknown(desk, "차트를 볼")
    ticker = desk.reading.tickers[0]
    days = desk.reading.stretch_days or 90
    clock = await desk.ports.market.market_clock()
    reader = ChartReader(desk.ports)
    market, quotes = await asyncio.gather(reader.market(), reader.today([ticker]))
    read = await reader.read(ticker, market, desk.who.venue, quotes.get(ticker))
    bars = await _far(desk, ticker, days, market) if days > DEPTH_DAYS else read.bars
    if not len(bars):
        return says(f"{desk.name(ticker)} 차트 자료가 아직 없어요.")
    since = market.trade_date - timedelta(days=days)
    first = int(np.searchsorted(bars.time, day_end(since, market.calendar)))
    bars = bars.part(min(first, max(0, len(bars) - 2)), len(bars))
    sheet = Sheet(f"{clock.label or '일봉'} {ticker}", desk.now)
    last = int(bars.close[-1])
    span = f"최근 {days // 30}개월" if days >= 60 else f"최근 {days}일"
    lines = [
        f"{desk.name(ticker)} {span} 일봉 · {clock.label or '시세'}",
        f"종가 {sheet.won(last)}, 기간 등락 {sheet.change(last, int(bars.close[0]))}",
        f"최고 {sheet.won(int(bars.high.max()))} · 최저 {sheet.won(int(bars.low.min()))}",
    ]
    if read.found is not None:
        lines += _read_of(read.report)
    figures = [*sheet.json(), *(figure.to_json() for figure in read.report.figures)]
    return Outcome((block("chart", "\n".join(lines), figures=figures, tickers=[ticker]),))


async def _far(desk: Desk, ticker: str, days: int, market: Market) -> Bars:
    """Further back than daily bars are kept."""
    first, last = market.trade_date - timedelta(days=days), market.trade_date
    rows = await desk.ports.market.chart(ticker, "D", first.isoformat(), last.isoformat())
    return told_bars(rows, market.calendar)


def _read_of(report: AnalystReport) -> list[str]:
    """The analyst's view in two lines, what speaks for and what against, as templates."""
    reasons = (*report.drivers[:1], *report.risks[:1])
    stale = f" ({report.reason})" if report.reason else ""
    return [f"기술적 분석: {STANCES[report.stance.value]}{stale}", *(f"· {text}" for text in reasons)]


def _unknown(desk: Desk, what: str) -> Outcome:
    reading = desk.reading
    if reading.foreign:
        return says(FOREIGN.format(name=reading.foreign[0]).replace("주문할", "다룰"))
    if reading.near:
        names = [desk.name(ticker) for ticker in reading.near]
        one = f"혹시 {josa(names[0], '을/를')} 말씀하신 건가요?"
        text = one if len(names) == 1 else "어느 종목을 말씀하신 건가요?"
        near = list(reading.near)
        return Outcome(ask=question("account", "look", text, names, desk.now, tickers=near, act=reading.act))
    if reading.unknown_names:
        return says(
            f"'{reading.unknown_names[0]}' 종목을 찾지 못했어요. "
            "국내 주식·ETF의 정확한 이름이나 종목코드 6자리로 말씀해 주세요."
        )
    return says(f"{what} 종목 이름을 함께 알려 주세요. 예: '삼성전자 시세', '현대차 차트 3개월'")
