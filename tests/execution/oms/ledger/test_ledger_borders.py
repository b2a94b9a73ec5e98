"""Who knows what: PostgreSQL is behind the port alone, and the ledger in memory takes nothing from the machine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.settings import ROOT

OMS = ROOT / "execution" / "oms"


def _imported(file: Path) -> set[str]:
    """Names of modules, and of what is taken from them, as `module.name`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _uses(file: Path, *modules: str) -> set[str]:
    return {name for name in _imported(file) if name in modules or name.startswith(tuple(f"{m}." for m in modules))}


def test_only_one_package_of_the_oms_knows_psycopg() -> None:
    files = [file for file in OMS.rglob("*.py") if "ledger/postgres" not in file.as_posix()]
    assert len(files) > 50
    assert {file.name: _uses(file, "psycopg", "psycopg_pool") for file in files} == {file.name: set() for file in files}
    assert any(_uses(file, "psycopg") for file in (OMS / "ledger" / "postgres").glob("*.py"))


@pytest.mark.parametrize("file", sorted((OMS / "ledger" / "memory").glob("*.py")), ids=lambda file: file.stem)
def test_the_ledger_in_memory_takes_no_time_chance_or_thread_from_the_machine(file: Path) -> None:
    assert (
        _uses(file, "time", "random", "secrets", "os", "threading", "concurrent", "uuid.uuid4", "uuid.uuid1") == set()
    )
