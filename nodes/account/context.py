"""What every page and action of the account room works with, and what it gives back.

Contract: plain values and ports; identity comes from the runtime, never from state.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from domain.evidence import Figure, Figures, Unit
from domain.korean.reading import Reading
from nodes.asking import Block, ask_block, block
from nodes.state import AssistantState, PendingQuestion
from tools.ports import Identity, Ports


@dataclass(frozen=True, slots=True)
class Desk:
    """One turn at the account counter."""

    ports: Ports
    who: Identity
    now: datetime
    reading: Reading
    state: AssistantState

    @property
    def message_id(self) -> str:
        turn = self.state.get("turn")
        return turn["message_id"] if turn else self.now.isoformat()

    def name(self, ticker: str) -> str:
        """'삼성전자(005930)'."""
        row = self.ports.instruments.get(ticker)
        return f"{row.name}({ticker})" if row else ticker


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is said, what is asked, and what else changes in the state."""

    say: tuple[Block, ...] = ()
    ask: PendingQuestion | None = None
    update: dict[str, Any] = field(default_factory=dict)

    def to_update(self) -> dict[str, Any]:
        said = [*self.say, *([ask_block(self.ask)] if self.ask else [])]
        return {
            "route": ["account"],
            "say": said,
            **({"pending_question": self.ask} if self.ask else {}),
            **self.update,
        }


Handler = Callable[[Desk], Awaitable[Outcome]]


def says(text: str, kind: str = "text", **data: Any) -> Outcome:
    return Outcome((block(kind, text, **data),))


class Sheet:
    """Figures of one block: `put` returns the placeholder to write into the text."""

    def __init__(self, source: str, as_of: datetime) -> None:
        self._source, self._as_of = source, as_of
        self._figures: list[Figure] = []

    def put(self, value: int | Decimal, unit: Unit) -> str:
        key = f"n{len(self._figures)}"
        self._figures.append(Figure(id=key, value=value, unit=unit, source=self._source, as_of=self._as_of))
        return "{{f:" + key + "}}"

    def won(self, value: int) -> str:
        return self.put(value, Unit.WON)

    def signed_won(self, value: int) -> str:
        return ("+" if value > 0 else "") + self.put(value, Unit.WON)

    def shares(self, value: int) -> str:
        return self.put(value, Unit.SHARES)

    def change(self, value: int, base: int) -> str:
        """Signed percentage of `value` against `base`, two decimals, half up."""
        return self.put(percent_change(value, base), Unit.CHANGE)

    @property
    def figures(self) -> Figures:
        return Figures(self._figures)

    def json(self) -> list[dict[str, Any]]:
        return [figure.to_json() for figure in self._figures]


def percent_change(value: int, base: int) -> Decimal:
    if not base:
        return Decimal(0)
    return (Decimal(value - base) * 100 / base).quantize(Decimal("0.01"))


def figured(kind: str, lines: list[str], sheet: Sheet, **data: Any) -> Block:
    return block(kind, "\n".join(lines), figures=sheet.json(), **data)
