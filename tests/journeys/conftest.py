"""The household in which the journeys take place, and who comes to it: somebody new each time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from databases import Prepared, short_home
from household import Guest, Household
from sharing import shared

_numbers = itertools.count(1)


@pytest.fixture
def quartz_home(quartz_home: Path, prepared: Prepared) -> Path:
    prepared.fill(quartz_home)
    return quartz_home


@pytest.fixture(scope="module")
def household(prepared: Prepared) -> Household:
    """One for all modules that ask for no other."""
    running: Household = shared.get("household", lambda: _opened(prepared))
    return running


@contextmanager
def _opened(prepared: Prepared) -> Iterator[Household]:
    with short_home() as home:
        prepared.fill(home)
        with Household(home) as running:
            yield running


@pytest.fixture
def guest(household: Household) -> Iterator[Guest]:
    guest = Guest(household, f"손님{next(_numbers)}")
    yield guest
    guest.leave()
