"""The watcher as the scheduler's process holds it, at the real OMS and exchange: what happens there is told here."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from notice_servers import hooks
from oms_path import PATIENCE_S, SAMSUNG, Path_, Person

from domain.clock import KST, SystemClock
from domain.orders.types import Side
from domain.watch import AlertKind, AlertRule, Choices, StoredAlert
from graph import watching as together
from graph.watching import open_watcher
from tools.notify.addresses import Sealed
from tools.store.notices import Channels
from tools.store.pool import make_dict_pool
from tools.store.secrets import instance_secret
from tools.store.slots import Slots
from tools.store.watching import Watching


async def told(watching: Watching, who: Person, *kinds: AlertKind) -> dict[AlertKind, StoredAlert]:
    """The newest alert of each kind, once all of them are there."""
    until = time.monotonic() + PATIENCE_S
    while True:
        found = {each.alert.kind: each for each in await watching.inbox(who.identity.user_id)}
        if set(kinds) <= set(found):
            return found
        assert time.monotonic() < until, found
        await asyncio.sleep(0.1)


async def test_a_fill_a_halt_and_a_crossing_reach_the_inbox_and_the_persons_own_channel(
    path: Path_, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOK_S", "TABLES_S", "NOTICES_S"):
        monkeypatch.setattr(together, name, 0.2)
    who, stranger, clock = path.person(), path.person(), SystemClock()
    settings = path.database.settings.model_copy(update={"notify_private": True})
    endpoints = replace(path.database.endpoints, oms_address=path.oms.address, redis_url="")
    async with (
        hooks() as there,
        make_dict_pool(path.database.url("graph"), "test-watcher") as pool,
        make_dict_pool(path.database.url("ui"), "test-channels", max_size=1) as web,
    ):
        watching, channel_id = Watching(pool), uuid4()
        await watching.choose(who.identity.user_id, Choices({}, quiet=False), clock.now())
        sealed = Sealed(instance_secret(settings)).seal(channel_id, f"json://127.0.0.1:{there.port}/")
        await Channels(web).add(who.identity.user_id, channel_id, "json://…", sealed, clock.now())
        price = (await path.market.quote(SAMSUNG)).price
        rule = AlertRule(
            rule_id=uuid4(),
            user_id=who.identity.user_id,
            account_ref=who.account,
            kind=AlertKind.PRICE,
            ticker=SAMSUNG,
            made_at=datetime.now(KST) - timedelta(seconds=1),
            direction="above",
            level=price * 105 // 100,
        )
        await watching.add_rule(rule)
        parts: Any = (settings, endpoints, pool, path.channel, Slots(pool))
        async with open_watcher(*parts, clock=clock, by="test") as watcher:
            assert {"tables", "news", "prices", "notices", "savings"} <= set(watcher.jobs)
            cost = await path.marketable(SAMSUNG)
            await path.client.submit(who.identity, who.approved((SAMSUNG, Side.BUY, 2, cost + 1_000)))
            await told(watching, who, AlertKind.FILL)
            await path.client.set_trading_state(who.identity, "HALTED", "시험")
            until = time.monotonic() + PATIENCE_S
            while not await pool_has(pool, rule):
                assert time.monotonic() < until
                await asyncio.sleep(0.1)
            await path.exchange.push(SAMSUNG, price * 106 // 100 // 100 * 100)
            found = await told(watching, who, AlertKind.FILL, AlertKind.LIMIT, AlertKind.PRICE)
            assert "체결" in found[AlertKind.FILL].alert.text
            assert "멈췄어요" in found[AlertKind.LIMIT].alert.text
            assert "올라왔어요" in found[AlertKind.PRICE].alert.text
            while len(there.got) < len(found):
                assert time.monotonic() < until + PATIENCE_S, there.got
                await asyncio.sleep(0.1)
        assert all("(알림 " in text and who.account not in text for text in there.texts())
        assert await watching.inbox(stranger.identity.user_id) == []


async def pool_has(pool: Any, rule: AlertRule) -> bool:
    """Whether the rule has seen a price."""
    async with pool.connection() as connection:
        found = await connection.execute("SELECT 1 FROM desk.alert_sightings WHERE rule_id = %s", (rule.rule_id,))
        return await found.fetchone() is not None
