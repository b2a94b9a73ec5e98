"""A position under its exit mandate, as exits are made of it: its ids, what of it is free, at which price it may go.

Contract: reads the ledger and the gate's own sums, decides nothing and writes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain import ids
from domain.gate.case import Case
from domain.gate.order import GateOrder, Stage
from domain.gate.view import Exiting, GateView, MarketView
from domain.instruments import Kind
from domain.limits import FULL_BPS
from domain.mandate import ExitMandate
from domain.orders.types import OrderType, Side
from domain.proto import oms_pb2 as pb
from domain.ticks import round_to_tick
from execution.oms.core import Core
from execution.oms.ledger.port import Tx
from execution.oms.ledger.rows import BrokerOrder, Intent, Protected
from execution.oms.wire import order_message


def takes_resting(environment: str) -> bool:
    """Does the broker keep a stop order (type 22) there? KIS paper takes the types 00 to 04 only."""
    return environment != "paper"


def exit_plan_id(account_ref: str, mandate_id: UUID, generation: int) -> UUID:
    """Origin (position, exit generation)."""
    return ids.plan_id(account_ref, ("position", str(mandate_id), generation))


async def live_exit(tx: Tx, position: Protected) -> Intent | None:
    """The exit of this position that has not ended."""
    for intent in await tx.intents.open(position.account_ref):
        if intent.authority == "exit" and (intent.ticker, intent.sleeve) == (position.ticker, position.sleeve):
            return intent
    return None


def exiting(position: Protected) -> Exiting:
    mandate = ExitMandate(
        position.exit_mandate_id, position.account_ref, position.ticker, position.sleeve, position.source_id
    )
    return Exiting(mandate, position.position.quantity)


def free_shares(view: GateView, position: Protected) -> int:
    """What the gate would let this sleeve sell now."""
    whole = position.position.quantity
    order = GateOrder(
        position.exit_mandate_id, position.ticker, Side.SELL, whole, OrderType.MARKET, None, view.wall, position.sleeve
    )
    case = Case(order, view, Stage.ADMIT, False, view.market[position.ticker])
    return min(case.free, case.sleeve_free)


async def position_of(tx: Tx, environment: str, account_ref: str, mandate_id: UUID) -> Protected | None:
    """None when nothing is left of it, or it is not this account's."""
    found = await tx.books.protected(environment, account_ref)
    return next((row for row in found if row.exit_mandate_id == mandate_id), None)


def lowest_price(market: MarketView, below: int, collar_bp: int, kind: Kind) -> int:
    """The lowest limit of a sale that the collar under `below` and the day's band allow, on its unit, won."""
    lowest = -(-below * (FULL_BPS - collar_bp) // FULL_BPS)
    if market.band is not None:
        lowest = max(lowest, market.band.lower)
    return round_to_tick(max(1, lowest), Side.SELL, kind, market.now.date())


def kind_of(core: Core, ticker: str) -> Kind:
    instrument = core.instruments.get(ticker)
    return instrument.kind if instrument is not None else Kind.STOCK


def exit_price(core: Core, view: GateView, ticker: str, *, market_too: bool) -> tuple[OrderType, int | None]:
    """A market order where the session and the name take one, else the lowest limit that may be."""
    market, config = view.market[ticker], view.config
    instrument = core.instruments.get(ticker)
    managed = instrument is not None and instrument.status in ("managed", "delisting")
    if market_too and not managed and market.phase in config.market_phases:
        return OrderType.MARKET, None
    return OrderType.LIMIT, lowest_price(market, market.reference or 0, config.collar_bp, kind_of(core, ticker))


def name_of(core: Core, ticker: str) -> str:
    instrument = core.instruments.get(ticker)
    return instrument.name if instrument is not None else ticker


def position_message(
    core: Core, row: Protected, live: Intent | None, chain: Sequence[BrokerOrder]
) -> pb.ProtectedPosition:
    message = pb.ProtectedPosition(
        exit_mandate_id=str(row.exit_mandate_id),
        account_ref=row.account_ref,
        ticker=row.ticker,
        name=name_of(core, row.ticker),
        sleeve=row.sleeve,
        quantity=row.position.quantity,
        cost=row.position.cost,
        entered_on=row.entered_on.isoformat(),
        generation=row.exits + 1,
        takes_resting=takes_resting(core.environment),
    )
    if live is not None:
        message.live.CopyFrom(order_message(live, chain, core.instruments))
    return message
