"""The receipts of a household's person: whole, true to the tables, and the same decision when decided again."""

from __future__ import annotations

import asyncio
from uuid import UUID

from household import Guest

from domain.receipt import Step, StepKind, export_text, newest, read_export, read_line
from graph.receipts.recorder import Recorder
from tools.embedded.services import endpoints
from ui.commands.receipt import _parser, answer, open_shelf

_PLANS = "SELECT DISTINCT plan_id::text FROM desk.plans p JOIN chat.users u USING (user_id) WHERE u.name = %s"


def receipts_hold(guest: Guest) -> list[list[Step]]:
    """The chains of every plan of the person; AssertionError where one is missing, unfinished or differs."""
    plans = [plan_id for (plan_id,) in guest.home.rows(_PLANS, guest.name)]
    asyncio.run(_completed(guest, plans))  # as the sweep does, sooner
    chains = [_ended(guest, plan_id) for plan_id in plans]
    for verb in ("verify", "replay"):
        lines, failed = asyncio.run(_said(guest, verb, *plans))
        assert not failed, "\n".join(lines)
    for chain in chains:
        assert read_export(export_text(chain)) == chain
    return chains


async def _completed(guest: Guest, plans: list[str]) -> None:
    async with open_shelf(guest.home.settings, endpoints(guest.home.settings)) as shelf:
        for plan_id in plans:
            await Recorder(shelf, shelf.trails).settle(UUID(plan_id), None)  # type: ignore[arg-type]


def _ended(guest: Guest, plan_id: str) -> list[Step]:
    rows = guest.home.rows("SELECT line FROM desk.receipts WHERE receipt_id = %s ORDER BY seq", UUID(plan_id))
    chain = [read_line(line) for (line,) in rows]
    assert newest(chain, StepKind.END) is not None, [step.kind.value for step in chain]
    return chain


async def _said(guest: Guest, *words: str) -> tuple[list[str], bool]:
    async with open_shelf(guest.home.settings, endpoints(guest.home.settings)) as shelf:
        return await answer(shelf, _parser().parse_args(list(words)))
