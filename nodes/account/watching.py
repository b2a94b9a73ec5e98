"""The watch list in conversation: names put on it, taken off it, and shown with what is known of each.

Contract: a name is only ever one that the sentence names or a question offered; what is watched changes no order and
no strategy. Prices are the market port's, news counts those of the stored news, a chart's stance is that of the newest
report of this or the last trading days; what is missing is left out, never invented.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from domain.hangul import josa
from domain.korean.text import plain
from domain.reports import Analyst, Status
from domain.watch import MOST_WATCHED
from nodes.account.context import Desk, Outcome, Sheet, figured, says
from nodes.account.wishes import FOREIGN, name_of
from nodes.overview import STANCES
from tools.ports import PortUnavailable

SHOWN = 10
NEWS_READ = 300
REPORT_AGE = timedelta(days=4)  # over a weekend and a holiday
NONE = "관심종목이 아직 없어요. '삼성전자 관심종목에 넣어줘'라고 해 주세요."
WHICH = "어느 종목인지 이름이나 종목코드로 말씀해 주세요. 예: '삼성전자 관심종목에 넣어줘'"
FULL = f"관심종목은 {MOST_WATCHED}개까지예요. 먼저 몇 개를 빼 주세요."
_ALL = ("다지", "다빼", "전부", "모두", "비워", "다삭제", "다없애", "싹")


async def add_watched(desk: Desk) -> Outcome:
    """Every name of the sentence."""
    if not desk.reading.tickers:
        return _nobody(desk)
    known = await desk.ports.watch.watch_list(desk.who.user_id)
    fresh = [ticker for ticker in desk.reading.tickers if ticker not in known]
    if len(known) + len(fresh) > MOST_WATCHED:
        return says(FULL)
    for ticker in fresh:
        await desk.ports.watch.watch(desk.who.user_id, ticker, True, desk.now)
    if not fresh:
        return says(f"{josa(name_of(desk, desk.reading.tickers[0]), '은/는')} 이미 관심종목에 있어요.")
    names = ", ".join(name_of(desk, ticker) for ticker in fresh)
    return says(f"{josa(names, '을/를')} 관심종목에 넣었어요. 모두 {len(known) + len(fresh)}개예요.")


async def drop_watched(desk: Desk) -> Outcome:
    """The named ones, or all where the words say so."""
    known = await desk.ports.watch.watch_list(desk.who.user_id)
    if not known:
        return says(NONE)
    named = (*desk.reading.tickers, *desk.reading.avoided_tickers)  # '삼성전자 빼줘' reads as one to avoid
    gone = [ticker for ticker in known if ticker in named]
    if not named and any(word in plain(desk.reading.text).text for word in _ALL):
        gone = known
    if not gone:
        if named:
            return says(f"{josa(name_of(desk, named[0]), '은/는')} 관심종목에 없어요.")
        return says(f"어느 종목을 뺄까요? 지금은 {', '.join(name_of(desk, t) for t in known[:SHOWN])}이 있어요.")
    for ticker in gone:
        await desk.ports.watch.watch(desk.who.user_id, ticker, False, desk.now)
    names = ", ".join(name_of(desk, ticker) for ticker in gone[:SHOWN])
    return says(f"{josa(names, '을/를')} 관심종목에서 뺐어요. 이 종목의 알림은 그대로예요.")


async def show_watched(desk: Desk) -> Outcome:
    """Each with price, change of the day, news and its chart's stance."""
    known = await desk.ports.watch.watch_list(desk.who.user_id)
    if not known:
        return says(NONE)
    label = (await desk.ports.market.market_clock()).label or "시세"
    quotes = {quote.ticker: quote for quote in await desk.ports.market.quotes(known[:SHOWN]) if quote.found}
    counts = await _news(desk)
    sheet, lines = Sheet(label, desk.now), [f"관심종목 {len(known)}개예요. ({label})"]
    for ticker in known[:SHOWN]:
        quote = quotes.get(ticker)
        parts = [f"· {desk.name(ticker)}"]
        if quote is None or quote.price <= 0:
            parts.append("시세를 받지 못했어요")
        else:
            parts.append(f"{sheet.won(quote.price)} ({sheet.change(quote.price, quote.base_price)})")
        if counts.get(ticker):
            parts.append(f"뉴스 {counts[ticker]}건")
        if stance := await _stance(desk, ticker):
            parts.append(f"차트 {stance}")
        lines.append(" · ".join([parts[0] + " " + parts[1], *parts[2:]]))
    if len(known) > SHOWN:
        lines.append(f"그 밖에 {len(known) - SHOWN}개가 더 있어요.")
    return Outcome((figured("text", lines, sheet),))


async def _news(desk: Desk) -> Mapping[str, int]:
    """Headlines of the newest run by ticker; none where the news is demonstration material or silent."""
    try:
        found = await desk.ports.news.headlines(NEWS_READ)
    except PortUnavailable:
        return {}
    return Counter(ticker for each in found if not each.demo for ticker in set(each.tickers))


async def _stance(desk: Desk, ticker: str) -> str:
    try:
        report = await desk.ports.desk.latest_report(Analyst.TECHNICAL.value, ticker)
    except PortUnavailable:
        return ""
    if report is None or report.status is Status.UNAVAILABLE or report.as_of < desk.now - REPORT_AGE:
        return ""
    return STANCES[report.stance.value]


def _nobody(desk: Desk) -> Outcome:
    if desk.reading.foreign:
        return says(FOREIGN.format(name=desk.reading.foreign[0]))
    if desk.reading.near:
        return says(f"혹시 {josa(name_of(desk, desk.reading.near[0]), '을/를')} 말씀하신 건가요? {WHICH}")
    return says(WHICH)
