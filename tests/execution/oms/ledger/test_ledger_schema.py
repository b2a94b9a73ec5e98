"""The constraints in memory are those of the migrations, name by name, so that a migration cannot leave it behind."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from databases import Database

from execution.oms.ledger.memory.schema import Tables
from execution.oms.ledger.memory.table import Table

_CONSTRAINTS = """
SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = %(schema)s AND c.contype <> 'n'
UNION SELECT t.relname, i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
    WHERE n.nspname = %(schema)s AND x.indisunique
"""
# Its one row is made by the migration's own code; the OMS neither reads nor writes it.
_NOT_READ = {"instance"}
# The epoch is raised on the row of the key, so one row a key is one epoch.
_FOLLOWS = {"lease": {"lease_environment_key_hash_epoch_key", "lease_epoch_check"}}
# Types say it: `Side`, `OrderType` and `Initiative` have no other values.
_TYPED = {
    "intents": {"intents_side_check", "intents_order_type_check", "intents_initiative_check"},
    "broker_orders": {"broker_orders_side_check"},
}


def _has(table: Table[Any]) -> set[str]:
    parts = (*table.uniques, *table.checks, *table.refers)
    return {table.primary, *(part.name for part in parts)}


@pytest.fixture
def constraints(clone: Database) -> dict[str, dict[str, set[str]]]:
    found: dict[str, dict[str, set[str]]] = {"ledger": {}, "desk": {}, "chat": {}}
    with psycopg.connect(clone.admin_url) as db:
        for schema, tables in found.items():
            for table, name in db.execute(_CONSTRAINTS, {"schema": schema}).fetchall():
                tables.setdefault(table, set()).add(name)
    return found


def test_the_ledger_in_memory_has_every_constraint_of_the_migrations(
    constraints: dict[str, dict[str, set[str]]],
) -> None:
    memory = {table.name: _has(table) for table in vars(Tables()).values() if isinstance(table, Table)}
    for name in memory:
        memory[name] |= _FOLLOWS.get(name, set()) | _TYPED.get(name, set())
    expected = {name: found for name, found in constraints["ledger"].items() if name not in _NOT_READ}
    assert memory == expected


def test_what_the_desk_in_memory_forbids_is_forbidden_by_the_migrations(
    constraints: dict[str, dict[str, set[str]]],
) -> None:
    real = set().union(*constraints["desk"].values(), *constraints["chat"].values())
    for table in vars(Tables().desk).values():
        assert _has(table) <= real, table.name
