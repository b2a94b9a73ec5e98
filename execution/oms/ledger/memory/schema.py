"""The ledger's tables in memory, with the constraints that the migrations give them.

Contract: names and rules are those of `tools/store/migrations`; a test compares them. Rows are the ledger's own where
it has them, else the tuples below.
"""

from __future__ import annotations

from typing import Any

from domain.orders.types import TERMINAL, OrderType
from execution.oms.ledger.columns import LIVE_ENDS, PENDING
from execution.oms.ledger.memory.bookschema import BookTables
from execution.oms.ledger.memory.deskschema import DeskTables
from execution.oms.ledger.memory.rows import (
    AccountRow,
    ConsumedRow,
    CredentialRow,
    DoneRow,
    EventRow,
    LeaseRow,
    NoticeRow,
    ResolutionRow,
    SecretRow,
    TradingStateRow,
    TransitionRow,
)
from execution.oms.ledger.memory.table import Check, Refers, Table, Unique, at_least, one_of
from execution.oms.ledger.rows import BrokerOrder, Intent, Request, Reservation

_UNCERTAIN = frozenset({"SENDING", "UNKNOWN", "MANUAL"})


class Tables(BookTables):
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
                Check("requests_target_check", _one_target),
            ),
            refers=(
                self._account("requests"),
                self._intent("requests"),
                Refers("requests_number_fkey", self.broker_orders, _number),
            ),
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

    def _intent(self, table: str) -> Refers:
        return Refers(f"{table}_intent_id_fkey", self.intents, lambda r: r.intent_id)

    def _intents(self) -> Table[Intent]:
        table = Table[Intent](
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
                Unique("one_replacement", lambda r: r.replaces if r.state not in ("WITHDRAWN", "REFUSED") else None),
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
                Check("intents_whole_check", lambda r: r.whole is None or r.whole >= r.quantity),
                Check(
                    "intents_replacing_check",
                    lambda r: (r.replaces is None) == (r.whole is None) and r.replaces != r.intent_id,
                ),
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
        table.refers += (Refers("intents_replaces_fkey", table, lambda r: r.replaces),)
        return table

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


def _one_target(row: Request) -> bool:
    named = sum(part is not None for part in (row.trade_date, row.branch, row.number))
    return named == (3 if row.intent_id is None else 0) and (row.intent_id is not None or row.kind == "cancel")


def _number(row: Request) -> tuple[object, ...] | None:
    return None if row.target is None else (row.account_ref, *row.target)
