"""Receipts: what a decision was made of and what became of it, a chain of lines in which nothing can be changed unseen.

Contract: one receipt a decision, named by its plan. Every step is one canonical JSON line that holds the hash of the
line before it; hashes are hex SHA-256 over a line's UTF-8 text. `next_step` adds, nothing replaces: what was learnt
later is another step of the same kind, and the newest counts. An exported receipt is a text of which every byte is
checked. Bodies are plain JSON without fractions of binary floats, so that every reader hashes the same text.
Pure. Does not know what a plan is worth or whether its figures are true: `domain.receipt_audit` looks at that.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.ids import canonical_json

FORMAT = "quartz-receipt/1"
START = "0" * 64  # what the first line says of the line before it
_HASH = re.compile(r"[0-9a-f]{64}")
_MEMBERS = frozenset({"receipt", "seq", "kind", "at", "body", "prev"})
_HEAD = frozenset({"format", "receipt", "head", "steps"})


class ReceiptError(ValueError):
    """A receipt that is not one: "expected X, was Y", with the step it is about."""


class StepKind(StrEnum):
    """What a line is about, in the order of a decision."""

    WORDS = "words"  # what the person said, or which slot or signal it was
    PROFILE = "profile"  # version, grade and hash of the profile in force
    STRATEGY = "strategy"  # id, version and hash of the strategy in force
    DATA = "data"  # what code weighed: prices, holdings, limits, and how a model leaned
    REPORT = "report"  # one analyst's report with its figures
    VERDICT = "verdict"  # what limits changed or refused
    PLAN = "plan"  # every version that was written, with its hash
    APPROVAL = "approval"  # on whose word: an answer to the card, a mandate, or nobody's
    INTENTS = "intents"  # legs as the order management took them
    ORDERS = "orders"  # at the broker
    FILLS = "fills"  # confirmed
    COSTS = "costs"  # fee and tax
    END = "end"  # what came of it


ORDER: tuple[StepKind, ...] = tuple(StepKind)


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `seq` counts from 1; `prev` is the hash of the line before."""

    receipt_id: UUID
    seq: int
    kind: StepKind
    at: datetime
    body: Mapping[str, Any]
    prev: str

    @property
    def line(self) -> str:
        """The canonical text that the hash is taken over."""
        return canonical_json(
            {
                "receipt": str(self.receipt_id),
                "seq": self.seq,
                "kind": self.kind.value,
                "at": moment(self.at),
                "body": self.body,
                "prev": self.prev,
            }
        )

    @property
    def hash(self) -> str:
        return digest(self.line)


Draft = tuple[StepKind, Mapping[str, Any], datetime]  # a step before it has a place in a chain


