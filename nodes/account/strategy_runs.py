"""Every strategy that was ever started, as it stands: which version runs, under which mandate, what its own part holds.

Contract: reads only. What runs is the version of the newest row, never a newer one that nobody started. A part of a
holding is worth its shares at the last price, against the average that the account paid for that name, fees included.
What rests in the parking product is told apart from what a signal bought. Raises PortUnavailable.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from domain.calendar import AlwaysOpenCalendar
from domain.clock import format_moment
from domain.mandate import MandateKind
from domain.proto import oms_pb2 as pb
from domain.strategy.problems import StrategyError
from domain.strategy.render import schedule_words
from domain.strategy.running import STATE_WORDS, RunState, StrategyRun, sleeve_of
from domain.strategy.spec import StrategySpec, parse_spec
from nodes.account.context import Sheet
from tools.ports import Identity, Ports, StoredMandate, StoredStrategy

MOST = 1_000  # versions looked through
SHOWN = 5  # holdings told in words
ORDERS = 500  # newest orders of the account looked through
TRADES = 3  # of the strategy, told
CHANGED = "그 뒤에 내용이 바뀌어 거래하지 않아요. '전략 켜줘'라고 하시면 새 내용으로 위임을 다시 여쭤봐요."
UNSIGNED = "아직 서명하신 위임이 없어 주문하지 않아요. 서명하시면 거래를 시작해요."
PARKS = "하루 한도는 쉬는 돈을 넣어 두는 매수까지 더해서 투자금의 두 배예요."
UNTIL = "위임은 {until}까지예요."
AFTER_CLOSE = "조건은 장이 끝난 뒤에 보고({when}), 맞으면 다음 장에서 주문해요."
AT_ONCE = "조건은 {when} 보고, 맞으면 바로 주문해요."
MIDNIGHT = "연습 시장의 하루는 자정에 끝나요."


@dataclass(frozen=True, slots=True)
class Own:
    """The strategy's part of one holding, won."""

    ticker: str
    name: str
    shares: int
    value: int
    cost: int

    @property
    def gain(self) -> int:
        return self.value - self.cost


@dataclass(frozen=True, slots=True)
class Running:
    """`newest` is the latest version there is; `mandate` the one in force for what runs, else the newest offer that
    can still be signed. `parking`: the product into which idle money goes, "" for none. `trades`: its newest fills.
    `costs`: fee and tax of its orders, None when there are more than were looked through. `watch`: when it looks and
    when it orders."""

    run: StrategyRun
    name: str
    newest: int
    changed: bool
    mandate: StoredMandate | None
    signed: bool
    parking: str
    holdings: tuple[Own, ...]
    trades: tuple[pb.Order, ...]
    costs: int | None
    watch: str

    @property
    def value(self) -> int:
        return sum(own.value for own in self.holdings)

    @property
    def gain(self) -> int:
        return sum(own.gain for own in self.holdings)

    @property
    def bought(self) -> tuple[Own, ...]:
        """What its conditions bought."""
        return tuple(own for own in self.holdings if own.ticker != self.parking)

    @property
    def parked(self) -> Own | None:
        """Where its idle money rests."""
        return next((own for own in self.holdings if own.ticker == self.parking), None)

    @property
    def note(self) -> str:
        """Whether it may order; empty for one that is off."""
        if self.run.state is RunState.STOPPED:
            return ""
        if self.changed:
            return CHANGED
        if not self.signed or self.mandate is None:
            return UNSIGNED
        return UNTIL.format(until=format_moment(self.mandate.expires_at))


async def running(ports: Ports, who: Identity) -> list[Running]:
    """Empty when no strategy was ever started."""
    runs = await ports.desk.strategy_runs(who.account_ref)
    if not runs:
        return []
    book, orders, known, mandates, clock = await asyncio.gather(
        ports.oms.book(who),
        ports.oms.orders(who, limit=ORDERS),
        ports.desk.strategies(who.user_id, MOST),
        ports.desk.mandates(who.account_ref),
        ports.market.market_clock(),
    )
    now, always = ports.clock.now(), clock.calendar == AlwaysOpenCalendar.name
    return [_standing(run, known, mandates, book, orders, now, always) for run in runs]


