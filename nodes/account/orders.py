"""The user's own orders: from words to one complete leg for the order desk, or one question.

Contract: never guesses a name, a side or a quantity; quantities are whole shares computed from the quote and the
book; a buy needs a profile in force and keeps the wish until there is one. Places nothing: the leg goes to the
order desk, where gate and approval wait.
"""

from __future__ import annotations

from dataclasses import replace

from domain.hangul import josa
from domain.instruments import Instrument
from domain.korean.acts import Act
from domain.money import format_won
from domain.orders.types import Side
from domain.profile import Profile
from domain.proto import oms_pb2 as pb
from domain.ticks import on_tick, round_to_tick
from nodes.account.context import Desk, Outcome, says
from nodes.account.wishes import (
    FOREIGN,
    SIDES,
    Wish,
    amount_text,
    ask,
    ask_quantity,
    name_of,
    said_numbers,
    which,
    wish_from,
)
from nodes.asking import block, question
from nodes.pricing import limit_near
from nodes.user_profile.draft import draft_from
from nodes.user_profile.view import profile_of
from nodes.user_profile.words import START


async def own_order(desk: Desk) -> Outcome:
    """A buy or sell sentence."""
    reading = desk.reading
    order = reading.order
    if reading.foreign and not reading.tickers:
        return says(FOREIGN.format(name=reading.foreign[0]))
    if reading.quoted and not reading.tickers:
        return says("따옴표나 붙여 넣은 글 속 주문은 받지 않아요. 원하시면 직접 한 문장으로 말씀해 주세요.")
    wish = Wish(
        order.side,
        reading.tickers[0] if len(reading.tickers) == 1 else None,
        order.shares,
        order.amount,
        order.portion_bps,
        order.price,
        order.market,
    )
    if len(reading.tickers) > 1:
        labels = [name_of(desk, ticker) for ticker in reading.tickers[:4]]
        return ask(desk, wish, "ticker", "주문은 한 번에 한 종목씩 받아요. 어느 종목부터 할까요?", labels)
    if order.deferred or (order.conditional and order.price is None):
        what = "예약 주문" if order.deferred else "조건 주문"
        return ask(
            desk,
            wish,
            "now",
            f"{josa(what, '은/는')} 아직 받지 못해요. 대신 지금 주문할까요?",
            ("지금 주문", "그만두기"),
        )
    if order.conditional and order.price is not None:
        text = f"가격이 되면 내는 조건 주문 대신 {format_won(order.price)} 지정가 주문은 낼 수 있어요. 그렇게 할까요?"
        return ask(desk, wish, "now", text, ("지정가로", "그만두기"))
    return await proceed(desk, wish)


async def proceed(desk: Desk, wish: Wish) -> Outcome:
    """The next missing thing, or the leg."""
    if wish.ticker is None:
        return await which(desk, wish)
    row = desk.ports.instruments.get(wish.ticker)
    if row is None:
        return says(f"{wish.ticker} 종목은 아직 다루지 않아요. 국내 주요 주식·ETF 이름이나 종목코드로 말씀해 주세요.")
    if wish.side is None:
        return ask(desk, wish, "side", f"{josa(row.name, '을/를')} 매수할까요, 매도할까요?", ("매수", "매도"))
    if wish.side == "buy" and (missing := await _needs_profile(desk, wish, row)):
        return missing
    quote = await desk.ports.market.quote(wish.ticker)
    if not quote.found or quote.price <= 0:
        return says(f"{row.name} 시세를 받지 못해서 주문을 만들 수 없어요. 잠시 뒤 다시 말씀해 주세요.")
    return await (_sell if wish.side == "sell" else _buy)(desk, wish, row, quote)


