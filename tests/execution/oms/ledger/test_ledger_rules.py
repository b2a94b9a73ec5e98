"""Rows that no state of the ledger allows, and what never changes, in both ledgers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from ledger_bench import Bench, admitted, refused
from ledger_rows import NOW, broker_order, fill, intent, named, request, reservation

from domain.book import Position
from execution.oms.errors import Unfit
from execution.oms.ledger.port import Ledger, Tx
from execution.oms.ledger.rows import Request, Sleeve


async def test_an_account_is_opened_once_and_only_if_the_desk_knows_it(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    async with ledger.write(None) as tx:
        assert not await tx.states.open_account(account, NOW)
        assert await tx.states.accounts() == [account]
    with pytest.raises(Unfit, match="accounts_account_ref_fkey"):
        async with ledger.write(None) as tx:
            await tx.states.open_account("nobody's", NOW)


async def test_a_row_that_breaks_a_rule_is_a_defect_and_named(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = await admitted(ledger, intent(account, 1))
    nobody = named("nobody")
    sleeve = Sleeve("005930", "manual", Position(basis_quantity=1, basis_cost=1, sold=2))
    wrong: dict[str, Callable[[Tx], Awaitable[Any]]] = {
        "intents_quantity_check": lambda tx: tx.intents.insert(intent(account, 2, quantity=0)),
        "intents_check": lambda tx: tx.intents.insert(intent(account, 2, limit_price=None)),
        "intents_check1": lambda tx: tx.intents.change(row.intent_id, NOW, filled=11),
        "intents_check2": lambda tx: tx.intents.change(row.intent_id, NOW, filled=6, provisional=5),
        "intents_filled_check": lambda tx: tx.intents.change(row.intent_id, NOW, filled=-1),
        "intents_authority_check": lambda tx: tx.intents.insert(intent(account, 2, authority="wish")),
        "intents_whole_check": lambda tx: tx.intents.insert(intent(account, 2, replaces=row.intent_id, whole=9)),
        "intents_replacing_check": lambda tx: tx.intents.insert(intent(account, 2, replaces=row.intent_id)),
        "intents_replaces_fkey": lambda tx: tx.intents.insert(intent(account, 2, replaces=nobody, whole=10)),
        "reservations_cash_check": lambda tx: tx.intents.reserve(reservation(row, cash=-1)),
        "reservations_intent_id_fkey": lambda tx: tx.intents.reserve(reservation(intent(account, 2))),
        "requests_request_id_check": lambda tx: tx.intents.add_request(request(row, "")),
        "requests_state_check": lambda tx: tx.intents.add_request(request(row, "r", state="LOST")),
        "requests_intent_id_fkey": lambda tx: tx.intents.add_request(request(intent(account, 2), "r")),
        "requests_target_check": lambda tx: tx.intents.add_request(request(row, "r", number=1)),
        "requests_number_fkey": lambda tx: tx.intents.add_request(
            Request.of_number(broker_order(None, account, 1), "r", "web", NOW)
        ),
        "broker_orders_check": lambda tx: tx.orders.add(broker_order(row, account, 1, filled=11)),
        "broker_orders_kind_check": lambda tx: tx.orders.add(broker_order(row, account, 1, kind="guess")),
        "broker_orders_account_ref_fkey": lambda tx: tx.orders.add(broker_order(None, "nobody's", 1)),
        "broker_event_done_id_fkey": lambda tx: tx.orders.notice_done(10**9, "x", NOW),
        "fills_intent_id_fkey": lambda tx: tx.books.add_fill(fill(account, 1, 1, 1, intent_id=nobody)),
        "sleeves_check": lambda tx: tx.books.put_sleeve(account, sleeve, NOW),
        "trading_states_check": lambda tx: tx.states.add("account", None, "HALTED", "", "x", NOW),
        "trading_states_state_check": lambda tx: tx.states.add("global", None, "RUNNING", "", "x", NOW),
        "events_kind_check": lambda tx: tx.journal.event(NOW, account, "gossip", ""),
        "resolutions_intent_id_fkey": lambda tx: tx.journal.resolution(nobody, "absent", None, "", "x", {}, NOW),
    }
    for name, write in wrong.items():
        assert await refused(ledger, account, write) == name
    async with ledger.read() as tx:
        assert await tx.intents.open(account) == [row]


async def test_a_column_that_never_changes_cannot_be_changed(bench: Bench, ledger: Ledger) -> None:
    account = await bench.opened_account(ledger)
    row = await admitted(ledger, intent(account, 1))
    async with ledger.write(account) as tx:
        with pytest.raises(ValueError, match="ticker"):
            await tx.intents.change(row.intent_id, NOW, ticker="000660")
        with pytest.raises(ValueError, match="odno"):
            await tx.orders.change(broker_order(row, account, 1), NOW, odno=2)
        with pytest.raises(ValueError, match="kind"):
            await tx.intents.change_request(account, "r", NOW, kind="revise")
        with pytest.raises(LookupError):
            await tx.intents.change(named("nobody"), NOW, filled=1)
        await tx.intents.change(row.intent_id, NOW, filled=1)
