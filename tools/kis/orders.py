"""The two calls that change something: a cash order, and the revision or cancellation of one.

Contract: one POST each, never repeated here. Returned means ACKED; everything else raises (see `errors`), and only
`OutcomeUnknown` may live at the broker. "Accepted" means the broker took it; the exchange's verdict comes later.
`deadline` is absolute and checked just before the first byte. `priority` None: the caller holds a budget grant
already, as the order path does (grant, second gate, SENDING, POST).
Sources: order-cash TTTC0012U (buy) / TTTC0011U (sell), order-rvsecncl TTTC0013U. KRX only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.orders.types import OrderType, Side
from tools.kis.budget import Priority
from tools.kis.deadline import Deadline
from tools.kis.errors import ReadFailed, WriteReply
from tools.kis.fields import Row, at_kst, parse_time
from tools.kis.rest import Rest

_ORD_DVSN = {OrderType.LIMIT: "00", OrderType.MARKET: "01"}
_STOP = "22"


@dataclass(frozen=True, slots=True)
class CashOrder:
    """What to ask for. `price` is won, 0 exactly for market orders. A limit order with a `stop` rests at the broker
    until that price is seen (ORD_DVSN 22); KIS paper takes none."""

    side: Side
    ticker: str
    quantity: int
    order_type: OrderType
    price: int
    stop: int = 0

    def __post_init__(self) -> None:
        if self.stop < 0 or (self.stop and self.order_type is not OrderType.LIMIT):
            raise ValueError(f"expected a stop on a limit order, was {self.stop} on {self.order_type}")
        if self.quantity <= 0:
            raise ValueError(f"expected a quantity >= 1, was {self.quantity}")
        if (self.order_type is OrderType.MARKET) != (self.price == 0) or self.price < 0:
            raise ValueError(f"expected price 0 for market and > 0 for limit, was {self.price} for {self.order_type}")


@dataclass(frozen=True, slots=True)
class BrokerOrder:
    """How an order is named at the broker: branch and number, unique within a trade date and account."""

    branch: str  # KRX_FWDG_ORD_ORGNO, equals BRNC_NO of the notices
    number: int  # ODNO without its zeros


@dataclass(frozen=True, slots=True)
class OrderAck:
    """The broker's receipt. `accepted_at` is ORD_TMD on the market's date, or market time when it named none."""

    order: BrokerOrder
    accepted_at: datetime
    trade_date: date
    reply: WriteReply


class Orders:
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def place(self, order: CashOrder, *, deadline: Deadline, priority: Priority | None) -> OrderAck:
        """Sends a cash order. Raises NotSent (or a child), Rejected or OutcomeUnknown."""
        body = {
            **self._rest.account(),
            "PDNO": order.ticker,
            "ORD_DVSN": _STOP if order.stop else _ORD_DVSN[order.order_type],
            "ORD_QTY": str(order.quantity),
            "ORD_UNPR": str(order.price),
            "EXCG_ID_DVSN_CD": "KRX",
            "SLL_TYPE": "01" if order.side is Side.SELL else "",
            "CNDT_PRIC": str(order.stop) if order.stop else "",
        }
        tr_id = "TTTC0012U" if order.side is Side.BUY else "TTTC0011U"
        return self._ack(
            await self._rest.write("/trading/order-cash", tr_id, body, deadline=deadline, priority=priority)
        )

    async def cancel(
        self,
        order: BrokerOrder,
        *,
        order_type: OrderType = OrderType.LIMIT,
        quantity: int = 0,
        deadline: Deadline,
        priority: Priority | None = Priority.CANCEL,
    ) -> OrderAck:
        """Cancels the whole remainder; the ack's number is the cancellation's own. `quantity` is informative only:
        with QTY_ALL_ORD_YN = Y KIS ignores it."""
        return await self._change(order, "02", order_type, quantity, 0, deadline, priority)

    async def revise(
        self,
        order: BrokerOrder,
        *,
        order_type: OrderType,
        quantity: int,
        price: int,
        deadline: Deadline,
        priority: Priority | None,
    ) -> OrderAck:
        """Moves the whole remainder to `price`. The ack's number replaces the old one, which keeps its fills."""
        if price <= 0 and order_type is OrderType.LIMIT:
            raise ValueError(f"expected a price > 0, was {price}")
        return await self._change(order, "01", order_type, quantity, price, deadline, priority)

    async def _change(
        self,
        order: BrokerOrder,
        kind: str,
        order_type: OrderType,
        quantity: int,
        price: int,
        deadline: Deadline,
        priority: Priority | None,
    ) -> OrderAck:
        body = {
            **self._rest.account(),
            "KRX_FWDG_ORD_ORGNO": order.branch,
            "ORGN_ODNO": f"{order.number:010d}",
            "ORD_DVSN": _ORD_DVSN[order_type],
            "RVSE_CNCL_DVSN_CD": kind,
            "ORD_QTY": str(quantity),
            "ORD_UNPR": str(price),
            "QTY_ALL_ORD_YN": "Y",
            "EXCG_ID_DVSN_CD": "KRX",
        }
        return self._ack(
            await self._rest.write("/trading/order-rvsecncl", "TTTC0013U", body, deadline=deadline, priority=priority)
        )

    def _ack(self, reply: WriteReply) -> OrderAck:
        return parse_ack(reply, self._rest.market.now())


def parse_ack(reply: WriteReply, now: datetime) -> OrderAck:
    """The ack in an ACKED reply; `now` is market time and dates ORD_TMD. A missing or odd ORD_TMD must not turn an
    accepted order into an error."""
    output = (reply.body or {}).get("output")
    item = Row(output if isinstance(output, dict) else {})
    accepted_at = now
    try:
        accepted_at = at_kst(now.date(), parse_time(item.need("ord_tmd")))
    except ReadFailed:
        accepted_at = now
    if accepted_at - now > timedelta(hours=12):  # an answer just after midnight to a time just before it
        accepted_at -= timedelta(days=1)
    return OrderAck(
        order=BrokerOrder(branch=item.text("krx_fwdg_ord_orgno") or "", number=int(item.need("odno"))),
        accepted_at=accepted_at,
        trade_date=accepted_at.date(),
        reply=reply,
    )
