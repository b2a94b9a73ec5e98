"""KIS paper without its one request a second and with shorter waits: for what has nothing to do with either.

Fixtures of these names replace those of tests/execution/oms/conftest.py, as those of `paper_path` do.
"""

from __future__ import annotations

from typing import Any

import pytest
from oms_path import PAPER, PAPER_TIMING


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    return ("--always-open", "--env", "paper", "--limits", "off")


@pytest.fixture(scope="module")
def oms_environment() -> dict[str, str]:
    return PAPER


@pytest.fixture(scope="module")
def oms_options() -> dict[str, Any]:
    quick = {"deadline_s": 2.0, "gateway_s": 0.3, "figures_s": 1.0, "poll_s": 0.5, "proven_poll_s": 2.0}
    return {"timing": PAPER_TIMING | quick, "rate": 18}
