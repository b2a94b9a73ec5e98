"""The models of this process: the configured chain with its clients, rests and bookkeeping, and who is asked now.

Contract: `configured(settings, recorder, preference)` is entered once where a process is put together and left where it
ends; inside, `think`, `write` and `badge` find the chain. Entering raises SettingsError for a chain that cannot be. A
recorder that fails costs a row, never a turn; a budget that fails lets nothing be spent. Without a budget or a shelf of
answers handed over, the process keeps its own. Without `configured`, or with QUARTZ_MODEL unset, everything is answered
by rules.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from domain.clock import Clock, SystemClock
from domain.ids import NewId
from tools.llm.accounting import ModelCall, Recorder, load_prices
from tools.llm.answers import MOST_SIGNS, Answers, MemoryAnswers
from tools.llm.budget import Allowance, Budget, BudgetDenied, Cost, Hold, MemoryBudget, Standing
from tools.llm.chain import Link, read_chain
from tools.llm.clients import Client
from tools.llm.prompts import load_all
from tools.llm.rest import Rest
from tools.settings import Settings, SettingsError, load_settings

log = structlog.get_logger(__name__)

Preference = Callable[[UUID], Awaitable[bool]]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one call may take."""

    answer_seconds: float = 20.0
    first_words_seconds: float = 12.0
    idle_seconds: float = 8.0  # between two pieces of a stream
    write_seconds: float = 30.0
    answer_tokens: int = 4_096  # models that think count their thoughts too


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Member:
    """One model of the chain, with its client and its rest."""

    link: Link
    client: Client
    rest: Rest


class Mind:
    """What `configured` sets up. `members` are in the order of asking."""

    def __init__(
        self,
        links: tuple[Link, ...],
        recorder: Recorder | None,
        preference: Preference | None,
        *,
        budget: Budget,
        answers: Answers,
        clock: Clock,
        new_id: NewId,
        limits: Limits,
    ) -> None:
        seconds = max(limits.answer_seconds, limits.write_seconds)
        self.members = tuple(
            Member(link, Client(link, seconds=seconds, tokens=limits.answer_tokens), Rest()) for link in links
        )
        self.clock = clock
        self.new_id = new_id
        self.limits = limits
        self._recorder = recorder
        self._preference = preference
        self.budget = budget
        self.answers = answers

    async def record(self, call: ModelCall) -> None:
        """One row; a failure is logged and forgotten."""
        if self._recorder is None:
            return
        try:
            await self._recorder(call)
        except Exception as fault:  # the recorder is the caller's: what it costs is a row, never the answer
            log.warning("model.call_not_recorded", fault=type(fault).__name__)

    async def reserve(self, hold: Hold) -> Standing:
        """Room for one call more. Raises BudgetDenied, also when nobody can tell: what is not known is not spent."""
        try:
            granted, standing = await self.budget.reserve(hold)
        except Exception as fault:  # the budget is the caller's: whatever it dies of, no call is made
            log.error("model.budget_unreadable", fault=type(fault).__name__)
            raise BudgetDenied(None) from None
        if not granted:
            raise BudgetDenied(standing)
        return standing

    async def settle(self, hold: Hold, cost: Cost) -> None:
        """A failure leaves the estimate standing."""
        try:
            await self.budget.settle(hold, cost)
        except Exception as fault:  # as above; the turn has its answer already
            log.warning("model.cost_not_settled", fault=type(fault).__name__)

    async def kept_answer(self, key: bytes) -> str | None:
        try:
            return await self.answers.get(key, self.clock.now())
        except Exception as fault:  # the shelf is the caller's: without it the question is asked
            log.warning("model.answers_unreadable", fault=type(fault).__name__)
            return None

    async def keep_answer(self, key: bytes, text: str) -> None:
        if len(text) > MOST_SIGNS:
            return
        try:
            await self.answers.put(key, text, self.clock.now())
        except Exception as fault:  # as above: the next question is asked again
            log.warning("model.answer_not_kept", fault=type(fault).__name__)

    async def wanted_by(self, user_id: UUID) -> bool:
        """False when that person switched models off, or when nobody can tell."""
        if self._preference is None:
            return True
        try:
            return await self._preference(user_id)
        except Exception as fault:  # the caller's as well: who cannot say yes has not said yes
            log.warning("model.preference_unreadable", fault=type(fault).__name__)
            return False

    async def close(self) -> None:
        for member in self.members:
            try:
                await member.client.close()
            except Exception as fault:  # a library's own way of ending: the others are closed all the same
                log.warning("model.client_not_closed", fault=type(fault).__name__)


_mind: Mind | None = None


def current() -> Mind | None:
    """The configured models; None when nothing is configured."""
    return _mind


def allowance_of(settings: Settings) -> Allowance:
    """Everybody's a day."""
    return Allowance(settings.model_daily_krw, settings.model_daily_tokens)


def configure(
    settings: Settings,
    recorder: Recorder | None = None,
    preference: Preference | None = None,
    *,
    budget: Budget | None = None,
    answers: Answers | None = None,
    clock: Clock | None = None,
    new_id: NewId = uuid4,
    limits: Limits = DEFAULT_LIMITS,
) -> Mind | None:
    """Sets up the chain for this process, without opening anything. Returns it, None when no model is set."""
    global _mind
    links = read_chain(settings)
    if not links:
        _mind = None
        return None
    load_all()
    load_prices()
    _mind = Mind(
        links,
        recorder,
        preference,
        budget=budget or MemoryBudget(allowance_of(settings)),
        answers=answers or MemoryAnswers(),
        clock=clock or SystemClock(),
        new_id=new_id,
        limits=limits,
    )
    return _mind


@asynccontextmanager
async def configured(
    settings: Settings,
    recorder: Recorder | None = None,
    preference: Preference | None = None,
    *,
    budget: Budget | None = None,
    answers: Answers | None = None,
    clock: Clock | None = None,
    new_id: NewId = uuid4,
    limits: Limits = DEFAULT_LIMITS,
) -> AsyncIterator[Mind | None]:
    """`configure` for the length of a block; clients are closed and what was configured before comes back."""
    global _mind
    before = _mind
    mind = configure(
        settings,
        recorder,
        preference,
        budget=budget,
        answers=answers,
        clock=clock,
        new_id=new_id,
        limits=limits,
    )
    try:
        yield mind
    finally:
        _mind = before
        if mind is not None:
            await mind.close()


def configure_from_environment() -> None:
    """For the development server, which imports graphs and hands nothing over; a broken setting means no model there,
    and is reported where the other processes start."""
    try:
        configure(load_settings())
    except SettingsError:
        log.warning("model.settings_unusable")


async def model_wanted(user_id: UUID) -> bool:
    """What `asking` wants to know about a person: True unless a model is configured and the person declined."""
    return True if _mind is None else await _mind.wanted_by(user_id)
