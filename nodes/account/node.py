"""Room `account`: what code alone answers. One table from act to page or action.

Contract: places nothing by itself; an own order goes to the order desk as one leg, cancels and halts go straight to
the OMS. A silent port is one Korean sentence, never an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

from langgraph.runtime import Runtime

from domain.equity import HISTORY_DAYS
from domain.korean.acts import Act
from domain.korean.periods import since
from domain.korean.reading import Reading
from domain.korean.text import plain
from nodes.account import (
    alerts,
    changes,
    checks,
    diary,
    mandates,
    market,
    orders,
    pages,
    savings,
    standing,
    strategies,
    talk,
    watching,
)
from nodes.account.context import Desk, Handler, Outcome, Sheet, figured, says
from nodes.account.receipt import receipt
from nodes.account.stops import stops
from nodes.account.views import balance_lines, daily_lines, equity_lines, history_lines, pnl_lines
from nodes.account.why import why
from nodes.asking import block
from nodes.state import AssistantState, PendingQuestion, RunContext
from tools.ports import Ports, PortUnavailable


async def balance(desk: Desk) -> Outcome:
    book = await desk.ports.oms.book(desk.who)
    sheet = Sheet("OMS 장부", desk.now)
    return Outcome((figured("balance", balance_lines(book, sheet), sheet),))


async def pnl(desk: Desk) -> Outcome:
    book = await desk.ports.oms.book(desk.who)
    sheet = Sheet("OMS 장부", desk.now)
    text = plain(desk.reading.text).text
    today = "오늘" in text and "누적" not in text
    lines = pnl_lines(book, sheet, today_only=today, by_ticker="종목" in text)
    return Outcome((figured("pnl", lines, sheet),))


async def equity(desk: Desk) -> Outcome:
    """The account's curve, or its gains and losses by day when those are named."""
    days, book = await asyncio.gather(desk.ports.oms.days(desk.who, HISTORY_DAYS), desk.ports.oms.book(desk.who))
    sheet = Sheet("OMS 장부", desk.now)
    if "손익" in plain(desk.reading.text).text:
        return Outcome((figured("equity", daily_lines(days, book, sheet), sheet, view="pnl"),))
    return Outcome((figured("equity", equity_lines(days, book, sheet), sheet, view="equity"),))


async def history(desk: Desk) -> Outcome:
    found = await desk.ports.oms.orders(desk.who, limit=20)
    if desk.reading.tickers:
        found = [order for order in found if order.ticker in desk.reading.tickers]
    first = since(plain(desk.reading.text).text, desk.now.date())
    return says("\n".join(history_lines(found, first)), "history")


async def answer(desk: Desk) -> Outcome:
    """Answers to this room's own questions."""
    given = desk.reading.answer
    assert given is not None
    if given.field in ("cancel", "revise"):
        return await changes.answered(desk)
    if given.field == "look":
        tickers = given.about.get("tickers", [])
        if given.index is None and not (given.value == "yes" and len(tickers) == 1):
            return says("알겠어요. 종목 이름을 다시 말씀해 주세요.")
        looked = replace(desk.reading, tickers=(tickers[given.index or 0],))
        handler = market.chart if given.about.get("act") == Act.CHART else market.price
        return await handler(replace(desk, reading=looked))
    return await orders.answered(desk)


