"""Alerts from durable facts, on a real PostgreSQL, with the follower killed at every statement and after every commit.

However often and wherever it dies, each fact is told to each person exactly once, and nothing is told that is not so.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

import psycopg
import pytest
from fakes import OTHER, START, USER, FakeDesk, FakeMarket, FakeOms
from psycopg.types.json import Jsonb

from domain.clock import ManualClock
from domain.instruments import Instruments
from domain.news.candidates import News
from domain.proto import oms_pb2 as pb
from domain.watch import Alert, AlertKind, AlertRule, Choices, Mood
from graph.watch.events import OmsFollower
from graph.watch.news import NewsFollower
from graph.watch.notices import NoticeSender
from graph.watch.prices import PriceFollower
from graph.watch.tables import TableFollower
from tools.lake import Lake, open_lake
from tools.news.crawl import Run
from tools.news.stored import RunShelf
from tools.notify.addresses import Sealed
from tools.notify.sending import Outcome, Sender, code_of
from tools.store.notices import Channels, Notices
from tools.store.outbox import Outbox
from tools.store.pool import make_dict_pool
from tools.store.watching import Watching

SAMSUNG, KAKAO = "005930", "035720"
TABLE = Instruments.load()


class Killed(BaseException):
    """The process ends here."""


class MortalPool:
    """A pool of connections on which the process dies at the `left`-th statement or commit."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.left: float = float("inf")

    def step(self) -> None:
        self.left -= 1
        if self.left <= 0:
            raise Killed

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        async with self._pool.connection() as real:
            yield MortalConnection(real, self)


class MortalConnection:
    def __init__(self, real: Any, pool: MortalPool) -> None:
        self._real = real
        self._pool = pool

    async def execute(self, query: str, values: Any = None) -> Any:
        self._pool.step()  # before it is sent; what came before in the transaction is rolled back
        return await self._real.execute(query, values)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        async with self._real.transaction():
            yield
        self._pool.step()  # committed, and nobody heard of it


