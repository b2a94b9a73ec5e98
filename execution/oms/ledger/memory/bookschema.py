"""The book in memory: fills, sleeves, cash flows, day marks, exit mandates, with the constraints of the migrations."""

from __future__ import annotations

from execution.oms.ledger.memory.rows import (
    AccountRow,
    CashFlowRow,
    DayMarkRow,
    ExitMandateRow,
    FillRow,
    SleeveRow,
)
from execution.oms.ledger.memory.table import Check, Refers, Table, Unique
from execution.oms.ledger.rows import Intent


class BookTables:
    """For `Tables`, which has the accounts and intents that these refer to."""

    accounts: Table[AccountRow]
    intents: Table[Intent]

    def _account(self, table: str) -> Refers:
        return Refers(f"{table}_account_ref_fkey", self.accounts, lambda r: r.account_ref)

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