def _standing(
    run: StrategyRun,
    known: list[StoredStrategy],
    mandates: list[StoredMandate],
    book: pb.BookReply,
    orders: list[pb.Order],
    now: datetime,
    always: bool,
) -> Running:
    own = [each for each in known if each.strategy_id == run.strategy_id]
    shown = version_of(own, run)
    newest = max(own, key=lambda each: each.version, default=None)
    live, offer = mandates_for(mandates, run.hash, now)
    sleeve, spec = sleeve_of(run.strategy_id), _spec_of(shown)
    placed = [order for order in orders if order.sleeve == sleeve]
    return Running(
        run=run,
        name=name_of(shown) if shown is not None else "전략",
        newest=newest.version if newest is not None else run.version,
        changed=newest is not None and newest.hash != run.hash,
        mandate=live or offer,
        signed=live is not None,
        parking="" if spec is None else spec.sizing.parking or "",
        holdings=_holdings(book, sleeve),
        trades=tuple(order for order in placed if order.filled > 0)[:TRADES],
        costs=None if len(orders) >= ORDERS else sum(order.fee + order.tax for order in placed),
        watch="" if spec is None else watch_words(spec, always),
    )


def watch_words(spec: StrategySpec, always: bool) -> str:
    """When its conditions are looked at and when it orders; `always`: the market has no close but midnight."""
    when = schedule_words(spec)
    if spec.timeframe.minutes is not None and spec.schedule.every in ("bar", "30m"):
        return AT_ONCE.format(when=when)
    return " ".join([AFTER_CLOSE.format(when=when.removesuffix(" 장 마감 무렵")), *([MIDNIGHT] if always else [])])


def _spec_of(shown: StoredStrategy | None) -> StrategySpec | None:
    try:
        return None if shown is None else parse_spec(dict(shown.spec))
    except StrategyError:
        return None


def version_of(known: list[StoredStrategy], run: StrategyRun) -> StoredStrategy | None:
    """What runs."""
    return next((each for each in known if (each.strategy_id, each.hash) == (run.strategy_id, run.hash)), None)


def name_of(stored: StoredStrategy) -> str:
    return str((stored.spec.get("metadata") or {}).get("name") or "전략")


def mandates_for(
    mandates: list[StoredMandate], hash_: str, now: datetime
) -> tuple[StoredMandate | None, StoredMandate | None]:
    """The one signed for this text, not revoked, not run out; and the newest offer of it that can be signed."""
    of_it = [
        row
        for row in mandates
        if row.kind == MandateKind.STRATEGY
        and row.strategy_hash == hash_
        and row.revoked_at is None
        and row.expires_at > now
    ]
    live = next((row for row in of_it if row.signed_at is not None), None)
    return live, next((row for row in of_it if row.signed_at is None), None)


def _holdings(book: pb.BookReply, sleeve: str) -> tuple[Own, ...]:
    found = []
    for held in book.positions:
        shares = held.sleeves.get(sleeve, 0)
        if shares > 0 and held.quantity > 0:
            cost = round(held.cost * shares / held.quantity)
            found.append(Own(held.ticker, held.name or held.ticker, shares, shares * held.price, cost))
    return tuple(sorted(found, key=lambda own: -own.value))


def lines_of(each: Running, sheet: Sheet) -> list[str]:
    """In words: state, mandate, holdings with what they are ahead or behind."""
    lines = [f"'{each.name}' v{each.run.version} 전략은 {STATE_WORDS[each.run.state]}."]
    lines += [f"· {each.note}"] if each.note else []
    if not each.bought:
        lines.append("· 조건에 맞아 산 종목은 아직 없어요.")
        lines += [f"· {each.watch}"] if each.watch and each.run.state is RunState.ACTIVE else []
    for own in each.bought[:SHOWN]:
        gain = f"{sheet.signed_won(own.gain)}({sheet.change(own.value, own.cost)})"
        lines.append(f"· {own.name} {sheet.shares(own.shares)} · 평가금액 {sheet.won(own.value)} · 손익 {gain}")
    if len(each.bought) > SHOWN:
        lines.append(f"· 그 밖에 {len(each.bought) - SHOWN}종목이 더 있어요.")
    if each.parked is not None:
        lines.append(f"· 쉬는 돈: {each.parked.name} {sheet.won(each.parked.value)}")
    if len(each.holdings) > 1:
        gain = f"{sheet.signed_won(each.gain)}({sheet.change(each.value, each.value - each.gain)})"
        lines.append(f"· 모두 더해 평가금액 {sheet.won(each.value)} · 손익 {gain}")
    if each.costs:
        lines.append(f"· 지금까지 낸 수수료와 세금 {sheet.won(each.costs)}")
    return lines
