"""For tests of what must never happen: at the end the exchange is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from oms_path import Path_, Person, Stack

_pairs: dict[str, tuple[Person, Person]] = {}


@pytest.fixture(scope="module")
def nothing_reaches_the_exchange(stack: Stack) -> Iterator[None]:
    """Every order of such a module is a forged one: the exchange's own journal has no new one when it ends."""
    before = len(stack.exchange.journal("order"))
    yield
    assert len(stack.exchange.journal("order")) == before


@pytest.fixture
async def pair(path: Path_) -> tuple[Person, Person]:
    """Two people whose accounts are open at the OMS, so that nothing is refused for being closed. The modules share
    them, because nobody ever gets an order in: every account that is open costs the OMS a stream and questions."""
    if path.database.name not in _pairs:
        made = path.person(), path.person()
        for each in made:
            await path.client.book(each.identity)
        _pairs[path.database.name] = made
    return _pairs[path.database.name]
