"""The household every journey takes place in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from household import Household


@pytest.fixture
def household(quartz_home: Path) -> Iterator[Household]:
    home = Household(quartz_home)
    try:
        home.up()
        yield home
    finally:
        home.down()
