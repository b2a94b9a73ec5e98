"""Fixtures of the order path: one stack for all modules that ask for nothing special, one set of people a test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from clones import Clones
from oms_path import QUICK, Path_, Stack, Stacks
from sharing import shared

from tools.oms_client import MarketClient, OmsChannel, OmsClient
from tools.store.secrets import instance_secret

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def exchange_options() -> tuple[str, ...]:
    """A module may ask for another market."""
    return ()


@pytest.fixture(scope="module")
def oms_environment() -> dict[str, str]:
    """A module may ask for another broker."""
    return {}


@pytest.fixture(scope="module")
def oms_database_port() -> int | None:
    """A module may stand between the OMS and its database."""
    return None


@pytest.fixture(scope="module")
def oms_options() -> dict[str, Any]:
    """A module may ask for other waits; see `quick_oms`."""
    return {"timing": QUICK}


@pytest.fixture(scope="session")
def _before_the_servers(servers: Any) -> Iterator[None]:
    """At the end of a run what uses the servers goes before they do."""
    yield
    shared.keep_for(None)


@pytest.fixture(scope="module")
def stacks(_before_the_servers: None, servers: Any, clones: Clones, tmp_path_factory: pytest.TempPathFactory) -> Stacks:
    """One for all modules of this folder, and closed after the last of them: a market moves on while nobody looks."""
    made: Stacks = shared.get(
        "stacks",
        lambda: closing(Stacks(servers, clones, tmp_path_factory)),
        wanted=lambda item: item.path.is_relative_to(HERE),
    )
    return made


@pytest.fixture(scope="module")
def stack(
    stacks: Stacks,
    exchange_options: tuple[str, ...],
    oms_environment: dict[str, str],
    oms_options: dict[str, Any],
    oms_database_port: int | None,
) -> Iterator[Stack]:
    """Modules that ask for nothing special share one stack; a special one goes when its module ends."""
    special = bool(exchange_options or oms_environment or oms_database_port)
    yield stacks.get(exchange_options, oms_environment, oms_options, oms_database_port, special=special)
    if special:
        stacks.close_special()


@pytest.fixture
async def path(stack: Stack) -> AsyncIterator[Path_]:
    """What the test before left behind is undone first: faults, and a market clock that was put forward."""
    ahead = stack.proxy.clock_days
    stack.proxy.calm()
    stack.proxy.orders.clear()
    stack.proxy.changes.clear()
    stack.proxy.posted.clear()
    channel = OmsChannel(stack.oms.address, instance_secret(stack.database.settings))
    try:
        await stack.oms.ready()
        path = Path_(
            stack.database,
            stack.exchange,
            stack.proxy,
            stack.oms,
            channel,
            OmsClient(channel),
            MarketClient(channel),
        )
        if ahead:
            await path.same_day()
        yield path
    finally:
        await channel.aclose()
