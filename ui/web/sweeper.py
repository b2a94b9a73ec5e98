"""Every few seconds: what was approved and not delivered goes on, what ran out unanswered ends, and its owner is told;
then receipts are brought up to what the tables know.

Contract: one sweep at a time; a sweep that fails is logged and the next one tries again. Each result is told once. The
first look goes a day back, later ones a few minutes. Decides nothing: the runner reads decisions from their table.
"""

from __future__ import annotations

import traceback
from datetime import timedelta

import structlog

from tools.ports import PortUnavailable
from ui.web.api import records
from ui.web.api.deciding import finish, tell, worth_telling
from ui.web.context import WebParts

log = structlog.get_logger(__name__)

EVERY_SECONDS = 15.0
FIRST = timedelta(days=1)
LATER = timedelta(minutes=10)


async def keep_sweeping(parts: WebParts) -> None:
    """Until cancelled; then what clicks began may end while the pools are still open."""
    back = FIRST
    try:
        while True:
            if await swept(parts, back):
                back = LATER
            await parts.assembled.clock.sleep(EVERY_SECONDS)
    finally:
        await finish()


async def swept(parts: WebParts, back: timedelta) -> bool:
    """One sweep; False when it could not be done."""
    runner = parts.assembled.runner
    try:
        found = [*await runner.resume_approved(), *await runner.lapse(back)]
        for request, result in found:
            who = await records.identity_of(parts.assembled.people, request.account_ref)
            if who is not None and worth_telling(result, request.approval_id):
                await tell(parts, who, request.thread_id, result)
        await _complete_receipts(parts)
    except PortUnavailable as gone:
        log.warning("sweep.unavailable", where=gone.where)
        return False
    except Exception:
        # The only loop that delivers approvals nobody carried on: a defect met in one sweep must not end later ones.
        log.error("sweep.failed", trace=traceback.format_exc())  # as text: a rendered traceback would show locals
        return False
    return True


async def _complete_receipts(parts: WebParts) -> None:
    """The next sweep looks again at what they wait for: a silent table takes nothing from those who were told."""
    try:
        await parts.assembled.runner.complete_receipts()
    except PortUnavailable as gone:
        log.warning("sweep.receipts_unavailable", where=gone.where)
