"""Orders placed by hand at the broker: by another channel, on the same account, with numbers of their own.

Contract: the broker treats them as every order and journals them with `channel` hand, as a broker knows where an
order came from. `marked` ones show another ordr_empno than ours in the list of orders; others are told apart by
nothing on the wire. Values of the request are read as order-cash's are.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.orders.types import Side
from simulation.exchange.divisions import DIVISIONS
from simulation.exchange.exchange import Exchange
from simulation.exchange.faults.facts import side_of
from simulation.exchange.faults.fault import Misarmed
from simulation.exchange.orders import (
    HAND_ENTRY,
    LIMIT,
    MARKET,
    OWN_ENTRY,
    Accepted,
    Act,
    ChangeRequest,
    OrderRequest,
    Refused,
)
from simulation.exchange.passage import Asked

HAND = "hand"


def same_again(exchange: Exchange, asked: Asked, *, marked: bool) -> None:
    """An order with the signature of the one asked for, placed just before it."""
    fields = asked.fields
    account = exchange.account_for(asked.header("appkey"), asked.account)
    numbers = [fields.get(name, "") or "0" for name in ("ORD_QTY", "ORD_UNPR", "CNDT_PRIC")]
    if account is None or fields.get("ORD_DVSN") not in DIVISIONS or not all(n.isdecimal() for n in numbers):
        return  # the broker is about to refuse the original as well
    quantity, price, trigger = map(int, numbers)
    exchange.venue.place(
        OrderRequest(
            account=account.number,
            side=side_of(asked.tr_id),
            ticker=fields.get("PDNO", ""),
            division=fields["ORD_DVSN"],
            quantity=quantity,
            price=price,
            exchange=fields.get("EXCG_ID_DVSN_CD", "") or "KRX",
            trigger=trigger,
            channel=HAND,
            entry=HAND_ENTRY if marked else OWN_ENTRY,
        )
    )


def by_hand(exchange: Exchange, body: Mapping[str, object]) -> Accepted | Refused:
    """`account` and either `cancel`, an order number, or `side`, `ticker`, `quantity`, `price`, `division`, `marked`.

    Without a price it is a market order, without `marked` it shows that it was keyed in by hand.
    """
    number = body.get("account")
    if not isinstance(number, str) or number not in exchange.venue.world.accounts:
        raise Misarmed("expected account to be one the exchange has opened (ten digits), was another")
    if "cancel" in body:
        return exchange.venue.change(
            ChangeRequest(number, _whole(body, "cancel"), Act.CANCEL, LIMIT, 0, 0, whole=True, channel=HAND)
        )
    if body.get("side") not in tuple(Side):
        raise Misarmed(f"expected side to be one of {', '.join(Side)}, was {body.get('side')!r}")
    price = _whole(body, "price", 0)
    division = body.get("division", LIMIT if price else MARKET)
    if not isinstance(division, str) or division not in DIVISIONS:
        raise Misarmed(f"expected division to be one of {', '.join(DIVISIONS)}, was {division!r}")
    return exchange.venue.place(
        OrderRequest(
            account=number,
            side=Side(str(body["side"])),
            ticker=str(body.get("ticker", "")),
            division=division,
            quantity=_whole(body, "quantity"),
            price=price,
            channel=HAND,
            entry=OWN_ENTRY if body.get("marked") is False else HAND_ENTRY,
        )
    )


def _whole(body: Mapping[str, object], name: str, default: int | None = None) -> int:
    value = body.get(name, default)
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Misarmed(f"expected {name} to be a whole number, was {value!r}")
    return value
