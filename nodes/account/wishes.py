"""The user's own order as far as it has been said, and the one question for what is missing.

Contract: pure but for the book that says what can be sold; a question carries the wish in `about`, so that the answer
completes the order that was meant. Nothing is filled in by guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from domain.hangul import josa
from domain.korean.quantities import OrderNumbers, order_numbers
from domain.korean.text import clean, plain
from domain.money import format_won
from nodes.account.context import Desk, Outcome, says
from nodes.asking import question

QUANTITY_OPTIONS = ("1주", "10주", "100만원어치")
FOREIGN = "지금은 국내 주식·ETF만 다뤄요. {name} 같은 해외 주식이나 가상자산은 주문할 수 없어요."
SIDES = {"buy": "매수", "sell": "매도"}


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as far as it has been said; what is None is asked."""

    side: str | None = None
    ticker: str | None = None
    shares: int | None = None
    amount: int | None = None
    portion_bps: int | None = None
    price: int | None = None
    market: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def sized(self) -> bool:
        return (self.shares, self.amount, self.portion_bps) != (None, None, None)


def wish_from(data: Mapping[str, Any]) -> Wish:
    return Wish(**{key: data[key] for key in Wish.__slots__ if key in data})


def said_numbers(text: str) -> OrderNumbers:
    said = plain(clean(text))
    found = order_numbers(said)
    if (found.shares, found.amount, found.portion_bps) == (None, None, None):
        digits = said.text.removesuffix("요").removesuffix("이").rstrip("개주정도만.!")
        if digits.isdigit() and int(digits[:9]) > 0:
            return OrderNumbers(shares=int(digits[:9]))
    return found


def amount_text(wish: Wish) -> str:
    if wish.shares:
        return f"{wish.shares:,}주 "
    if wish.amount:
        return f"{format_won(wish.amount)}어치 "
    return ""


async def which(desk: Desk, wish: Wish) -> Outcome:
    reading = desk.reading
    if reading.near:
        labels = [name_of(desk, ticker) for ticker in reading.near]
        text = (
            f"혹시 {josa(labels[0], '을/를')} 말씀하신 건가요?" if len(labels) == 1 else "어느 종목을 말씀하신 건가요?"
        )
        return ask(desk, wish, "ticker", text, labels, tickers=list(reading.near))
    if wish.side == "sell":
        book = await desk.ports.oms.book(desk.who)
        held = [p.ticker for p in book.positions if p.sellable > 0]
        if not held:
            return says("매도할 수 있는 보유 종목이 없어요.")
        return ask(
            desk, wish, "ticker", "어느 종목을 매도할까요?", [name_of(desk, t) for t in held[:5]], tickers=held[:5]
        )
    if reading.unknown_names:
        return says(
            f"'{reading.unknown_names[0]}' 종목을 찾지 못했어요. "
            "국내 주식·ETF의 정확한 이름이나 종목코드 6자리로 말씀해 주세요."
        )
    return ask(
        desk,
        wish,
        "ticker",
        f"어떤 종목을 {SIDES.get(wish.side or '', '주문')}할까요? 이름이나 종목코드로 알려 주세요.",
        (),
    )


def ask_quantity(desk: Desk, wish: Wish, text: str, options: tuple[str, ...] = QUANTITY_OPTIONS) -> Outcome:
    return ask(desk, wish, "quantity", text, options)


def ask(
    desk: Desk, wish: Wish, field: str, text: str, options: Sequence[str], tickers: list[str] | None = None
) -> Outcome:
    if field == "ticker" and tickers is None:
        tickers = list(desk.reading.tickers[:4])
    about: dict[str, Any] = {"order": wish.to_json()}
    if tickers is not None:
        about["tickers"] = tickers
    return Outcome(ask=question("account", field, text, list(options), desk.now, **about))


def name_of(desk: Desk, ticker: str) -> str:
    row = desk.ports.instruments.get(ticker)
    return row.name if row else ticker