@dataclass
class House:
    """Two people, their tables, and followers that can die."""

    pool: MortalPool
    ui: psycopg.Connection[Any]
    graph: psycopg.Connection[Any]
    shelf: RunShelf
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))

    def __post_init__(self) -> None:
        self.market = FakeMarket(self.clock)
        self.oms = FakeOms(self.clock, FakeDesk(self.clock), self.market)
        self.watching = Watching(cast(Any, self.pool))
        self.outbox = Outbox(cast(Any, self.pool))

    async def look(self) -> None:
        """One pass of everything that follows, as a process that has just started makes it."""
        events = OmsFollower(self.oms, self.outbox, self.watching, self.clock, "sim")
        for who in (USER, OTHER):
            await events.follow(who)
        await TableFollower(self.outbox, TABLE, self.clock, "sim").once()
        await NewsFollower(self.shelf, self.outbox, TABLE, self.clock, "sim").once()
        await PriceFollower(self.market, self.outbox, TABLE, self.clock, "sim").once()

    async def look_until_done(self, dice: random.Random) -> int:
        """Passes that die at a throw of the dice, until one lives; how many died."""
        died = 0
        while True:
            self.pool.left = dice.randint(1, 45) if died < 25 else float("inf")
            try:
                await self.look()
            except Killed:
                died += 1
                continue
            finally:
                self.pool.left = float("inf")
            return died

    def told(self) -> list[tuple[UUID, str]]:
        return self.graph.execute("SELECT user_id, alert_key FROM desk.alerts ORDER BY number").fetchall()

    def event(self, seq: int, account: str, kind: str, message: str, **order: Any) -> None:
        event = pb.Event(seq=seq, account_ref=account, kind=kind, message=message)
        event.at.FromDatetime(self.clock.now())
        if order:
            event.order.MergeFrom(pb.Order(account_ref=account, ticker=SAMSUNG, name="삼성전자", side="buy", **order))
        self.oms.events.append(event)

    def refuse(self, user_id: UUID, text: str, plan: UUID | None = None) -> int:
        row = self.graph.execute(
            "INSERT INTO desk.journal (user_id, at, kind, subject, summary, detail) VALUES (%s, %s, 'refusal', %s, %s,"
            " %s) RETURNING entry_id",
            (user_id, self.clock.now(), SAMSUNG, text, Jsonb({"plan_id": str(plan)})),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def ask(self, number: int, thread: str, *, expires: datetime | None = None, origin: str = "cycle") -> UUID:
        """A plan with a question about it."""
        plan, approval, now = UUID(int=number), UUID(int=1000 + number), self.clock.now()
        until = expires or now + timedelta(minutes=10)
        self.graph.execute(
            "INSERT INTO desk.plans (plan_id, version, account_ref, user_id, sleeve, origin, plan_hash, created_at,"
            " expires_at) VALUES (%s, 1, %s, %s, 'manual', %s, 'h', %s, %s)",
            (plan, USER.account_ref, USER.user_id, Jsonb([origin, "x"]), now, until),
        )
        leg = {"leg": 1, "ticker": SAMSUNG, "name": "삼성전자", "side": "buy", "qty": 3}
        self.graph.execute(
            "INSERT INTO desk.approval_requests (approval_id, plan_id, version, plan_hash, account_ref, user_id,"
            " thread_id, card, created_at, expires_at) VALUES (%s, %s, 1, 'h', %s, %s, %s, %s, %s, %s)",
            (approval, plan, USER.account_ref, USER.user_id, thread, Jsonb({"legs": [leg]}), now, until),
        )
        return approval

    def answer(self, approval: UUID) -> None:
        self.ui.execute(
            "INSERT INTO desk.approvals (approval_id, user_id, plan_hash, decision, channel) VALUES (%s, %s, 'h',"
            " 'reject', 'test')",
            (approval, USER.user_id),
        )


@pytest.fixture
def connections(database: Any) -> Iterator[tuple[Any, Any]]:
    with (
        psycopg.connect(database.url("ui"), autocommit=True) as ui,
        psycopg.connect(database.url("graph"), autocommit=True) as graph,
    ):
        for at, who in enumerate((USER, OTHER)):
            ui.execute("INSERT INTO chat.users VALUES (%s, %s, %s, %s)", (who.user_id, who.name, at == 0, START))
            ui.execute(
                "INSERT INTO desk.accounts VALUES (%s, %s, 'sim', '모의', %s)", (who.account_ref, who.user_id, START)
            )
        yield ui, graph


@pytest.fixture
async def house(database: Any, connections: tuple[Any, Any]) -> AsyncIterator[House]:
    async with make_dict_pool(database.url("graph"), "test-outbox") as pool:

        def lake() -> Lake:
            return open_lake(database.settings)

        yield House(MortalPool(pool), *connections, RunShelf(lake))


def rule(number: int, who: Any = USER, **changes: Any) -> AlertRule:
    made = AlertRule(UUID(int=number), who.user_id, who.account_ref, AlertKind.PRICE, SAMSUNG, START, "above", 80_000)
    return replace(made, **changes)


def story(title: str, ticker: str, at: datetime, score: float = 0.0) -> News:
    return News(title, "신문", "", at, (ticker,), "neutral", score)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_each_fact_is_told_once_wherever_the_follower_dies(house: House, seed: int) -> None:
    dice = random.Random(seed)
    news = {"kind": AlertKind.NEWS, "direction": "", "level": None}
    for wish in (
        rule(1),
        rule(2, OTHER, level=75_000),
        rule(3, direction="below", level=60_000),
        rule(4, mood=Mood.ANY, **news),
        rule(5, OTHER, mood=Mood.BAD, **news),
    ):
        await house.watching.add_rule(wish)
    await house.look_until_done(dice)  # begins to follow: 72,000 won is where the prices stand
    assert house.told() == []

    house.clock.advance(60)
    a, b = USER.account_ref, OTHER.account_ref
    for at in range(6):
        filled = {"intent_id": f"i{at}", "quantity": 3, "filled": 3, "state": "FILLED"}
        house.event(10 + at, a if at % 2 else b, "order", "체결됐어요.", **filled)
    house.event(20, a, "order", "일부 체결됐어요.", intent_id="p", quantity=9, filled=3, state="PARTIAL")
    house.event(21, a, "order", "일부 체결됐어요.", intent_id="p", quantity=9, filled=6, state="PARTIAL")
    house.event(22, a, "order", "", intent_id="q", quantity=1, state="ACKED")
    house.event(23, b, "trading_state", "직접 정지: HALTED")
    refused = [house.refuse(who.user_id, "한도 점검에서 막혔어요.") for who in (USER, OTHER, USER)]
    waiting = house.ask(1, "cycle:sim-alpha:10")
    await house.shelf.put(
        Run(
            house.clock.now(),
            (),
            3,
            (
                story("삼성전자 새 공장", SAMSUNG, house.clock.now(), 0.5),
                story("삼성전자 실적 충격", SAMSUNG, house.clock.now(), -0.8),
                story("카카오 소식", KAKAO, house.clock.now()),
                story("삼성전자 지난달 이야기", SAMSUNG, START - timedelta(days=30), -0.9),
            ),
            "2026-11-23",
        )
    )
    house.market.prices[SAMSUNG] = 80_500
    died = await house.look_until_done(dice)
    assert died > 0

    keys = [key for _, key in house.told()]
    per_person = {who.user_id: [key for person, key in house.told() if person == who.user_id] for who in (USER, OTHER)}
    assert sorted(key for key in keys if key.startswith("oms:")) == sorted(
        [*(f"oms:{a if at % 2 else b}:i{at}:end" for at in range(6)), f"oms:{a}:p:partial", f"oms:{b}:23"]
    )
    assert sorted(key for key in keys if key.startswith("journal:")) == sorted(
        f"journal:{number}" for number in refused
    )
    assert [key for key in keys if key.startswith("approval:")] == [f"approval:{waiting}"]
    assert sorted(key for key in keys if key.startswith("price:")) == [
        f"price:{UUID(int=1)}:2",
        f"price:{UUID(int=2)}:2",
    ]
    assert [sum(key.startswith("news:") for key in per_person[who.user_id]) for who in (USER, OTHER)] == [2, 1]
    before = house.told()
    await house.look()
    house.clock.advance(1)
    await house.look_until_done(dice)
    assert house.told() == before


async def test_a_question_is_told_after_a_minute_in_a_conversation_and_never_once_it_is_answered(house: House) -> None:
    await house.look()
    early, late = house.ask(1, "conversation"), house.ask(2, "conversation")
    gone = house.ask(3, "cycle:x:1", expires=house.clock.now())
    await house.look()
    assert house.told() == []
    house.answer(early)
    house.clock.advance(61)
    await house.look()
    assert [key for _, key in house.told()] == [f"approval:{late}"]
    assert f"approval:{gone}" not in str(house.told())


async def test_a_refusal_that_answered_somebody_in_a_conversation_is_not_told_again(house: House) -> None:
    await house.look()
    house.ask(1, "conversation", origin="chat")
    house.ask(2, "conversation", origin="cycle")
    house.refuse(USER.user_id, "한도 점검에서 막혔어요.", UUID(int=1))
    told = house.refuse(USER.user_id, "한도 점검에서 막혔어요.", UUID(int=2))
    await house.look()
    assert [key for _, key in house.told()] == [f"journal:{told}"]


async def test_what_is_switched_off_is_not_told_later_either(house: House) -> None:
    await house.look()
    await house.watching.choose(USER.user_id, Choices({AlertKind.LIMIT: False, AlertKind.FILL: False}), START)
    house.clock.advance(60)
    house.refuse(USER.user_id, "한도 점검에서 막혔어요.")
    house.event(9, USER.account_ref, "order", "체결", intent_id="i", quantity=1, filled=1, state="FILLED")
    house.event(10, USER.account_ref, "trading_state", "직접 정지: HALTED")
    await house.look()
    house.clock.advance(300)
    await house.watching.choose(USER.user_id, Choices({}), START)
    house.event(11, USER.account_ref, "notice", "입금을 확인했어요.")
    await house.look()
    keys = [key for _, key in house.told()]
    assert not any(key.startswith("journal:") for key in keys)
    assert f"oms:{USER.account_ref}:11" in keys


async def test_stale_prices_and_a_market_that_rests_fire_nothing_and_a_rule_rests_until_the_price_came_back(
    house: House,
) -> None:
    await house.watching.add_rule(rule(1))
    await house.look()
    house.clock.advance(5)
    house.market.prices[SAMSUNG] = 80_500
    house.market.phase = "closing_auction"
    await house.look()
    house.market.phase = "continuous"
    fresh = house.market.quote

    async def old(ticker: str) -> pb.QuoteReply:
        reply = await fresh(ticker)
        reply.as_of.FromDatetime(house.clock.now() - timedelta(seconds=90))
        return reply

    house.market.quote = old  # type: ignore[method-assign]
    await house.look()
    assert house.told() == []
    house.market.quote = fresh  # type: ignore[method-assign]
    for price in (80_500, 79_900, 80_100, 79_000, 81_000):  # again on the same day: it was told
        house.clock.advance(5)
        house.market.prices[SAMSUNG] = price
        await house.look()
    assert len(house.told()) == 1
    for hours, price in ((24, 79_000), (0, 80_100)):
        house.clock.advance(hours * 3_600 + 5)
        house.market.prices[SAMSUNG] = price
        await house.look()
    assert len(house.told()) == 2


class Post:
    """A sender that remembers, and whose process may die right after the other side took the notice."""

    def __init__(self, pool: MortalPool) -> None:
        self.got: list[tuple[str, str]] = []
        self.down = 0
        self._pool = pool

    async def send(self, url: str, text: str, code: str) -> Outcome:
        if self.down:
            self.down -= 1
            return Outcome.FAILED
        self.got.append((url, code))
        self._pool.step()
        return Outcome.SENT


@pytest.mark.parametrize("seed", [7, 8])
async def test_every_notice_goes_out_under_its_code_and_is_said_to_be_sent_once(
    house: House, database: Any, seed: int
) -> None:
    dice, sealed = random.Random(seed), Sealed(bytes(32))
    async with make_dict_pool(database.url("ui"), "test-channels") as web:
        channels = Channels(web)
        for number in (1, 2):
            sealed_url = sealed.seal(UUID(int=number), f"json://host/{number}")
            await channels.add(USER.user_id, UUID(int=number), "json://…", sealed_url, house.clock.now())
        alerts = [Alert(USER.user_id, f"k{at}", AlertKind.FILL, "체결", START, urgent=True) for at in range(4)]
        quiet = Alert(USER.user_id, "later", AlertKind.NEWS, "뉴스", START)
        house.clock.advance(13 * 3_600 + 1_800)  # 23:30
        await house.outbox.tell([*alerts, quiet], house.clock.now())
        post = Post(house.pool)
        post.down = 3
        while len({*post.got}) < 8 or len(await sent(house)) < 8:
            house.clock.advance(150)
            house.pool.left = dice.randint(1, 14)
            jobs = NoticeSender(Notices(cast(Any, house.pool)), house.outbox, sealed, cast(Sender, post), house.clock)
            living = asyncio.all_tasks()
            try:
                await jobs.once()
            except Killed:
                await ended(asyncio.all_tasks() - living)  # nothing of a dead process goes on
                continue
            finally:
                house.pool.left = float("inf")
        codes = {code_of(USER.user_id, alert.key) for alert in alerts}
        assert {*post.got} == {(f"json://host/{number}", code) for number in (1, 2) for code in codes}
        assert len(await sent(house)) == 8  # the quiet one waits for the morning
        await channels.end(USER.user_id, UUID(int=2), house.clock.now())
        house.clock.advance(8 * 3_600)
        await jobs.once()
        assert post.got[-1] == ("json://host/1", code_of(USER.user_id, "later"))
        assert len(await sent(house)) == 9


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def sent(house: House) -> list[tuple[str, UUID]]:
    rows = house.graph.execute(
        "SELECT alert_key, channel_id FROM desk.alert_send_ends WHERE outcome = 'sent'"
    ).fetchall()
    assert len(rows) == len(set(rows))
    return rows
