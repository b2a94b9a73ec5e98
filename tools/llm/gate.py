"""What stands between a writing model and the reader: whole sentences, filled figures, nothing that was not checked.

Contract: `feed(piece)` gives the text that may be shown now, `close()` the rest; between them a placeholder is never
half shown, because a sentence leaves only when it is complete. A number that no figure stands behind, an unknown
figure, a link, or whatever `check` objects to raises `Failed`, and nothing of that sentence was shown.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from domain.evidence import EvidenceError, Figure, raw_numbers, render
from tools.llm.faults import Failed, Fault
from tools.llm.schema import has_markup

MAX_LENGTH = 4_000
_END = re.compile(r"(?<=[.!?…])[ \t]+|\n+")

Check = Callable[[str], str | None]


class Gate:
    """`check` sees everything shown so far together with the new sentence, figures filled; None means fine."""

    def __init__(self, figures: Mapping[str, Figure], check: Check | None) -> None:
        self._figures = figures
        self._check = check
        self._waiting = ""
        self.shown = ""

    def feed(self, piece: str) -> str:
        self._waiting += piece
        if len(self.shown) + len(self._waiting) > MAX_LENGTH:
            raise Failed(Fault("check_failed", f"expected at most {MAX_LENGTH} characters, was more"))
        ready = ""
        while match := _END.search(self._waiting):
            ready += self._passed(self._waiting[: match.end()])
            self._waiting = self._waiting[match.end() :]
        return ready

    def close(self) -> str:
        rest, self._waiting = self._waiting, ""
        return self._passed(rest)

    def _passed(self, sentence: str) -> str:
        if not self.shown:
            sentence = sentence.lstrip()
        if not sentence:
            return ""
        numbers = raw_numbers(sentence)
        if numbers:
            raise Failed(Fault("check_failed", f"expected figures only, was with {', '.join(numbers[:5])}"))
        if has_markup(sentence):
            raise Failed(Fault("check_failed", "expected plain words without links or markup, was some"))
        try:
            filled = render(sentence, self._figures)
        except (EvidenceError, ValueError) as fault:
            raise Failed(Fault("check_failed", str(fault)[:200])) from None
        if "{" in filled or "}" in filled:
            raise Failed(Fault("check_failed", "expected placeholders like {{f:id}}, was a broken one"))
        wrong = self._check(self.shown + filled) if self._check is not None else None
        if wrong is not None:
            raise Failed(Fault("check_failed", wrong[:200]))
        self.shown += filled
        return filled
