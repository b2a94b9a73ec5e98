"""One person's conversation in lines: what is typed goes in, public turns come out (`ui.turn`).

Contract: what is said and decided is `ui.chat.conversation`'s. Every turn ends with the truth read anew: orders and
book from the OMS, the profile from its table. What cannot be read is missing and said so, never made up.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast
from uuid import UUID

from domain.watch import from_the_oms
from graph.turn import TurnResult
from nodes.state import NodeName
from nodes.user_profile.view import profile_view
from tools.embedded.services import Endpoints
from tools.ports import Identity, PortUnavailable
from tools.settings import Settings
from tools.store.decisions import MESSAGES, Recorded
from tools.store.users import get_or_create
from ui.chat.commands import Command, CommandError, Say, parse_line
from ui.chat.conversation import Conversation
from ui.chat.news import News
from ui.turn import ApprovalView, Notice, NoticeCode, ProfileView, StrategyView, Turn
from ui.turn_view import notice_views, order_view, portfolio_view, proposal_views, report_views
from ui.wiring import Assembled, assemble

THREAD = "terminal"
CHANNEL = "terminal"
ORDERS_SHOWN = 20
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
        self._talk = Conversation(parts, who, thread=THREAD, channel=CHANNEL)
        self._shown: UUID | None = None
        self.ended = False

    async def greet(self) -> Turn:
        """What a person sees first."""
        return await self._turn(await self._talk.greeting(str(self._parts.new_id())))

    async def sweep(self) -> None:
        """Ends what an earlier process left: approved and not delivered, asked and never answered."""
        runner = self._parts.runner
        for request, result in [*await runner.resume_approved(), *await runner.lapse()]:
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
            return await self._turn(await self._talk.say(said.text, str(self._parts.new_id())))
        return await self._command(said)

    async def news(self) -> AsyncIterator[str]:
        """Texts of what happens between turns, for a face that can show them at once."""
        async for batch in self._news.follow():
            self._news.told(batch)
            for item in batch.items:
                yield item.notice.text

    async def _command(self, command: Command) -> Turn:
        if command.verb == "quit":
            self.ended = True
            return await self._told("안녕히 가세요. 주문과 대화는 그대로 남아 있어요.", None)
        if command.verb == "help":
            from ui.chat.command import HELP

            return await self._told(HELP, None)
        assert command.target is not None
        if command.verb in ("sign", "revoke"):
            recorded = await (self._talk.sign if command.verb == "sign" else self._talk.revoke)(command.target)
            done = "위임에 서명했어요." if command.verb == "sign" else "위임을 철회했어요."
            return await self._told(done if recorded is Recorded.RECORDED else MESSAGES[recorded], _code_of(recorded))
        recorded, result = await self._talk.decide(
            command.target, command.verb, command.quantities, unsuitable_ack=command.unsuitable_ack
        )
        if result is None:
            return await self._told(MESSAGES[recorded], NoticeCode.BAD_INPUT)
        return await self._turn(result)

    async def _told(self, text: str, code: NoticeCode | None) -> Turn:
        """An answer that the graph had no part in."""
        standing = await self._talk.look()
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
            route=cast(list[NodeName], list(result.route)),  # the model checks the vocabulary
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
            notices=list(dict.fromkeys([*told, *self._news.drain(), *await self._alerts()])),
        )

    async def _alerts(self) -> list[Notice]:
        """What the inbox has that this face did not hear of by itself; told, it counts as read."""
        watch, user_id = self._parts.ports.watch, self._who.user_id
        try:
            unread = list(reversed(await watch.inbox(user_id, unread_only=True)))
            if unread:
                keys = [each.alert.key for each in unread]
                await watch.mark_read(user_id, keys, "chat", self._parts.clock.now())
        except PortUnavailable:  # told at the next turn
            return []
        mine = [each.alert for each in unread if not from_the_oms(each.alert.key)]
        return [Notice(code=NoticeCode.ALERT, text=alert.text) for alert in mine]

    async def _profile(self, result: TurnResult) -> ProfileView:
        stored = await self._parts.ports.desk.latest_profile(self._who.user_id)
        view = profile_view(result.values.get("profile_draft"), stored, self._parts.clock.now())
        return ProfileView.model_validate(view)

    async def _strategy(self) -> StrategyView | None:
        found = await self._parts.ports.desk.strategies(self._who.user_id, 1)
        return StrategyView(id=str(found[0].strategy_id), hash=found[0].hash) if found else None


def _code_of(recorded: Recorded) -> NoticeCode | None:
    return None if recorded is Recorded.RECORDED else NoticeCode.BAD_INPUT


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
