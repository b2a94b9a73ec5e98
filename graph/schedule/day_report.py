"""The day's report: how many checks there were, what was ordered, what the account is worth. Pure; three lines.

Contract: numbers come from the journal and from the OMS's book; a book that could not be read is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from domain.money import format_won
from domain.proto import oms_pb2 as pb
from domain.slots import Kind, Outcome
from tools.ports import JournalEntry

NO_BOOK = "잔고를 읽지 못해 손익은 적지 못했어요."
_MISSED = (Outcome.SKIPPED.value, Outcome.INTERRUPTED.value, Outcome.FAILED.value)


def report(entries: Sequence[JournalEntry], orders: Iterable[pb.Order], book: pb.BookReply | None) -> str:
    """`entries`: the day's checks; `orders`: the day's orders."""
    checks = {entry.subject: entry for entry in reversed(entries) if _loop(entry) == Kind.CYCLE}
    missed = sum(entry.detail.get("slot_outcome") in _MISSED for entry in checks.values())
    waited = sum(entry.detail.get("outcome") == "expired" for entry in checks.values())
    parts = [f"점검 {len(checks) - missed}번"]
    parts += [f"못 한 점검 {missed}번"] if missed else []
    parts += [f"승인 없이 지나간 제안 {waited}번"] if waited else []
    lines = [f"{', '.join(parts)}. {_ordered(list(orders))}"]
    if book is None:
        return "\n".join([*lines, NO_BOOK])
    made = f"실현손익 {_signed(book.realised_today)}, 평가손익 {_signed(book.unrealised)}"
    return "\n".join([*lines, f"{made}. 총자산 {format_won(book.total_value)}"])


def _loop(entry: JournalEntry) -> str:
    return str(entry.detail.get("loop") or Kind.CYCLE.value)


def _ordered(orders: Sequence[pb.Order]) -> str:
    if not orders:
        return "주문은 없었어요."
    filled = sum(order.filled > 0 for order in orders)
    return f"주문 {len(orders)}건 가운데 {filled}건이 체결됐어요."


def _signed(amount: int) -> str:
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    return f"{sign}{format_won(abs(amount))}"
