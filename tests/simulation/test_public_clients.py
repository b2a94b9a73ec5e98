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


def _run(python: Path, name: str, url: str, home: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [str(python), str(CLIENTS / f"client_{name}.py"), url, *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        # some of them ask for the machine's own today, which is Seoul's only there
        env={"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONIOENCODING": "utf-8", "TZ": "Asia/Seoul"},
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
    assert seen["cash"] == 100_000_000
    assert seen["bars"] > 200
    assert seen["trades"] >= 1
    assert seen["books"] >= 1


def test_kis_agent_logs_in_quotes_trades_and_asks_for_figures(server: Any, python: Path, tmp_path: Path) -> None:
    process = server("--always-open", "--any-account", "--data-dir", str(tmp_path / "data"))
    seen = _run(python, "kis_agent", process.url, tmp_path)
    assert (seen["bought"], seen["open"], seen["held"]) == ("0", True, {"005930": 3})
    assert (seen["keys"], seen["book"], seen["investors"], seen["programmes"], seen["index"]) == (82, 71, 30, 30, 100)
    assert seen["minutes"] >= 30
    assert 0 < int(seen["margin"]) < 100_000_000


@pytest.mark.parametrize("mode", ["live", "virtual"])
def test_finestock_logs_in_quotes_and_trades_on_both_hosts(
    server: Any, python: Path, tmp_path: Path, mode: str
) -> None:
    where = ("--env", "paper", "--limits", "off") if mode == "virtual" else ()
    process = server("--always-open", "--any-account", "--data-dir", str(tmp_path / "data"), *where)
    seen = _run(python, "finestock", process.url, tmp_path, mode)
    assert (seen["held"], seen["cancelled"], seen["levels"]) == ({"005930": 3}, True, 10)
    assert seen["chart"] == seen["index"] > 10
    assert seen["price"] > 0


@pytest.mark.parametrize("env", ["prod", "paper"])
def test_kis_wrapper_trades_and_finds_no_open_orders_on_paper(
    server: Any, python: Path, tmp_path: Path, env: str
) -> None:
    where = ("--env", "paper", "--limits", "off") if env == "paper" else ()
    process = server("--always-open", "--any-account", "--data-dir", str(tmp_path / "data"), *where)
    seen = _run(python, "kis_wrapper", process.url, tmp_path, env)
    assert (seen["daily"], seen["held"], seen["cancelled"]) == (30, {"005930": 3}, True)
    assert (seen["pending"] == [seen["resting"]]) is (env == "prod")
    assert ("90000000" in seen["pending"][0]) is (env == "paper")