def digest(text: str) -> str:
    """Hex SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def moment(at: datetime) -> str:
    """UTC to the microsecond, as the database keeps it."""
    if at.tzinfo is None:
        raise ReceiptError(f"expected an aware datetime, was {at!r}")
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def next_step(chain: Sequence[Step], receipt_id: UUID, kind: StepKind, body: Mapping[str, Any], at: datetime) -> Step:
    """The step that follows. Raises ReceiptError for a body that is not plain JSON."""
    plain = _plain(body, kind.value)
    prev = chain[-1].hash if chain else START
    return Step(receipt_id, len(chain) + 1, kind, at.astimezone(UTC), plain, prev)


def chained(receipt_id: UUID, drafts: Iterable[Draft]) -> list[Step]:
    """A chain from its beginning."""
    chain: list[Step] = []
    for kind, body, at in drafts:
        chain.append(next_step(chain, receipt_id, kind, body, at))
    return chain


def said_before(chain: Iterable[Step], kind: StepKind, body: Mapping[str, Any]) -> Step | None:
    """The step that says the very same already: adding it again would say nothing."""
    text = canonical_json(_plain(body, kind.value))
    return next((step for step in chain if step.kind is kind and canonical_json(step.body) == text), None)


def newest(chain: Iterable[Step], kind: StepKind) -> Mapping[str, Any] | None:
    """The body that counts; None when there is none of that kind."""
    found = [step.body for step in chain if step.kind is kind]
    return found[-1] if found else None


def bodies(chain: Iterable[Step], kind: StepKind) -> list[Mapping[str, Any]]:
    return [step.body for step in chain if step.kind is kind]


def ended(chain: Sequence[Step]) -> bool:
    """Whether the decision has come to its end."""
    return any(step.kind is StepKind.END for step in chain)


def read_line(line: str) -> Step:
    """A step from its line. Raises ReceiptError unless the text is exactly what the step would write."""
    try:
        raw = json.loads(line)
        if not isinstance(raw, dict) or raw.keys() != _MEMBERS:
            raise ReceiptError(f"expected a step with {', '.join(sorted(_MEMBERS))}, was {line[:60]!r}")
        if type(raw["seq"]) is not int or not isinstance(raw["body"], dict):
            raise ReceiptError(f"expected a number and a body, was {line[:60]!r}")
        if not _HASH.fullmatch(str(raw["prev"])):
            raise ReceiptError(f"expected a hash of the step before, was {str(raw['prev'])[:70]!r}")
        step = Step(
            UUID(raw["receipt"]),
            raw["seq"],
            StepKind(raw["kind"]),
            datetime.fromisoformat(raw["at"]),
            _plain(raw["body"], str(raw["kind"])),
            raw["prev"],
        )
        same = step.line == line
    except ReceiptError:
        raise
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ReceiptError(f"expected a step as canonical JSON, was {line[:60]!r} ({type(error).__name__})") from None
    if not same:
        raise ReceiptError(f"expected the canonical text of step {step.seq}, was another spelling of it")
    return step


def breaks(chain: Sequence[Step]) -> list[str]:
    """Where the chain does not hold, in words; empty when it does."""
    found = [] if chain else ["expected at least one step, was none"]
    prev = START
    for at, step in enumerate(chain, start=1):
        if step.receipt_id != chain[0].receipt_id:
            found.append(f"step {at}: expected receipt {chain[0].receipt_id}, was {step.receipt_id}")
        if step.seq != at:
            found.append(f"step {at}: expected number {at}, was {step.seq}")
        if step.prev != prev:
            found.append(
                f"step {at} ({step.kind.value}): expected the hash of the step before, {prev}, was {step.prev}"
            )
        prev = step.hash
    return found


def export_text(chain: Sequence[Step]) -> str:
    """The receipt as one JSON document, a step a line. Raises ReceiptError for a chain that does not hold."""
    wrong = breaks(chain)
    if wrong:
        raise ReceiptError(wrong[0])
    head = {"format": FORMAT, "receipt": str(chain[0].receipt_id), "head": chain[-1].hash}
    front = canonical_json(head).removesuffix("}")
    return front + ',"steps":[\n' + ",\n".join(step.line for step in chain) + "\n]}\n"


def read_export(text: str) -> list[Step]:
    """The chain of an exported receipt. Raises ReceiptError when one byte of it is not as it was written."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        raise ReceiptError("expected a JSON document, was none") from None
    if not isinstance(raw, dict) or raw.keys() != _HEAD or raw["format"] != FORMAT:
        raise ReceiptError(f"expected an exported receipt ({FORMAT}), was something else")
    if not isinstance(raw["steps"], list) or not raw["steps"]:
        raise ReceiptError("expected steps, was none")
    lines = text.split("\n")
    chain = [read_line(line.removesuffix(",")) for line in lines[1:-2]]
    wrong = breaks(chain)
    if wrong:
        raise ReceiptError(wrong[0])
    if raw["head"] != chain[-1].hash:
        raise ReceiptError(
            f"step {len(chain)} ({chain[-1].kind.value}): expected hash {raw['head']}, was {chain[-1].hash}"
        )
    if export_text(chain) != text:
        raise ReceiptError("expected the exported text as it was written, was another spelling of it")
    return chain


def _plain(value: Any, where: str) -> Any:
    """The value as plain JSON of its own: nobody who still holds the original can change it any more."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise ReceiptError(f"expected names of members in {where}, was another key")
        return {str(key): _plain(each, f"{where}.{key}") for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, f"{where}[{at}]") for at, each in enumerate(value)]
    raise ReceiptError(f"expected plain JSON without fractions in {where}, was {type(value).__name__}")
