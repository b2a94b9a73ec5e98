"""Where everything meets that a person's browser is told: answers, what the API decided, news of orders.

Contract: a message goes to every open page of its conversation and into that conversation's history; with no page open
the history alone has it, and a reload shows it. What belongs to no conversation of the browser (a cycle, a terminal)
goes to whatever the person looks at. News of orders are followed while at least one page is open and told once: while
a decision's turn is about to tell what became of its orders they wait, and then leave that out.
Keeping must not stop telling: a database that is gone costs the picture, never the answer.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from uuid import UUID, uuid5

import structlog
from chainlit.context import init_ws_context
from chainlit.session import WebsocketSession
from psycopg import Error

from domain.orders.types import TERMINAL
from graph.turn import TurnResult
from tools.ports import Identity
from tools.store.cards import CardPaper, keep_card
from tools.store.users import find_user_by_id
from ui.chat.news import Batch, Item, News
from ui.talk.cards import messages_of
from ui.talk.history import History
from ui.talk.history_rows import uuid_of
from ui.talk.inbox import telling_alerts
from ui.talk.message import Card, Shown, choices, element_rows, reply_id, step_row
from ui.talk.paces import Paces
from ui.talk.screens import Screens
from ui.turn import NoticeCode
from ui.wiring import Assembled

log = structlog.get_logger(__name__)

NEWS_LINES = 5
TELLING_SECONDS = 20.0  # news wait no longer than this for a decision's turn
AFTER_FILL = ("잔고", "미체결", "추천")
FOLDER = "web"  # below the home: how far this face has told the news


class Hub:
    """One a process."""

    def __init__(self, parts: Assembled) -> None:
        self.parts = parts
        self.screens = Screens()
        self.paces = Paces()
        self.history = History(lambda: parts.people, parts.clock)
        self.busy: set[tuple[UUID, str]] = set()  # conversations in which a turn runs
        self.unanswered: dict[str, tuple[str, str]] = {}  # page → the message that a crash left without an answer
        self._watching: dict[UUID, asyncio.Task[None]] = {}
        self._plans: dict[str, set[str]] = {}  # conversation → plans whose live card it shows
        self._told: dict[str, tuple[int, str]] = {}  # order → how many were filled and its state when an answer told it
        self._telling: Counter[UUID] = Counter()  # person → decisions whose turn runs
        self._quiet = asyncio.Condition()

    async def identity(self, user_id: UUID) -> Identity | None:
        """Who acts for this person here; None without an account at the venue."""
        async with self.parts.people.connection() as connection:
            user = await find_user_by_id(connection, user_id)
        return None if user is None else user.identity(self.parts.settings.broker.value)

    # Pages ------------------------------------------------------------------------------------------------------
    async def opened(self, session: WebsocketSession) -> None:
        """A page is ready to be told things."""
        user_id = self.screens.add(session)
        if user_id is None or user_id in self._watching:
            return
        self._watching[user_id] = asyncio.create_task(self._follow(user_id))

    async def closed(self, session: WebsocketSession) -> None:
        """A page is gone; with the last one the watching ends."""
        gone = self.screens.remove(session)
        self._plans.pop(session.thread_id, None)
        watcher = None if gone is None else self._watching.pop(gone, None)
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    async def close(self) -> None:
        watchers = list(self._watching.values())
        self._watching.clear()
        for watcher in watchers:
            watcher.cancel()
        await asyncio.gather(*watchers, return_exceptions=True)

    # Telling ----------------------------------------------------------------------------------------------------
    async def tell(self, who: Identity, thread_id: str | None, result: TurnResult) -> None:
        """What a decision led to. `thread_id` is the browser's own name of a conversation, None for a cycle's."""
        told = self.parts.new_id()
        threads = [thread_id] if thread_id is not None and uuid_of(thread_id) else self.screens.threads(who.user_id)
        for thread in threads:
            await self.answer(who.user_id, thread, result, str(uuid5(told, thread)))

    @asynccontextmanager
    async def telling(self, user_id: UUID) -> AsyncIterator[None]:
        """While a decision's turn runs that will itself tell what became of the orders."""
        self._telling[user_id] += 1
        try:
            yield
        finally:
            self._telling[user_id] -= 1
            async with self._quiet:
                self._quiet.notify_all()

    async def answer(
        self, user_id: UUID, thread_id: str, result: TurnResult, message_id: str, parent_id: str | None = None
    ) -> None:
        """All messages of a turn's result, in order."""
        for row in result.values.get("submitted") or []:
            self._told[str(row.get("intent_id"))] = (int(row.get("filled") or 0), str(row.get("state")))
        shown, papers = messages_of(result, message_id, thread_id)
        await self._keep_papers(user_id, papers)
        for at, message in enumerate(shown):
            await self.say(user_id, thread_id, message, reply_id(message_id, at), parent_id)

    async def say(
        self, user_id: UUID, thread_id: str, shown: Shown, message_id: str, parent_id: str | None = None
    ) -> None:
        """One message, kept and shown; the same id again is the same message."""
        step = step_row(
            shown, message_id=message_id, thread_id=thread_id, at=self.parts.clock.now(), parent_id=parent_id
        )
        elements = element_rows(shown, message_id=message_id, thread_id=thread_id)
        self._plans.setdefault(thread_id, set()).update(
            str(card.props.get("plan_id")) for card in shown.cards if card.name == "OrdersCard"
        )
        waiting = next((page for page in self.screens.of(user_id, thread_id) if not page.has_first_interaction), None)
        if waiting is not None:
            await _inside(waiting, lambda: self.history.create_message(step, elements))
        else:
            await self._kept(lambda: self.history.keep(user_id, [step], elements))
        await self.screens.show(user_id, thread_id, step, elements)

    async def begin(self, user_id: UUID, thread_id: str, name: str) -> None:
        """The conversation exists from here on, whoever of Chainlit's tasks writes first."""
        await self._kept(lambda: self.history.begin(user_id, thread_id, name))

    async def keep_steps(self, user_id: UUID, steps: Sequence[dict[str, object]]) -> None:
        """Steps of a turn that was shown while it ran."""
        await self._kept(lambda: self.history.keep(user_id, steps))

    async def _keep_papers(self, user_id: UUID, papers: Sequence[CardPaper]) -> None:
        async def keep() -> None:
            async with self.parts.people.connection() as connection:
                for paper in papers:
                    await keep_card(connection, user_id, paper, self.parts.clock.now())

        if papers:
            await self._kept(keep)

    async def _kept(self, keep: Callable[[], Awaitable[object]]) -> None:
        try:
            await keep()
        except (Error, OSError) as error:
            log.warning("talk.not_kept", error=type(error).__name__)

    # News -------------------------------------------------------------------------------------------------------
    async def _follow(self, user_id: UUID) -> None:
        try:
            who = await self.identity(user_id)
            if who is None:
                return
            told = News.of(self.parts.ports.oms, who, self.parts.settings.home / FOLDER)
            async with telling_alerts(self, who), told as news:
                async for batch in news.follow():
                    await self._waited(user_id)
                    await self._tell_news(who, batch)
                    news.told(batch)
        except asyncio.CancelledError:
            raise
        except Exception:  # the next page that opens tries again
            log.error("talk.news_failed", trace=traceback.format_exc())
            self._watching.pop(user_id, None)

    async def _waited(self, user_id: UUID) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TELLING_SECONDS), self._quiet:
                await self._quiet.wait_for(lambda: not self._telling[user_id])

    def _is_told(self, item: Item) -> bool:
        """What an answer on this face said of the very order, at that moment or later."""
        if item.order is None or item.order.intent_id not in self._told:
            return False
        filled, state = self._told[item.order.intent_id]
        return item.order.filled <= filled and (item.order.state == state or item.order.state not in TERMINAL)

    async def _tell_news(self, who: Identity, batch: Batch) -> None:
        batch = Batch(tuple(item for item in batch.items if not self._is_told(item)), batch.upto)
        if not batch.items:
            return
        for thread_id in self.screens.threads(who.user_id):
            known = self._plans.get(thread_id, set())
            plans = [item.plan_id for item in batch.items if item.plan_id and item.plan_id not in known]
            message_id = str(uuid5(UUID(thread_id), f"news:{who.account_ref}:{batch.upto}"))
            await self.say(who.user_id, thread_id, news_message(batch, plans[-1:]), message_id)


def news_message(batch: Batch, plans: Sequence[str]) -> Shown:
    """What came together in one message: the newest lines; for a plan that is not on the page yet its card and, after a
    fill, ways on. A page that has the card has the ways on from the answer that brought it."""
    texts = [item.notice.text for item in batch.items]
    left = len(texts) - NEWS_LINES
    lines = texts if left <= 0 else [f"그 밖에 {left}건이 더 있었어요.", *texts[-NEWS_LINES:]]
    cards = [Card("OrdersCard", {"plan_id": plan, "open": False}) for plan in plans]
    if cards and any(item.notice.code is NoticeCode.FILL for item in batch.items):
        cards.append(choices(AFTER_FILL, "next"))
    return Shown("\n".join(lines), tuple(cards))


async def _inside(session: WebsocketSession, work: Callable[[], Awaitable[object]]) -> None:
    """Chainlit's own bookkeeping of a page, in a task whose context is that page."""

    async def act() -> None:
        init_ws_context(session)
        await work()

    await asyncio.create_task(act())


@asynccontextmanager
async def open_hub(parts: Assembled) -> AsyncIterator[Hub]:
    """The hub of a process; leaving ends its watchers."""
    hub = Hub(parts)
    try:
        yield hub
    finally:
        await hub.close()
