"""The ledger's tables in memory, with the constraints that the migrations give them.

Contract: names and rules are those of `tools/store/migrations`; a test compares them. Rows are the ledger's own where
it has them, else the tuples below.
"""

from __future__ import annotations

from typing import Any

from domain.orders.types import TERMINAL, OrderType
from execution.oms.ledger.columns import LIVE_ENDS, PENDING
from execution.oms.ledger.memory.deskschema import DeskTables
from execution.oms.ledger.memory.rows import (
    AccountRow,
    CashFlowRow,
    ConsumedRow,
    CredentialRow,
    DayMarkRow,
    DoneRow,
    EventRow,
    ExitMandateRow,
    FillRow,
    LeaseRow,
    NoticeRow,
    ResolutionRow,
    SecretRow,
    SleeveRow,
    TradingStateRow,
    TransitionRow,
)
from execution.oms.ledger.memory.table import Check, Refers, Table, Unique, at_least, one_of
from execution.oms.ledger.rows import BrokerOrder, Intent, Request, Reservation

_UNCERTAIN = frozenset({"SENDING", "UNKNOWN", "MANUAL"})


class Tables:
    def __init__(self) -> None:
        self.desk = DeskTables()
        self.lease = Table[LeaseRow]("lease", lambda r: (r.environment, r.key_hash), "lease_pkey")
        self.accounts = Table[AccountRow](
            "accounts",
            lambda r: r.account_ref,
            "accounts_pkey",
            refers=(Refers("accounts_account_ref_fkey", self.desk.accounts, lambda r: r.account_ref),),
        )
        self.credentials = Table[CredentialRow](
            "credentials",
            lambda r: r.account_ref,
            "credentials_pkey",
            uniques=(
                Unique("credentials_environment_key_hash_key", lambda r: (r.environment, r.key_hash)),
                Unique("credentials_environment_number_hash_key", lambda r: (r.environment, r.number_hash)),
            ),
        )
        self.secrets = Table[SecretRow]("secrets", lambda r: r.name, "secrets_pkey")
        self.trading_states = Table[TradingStateRow](
            "trading_states",
            lambda r: r.id,
            "trading_states_pkey",
            checks=(
                one_of("trading_states", "scope", "global", "account", "strategy"),
                one_of("trading_states", "state", "ACTIVE", "REDUCING", "HALTED"),
                Check("trading_states_check", lambda r: (r.scope == "global") == (r.account_ref is None)),
                Check("trading_states_sleeve_check", lambda r: (r.scope == "strategy") == (r.sleeve != "")),
            ),
            refers=(self._account("trading_states"),),
        )
        self.consumed = Table[ConsumedRow](
            "consumed_approvals",
            lambda r: r.approval_id,
            "consumed_approvals_pkey",
            refers=(self._account("consumed_approvals"),),
        )
        self.intents = self._intents()
        self.reservations = Table[Reservation](
            "reservations",
            lambda r: r.intent_id,
            "reservations_pkey",
            checks=(at_least("reservations", "cash", 0), at_least("reservations", "shares", 0)),
            refers=(self._intent("reservations"), self._account("reservations")),
            lookups={
                "held": lambda r: r.account_ref if r.released_at is None else None,
                "acked": lambda r: r.account_ref if r.acked_at is not None else None,
            },
        )
        self.broker_orders = self._broker_orders()
        self.requests = Table[Request](
            "requests",
            lambda r: (r.account_ref, r.request_id),
            "requests_pkey",
            checks=(
                Check("requests_request_id_check", lambda r: r.request_id != ""),
                one_of("requests", "kind", "cancel", "revise"),
                one_of("requests", "state", *PENDING, "REFUSED", "DONE"),
            ),
            refers=(self._account("requests"), self._intent("requests")),
            lookups={
                "account": lambda r: r.account_ref,
                "pending": lambda r: r.account_ref if r.state in PENDING else None,
                "intent": lambda r: r.intent_id,
            },
        )
        self.transitions = Table[TransitionRow](
            "transitions", lambda r: r.seq, "transitions_pkey", lookups={"entity": lambda r: r.entity_id}
        )
        self.notices = Table[NoticeRow](
            "broker_event",
            lambda r: r.id,
            "broker_event_pkey",
            lookups={
                "account": lambda r: r.account_ref,
                "day": lambda r: (r.account_ref, r.trade_date),
                "same": lambda r: (r.account_ref, r.trade_date, r.digest),
            },
        )
        self.notices_done = Table[DoneRow](
            "broker_event_done",
            lambda r: r.id,
            "broker_event_done_pkey",
            refers=(Refers("broker_event_done_id_fkey", self.notices, lambda r: r.id),),
        )
        self._book()
        self.events = Table[EventRow](
            "events",
            lambda r: (r.account_ref, r.seq),
            "events_pkey",
            checks=(
                at_least("events", "seq", 1),
                one_of("events", "kind", "order", "trading_state", "book", "notice"),
            ),
            refers=(self._account("events"),),
        )
        self.resolutions = Table[ResolutionRow](
            "resolutions",
            lambda r: r.id,
            "resolutions_pkey",
            checks=(one_of("resolutions", "verdict", "adopt", "absent"),),
            refers=(self._intent("resolutions"),),
        )

    def all(self) -> list[Table[Any]]:
        """In one order."""
        own = [table for table in vars(self).values() if isinstance(table, Table)]
        return [*own, *(table for table in vars(self.desk).values() if isinstance(table, Table))]

    def become(self, other: Tables) -> None:
        """The other's rows, from now on apart."""
        for table, its in zip(self.all(), other.all(), strict=True):
            table.become(its)

    def copy(self) -> Tables:
        twin = Tables()
        twin.become(self)
        return twin

    def _account(self, table: str) -> Refers:
        return Refers(f"{table}_account_ref_fkey", self.accounts, lambda r: r.account_ref)

    def _intent(self, table: str) -> Refers:
        return Refers(f"{table}_intent_id_fkey", self.intents, lambda r: r.intent_id)

    def _intents(self) -> Table[Intent]:
        return Table[Intent](
            "intents",
            lambda r: r.intent_id,
            "intents_pkey",
            uniques=(
                Unique("intents_plan_id_leg_key", lambda r: (r.plan_id, r.leg)),
                Unique(
                    "one_uncertain_intent",
                    lambda r: (r.account_ref, r.ticker, r.side) if r.state in _UNCERTAIN else None,
                ),
                Unique(
                    "one_live_exit",
                    lambda r: (
                        (r.account_ref, r.ticker, r.sleeve)
                        if r.authority == "exit" and r.state not in TERMINAL
                        else None
                    ),
                ),
            ),
            checks=(
                at_least("intents", "limit_price", 1),
                at_least("intents", "quantity", 1),
                one_of("intents", "authority", "approval", "mandate", "exit"),
                at_least("intents", "filled", 0),
                at_least("intents", "provisional", 0),
                at_least("intents", "filled_amount", 0),
                Check("intents_check", lambda r: (r.order_type is OrderType.LIMIT) == (r.limit_price is not None)),
                Check("intents_check1", lambda r: r.filled <= r.quantity),
                Check("intents_check2", lambda r: r.filled + r.provisional <= r.quantity),
                at_least("intents", "stop_price", 1),
                Check(
                    "intents_check3",
                    lambda r: r.stop_price is None or (r.authority == "exit" and r.limit_price is not None),
                ),
            ),
            refers=(self._account("intents"),),
            lookups={
                "account": lambda r: r.account_ref,
                "open": lambda r: r.account_ref if r.state not in TERMINAL else None,
                "plan": lambda r: r.plan_id,
                "day": lambda r: (r.account_ref, r.trade_date),
                "exit": lambda r: r.authority_id if r.authority == "exit" else None,
            },
        )

    def _broker_orders(self) -> Table[BrokerOrder]:
        return Table[BrokerOrder](
            "broker_orders",
            lambda r: (r.account_ref, r.trade_date, r.branch, r.odno),
            "broker_orders_pkey",
            uniques=(
                Unique("one_live_order_of_an_intent", lambda r: r.intent_id if r.state not in LIVE_ENDS else None),
            ),
            checks=(
                one_of("broker_orders", "kind", "order", "revise", "foreign"),
                at_least("broker_orders", "quantity", 1),
                Check("broker_orders_check", lambda r: r.filled <= r.quantity),
                Check("broker_orders_check1", lambda r: r.noticed <= r.quantity),
            ),
            refers=(self._account("broker_orders"), self._intent("broker_orders")),
            lookups={
                "intent": lambda r: r.intent_id,
                "live": lambda r: r.account_ref if r.state not in LIVE_ENDS else None,
                "day": lambda r: (r.account_ref, r.trade_date),
            },
        )

    def _book(self) -> None:
        self.fills = Table[FillRow](
            "fills",
            lambda r: r.id,
            "fills_pkey",
            uniques=(Unique("fills_account_ref_trade_date_branch_odno_cumulative_estimat_key", _fill_key),),
            checks=(Check("fills_quantity_check", lambda r: r.fill.quantity >= 0),),
            refers=(
                Refers("fills_account_ref_fkey", self.accounts, lambda r: r.fill.account_ref),
                Refers("fills_intent_id_fkey", self.intents, lambda r: r.fill.intent_id),
            ),
            lookups={
                "account": lambda r: r.fill.account_ref,
                "day": lambda r: (r.fill.account_ref, r.fill.trade_date),
                "intent": lambda r: r.fill.intent_id,
            },
        )
        self.sleeves = Table[SleeveRow](
            "sleeves",
            lambda r: (r.account_ref, r.sleeve.ticker, r.sleeve.sleeve),
            "sleeves_pkey",
            checks=(
                Check("sleeves_basis_quantity_check", lambda r: r.sleeve.position.basis_quantity >= 0),
                Check("sleeves_basis_cost_check", lambda r: r.sleeve.position.basis_cost >= 0),
                Check("sleeves_sold_check", lambda r: r.sleeve.position.sold >= 0),
                Check("sleeves_check", lambda r: r.sleeve.position.sold <= r.sleeve.position.basis_quantity),
            ),
            refers=(self._account("sleeves"),),
            lookups={"account": lambda r: r.account_ref},
        )
        self.cash_flows = Table[CashFlowRow](
            "cash_flows",
            lambda r: r.id,
            "cash_flows_pkey",
            refers=(self._account("cash_flows"),),
            lookups={"account": lambda r: r.account_ref},
        )
        self.day_marks = Table[DayMarkRow](
            "day_marks",
            lambda r: (r.account_ref, r.trade_date),
            "day_marks_pkey",
            refers=(self._account("day_marks"),),
            lookups={"account": lambda r: r.account_ref},
        )
        self.exit_mandates = Table[ExitMandateRow](
            "exit_mandates",
            lambda r: r.exit_mandate_id,
            "exit_mandates_pkey",
            uniques=(
                Unique(
                    "exit_mandates_account_ref_ticker_sleeve_generation_key",
                    lambda r: (r.account_ref, r.ticker, r.sleeve, r.generation),
                ),
                Unique(
                    "one_exit_mandate",
                    lambda r: (r.account_ref, r.ticker, r.sleeve) if r.closed_at is None else None,
                ),
            ),
            refers=(self._account("exit_mandates"),),
            lookups={
                "position": lambda r: (r.account_ref, r.ticker, r.sleeve),
                "live": lambda r: r.account_ref if r.closed_at is None else None,
            },
        )


def _fill_key(row: FillRow) -> tuple[object, ...]:
    fill = row.fill
    return (fill.account_ref, fill.trade_date, fill.branch, fill.odno, fill.cumulative, fill.estimated)
