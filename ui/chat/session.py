"""One person's conversation: lines in, turns out, whatever face shows them.

Contract: text goes to the graph's runner; a decision is written first, by the role that may, and only then told to the
graph. Every turn ends with the truth read anew: orders and book from the OMS, the profile from its table. What cannot
be read is missing and said so, never made up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from execution.desk.card import card_text
from graph.runner import Runner
from graph.turn import TurnResult
from nodes.user_profile.view import profile_view
from tools.embedded.services import Endpoints
from tools.ports import Identity, PortUnavailable
from tools.settings import Settings
from tools.store.decisions import MESSAGES, Recorded
from tools.store.users import get_or_create
from ui.chat.commands import Command, CommandError, Say, parse_line
from ui.chat.news import News
from ui.turn import ApprovalView, Notice, NoticeCode, ProfileView, StrategyView, Turn
from ui.turn_view import notice_views, order_view, portfolio_view, proposal_views, report_views
from ui.wiring import Assembled, assemble

THREAD = "terminal"
CHANNEL = "terminal"
ORDERS_SHOWN = 20
WAITS = "승인을 기다리는 주문이 있어요."
NO_ACCOUNT = "expected an account of this user at {venue}, was none: keys in the settings belong to the owner alone"


class NoAccountHere(RuntimeError):
    """The user has no account where this installation trades."""


class ChatSession:
    """`handle` takes a line; `ended` is True after /quit. `remembers` the card shown last, for a person who types."""

    def __init__(self, parts: Assembled, who: Identity, news: News, *, remembers: bool) -> None:
        self._parts = parts
        self._who = who
        self._news = news
        self._remembers = remembers
        self._shown: UUID | None = None
        self.ended = False

    @property
    def _runner(self) -> Runner:
        return self._parts.runner

    async def greet(self) -> Turn:
        """What a person sees first: the card that waits, of the conversation or of a cycle, or a greeting."""
        standing = await self._runner.look(self._who, THREAD)
        if standing.approval is not None:
            return await self._turn(standing)
        waiting = await self._parts.ports.desk.pending_approvals(self._who.user_id, self._parts.clock.now())
        if waiting:
            card = waiting[0]
            text = f"{WAITS}\n{card_text(card.card, card.expires_at)}"
            return await self._turn(TurnResult(text, (), standing.values, card, fresh=False))
        greeting = await self.handle("안녕하세요")
        assert greeting is not None
        return greeting

    async def sweep(self) -> None:
        """Ends what an earlier process left: approved and not delivered, asked and never answered."""
        for request, result in [*await self._runner.resume_approved(), *await self._runner.lapse()]:
            if request.user_id == self._who.user_id:
                self._news.add(NoticeCode.ORDER if result.outcome == "submitted" else NoticeCode.EXPIRED, result.reply)

    async def handle(self, line: str) -> Turn | None:
        """One line; None when there is nothing to answer."""
        try:
            said = parse_line(line, shown=self._shown)
        except CommandError as error:
            return await self._told(str(error), NoticeCode.BAD_INPUT)
        if said is None:
            return None
        if isinstance(said, Say):
            result = await self._runner.say(self._who, THREAD, said.text, str(self._parts.new_id()))
            return await self._turn(result)
        return await self._command(said)

    async def news(self) -> AsyncIterator[str]:
        """Texts of what happens between turns, for a face that can show them at once."""
        async for notice in self._news.follow():
            yield notice.text

    async def _command(self, command: Command) -> Turn:
        if command.verb == "quit":
            self.ended = True
            return await self._told("안녕히 가세요. 주문과 대화는 그대로 남아 있어요.", None)
        if command.verb == "help":
            from ui.chat.command import HELP

            return await self._told(HELP, None)
        assert command.target is not None
        if command.verb in ("sign", "revoke"):
            act = self._parts.decisions.sign_mandate if command.verb == "sign" else self._parts.decisions.revoke_mandate
            recorded = await act(self._who.user_id, command.target, channel=CHANNEL)
            done = "위임에 서명했어요." if command.verb == "sign" else "위임을 철회했어요."
            return await self._told(done if recorded is Recorded.RECORDED else MESSAGES[recorded], _code_of(recorded))
        return await self._decide(command)

    async def _decide(self, command: Command) -> Turn:
        """The decision first, the graph after: a crash in between is found by the sweeper."""
        assert command.target is not None
        recorded = await self._parts.decisions.decide(
            self._who.user_id,
            command.target,
            command.verb,
            channel=CHANNEL,
            quantities=command.quantities,
            unsuitable_ack=command.unsuitable_ack,
        )
        if recorded in (Recorded.NEEDS_ACK, Recorded.BAD_QUANTITY, Recorded.UNKNOWN):
            return await self._told(MESSAGES[recorded], NoticeCode.BAD_INPUT)
        result = await self._runner.resume(self._who, command.target)
        if recorded is not Recorded.RECORDED:
            result = _prefixed(MESSAGES[recorded], result)
        return await self._turn(result)

    async def _told(self, text: str, code: NoticeCode | None) -> Turn:
        """An answer that the graph had no part in."""
        standing = await self._runner.look(self._who, THREAD)
        notices = [] if code is None else [Notice(code=code, text=text)]
        return await self._turn(TurnResult(text, (), standing.values, standing.approval, fresh=False), notices)

    async def _turn(self, result: TurnResult, notices: Sequence[Notice] = ()) -> Turn:
        if self._remembers:
            self._shown = result.approval.approval_id if result.approval is not None else None
        values = result.values if result.route else {}
        told = [*notices, *notice_views(values.get("notices") or [])]
        if result.failed:
            told.append(Notice(code=NoticeCode.UNAVAILABLE, text=result.reply))
        orders, portfolio = [], None
        try:
            orders = [order_view(order) for order in await self._parts.ports.oms.orders(self._who, limit=ORDERS_SHOWN)]
            portfolio = portfolio_view(await self._parts.ports.oms.book(self._who))
        except PortUnavailable as gone:
            told.append(Notice(code=NoticeCode.UNAVAILABLE, text=gone.message))
        return Turn(
            reply=result.reply,
            route=list(result.route),  # type: ignore[arg-type]  # the model checks the vocabulary
            profile=await self._profile(result),
            strategy=await self._strategy(),
            reports=report_views(values.get("reports") or []),
            proposals=proposal_views(result.values.get("proposals") or []),
            approval=None
            if result.approval is None
            else ApprovalView(
                id=str(result.approval.approval_id), expires_at=result.approval.expires_at.isoformat(timespec="seconds")
            ),
            orders=orders,
            portfolio=portfolio,
            notices=list(dict.fromkeys([*told, *self._news.drain()])),
        )

    async def _profile(self, result: TurnResult) -> ProfileView:
        stored = await self._parts.ports.desk.latest_profile(self._who.user_id)
        view = profile_view(result.values.get("profile_draft"), stored, self._parts.clock.now())
        return ProfileView.model_validate(view)

    async def _strategy(self) -> StrategyView | None:
        found = await self._parts.ports.desk.strategies(self._who.user_id, 1)
        return StrategyView(id=str(found[0].strategy_id), hash=found[0].hash) if found else None


def _code_of(recorded: Recorded) -> NoticeCode | None:
    return None if recorded is Recorded.RECORDED else NoticeCode.BAD_INPUT


def _prefixed(text: str, result: TurnResult) -> TurnResult:
    reply = text if text in result.reply else f"{text}\n{result.reply}".strip()
    return TurnResult(reply, result.route, result.values, result.approval, result.failed, result.fresh)


@asynccontextmanager
async def open_session(
    settings: Settings, endpoints: Endpoints, name: str, *, remembers: bool
) -> AsyncIterator[ChatSession]:
    """Everything a conversation needs, for the user of that name. Raises NoAccountHere, WrongRevision, ValueError."""
    async with assemble(settings, endpoints) as parts:
        who = await _identity(parts, name)
        async with News.of(parts.ports.oms, who, settings.home / "chat") as news:
            session = ChatSession(parts, who, news, remembers=remembers)
            await session.sweep()
            yield session


async def _identity(parts: Assembled, name: str) -> Identity:
    venue = parts.settings.broker.value
    async with parts.people.connection() as connection:
        user = await get_or_create(
            connection, name, parts.settings, now=parts.clock.now(), new_id=parts.new_id, local_terminal=True
        )
    who = user.identity(venue)
    if who is None:
        raise NoAccountHere(NO_ACCOUNT.format(venue=venue))
    return who
