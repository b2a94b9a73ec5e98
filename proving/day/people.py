"""The two persons of a rehearsed day: what each says on the eve, what each signs, and how a hand answers cards.

Contract: everything goes in through the doors that a person has: words to the runner, clicks to the desk, a click's
resume to the runner. `CAREFUL` approves order by order (the grade asks for it), `BOLD` signs the mandate that is
offered. A hand answers the cards of a day in the order in which they come, by the script's list.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from domain.clock import Clock
from graph.turn import TurnResult
from proving.day.house import House
from proving.day.papers import Papers
from tools.ports import ApprovalRequest, Identity

_LOOKS_S = 5.0


@dataclass(frozen=True, slots=True)
class Person:
    """`answers` to the questionnaire, in its order; `capital` as the first of them declares it, won."""

    who: Identity
    grade: str
    capital: int
    answers: tuple[str, ...]
    signs: bool


CAREFUL = Person(
    Identity(UUID(int=0x51 << 100), "중립", "acct-neutral", "sim"),
    "위험중립형",
    50_000_000,
    ("5천만원", "3", "3", "2", "2", "3", "1", "2"),
    signs=False,
)
BOLD = Person(
    Identity(UUID(int=0x52 << 100), "공격", "acct-bold", "sim"),
    "공격투자형",
    50_000_000,
    ("5천만원", "2", "5", "5", "4", "1", "1", "4"),
    signs=True,
)
PEOPLE = (CAREFUL, BOLD)


class Talk:
    """One person's conversation with the house."""

    def __init__(self, person: Person, house: House, papers: Papers) -> None:
        self.person = person
        self._house = house
        self._papers = papers
        self._said = 0

    async def say(self, *texts: str) -> TurnResult:
        """The last answer."""
        result: TurnResult | None = None
        for text in texts:
            self._said += 1
            result = await self._once(text, f"{self.person.who.account_ref}-{self._said}")
        assert result is not None, "expected something to say"
        assert not result.failed, result.reply
        return result

    async def _once(self, text: str, message: str) -> TurnResult:
        return await self._house.does(lambda runner: runner.say(self.person.who, "main", text, message))

    async def begins(self) -> None:
        """From a stranger to somebody with a profile and a strategy; who signs has their cycle's mandate as well."""
        await self.say("성향 알아보기", *self.person.answers, "맞아요")
        profile = await self._papers.latest_profile(self.person.who.user_id)
        assert profile is not None, "expected a confirmed profile"
        assert profile.grade == self.person.grade, f"expected {self.person.grade}, was {profile.grade}"
        if not self.person.signs:
            await self.say("자동 점검 켜줘")
        else:
            await self.say("알아서 리밸런싱해줘")
            offers = await self._papers.mandates(self.person.who.account_ref)
            await self._papers.sign(self.person.who, offers[0])


class Hand:
    """Answers cards. `does` are approve, reject and expire, one a card; the last goes on for the rest."""

    def __init__(
        self,
        person: Person,
        house: House,
        papers: Papers,
        clock: Clock,
        rng: random.Random,
        does: Sequence[str],
        told: Callable[[ApprovalRequest, str, TurnResult | None], None],
    ) -> None:
        self._person = person
        self._house = house
        self._papers = papers
        self._clock = clock
        self._rng = rng
        self._does = list(does)
        self._told = told
        self._seen: set[UUID] = set()

    async def run(self) -> None:
        """For as long as the day lasts."""
        while True:
            for request in await self._papers.pending_approvals(self._person.who.user_id, self._clock.now()):
                if request.approval_id not in self._seen:
                    self._seen.add(request.approval_id)
                    await self._answers(request, self._does.pop(0) if len(self._does) > 1 else self._does[0])
            await asyncio.sleep(_LOOKS_S)

    async def _answers(self, request: ApprovalRequest, how: str) -> None:
        if how == "expire":
            self._told(request, how, None)
            return
        await asyncio.sleep(self._rng.uniform(10.0, 90.0))
        if self._clock.now() >= request.expires_at - timedelta(seconds=5):
            self._told(request, "expire", None)
            return
        await self._papers.decide(self._person.who, request.approval_id, how)
        result = await self._house.does(lambda runner: runner.resume(self._person.who, request.approval_id))
        self._told(request, how, result)
