"""Databases of a run that are used again: clones of the migrated template, emptied after each test.

Making and dropping a database costs a checkpoint, seconds on a busy disk; emptying one costs milliseconds.

Contract: whoever takes a clone finds what a new one would hold, under a name that no test had before, so that what a
test left running cannot write into the next one's. A clone whose schema, grants or given rows are no longer the
template's is not used again. Nothing is dropped: the server goes with its run.
"""

from __future__ import annotations

from secrets import token_hex
from typing import Any

import psycopg

_ENDED_MS = 30_000
_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
_SHAPE = f"""
SELECT md5(string_agg(line, '|' ORDER BY line)) FROM (
    SELECT concat_ws(' ', 'schema', n.nspname, n.nspacl) AS line FROM pg_namespace n WHERE {_OURS}
    UNION ALL SELECT concat_ws(' ', n.nspname, c.relname, c.relkind, c.relacl, c.relrowsecurity, c.relhasrules)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS}
    UNION ALL SELECT concat_ws(' ', a.attrelid::regclass, a.attname, a.atttypid, a.attnotnull, a.attisdropped, a.attacl)
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE a.attnum > 0 AND {_OURS}
    UNION ALL SELECT concat_ws(' ', d.conrelid::regclass, d.conname, pg_get_constraintdef(d.oid))
        FROM pg_constraint d JOIN pg_namespace n ON n.oid = d.connamespace WHERE {_OURS}
    UNION ALL SELECT concat_ws(' ', t.tgrelid::regclass, t.tgname, t.tgenabled) FROM pg_trigger t
    UNION ALL SELECT concat_ws(' ', p.polrelid::regclass, p.polname, p.polcmd) FROM pg_policy p
    UNION ALL SELECT concat_ws(' ', f.oid::regprocedure, f.proacl, md5(f.prosrc))
        FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE {_OURS}
) lines
"""
_TABLES = f"""
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND {_OURS} ORDER BY 1
"""
_COUNTED = "SELECT format('%I.%I', schemaname, sequencename) FROM pg_sequences WHERE last_value IS NOT NULL"

Rows = psycopg.Connection[Any]


class Clones:
    """Of one worker. `admin_url` is the administrator's, of whatever database."""

    def __init__(self, admin_url: str, template: str) -> None:
        self._admin_url = admin_url
        self._template = template
        self._free: list[str] = []
        self._tables: list[str] = []  # those that are empty in a new clone
        self._given: list[str] = []  # those that are not
        self._fresh = ""

    def url(self, name: str) -> str:
        return f"{self._admin_url.rpartition('/')[0]}/{name}"

    def take(self) -> str:
        """The name of a database that is as new."""
        name = f"test_{token_hex(6)}"
        if self._free:
            self._do(f"ALTER DATABASE {self._free.pop()} RENAME TO {name}")
            return name
        self._do(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY WAL_LOG")
        if not self._fresh:
            with psycopg.connect(self.url(name), autocommit=True) as db:
                tables = [str(row[0]) for row in db.execute(_TABLES)]
                written = _written(db, tables)
                self._given = written
                self._tables = [table for table in tables if table not in written]
                self._fresh = self._look(db)
        return name

    def give_back(self, name: str) -> None:
        with psycopg.connect(self.url(name), autocommit=True, options="-c synchronous_commit=off") as db:
            db.execute(
                "SELECT pg_terminate_backend(pid, %s) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()",
                (_ENDED_MS,),
            )
            as_new = self._look(db) == self._fresh
            if as_new:
                db.execute("SET session_replication_role = replica")  # no trigger and no order of foreign keys
                for table in _written(db, self._tables):
                    db.execute(f"DELETE FROM {table}")
                for (sequence,) in db.execute(_COUNTED).fetchall():
                    db.execute(f"ALTER SEQUENCE {sequence} RESTART")
                as_new = self._look(db) == self._fresh
        if as_new:
            self._free.append(name)

    def _look(self, db: Rows) -> str:
        """Schema, grants, and the rows that a new clone has."""
        parts = [_one(db, _SHAPE)]
        parts += [_one(db, f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {t} t") for t in self._given]
        return " ".join(parts)

    def _do(self, statement: str) -> None:
        with psycopg.connect(self._admin_url, autocommit=True) as db:
            db.execute(statement)


def _written(db: Rows, tables: list[str]) -> list[str]:
    """Those that hold a row."""
    looks = " UNION ALL ".join(f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM {table})" for table in tables)
    return [str(row[0]) for row in db.execute(looks)]


def _one(db: Rows, question: str) -> str:
    row = db.execute(question).fetchone()
    assert row is not None
    return str(row[0])
