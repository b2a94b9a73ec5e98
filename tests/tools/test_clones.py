"""What the tests' own databases promise: as new, whatever the test before did."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from clones import Clones

_PERSON = "INSERT INTO chat.users VALUES (gen_random_uuid(), 'x', false, now())"
_MOVE = (
    "INSERT INTO ledger.transitions (at, account_ref, entity, entity_id, was, event, becomes, epoch)"
    " VALUES (now(), 'x', 'x', 'x', 'x', 'x', 'x', 1) RETURNING seq"
)


def test_a_database_given_back_is_as_new_under_another_name_and_a_changed_one_is_not_used_again(servers: Any) -> None:
    clones = Clones(servers.endpoints.postgres_admin_url, servers.template)
    first = clones.take()
    left_open = psycopg.connect(clones.url(first), autocommit=True)
    left_open.execute(_PERSON)
    assert left_open.execute(_MOVE).fetchone() == (1,)
    clones.give_back(first)
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    left_open.close()
    second = clones.take()
    assert second != first
    with psycopg.connect(clones.url(second), autocommit=True) as db:
        assert db.execute("SELECT oid FROM pg_database WHERE datname = %s", (first,)).fetchone() is None
        assert db.execute("SELECT count(*) FROM chat.users").fetchone() == (0,)
        assert db.execute(_MOVE).fetchone() == (1,)
        (number,) = db.execute("SELECT oid FROM pg_database WHERE datname = %s", (second,)).fetchone() or (0,)
        db.execute("GRANT DELETE ON ledger.transitions TO quartz_ui")
    clones.give_back(second)
    third = clones.take()
    with psycopg.connect(clones.url(third), autocommit=True) as db:
        assert db.execute("SELECT oid FROM pg_database WHERE datname = %s", (third,)).fetchone() != (number,)
        may = db.execute("SELECT has_table_privilege('quartz_ui', 'ledger.transitions', 'DELETE')").fetchone()
        assert may == (False,)
