"""The migration history and its runner. What the roles may not do is tried in tests/execution/security."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import errors
from pydantic import SecretStr

from tools.settings import ROLES, Settings
from tools.store.migrate import WrongRevision, check_revision, head_revision, is_current, migrate
from tools.store.roles import with_login


def test_history_is_one_line_without_branches() -> None:
    from alembic.script import ScriptDirectory

    from tools.store.migrate import MIGRATIONS

    script = ScriptDirectory(str(MIGRATIONS))
    assert script.get_heads() == [head_revision()]
    assert len(script.get_bases()) == 1


@pytest.mark.parametrize("role", ROLES)
def test_every_role_logs_in_with_its_derived_password(database: Any, role: str) -> None:
    with psycopg.connect(database.url(role)) as connection:
        row = connection.execute("SELECT current_user").fetchone()
    assert row == (f"quartz_{role}",)
    check_revision(database.url(role))


def test_migrating_twice_and_from_two_processes_at_once_changes_nothing(servers: Any, empty_database: str) -> None:
    settings = Settings(secret_key=SecretStr(servers.secret_key))
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(lambda _: migrate(settings, empty_database), range(2))) == [head_revision()] * 2
    assert migrate(settings, empty_database) == head_revision()
    assert is_current(settings, empty_database)


def test_an_unmigrated_database_and_another_secret_are_not_current(database: Any, empty_database: str) -> None:
    assert not is_current(database.settings, empty_database)
    assert not is_current(Settings(secret_key=SecretStr("ab" * 32)), empty_database)


def test_a_database_without_migrations_is_refused_with_the_command_that_mends_it(empty_database: str) -> None:
    with pytest.raises(WrongRevision, match=r"was none: run \./quartz migrate"):
        check_revision(empty_database)


def test_a_newer_database_is_refused_and_left_alone(database: Any) -> None:
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        connection.execute("UPDATE quartz_revision SET version_num = '9999'")
    with pytest.raises(WrongRevision, match="was 9999"):
        migrate(database.settings, database.admin_url)
    with pytest.raises(WrongRevision, match="was 9999"):
        check_revision(database.url("oms"))


def test_the_graph_role_may_use_the_checkpoint_tables_and_others_may_not(database: Any) -> None:
    from langgraph.checkpoint.postgres import PostgresSaver

    with psycopg.connect(
        database.url("graph"), autocommit=True, options="-c search_path=desk", row_factory=psycopg.rows.dict_row
    ) as connection:
        saver = PostgresSaver(connection)
        assert list(saver.list({"configurable": {"thread_id": "t"}})) == []
        connection.execute("DELETE FROM checkpoints")
    with psycopg.connect(database.url("ui")) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute("DELETE FROM desk.checkpoints")


def test_logging_in_as_somebody_else_keeps_server_and_options() -> None:
    assert with_login("postgresql://a:b@h:1/d?sslmode=require", "u", "p@ss") == (
        "postgresql://u:p%40ss@h:1/d?sslmode=require"
    )
    assert with_login("dbname=d host=h", "u", "p") == "dbname=d host=h user=u password=p"
