"""Public KIS clients from PyPI, unmodified, against the exchange: each in its own process and virtual environment.

The environment comes from QUARTZ_CLIENTS_VENV or is made by `tests/simulation/clients/install`; without it
these tests are skipped (a failure under QUARTZ_STRICT=1).
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

CLIENTS = Path(__file__).with_name("clients")
DEFAULT = Path(tempfile.gettempdir()) / "quartz-kis-clients"


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of the clients' environment."""
    folder = Path(os.environ.get("QUARTZ_CLIENTS_VENV", DEFAULT))
    interpreter = folder / "bin" / "python"
    if not (folder / ".complete").exists():
        pytest.skip(f"expected public clients in {folder} (QUARTZ_CLIENTS_VENV, clients/install), was absent")
    return interpreter


def _run(python: Path, name: str, url: str, home: Path) -> Any:
    done = subprocess.run(
        [str(python), str(CLIENTS / f"client_{name}.py"), url],
        capture_output=True,
        text=True,
        timeout=90,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONIOENCODING": "utf-8"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_mojito2_logs_in_quotes_trades_and_hears_of_it(server: Any, python: Path, tmp_path: Path) -> None:
    process = server("--always-open", "--any-account", "--layout", "legacy", "--data-dir", str(tmp_path / "data"))
    seen = _run(python, "mojito2", process.url, tmp_path)
    assert (seen["bought"], seen["cancelled"], seen["held"]) == ("0", "0", 3)
    assert seen["chart"] == 100
    assert seen["minutes"] >= 30  # it asks for another page of 30 as often as the machine's own time of day says
    assert seen["trades"] >= 1
    assert seen["books"] >= 1
    assert seen["notices"][:2] == ["1", "2"]


def test_python_kis_logs_in_quotes_trades_and_hears_of_it(server: Any, python: Path, tmp_path: Path) -> None:
    process = server("--always-open", "--any-account", "--layout", "legacy", "--data-dir", str(tmp_path / "data"))
    seen = _run(python, "python_kis", process.url, tmp_path)
    assert (seen["name"], seen["held"], seen["pending"], seen["left"]) == ("삼성전자", {"005930": 3}, True, [])
    assert seen["chart"] >= 15
    assert seen["orders"] == 4
    assert seen["bought"] in seen["notices"]
    assert seen["prices"] >= 1


def test_kis_trader_logs_in_quotes_and_trades_in_the_current_layout(server: Any, python: Path, tmp_path: Path) -> None:
    process = server("--always-open", "--any-account", "--layout", "current", "--data-dir", str(tmp_path / "data"))
    seen = _run(python, "kis_trader", process.url, tmp_path)
    assert (seen["held"], seen["opened"], seen["asks"]) == ({"005930": 3}, True, 10)
    assert seen["bars"] > 200
    assert seen["trades"] >= 1
    assert seen["books"] >= 1