async def answered(desk: Desk) -> Outcome:
    """An answer to one of this file's questions."""
    answer = desk.reading.answer
    assert answer is not None
    wish = wish_from(answer.about.get("order", {}))
    if answer.value in ("no", "later", "no_answer") or (
        answer.field in ("now", "resume", "reduce", "reverse") and answer.index == 1
    ):
        return says("알겠어요. 주문하지 않을게요.")
    if answer.field == "ticker":
        picked = list(answer.about.get("tickers", []))
        if answer.index is not None and answer.index < len(picked):
            return await proceed(desk, replace(wish, ticker=picked[answer.index]))
        if answer.value == "yes" and len(picked) == 1:
            return await proceed(desk, replace(wish, ticker=picked[0]))
        if desk.reading.tickers:
            return await proceed(desk, replace(wish, ticker=desk.reading.tickers[0]))
        if picked and not desk.reading.near:
            labels = [name_of(desk, ticker) for ticker in picked]
            return ask(desk, wish, "ticker", "어느 종목인지 번호로 골라 주세요.", labels, picked)
        return await which(desk, wish)
    if answer.field == "side":
        side = "sell" if answer.index == 1 or desk.reading.does(Act.SELL) else "buy"
        return await proceed(desk, replace(wish, side=side))
    if answer.field == "quantity":
        said = said_numbers(answer.value)
        if (said.shares, said.amount, said.portion_bps) == (None, None, None):
            return ask_quantity(desk, wish, "수량은 '10주'나 '100만원어치'처럼 알려 주세요.")
        return await proceed(desk, replace(wish, shares=said.shares, amount=said.amount, portion_bps=said.portion_bps))
    if answer.value == "unsure":
        return says("천천히 정하셔도 돼요. 정해지면 다시 말씀해 주세요.")
    return await proceed(desk, wish)


async def _needs_profile(desk: Desk, wish: Wish, row: Instrument) -> Outcome | None:
    stored = profile_of(await desk.ports.desk.latest_profile(desk.who.user_id))
    if stored is not None and stored.is_valid(desk.now):
        return None
    text = f"{row.name} {amount_text(wish)}매수".strip()
    kept = replace(
        draft_from(desk.state.get("profile_draft"), desk.now),
        wish={"kind": "order", "text": text, "order": wish.to_json()},
    )
    draft = kept.to_json()
    if not (desk.state.get("profile_draft") or {}).get("profile"):
        draft["profile"] = None  # nothing has been asked yet
    pending = desk.state.get("pending_question")
    if draft["profile"] is not None and pending is not None and pending["owner"] == "user_profile":
        text = f"'{text}'는 기억해 둘게요. 성향을 마저 확인하면 이어서 도와드릴게요."
        return Outcome(
            (block("text", text),), update={"profile_draft": draft, "pending_question": {**pending, "repeated": False}}
        )
    expired = "유효기간이 지나서 " if stored is not None else ""
    asked = question(
        "user_profile",
        "start",
        f"매수하려면 법에 따라 투자성향을 {expired}먼저 확인해야 해요. "
        f"말씀하신 '{text}'는 기억해 둘게요. 지금 시작할까요?",
        START,
        desk.now,
    )
    return Outcome(ask=asked, update={"profile_draft": draft})


async def _buy(desk: Desk, wish: Wish, row: Instrument, quote: pb.QuoteReply) -> Outcome:
    notes: list[str] = []
    price, note = await _price(desk, wish, row, quote)
    if note:
        notes.append(note)
    unit = price or quote.price
    if not wish.sized:
        return ask_quantity(
            desk, wish, f"{josa(row.name, '을/를')} 얼마나 매수할까요? 지금 1주에 {quote.price:,}원이에요."
        )
    if wish.shares is not None:
        quantity = wish.shares
    else:
        book = await desk.ports.oms.book(desk.who)
        budget = wish.amount if wish.amount is not None else book.buying_power * (wish.portion_bps or 0) // 10_000
        quantity = budget * 9_985 // 10_000 // unit if wish.amount is None else budget // unit
        if quantity == 0:
            return says(
                f"{row.name} 1주가 {unit:,}원이라 {format_won(budget)}으로는 "
                "매수할 수 없어요. 금액을 늘리거나 다른 종목을 골라 주세요."
            )
    warning = await _above_grade(desk, row)
    if warning:
        notes.append(warning)
    return _leg(desk, wish, row, quantity, price, notes)


