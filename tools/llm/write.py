"""The writer's call: words as they come, checked sentence by sentence, and always a whole text at the end.

Contract: `write(...)` never raises for a missing, silent or wrong model. `on_words(text, restart)` gets each piece that
may be shown; `restart=True` voids what came before. The chain is asked in order; a model that stops halfway, says
nothing, brings its own numbers or fails `check` is followed by the next, and in the end by `fallback`, which is the
caller's own text and is not checked. `Outcome.value` is what counts. When nothing was streamed, nobody is called for
the fallback: the caller shows its reply as always.

What it does not do: repair. A text that was partly read is replaced, not mended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import aclosing

import structlog
from langchain_core.messages import HumanMessage, SystemMessage

from domain.evidence import Figure
from tools.llm.calls import CANCELLED, begin, settle, stream
from tools.llm.faults import Failed, Fault
from tools.llm.gate import Check, Gate
from tools.llm.mind import Member, Mind, current
from tools.llm.prompts import PromptError, load
from tools.llm.think import NO_MODEL, Outcome, first_answer, why_silent
from tools.llm.turn import Turn, this_turn

log = structlog.get_logger(__name__)

OnWords = Callable[[str, bool], None]


class _Teller:
    """Passes pieces on; a listener that fails is not listened to any more."""

    def __init__(self, on_words: OnWords | None) -> None:
        self._on_words = on_words
        self.told = False  # something is on the screen
        self._void = False  # and it does not count any more

    def tell(self, text: str) -> None:
        if not text:
            return
        restart, self._void = self._void, False
        self._pass_on(text, restart)
        self.told = True

    def void(self) -> None:
        self._void = self.told

    def replace(self, text: str) -> None:
        if self.told:
            self._pass_on(text, True)

    def _pass_on(self, text: str, restart: bool) -> None:
        if self._on_words is None:
            return
        try:
            self._on_words(text, restart)
        except Exception as fault:  # a face's own listener: a picture that fails must not cost the text
            log.warning("model.listener_failed", fault=type(fault).__name__)
            self._on_words = None


def nobody() -> Outcome[str] | None:
    """Why no writer would be asked at all now, as an outcome without a text; None when one would."""
    silent = why_silent(current(), this_turn())
    return None if silent is None else Outcome("", "rules", silent)


async def write(
    prompt: str,
    variables: Mapping[str, str],
    *,
    fallback: str,
    figures: Mapping[str, Figure],
    on_words: OnWords | None = None,
    check: Check | None = None,
) -> Outcome[str]:
    """`figures` are what placeholders may name; `check` gets the text so far with figures filled, None means fine."""
    mind, turn = current(), this_turn()
    silent = why_silent(mind, turn)
    if silent is not None or mind is None:
        return Outcome(fallback, "rules", silent or NO_MODEL)
    try:
        loaded = load(prompt)
        told = loaded.told(variables)
    except PromptError:
        log.error("model.prompt_unusable", task=prompt)
        return Outcome(fallback, "rules", f"prompt: prompts/{prompt}.md cannot be filled")

    teller = _Teller(on_words)

    async def ask(member: Member) -> str:
        return await _written(mind, member, turn, prompt, (loaded.system, told), Gate(figures, check), teller)

    outcome = await first_answer(mind, prompt, ask, fallback, teller.void)
    if outcome.by == "rules":
        teller.replace(fallback)
    return outcome


async def _written(
    mind: Mind, member: Member, turn: Turn, task: str, said: tuple[str, str], gate: Gate, teller: _Teller
) -> str:
    messages = [SystemMessage(said[0]), HumanMessage(said[1])]
    receipt = await begin(mind, member, turn, task, 1, messages)
    try:
        async with aclosing(stream(mind, member, turn, receipt, messages)) as pieces:
            async for piece in pieces:
                teller.tell(gate.feed(piece))
        teller.tell(gate.close())
        if not gate.shown.strip():
            raise Failed(Fault("empty", "the text was empty"))
    except asyncio.CancelledError:
        await settle(mind, member, turn, receipt, CANCELLED)
        raise
    except Failed as failed:
        await settle(mind, member, turn, receipt, failed.fault)
        raise
    await settle(mind, member, turn, receipt, None)
    return gate.shown.strip()
