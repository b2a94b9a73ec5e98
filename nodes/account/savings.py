"""Monthly savings in conversation: drawn up as a mandate to sign, shown, paused, resumed and stopped.

Contract: as with every mandate, saying it allows nothing: the plan waits for the person's signature, given outside the
graph. Names must fit the confirmed profile; a grade that confirms every purchase is told so and gets no plan. Sum, day
and names are the person's words, asked for when missing, never filled in.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import uuid5

from domain import ids
from domain.calendar import calendar_named
from domain.clock import KST
from domain.hangul import josa
from domain.korean.reading import without_names
from domain.korean.text import plain
from domain.korean.watching import savings_amount, savings_day
from domain.limits import Approval
from domain.mandate import describe
from domain.money import format_won
from domain.savings import LEAST_KRW, MOST_KRW, MOST_NAMES, Savings, State, mandate_for, next_day
from domain.savings import describe as in_words
from nodes.account.context import Desk, Outcome, says
from nodes.account.wishes import FOREIGN, name_of
from nodes.asking import block, question
from nodes.investor import investor_for
from tools.ports import StoredMandate

NONE = "적립식 계획이 아직 없어요. '매달 25일에 KODEX 200 30만원씩 사줘'처럼 말씀해 주세요."
NEEDS_PROFILE = "적립식을 맡기려면 투자성향부터 확인해야 해요. 지금 알아볼까요?"
EACH_TIME = (
    "{grade} 성향은 살 때마다 직접 승인해야 해서 적립식을 맡을 수 없어요. "
    "그날 '{name} {amount}어치 매수'라고 해 주세요."
)
UNSUITABLE = "{name} 지금 성향과 한도로는 맡아서 살 수 없어요. 다른 종목으로 말씀해 주세요."
ASK_DAY = "매달 며칠에 살까요? '매달 25일에 {name} 30만원씩 사줘'처럼 말씀해 주세요."
ASK_SUM = "매달 얼마씩 살까요? '매달 {day}에 {name} 30만원씩 사줘'처럼 말씀해 주세요."
BOUNDS = (
    f"적립식은 한 달에 {format_won(LEAST_KRW)}부터 {format_won(MOST_KRW)}까지, {MOST_NAMES}종목까지 맡을 수 있어요."
)
EXITS = "사 둔 주식의 손절·익절 기준은 다른 보유 종목과 같아요. '손절 어디야?'에서 볼 수 있어요."


async def make_savings(desk: Desk) -> Outcome:
    """Writes plan and mandate offer, and reads both back."""
    text, tickers = plain(without_names(desk.reading.text)), desk.reading.tickers
    if not tickers:
        return says(FOREIGN.format(name=desk.reading.foreign[0]) if desk.reading.foreign else NONE)
    day, amount, name = savings_day(text.text), savings_amount(text), name_of(desk, tickers[0])
    if day is None:
        return says(ASK_DAY.format(name=name))
    if amount is None:
        return says(ASK_SUM.format(name=name, day="말일" if day == 31 else f"{day}일"))
    if not LEAST_KRW <= amount <= MOST_KRW or len(tickers) > MOST_NAMES:
        return says(BOUNDS)
    book = await desk.ports.oms.book(desk.who)
    investor = await investor_for(desk.ports, desk.who, book.total_value)
    if investor is None:
        ways = ("성향 알아보기", "나중에")
        return Outcome(ask=question("supervisor", "next", NEEDS_PROFILE, ways, desk.now, optional=True))
    if investor.hard.approval is Approval.ALWAYS:
        grade = investor.grade.value
        return says(EACH_TIME.format(grade=grade, name=name, amount=format_won(amount)))
    rows = [desk.ports.instruments.get(ticker) for ticker in tickers]
    unfit = [name_of(desk, t) for t, row in zip(tickers, rows, strict=True) if row is None or not investor.may_buy(row)]
    if unfit:
        return says(UNSUITABLE.format(name=josa(", ".join(unfit), "은/는")))
    for plan in await desk.ports.watch.savings(desk.who.account_ref):
        if (plan.amount, plan.day, set(plan.tickers)) == (amount, day, set(tickers)):
            return await show_savings(desk)
    return await _offered(desk, amount, day, tickers)


async def _offered(desk: Desk, amount: int, day: int, tickers: Sequence[str]) -> Outcome:
    clock = await desk.ports.market.market_clock()
    quotes = await desk.ports.market.quotes(list(tickers))
    prices = {quote.ticker: quote.price for quote in quotes if quote.found and quote.price > 0}
    mandate_id = ids.mandate_id(desk.who.account_ref, ("savings", desk.message_id))
    mandate = mandate_for(mandate_id, desk.who.account_ref, amount, tickers, prices, clock.calendar, desk.now)
    plan = Savings(
        savings_id=uuid5(mandate_id, "savings"),
        user_id=desk.who.user_id,
        account_ref=desk.who.account_ref,
        mandate_id=mandate_id,
        amount=amount,
        day=day,
        tickers=tuple(tickers),
        made_at=desk.now,
    )
    await desk.ports.desk.offer_mandate(desk.who, StoredMandate.offer(mandate))
    await desk.ports.watch.add_savings(plan)
    names = {ticker: name_of(desk, ticker) for ticker in tickers}
    lines = [f"{in_words(plan, names)}, 이렇게 맡아 드릴 수 있어요. 서명하시기 전에는 아무것도 사지 않아요."]
    dear = [names[t] for t in tickers if prices.get(t, 0) > amount // len(tickers)]
    if dear:
        lines.append(f"{josa(dear[0], '은/는')} 한 주가 한 달 몫보다 비싸서, 돈이 모이는 달에 사요.")
    lines.append("1주 단위로 사고 남는 돈은 다음 달로 넘겨요. 쉬는 날이면 다음 거래일에 사요.")
    lines += [f"· {line}" for line in describe(mandate, names)[:-1]]
    lines.append(EXITS)
    lines.append("맡기려면 주문판의 '위임'에서 서명해 주세요. 그만두려면 그냥 두시면 돼요.")
    lines.append(f"터미널에서는 /sign {mandate.mandate_id}")
    return Outcome((block("card", "\n".join(lines), card="mandate", id=str(mandate_id)),))


async def show_savings(desk: Desk) -> Outcome:
    """Every plan that is not stopped, with its next day or what it waits for, and its last month."""
    plans = await desk.ports.watch.savings(desk.who.account_ref)
    if not plans:
        return says(NONE)
    mandates = {row.mandate_id: row for row in await desk.ports.desk.mandates(desk.who.account_ref)}
    clock = await desk.ports.market.market_clock()
    today = clock.now.ToDatetime(KST).date() if clock.HasField("now") else desk.now.date()
    lines = ["적립식 계획이에요."]
    for plan in plans:
        months = await desk.ports.watch.months(plan.savings_id)
        mandate = mandates.get(plan.mandate_id)
        if plan.state is State.PAUSED:
            state = "쉬는 중이에요"
        elif mandate is None or not mandate.is_live(desk.now):
            state = "서명을 기다려요" if mandate is not None and mandate.signed_at is None else "위임이 끝났어요"
        else:
            on = next_day(plan, {each.month for each in months}, today, calendar_named(clock.calendar))
            state = f"다음은 {on.month}월 {on.day}일이에요"
        lines.append(f"· {in_words(plan, _names(desk, plan))}: {state}")
        if months:
            lines.append(f"  {months[-1].month}: {months[-1].text}")
    return says("\n".join(lines))


async def pause_savings(desk: Desk) -> Outcome:
    return await _say(desk, State.PAUSED, "쉬게 했어요. 다시 하려면 '적립식 다시 시작'이라고 해 주세요.")


async def resume_savings(desk: Desk) -> Outcome:
    return await _say(desk, State.ACTIVE, "다시 시작했어요.")


async def stop_savings(desk: Desk) -> Outcome:
    return await _say(
        desk, State.STOPPED, "그만뒀어요. 사 둔 주식은 그대로예요. 위임도 거두려면 '위임 철회'라고 해 주세요."
    )


async def _say(desk: Desk, state: State, done: str) -> Outcome:
    """The plans of the named stocks, or all."""
    plans = await desk.ports.watch.savings(desk.who.account_ref)
    named = {*desk.reading.tickers, *desk.reading.avoided_tickers}
    meant = [plan for plan in plans if not named or named & set(plan.tickers)]
    if not meant:
        return says(NONE if not plans else "그 종목의 적립식 계획은 없어요.")
    changed = [plan for plan in meant if plan.state is not state]
    for plan in changed:
        await desk.ports.watch.say_savings(plan.savings_id, state, desk.now)
    if not changed:
        return says("이미 그렇게 되어 있어요. '적립식 보여줘'에서 확인할 수 있어요.")
    what = ", ".join(in_words(plan, _names(desk, plan)) for plan in changed)
    return says(f"{what} 적립식을 {done}")


def _names(desk: Desk, plan: Savings) -> dict[str, str]:
    return {ticker: name_of(desk, ticker) for ticker in plan.tickers}
