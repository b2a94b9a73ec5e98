"""Publishers on loopback and our clients in front of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from macro_servers import Publishers, publishers


@pytest.fixture
async def world() -> AsyncIterator[Publishers]:
    async with publishers() as made:
        yield made
