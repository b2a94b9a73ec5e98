"""What each database role may not do, tried by each role: the ledger, decisions, plans, logs, the schema and secrets.

One table of statements, each with the roles whose job it is; all others are refused by PostgreSQL itself. What a role
may write, and then writes falsely, is tried in `test_forged_rows`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from oms_path import Stack, rows_of
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from tools.settings import ROLES

LOGS = ("transitions", "broker_event", "broker_event_done", "fills", "events", "resolutions", "consumed_approvals")
ROWS = ("intents", "reservations", "broker_orders", "requests", "sleeves", "cash_flows", "day_marks", "exit_mandates")
REST = ("lease", "instance", "accounts", "credentials", "secrets", "trading_states")
LEDGER = (*LOGS, *ROWS, *REST)
DECISIONS = ("approvals", "mandates", "mandate_revocations")
PAPERS = ("plans", "plan_legs", "approval_requests", "mandate_offers", "profiles", "strategies", "assessments")
SAVER = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")
SECRET = ("chat.passwords", "chat.sessions", "chat.session_ends", "chat.entry_links", "chat.entry_link_uses")
NOBODY: frozenset[str] = frozenset()
OMS, UI, GRAPH = frozenset({"oms"}), frozenset({"ui"}), frozenset({"graph"})


@dataclass(frozen=True)
class Attempt:
    """A statement and the roles whose job it is."""

    name: str
    statement: str
    job_of: frozenset[str] = NOBODY


def attempts() -> Iterator[Attempt]:
    for table in LEDGER:
        yield Attempt(f"read ledger.{table}", f"SELECT * FROM ledger.{table} LIMIT 1", OMS)
        yield Attempt(f"insert into ledger.{table}", f"INSERT INTO ledger.{table} DEFAULT VALUES", OMS)
        yield Attempt(f"delete from ledger.{table}", f"DELETE FROM ledger.{table}")
        yield Attempt(f"truncate ledger.{table}", f"TRUNCATE ledger.{table} CASCADE")
    for table in LOGS:
        yield Attempt(f"alter ledger.{table}", f"UPDATE ledger.{table} SET {COLUMN[table]} = {COLUMN[table]}")
    for table, change in CHANGES.items():
        yield Attempt(f"alter ledger.{table}", f"UPDATE ledger.{table} SET {change}", OMS)
    for table in DECISIONS:
        yield Attempt(f"decide in desk.{table}", f"INSERT INTO desk.{table} DEFAULT VALUES", UI)
    for table in PAPERS:
        yield Attempt(f"write desk.{table}", f"INSERT INTO desk.{table} DEFAULT VALUES", GRAPH)
    for table in (*DECISIONS, *PAPERS, "accounts", "journal", "reports", "guard_rules"):
        column = "user_id" if table not in ("plan_legs", "accounts") else "ticker" if table == "plan_legs" else "owner"
        yield Attempt(f"alter desk.{table}", f"UPDATE desk.{table} SET {column} = {column}")
        yield Attempt(f"delete from desk.{table}", f"DELETE FROM desk.{table}")
        yield Attempt(f"truncate desk.{table}", f"TRUNCATE desk.{table} CASCADE")
    for table in SECRET:
        yield Attempt(f"read {table}", f"SELECT * FROM {table} LIMIT 1", UI)
        yield Attempt(f"delete from {table}", f"DELETE FROM {table}")
    for role in ROLES:
        yield Attempt(f"become {role}", f"SET ROLE quartz_{role}", frozenset({role}))
        yield Attempt(f"become {role} for good", f"SET SESSION AUTHORIZATION quartz_{role}", frozenset({role}))
        yield Attempt(f"change the password of {role}", f"ALTER ROLE quartz_{role} PASSWORD 'x'", frozenset({role}))
        yield Attempt(f"join {role}", f"GRANT quartz_{role} TO CURRENT_USER", frozenset({role}))
    yield from (Attempt(name, statement) for name, statement in (*NOBODYS, *MADE_UP))


COLUMN = {
    "transitions": "becomes",
    "broker_event": "digest",
    "broker_event_done": "result",
    "fills": "quantity",
    "events": "seq",
    "resolutions": "verdict",
    "consumed_approvals": "version",
}
CHANGES = {
    "intents": "quantity = quantity + 1",
    "reservations": "released_at = now()",
    "broker_orders": "filled = quantity",
    "requests": "state = 'DONE'",
    "sleeves": "sold = 0",
    "day_marks": "start_value = 0",
    "exit_mandates": "closed_at = NULL",
    "lease": "epoch = epoch + 1",
    "accounts": "base_capital = 0",
    "secrets": "sealed = ''",
    "credentials": "sealed = ''",
}
# What is nobody's job: the schema, other roles, settings that switch checks off, the machine's files.
NOBODYS = (
    ("make a role", "CREATE ROLE quartz_smuggled SUPERUSER"),
    ("rise", "ALTER ROLE CURRENT_USER SUPERUSER"),
    ("pass row security", "ALTER ROLE CURRENT_USER BYPASSRLS"),
    ("switch triggers and foreign keys off", "SET session_replication_role = replica"),
    ("switch a table's triggers off", "ALTER TABLE desk.approvals DISABLE TRIGGER ALL"),
    ("drop a constraint", "ALTER TABLE desk.approvals DROP CONSTRAINT approvals_pkey"),
    ("add a column", "ALTER TABLE desk.approvals ADD COLUMN x int"),
    ("drop row security", "ALTER TABLE desk.guard_rules DISABLE ROW LEVEL SECURITY"),
    ("add a policy", "CREATE POLICY mine ON desk.guard_rules FOR INSERT WITH CHECK (true)"),
    ("drop a table", "DROP TABLE ledger.transitions"),
    ("drop an index", "DROP INDEX ledger.one_uncertain_intent"),
    ("drop a schema", "DROP SCHEMA ledger CASCADE"),
    ("make a schema", "CREATE SCHEMA smuggled"),
    ("make a table in the ledger", "CREATE TABLE ledger.smuggled (x int)"),
    ("make a table on the desk", "CREATE TABLE desk.smuggled (x int)"),
    ("make a table in the open", "CREATE TABLE public.smuggled (x int)"),
    ("make a function on the desk", "CREATE FUNCTION desk.now() RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    (
        "hang a trigger on approvals",
        "CREATE TRIGGER t BEFORE INSERT ON desk.approvals FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ),
    ("write a rule for intents", "CREATE RULE r AS ON INSERT TO ledger.intents DO INSTEAD NOTHING"),
    ("count the transitions anew", "SELECT setval('ledger.transitions_seq_seq', 1)"),
    ("count the journal anew", "ALTER SEQUENCE desk.journal_entry_id_seq RESTART WITH 1"),
    ("use up a number", "SELECT nextval('ledger.transitions_seq_seq')"),
    ("change the server", "ALTER SYSTEM SET fsync = off"),
    ("read a file of the server", "SELECT pg_read_file('PG_VERSION')"),
    ("run a program on the server", "COPY (SELECT 1) TO PROGRAM 'true'"),
    ("read the passwords of roles", "SELECT rolpassword FROM pg_authid"),
    ("write the revision", "UPDATE public.quartz_revision SET version_num = '9999'"),
    ("load a library", "LOAD 'plpgsql'"),
)
# Written as if at another time, or under a number of one's own: the database says when and which.
MADE_UP = (
    (
        "approve in the past",
        "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, channel, decided_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), '', 'approve', 't', '2020-01-01')",
    ),
    (
        "sign in the past",
        "INSERT INTO desk.mandates (mandate_id, user_id, bounds_hash, channel, signed_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), '', 't', '2020-01-01')",
    ),
    (
        "revoke in the future",
        "INSERT INTO desk.mandate_revocations (mandate_id, user_id, channel, revoked_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 't', '2999-01-01')",
    ),
    (
        "number a journal entry",
        "INSERT INTO desk.journal (entry_id, user_id, at, kind, summary) OVERRIDING SYSTEM VALUE"
        " VALUES (1, gen_random_uuid(), now(), 'k', 's')",
    ),
    (
        "number a transition",
        "INSERT INTO ledger.transitions (seq, at, account_ref, entity, entity_id, was, event, becomes, epoch)"
        " OVERRIDING SYSTEM VALUE VALUES (1, now(), 'x', 'intent', 'x', 'NEW', 'x', 'FILLED', 1)",
    ),
    (
        "number a trading state",
        "INSERT INTO ledger.trading_states (id, environment, scope, state, reason, set_by, at)"
        " OVERRIDING SYSTEM VALUE VALUES (9223372036854775807, 'sim', 'global', 'ACTIVE', '', 'x', now())",
    ),
)


@pytest.fixture(scope="module")
def databases(stack: Stack) -> dict[str, psycopg.Connection[Any]]:
    """One connection a role."""
    found = {}
    for role in ROLES:
        with rows_of(stack.database.url(role)) as connection:
            found[role] = connection
    return found


@pytest.mark.parametrize("attempt", tuple(attempts()), ids=lambda attempt: attempt.name)
def test_a_statement_that_is_not_its_job_is_refused_to_every_role(
    databases: dict[str, psycopg.Connection[Any]], attempt: Attempt
) -> None:
    done = {}
    for role in set(ROLES) - attempt.job_of:
        try:
            databases[role].execute(attempt.statement)
            done[role] = "was done"
        except errors.InsufficientPrivilege:
            continue
        except psycopg.Error as error:
            done[role] = f"{type(error).__name__}: {error}"
    assert done == {}, attempt.statement


# Everything that a role may write, by what it may do there. A new grant is a decision, so it is written here too.
PICTURES = ("chat.elements", "chat.steps", "chat.threads")
SIGNING_IN = (
    *("chat.entry_link_uses", "chat.entry_links", "chat.passwords"),
    *("chat.session_ends", "chat.sessions", "chat.users"),
)
# Of what a person watches, is told and saves into: words and facts, never a signature.
WATCHED = (
    *("alert_choices", "alert_reads", "alert_rule_ends", "alert_rules", "alert_send_ends", "alert_sends", "alerts"),
    *("alert_sightings", "follow_places", "savings_plans", "savings_runs", "savings_words", "watch_words"),
)
WRITES: dict[str, dict[str, set[str]]] = {
    "ui": {
        "INSERT": {
            *("chat.cards", "chat.preferences", "desk.accounts", "desk.guard_rules", *PICTURES, *SIGNING_IN),
            "desk.strategy_runs",
            *("desk.alert_reads", "desk.check_choices", "desk.notify_channels", "desk.notify_channel_ends"),
            *(f"desk.{table}" for table in DECISIONS),
        },
        "UPDATE": set(PICTURES),
        "DELETE": set(PICTURES),
    },
    "graph": {
        "INSERT": {
            *(
                f"desk.{table}"
                for table in (*PAPERS, "guard_rules", "journal", "model_calls", "reports", "strategy_runs")
            ),
            *(f"desk.model_{table}" for table in ("answers", "holds", "spent", "warnings")),
            *("desk.check_choices", "desk.receipts", "desk.slot_ends", "desk.slots"),
            *(f"desk.{table}" for table in WATCHED),
            *(f"desk.{table}" for table in SAVER),
            *("market.macro_asks", "market.macro_observations", "market.macro_reports"),
        },
        "UPDATE": {f"desk.{table}" for table in SAVER},
        "DELETE": {"desk.model_answers", *(f"desk.{table}" for table in SAVER)},
    },
    "oms": {
        "INSERT": {f"ledger.{table}" for table in LEDGER},
        "UPDATE": {f"ledger.{table}" for table in CHANGES},
        "DELETE": set(),
    },
    "worker": {
        "INSERT": {
            *("desk.guard_rules", "desk.journal", "desk.plan_legs", "desk.plans"),
            *("desk.strategy_asks", "desk.strategy_places"),
        },
        "UPDATE": {"desk.strategy_asks", "desk.strategy_places"},
        "DELETE": set(),
    },
    "guard": {"INSERT": {"desk.guard_marks", "desk.guard_triggers"}, "UPDATE": {"desk.guard_marks"}, "DELETE": set()},
}
_OURS = "n.nspname IN ('chat', 'desk', 'ledger', 'market', 'public')"
_ME = "(SELECT oid FROM pg_roles WHERE rolname = current_user)"
_TABLES = (
    "SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS} AND has_table_privilege(c.oid, %(right)s)"
)
_COLUMNS = _TABLES.replace("has_table_privilege", "has_any_column_privilege")
# What would be a way around all of the above; each has to find nothing.
LEVERS = {
    "a table of its own": f"SELECT relname FROM pg_class WHERE relowner = {_ME}",
    "a schema of its own": f"SELECT nspname FROM pg_namespace WHERE nspowner = {_ME}",
    "a schema to make things in": "SELECT nspname FROM pg_namespace n WHERE has_schema_privilege(oid, 'CREATE')",
    "another role to be": f"SELECT roleid FROM pg_auth_members WHERE member = {_ME}",
    "a power of the server": "SELECT rolname FROM pg_roles WHERE rolname = current_user"
    " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)",
    "a sequence to count": "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    f" WHERE {_OURS} AND CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE, UPDATE') ELSE false END",
    "a function with another's rights": "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
    f" WHERE {_OURS} AND p.prosecdef",
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_writes_its_own_tables_and_no_other(databases: dict[str, psycopg.Connection[Any]], role: str) -> None:
    found: dict[str, set[str]] = {}
    for right in ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"):
        queries = (_TABLES, _COLUMNS) if right in ("INSERT", "UPDATE", "REFERENCES") else (_TABLES,)
        rows = [row for query in queries for row in databases[role].execute(query, {"right": right}).fetchall()]
        found[right] = {str(row[0]) for row in rows}
    nothing: dict[str, set[str]] = {"TRUNCATE": set(), "REFERENCES": set(), "TRIGGER": set()}
    assert found == WRITES[role] | nothing


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("lever", LEVERS)
def test_a_role_holds_no_lever(databases: dict[str, psycopg.Connection[Any]], role: str, lever: str) -> None:
    assert databases[role].execute(LEVERS[lever]).fetchall() == []


@pytest.mark.parametrize("role", ROLES)
def test_a_role_logs_in_with_its_own_password_and_with_no_other(stack: Stack, role: str) -> None:
    mine = conninfo_to_dict(stack.database.url(role))
    others = [conninfo_to_dict(stack.database.url(other))["password"] for other in ROLES if other != role]
    for password in ("", role, f"quartz_{role}", *others):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(**{**mine, "password": password})