async def _sell(desk: Desk, wish: Wish, row: Instrument, quote: pb.QuoteReply) -> Outcome:
    book = await desk.ports.oms.book(desk.who)
    held = next((p for p in book.positions if p.ticker == row.ticker), None)
    if held is None or held.quantity <= 0:
        return says(f"{josa(row.name, '은/는')} 보유하고 있지 않아서 매도할 수 없어요.")
    if held.sellable <= 0:
        return says(f"{row.name} {held.quantity:,}주가 모두 다른 매도 주문에 걸려 있어요. '미체결'에서 확인해 주세요.")
    price, note = await _price(desk, wish, row, quote)
    if not wish.sized:
        return ask_quantity(
            desk,
            wish,
            f"{row.name} {held.sellable:,}주를 매도할 수 있어요. 얼마나 매도할까요?",
            ("전량", "절반", "1주"),
        )
    if wish.shares is not None:
        quantity = wish.shares
    elif wish.amount is not None:
        quantity = wish.amount // (price or quote.price)
    else:
        quantity = held.sellable * (wish.portion_bps or 0) // 10_000
    if quantity <= 0:
        return says(f"계산해 보니 1주가 안 돼요. {row.name}의 매도 가능 수량은 {held.sellable:,}주예요.")
    if quantity > held.sellable:
        less = replace(wish, shares=held.sellable, amount=None, portion_bps=None)
        text = f"{row.name}의 매도 가능 수량은 {held.sellable:,}주예요. {held.sellable:,}주로 줄여서 매도할까요?"
        return ask(desk, less, "reduce", text, ("줄여서 매도", "그만두기"))
    return _leg(desk, wish, row, quantity, price, [note] if note else [])


async def _price(desk: Desk, wish: Wish, row: Instrument, quote: pb.QuoteReply) -> tuple[int | None, str]:
    """(limit price or None for market, a note). Without a named price: the best opposite price with a small cushion."""
    if wish.market:
        return None, ""
    side = Side(wish.side or "buy")
    on = desk.now.date()
    if wish.price is not None:
        if on_tick(wish.price, row.kind, on):
            return wish.price, ""
        fitted = round_to_tick(wish.price, side, row.kind, on)
        return fitted, f"호가 단위에 맞춰 {wish.price:,}원을 {fitted:,}원으로 맞췄어요."
    levels = await desk.ports.market.order_book(row.ticker)
    waiting = levels.asks if side is Side.BUY else levels.bids
    other = waiting[0].price if waiting else None
    upper, lower = quote.upper_limit or None, quote.lower_limit or None
    return limit_near(quote.price, other, side, row.kind, on, upper=upper, lower=lower), ""


async def _above_grade(desk: Desk, row: Instrument) -> str:
    profile: Profile | None = profile_of(await desk.ports.desk.latest_profile(desk.who.user_id))
    limits = profile.limits() if profile else None
    if profile is None or limits is None or profile.grade is None or limits.allows(row):
        return ""
    return (
        f"{josa(row.name, '은/는')} 위험등급 {row.product_risk}등급이라 {profile.grade.label} "
        "성향보다 위험해요. 매수하려면 승인 카드에서 부적합 확인이 필요해요."
    )


def _leg(desk: Desk, wish: Wish, row: Instrument, quantity: int, price: int | None, notes: list[str]) -> Outcome:
    side = SIDES[wish.side or "buy"]
    how = "시장가" if price is None else f"지정가 {price:,}원"
    lines = [f"{row.name}({row.ticker}) {quantity:,}주 {side}, {josa(how, '으로/로')} 준비했어요.", *notes]
    leg = {
        "ticker": row.ticker,
        "side": wish.side,
        "qty": quantity,
        "order_type": "market" if price is None else "limit",
        "price": price,
        "reason": f"직접 요청하신 {side}",
        "initiative": "user",
        "after_leg": None,
    }
    return Outcome((block("own_order", "\n".join(lines), leg=leg),), update={"own_order": leg})
