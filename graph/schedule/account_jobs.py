"""What is done for an account: its check, its look at the weights, its report of the day.

Contract: a check and a look are one run of their graph; a card that waits is noted in the diary, because the graph
writes its own line only when it is answered. The report reads and writes nothing but its line.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import TYPE_CHECKING, Any

from domain.clock import KST
from domain.slots import Due, Kind, Outcome, moment_of
from graph.schedule import words
from graph.schedule.day_report import report
from graph.schedule.jobs import Ended, Job
from nodes.diary import KINDS, MOST_ENTRIES
from tools.ports import ApprovalRequest, Identity, Ports, PortUnavailable

if TYPE_CHECKING:  # the graphs are imported when the first check is due
    from graph.runner import Runner
    from graph.turn import TurnResult

SHOWN_BEFORE = "이 시각의 점검은 이미 했어요."
ASKED = "{legs}: 승인 카드로 여쭤봤어요."
MOST_ORDERS = 200
_SIDES = {"buy": "매수", "sell": "매도"}

GetRunner = Callable[[], Awaitable["Runner"]]


def checking(kind: Kind, get: GetRunner) -> Job:
    """One run of the cycle graph of that kind."""

    async def run(due: Due, who: Identity | None) -> Ended:
        assert who is not None, f"expected an account for {kind}"
        runner = await get()
        result = await runner.run_cycle(who, kind.value, due.slot, report_only=due.report_only)
        if result.failed:
            return Ended(Outcome.FAILED, result.reply)
        if not result.fresh:
            return Ended(Outcome.DONE, SHOWN_BEFORE)
        if result.approval is not None:
            return await _waits(runner.ports, who, due, result, result.approval)
        said = result.reply.partition("\n")[0].removeprefix(words.titled(kind, due.slot, ""))
        return Ended(Outcome.DONE, said)

    return run


async def _waits(ports: Ports, who: Identity, due: Due, result: TurnResult, request: ApprovalRequest) -> Ended:
    reasons = "; ".join(str(reason) for reason in (result.values.get("reasons") or [])[:3])
    asked = ASKED.format(legs=", ".join(_leg(leg) for leg in request.card.get("legs") or []) or "제안")
    text = f"{reasons}.\n{asked}" if reasons else asked
    entry = words.entry(
        due.kind, due.slot, text, Outcome.DONE, ports.clock.now(), approval_id=str(request.approval_id), waiting=True
    )
    await ports.desk.note(who.user_id, entry)
    return Ended(Outcome.DONE, text.replace("\n", " "))


def _leg(leg: Any) -> str:
    return f"{leg.get('name') or leg.get('ticker')} {int(leg.get('qty', 0)):,}주 {_SIDES.get(leg.get('side'), '')}"


def reporting(get: GetRunner) -> Job:
    """The day summed up, once its closing check is over."""

    async def run(due: Due, who: Identity | None) -> Ended:
        assert who is not None, "expected an account for a report"
        ports = (await get()).ports
        day = moment_of(due.slot).date()
        entries = [
            entry
            for entry in await ports.desk.journal(who.user_id, KINDS, MOST_ENTRIES)
            if entry.subject.startswith(day.isoformat())
        ]
        try:
            book = await ports.oms.book(who)
            known = await ports.oms.orders(who, limit=MOST_ORDERS)
        except PortUnavailable:
            book, known = None, []
        orders = [one for one in known if one.created_at.ToDatetime(tzinfo=UTC).astimezone(KST).date() == day]
        text = report(entries, orders, book)
        await ports.desk.note(who.user_id, words.entry(due.kind, due.slot, text, Outcome.DONE, ports.clock.now()))
        return Ended(Outcome.DONE, text.replace("\n", " "))

    return run
