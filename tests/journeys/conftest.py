"""The household in which a module's journeys take place, and who comes to it: somebody new each time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Prepared, short_home
from household import Guest, Household

_numbers = itertools.count(1)


@pytest.fixture
def quartz_home(quartz_home: Path, prepared: Prepared) -> Path:
    prepared.fill(quartz_home)
    return quartz_home


@pytest.fixture(scope="module")
def household(prepared: Prepared) -> Iterator[Household]:
    with short_home() as home:
        prepared.fill(home)
        with Household(home) as running:
            yield running


@pytest.fixture
def guest(household: Household) -> Iterator[Guest]:
    guest = Guest(household, f"손님{next(_numbers)}")
    yield guest
    guest.leave()