HANDLERS: Mapping[str, Handler] = {
    "answer": answer,
    Act.BUY: orders.own_order,
    Act.SELL: orders.own_order,
    Act.ORDER_SIDELESS: orders.own_order,
    Act.CANCEL_LAST: changes.cancel_last,
    Act.CANCEL_ORDER: changes.cancel_order,
    Act.REVISE_ORDER: changes.revise,
    Act.HALT: changes.halt,
    Act.RESUME: changes.resume,
    Act.OPEN_ORDERS: standing.open_orders,
    Act.WHY_HALTED: standing.why_halted,
    Act.STOPS: stops,
    Act.HISTORY: history,
    Act.BALANCE: balance,
    Act.PNL: pnl,
    Act.EQUITY: equity,
    Act.PRICE: market.price,
    Act.CHART: market.chart,
    Act.RECEIPT: receipt,
    Act.WHY: why,
    Act.PROFILE_SHOW: pages.show_profile,
    Act.STRATEGY_SHOW: pages.show_strategy,
    Act.STRATEGY_REVERT: pages.revert_strategy,
    Act.STRATEGY_START: strategies.start_strategy,
    Act.STRATEGY_PAUSE: strategies.pause_strategy,
    Act.STRATEGY_STOP: strategies.stop_strategy,
    Act.STRATEGY_STATUS: strategies.strategy_status,
    Act.CHECKS_START: checks.start_checks,
    Act.CHECKS_STOP: checks.stop_checks,
    Act.CHECKS_SHOW: checks.show_checks,
    Act.DIARY: diary.today,
    Act.MANDATE_OFFER: mandates.offer_mandate,
    Act.MANDATE_SHOW: mandates.show_mandates,
    Act.MANDATE_REVOKE: mandates.revoke_mandates,
    Act.WATCH_ADD: watching.add_watched,
    Act.WATCH_DROP: watching.drop_watched,
    Act.WATCH_SHOW: watching.show_watched,
    Act.ALERT_SET: alerts.set_alert,
    Act.ALERT_OFF: alerts.turn_off,
    Act.ALERT_SHOW: alerts.show_alerts,
    Act.ALERT_HOURS: alerts.quiet_hours,
    Act.SAVINGS_MAKE: savings.make_savings,
    Act.SAVINGS_SHOW: savings.show_savings,
    Act.SAVINGS_PAUSE: savings.pause_savings,
    Act.SAVINGS_RESUME: savings.resume_savings,
    Act.SAVINGS_STOP: savings.stop_savings,
    Act.GREET: talk.greet,
    Act.ASIDE: talk.aside,
    Act.BEGIN: talk.begin,
    Act.FEWER: talk.fewer,
    Act.HELP: talk.help_page,
    Act.EXPLAIN: talk.explain,
}


_ORDERING = frozenset(
    {
        *(Act.BUY, Act.SELL, Act.ORDER_SIDELESS, Act.NO_ORDER, Act.HALT),
        *(Act.CANCEL_LAST, Act.CANCEL_ORDER, Act.REVISE_ORDER, Act.REJECT_WORDS),
    }
)


def kept_open(outcome: Outcome, state: AssistantState) -> dict[str, Any]:
    """The update, with another room's unanswered question kept: under our own, or instead of a mere offer."""
    open_now, ask = state.get("pending_question"), outcome.ask
    reading = state.get("reading") or {}
    if open_now is not None and open_now["owner"] == "account" and reading.get("act") in _ORDERING:
        open_now = (open_now.get("about") or {}).get("parked")  # a new order leaves the half-said one behind
        if ask is None:
            outcome = replace(outcome, update={"pending_question": open_now, **outcome.update})
    answered = reading.get("answer") or {}
    parked = (answered.get("about") or {}).get("parked")
    if open_now is not None and open_now.get("about", {}).get("optional"):
        open_now = None
    waiting = open_now if open_now is not None and open_now["owner"] != "account" else parked
    if ask is None:
        update = outcome.to_update()
        return {"pending_question": waiting, **update} if parked else update
    about = ask.get("about", {})
    if waiting is not None and about.get("optional"):
        said = block("text", str(about.get("text", "")))
        return {"pending_question": waiting, **replace(outcome, ask=None, say=(*outcome.say, said)).to_update()}
    if waiting is not None and ask["owner"] == "account":
        ask = PendingQuestion(**{**ask, "about": {**about, "parked": waiting}})
    return replace(outcome, ask=ask).to_update()


def account(ports: Ports) -> Callable[[AssistantState, Runtime[RunContext]], Awaitable[dict[str, Any]]]:
    async def node(state: AssistantState, runtime: Runtime[RunContext]) -> dict[str, Any]:
        reading = Reading.from_json(state.get("reading") or {})
        desk = Desk(ports, ports.identity(runtime), ports.clock.now(), reading, state)
        handler = HANDLERS.get(reading.act, talk.fixed)
        try:
            return kept_open(await handler(desk), state)
        except PortUnavailable as gone:
            return Outcome(
                says(gone.message).say,
                update={"notices": [{"code": "unavailable", "text": gone.message}]},
            ).to_update()

    return node
