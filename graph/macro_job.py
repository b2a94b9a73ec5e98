"""The macro view and its job put together from settings: what a face shows, and what the scheduler runs.

Contract: without keys the practice market is shown bundled demonstration data, labelled; beside a real broker nothing
made up may count, so there the view is missing and says so. The job has nobody to ask then. `pool` gives
dictionary rows and logs in as quartz_graph.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from domain.clock import Clock
from domain.ids import NewId
from nodes.macro.refresh import MacroJob
from tools.lake import open_lake
from tools.macro.demo import DemoMacro, NoMacro
from tools.macro.shelf import Shelf
from tools.macro.sources import has_keys, open_sources, serving
from tools.macro.stored import StoredMacro
from tools.ports import MacroPort
from tools.settings import Broker, Settings
from tools.store.desk_tables import Pool
from tools.store.macro import MacroTables


def macro_port(settings: Settings, pool: Pool, clock: Clock, new_id: NewId) -> MacroPort:
    """What rooms and pages read."""
    if not has_keys(settings):
        return DemoMacro(clock) if settings.broker is Broker.SIM else NoMacro()
    tables = MacroTables(pool)
    return StoredMacro(tables, Shelf(partial(open_lake, settings), tables, new_id), serving(settings), clock)


@asynccontextmanager
async def open_macro_job(settings: Settings, pool: Pool, clock: Clock, new_id: NewId) -> AsyncIterator[MacroJob]:
    """Connections to publishers are closed at the end."""
    tables = MacroTables(pool)
    shelf = Shelf(partial(open_lake, settings), tables, new_id)
    async with open_sources(settings, clock) as sources:
        yield MacroJob(sources, tables, shelf, StoredMacro(tables, shelf, serving(settings), clock), clock)
