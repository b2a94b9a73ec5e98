"""What a module of the order path imports to run on KIS paper instead of the sim: fixtures of these names replace those
of tests/execution/oms/conftest.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from oms_path import PAPER, PAPER_TIMING


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    return ("--always-open", "--env", "paper")


@pytest.fixture(scope="module")
def oms_environment() -> dict[str, str]:
    return PAPER


@pytest.fixture(scope="module")
def oms_options() -> dict[str, Any]:
    return {"timing": PAPER_TIMING}
