"""What happened to orders while nobody asked: the OMS's numbered events, told once a face, also after a restart.

Contract: events are followed from the last number that was told, which each face keeps in a small file per account; a
lost stream is taken up again. Fills, ends, doubts, halts and sales by rule are told; other steps of an order are not,
nor are those of a trading state that went on within the same moment, nor how a stop at the broker is kept in step with
its rule. What was taken counts as told when the taker says so.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from domain.orders.types import TERMINAL, IntentState, Side
from domain.proto import oms_pb2 as pb
from tools.embedded.files import private_dir, read_json, write_json
from tools.ports import Identity, OmsPort, PortUnavailable
from ui.turn import Notice, NoticeCode

RETRY_SECONDS = 2.0
TOGETHER_SECONDS = 0.4  # the legs of a plan fill one after another and are told in one breath


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell; `seq` and `order` are those of the event behind it, if there is one."""

    notice: Notice
    seq: int = 0
    order: pb.Order | None = None

    @property
    def plan_id(self) -> str:
        return self.order.plan_id if self.order is not None else ""


@dataclass(frozen=True, slots=True)
class Batch:
    """What came together, and the number up to which all is told with it."""

    items: tuple[Item, ...]
    upto: int


class News:
    """`drain` takes what is new; `follow` waits for it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen = int((read_json(file) or {}).get("seq", 0))
        self._waiting: deque[Item] = deque()
        self._arrived = asyncio.Event()

    @classmethod
    @asynccontextmanager
    async def of(cls, oms: OmsPort, who: Identity, folder: Path) -> AsyncIterator[News]:
        private_dir(folder)
        news = cls(folder / f"{who.account_ref}.json")
        task = asyncio.create_task(news._listen(oms, who))
        try:
            yield news
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def add(self, code: NoticeCode, text: str) -> None:
        if text:
            self._put(Item(Notice(code=code, text=text)))

    def drain(self) -> list[Notice]:
        batch = self._take()
        self.told(batch)
        return [item.notice for item in batch.items]

    def told(self, batch: Batch) -> None:
        """Nobody hears of these again on this face."""
        write_json(self._file, {"seq": batch.upto})

    async def follow(self) -> AsyncIterator[Batch]:
        while True:
            await self._arrived.wait()
            await asyncio.sleep(TOGETHER_SECONDS)
            yield self._take()

    def _put(self, item: Item) -> None:
        self._waiting.append(item)
        self._arrived.set()

    def _take(self) -> Batch:
        states = [item for item in self._waiting if item.notice.code is NoticeCode.HALT]
        batch = Batch(tuple(item for item in self._waiting if item not in states[:-1]), self._seen)
        self._waiting.clear()
        self._arrived.clear()
        return batch

    async def _listen(self, oms: OmsPort, who: Identity) -> None:
        while True:
            try:
                async for event in oms.watch(who, self._seen):
                    self._seen = max(self._seen, event.seq)
                    if worth_telling(event):
                        order = event.order if event.kind == "order" else None
                        self._put(Item(Notice(code=_code(event), text=_text(event)), event.seq, order))
            except PortUnavailable:
                pass  # the next turn says so by itself; here we only wait for the door to open again
            await asyncio.sleep(RETRY_SECONDS)


TOLD = TERMINAL | {IntentState.PARTIAL, IntentState.UNKNOWN, IntentState.MANUAL, IntentState.CANCEL_UNKNOWN}
_TOLD_OF_STOPS = TOLD - {IntentState.CANCELLED, IntentState.WITHDRAWN, IntentState.EXPIRED}
_STATES = {
    "HALTED": "모든 주문을 멈췄어요",
    "REDUCING": "줄이는 매도와 취소만 할 수 있어요",
    "ACTIVE": "다시 주문할 수 있어요",
}
_SIDES = {Side.BUY: "매수", Side.SELL: "매도"}


def worth_telling(event: pb.Event) -> bool:
    """What a person wants to hear about without having asked."""
    if not event.message:
        return False
    if event.kind == "order":
        if event.order.stop_price:
            return event.order.state in _TOLD_OF_STOPS
        return event.order.state in TOLD or _by_rule(event.order)
    return event.kind in ("trading_state", "notice")


def _text(event: pb.Event) -> str:
    if event.kind != "order":
        reason, _, state = event.message.rpartition(": ")  # as a person's halt or resume is written down
        return f"{_STATES[state]} ({reason})." if state in _STATES else event.message
    order = event.order
    if _by_rule(order):  # nobody asked for it: say why it was made
        return f"{order.name or order.ticker} {order.quantity:,}주: {event.message} {order.reason}."
    return f"{order.name or order.ticker} {order.quantity:,}주 {_SIDES[Side(order.side)]}: {event.message}"


def _by_rule(order: pb.Order) -> bool:
    """A sale that a rule has just made."""
    return order.authority == "exit" and order.state == IntentState.NEW


def _code(event: pb.Event) -> NoticeCode:
    if event.kind == "trading_state":
        return NoticeCode.HALT
    if event.kind == "notice":
        return NoticeCode.ORDER
    return NoticeCode.FILL if event.order.filled else NoticeCode.ORDER
