"""The token keeper: one issue for everybody, none in a loop, five minutes of life for an order."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from domain.clock import KST, ManualClock
from domain.orders.types import OrderType, Side
from tools.kis.client import KisClient
from tools.kis.deadline import Deadline
from tools.kis.errors import TokenInvalid, Unreachable
from tools.kis.orders import CashOrder
from tools.kis.sealed import FernetBox
from tools.kis.token import TokenState

TOO_SOON = (403, {"error_description": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)", "error_code": "EGW00133"})
DEAD = (500, {"rt_cd": "1", "msg_cd": "EGW00123", "msg1": "기간이 만료된 token 입니다."})
ORDER = CashOrder(Side.BUY, "005930", 1, OrderType.MARKET, 0)


async def test_fifty_callers_share_one_issue(make_client: Any, gateway: Any, kit: Any) -> None:
    client: KisClient = make_client(gateway.url)
    tokens = await asyncio.gather(*(client.tokens.current() for _ in range(50)))
    assert set(tokens) == {kit.TOKEN}
    assert gateway.tokens == 1


async def test_who_comes_while_the_issue_is_under_way_joins_it(make_client: Any, gateway: Any, kit: Any) -> None:
    client: KisClient = make_client(gateway.url)
    first = asyncio.create_task(client.tokens.current())
    for _ in range(50):
        await asyncio.sleep(0)
        if client.tokens.status().retry_at is not None:  # set before the request leaves
            break
    assert await client.tokens.current() == kit.TOKEN
    assert await first == kit.TOKEN
    assert gateway.tokens == 1


async def test_fifty_callers_share_one_refusal(make_client: Any, gateway: Any) -> None:
    gateway.answer("/oauth2/tokenP", TOO_SOON)
    client: KisClient = make_client(gateway.url)
    results = await asyncio.gather(*(client.tokens.current() for _ in range(50)), return_exceptions=True)
    assert all(isinstance(result, Unreachable) for result in results)
    assert len(gateway.requests("/oauth2/tokenP")) == 1


async def test_a_cancelled_caller_does_not_cancel_the_issue_for_the_others(
    make_client: Any, gateway: Any, kit: Any
) -> None:
    client: KisClient = make_client(gateway.url)
    first = asyncio.create_task(client.tokens.current())
    second = asyncio.create_task(client.tokens.current())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == kit.TOKEN
    assert gateway.tokens == 1


async def test_a_restart_finds_the_token_sealed_in_the_store(
    make_client: Any, gateway: Any, store: Any, kit: Any
) -> None:
    await make_client(gateway.url).tokens.current()
    assert all(secret.encode() not in value for secret in kit.SECRETS for value in store.values.values())
    assert all(secret not in name for secret in kit.SECRETS for name in store.values)
    assert await make_client(gateway.url).tokens.current() == kit.TOKEN
    assert gateway.tokens == 1


async def test_a_retired_key_stores_nothing_more_though_an_issue_was_under_way(
    make_client: Any, gateway: Any, store: Any
) -> None:
    client: KisClient = make_client(gateway.url)
    caller = asyncio.create_task(client.tokens.current())
    for _ in range(50):
        await asyncio.sleep(0)
        if client.tokens.status().retry_at is not None:  # set before the request leaves
            break
    store.values.clear()  # erased under its feet
    await client.retire()
    await asyncio.gather(caller, return_exceptions=True)  # who had begun may still get it
    with pytest.raises(Unreachable):
        await client.tokens.require_for_order()
    await client.tokens.refresh_if_due()
    assert store.values == {}
    assert gateway.tokens <= 1


async def test_a_token_sealed_by_another_instance_is_not_read(make_client: Any, gateway: Any) -> None:
    await make_client(gateway.url).tokens.current()
    await make_client(gateway.url, box=FernetBox(b"x" * 32)).tokens.current()
    assert gateway.tokens == 2


async def test_a_crash_loop_does_not_ask_at_every_start(
    make_client: Any, gateway: Any, clock: ManualClock, kit: Any
) -> None:
    gateway.answer("/oauth2/tokenP", (200, b"cut"))
    environment = kit.sim(gateway.url)
    object.__setattr__(environment, "token_interval_s", 61.0)
    for _ in range(5):
        with pytest.raises(Unreachable):
            await make_client(environment).tokens.current()
        clock.advance(5)
    assert len(gateway.requests("/oauth2/tokenP")) == 1


async def test_it_is_renewed_at_an_age_of_23_hours_55_minutes(
    make_client: Any, gateway: Any, clock: ManualClock, kit: Any
) -> None:
    start = clock.now()
    gateway.answer(
        "/oauth2/tokenP",
        (200, kit.token_body(expires=start + timedelta(hours=24))),
        (200, kit.token_body("second", start + timedelta(hours=48))),
    )
    client: KisClient = make_client(gateway.url)
    await client.tokens.current()
    clock.advance(23 * 3600 + 54 * 60)
    await client.tokens.refresh_if_due()
    assert client.tokens.status().state is TokenState.VALID
    assert len(gateway.requests("/oauth2/tokenP")) == 1
    clock.advance(61)
    assert client.tokens.status().state is TokenState.DUE
    assert await client.tokens.current() == "second"


async def test_it_is_renewed_five_minutes_before_an_early_expiry(
    make_client: Any, gateway: Any, clock: ManualClock, kit: Any
) -> None:
    start = clock.now()
    gateway.answer(
        "/oauth2/tokenP",
        (200, kit.token_body(expires=start + timedelta(hours=2))),
        (200, kit.token_body("second", start + timedelta(hours=24))),
    )
    client: KisClient = make_client(gateway.url)
    await client.tokens.current()
    clock.advance(2 * 3600 - 301)
    assert await client.tokens.require_for_order() == kit.TOKEN
    clock.advance(2)
    assert await client.tokens.require_for_order() == "second"


async def test_no_order_starts_with_less_than_five_minutes_of_life_but_reads_go_on(
    make_client: Any, gateway: Any, clock: ManualClock, kit: Any
) -> None:
    gateway.answer("/oauth2/tokenP", (200, kit.token_body(expires=clock.now() + timedelta(minutes=4))))
    client: KisClient = make_client(gateway.url)
    assert await client.tokens.current() == kit.TOKEN
    with pytest.raises(Unreachable):
        await client.orders.place(ORDER, deadline=Deadline.after(5), priority=None)
    assert not gateway.requests("/order-cash")


async def test_the_expiry_is_read_as_korean_time(make_client: Any, gateway: Any, kit: Any) -> None:
    until = datetime(2026, 11, 21, 9, 30, tzinfo=KST)
    gateway.answer("/oauth2/tokenP", (200, kit.token_body(expires=until)))
    client: KisClient = make_client(gateway.url)
    await client.tokens.current()
    assert client.tokens.status().expires_at == until


async def test_the_same_dead_token_makes_the_account_unreachable_without_a_loop(
    make_client: Any, gateway: Any, clock: ManualClock
) -> None:
    gateway.answer("/order-cash", DEAD)
    client: KisClient = make_client(gateway.url)
    with pytest.raises(TokenInvalid):
        await client.orders.place(ORDER, deadline=Deadline.after(5), priority=None)
    clock.advance(2)
    for _ in range(20):
        with pytest.raises(Unreachable):
            await client.orders.place(ORDER, deadline=Deadline.after(5), priority=None)
        clock.advance(1)
    assert client.tokens.status().state is TokenState.UNREACHABLE
    assert gateway.tokens == 2, "one issue at first, one that brought the dead one back"
    assert len(gateway.requests("/order-cash")) == 1


async def test_a_new_token_ends_the_outage(make_client: Any, gateway: Any, clock: ManualClock, kit: Any) -> None:
    gateway.answer("/oauth2/tokenP", (200, kit.token_body()), (200, kit.token_body()), (200, kit.token_body("alive")))
    client: KisClient = make_client(gateway.url)
    client.tokens.invalidate(await client.tokens.current())
    clock.advance(2)
    with pytest.raises(Unreachable) as caught:
        await client.tokens.current()
    assert caught.value.retry_at is not None
    clock.advance((caught.value.retry_at - clock.now()).total_seconds())
    assert await client.tokens.require_for_order() == "alive"
    assert client.tokens.status().state is TokenState.VALID


async def test_a_late_refusal_of_an_old_token_leaves_the_new_one_alone(
    make_client: Any, gateway: Any, kit: Any
) -> None:
    client: KisClient = make_client(gateway.url)
    token = await client.tokens.current()
    client.tokens.invalidate("an older one")
    assert await client.tokens.current() == token
    assert gateway.tokens == 1


async def test_a_minute_limit_is_waited_out(make_client: Any, gateway: Any, clock: ManualClock, kit: Any) -> None:
    gateway.answer("/oauth2/tokenP", TOO_SOON, (200, kit.token_body()))
    client: KisClient = make_client(gateway.url)
    with pytest.raises(Unreachable):
        await client.tokens.current()
    assert client.tokens.status().state is TokenState.WAITING
    clock.advance(59)
    with pytest.raises(Unreachable):
        await client.tokens.current()
    clock.advance(2)
    assert await client.tokens.current() == kit.TOKEN


async def test_a_wrong_secret_is_told_as_such_without_the_secret(make_client: Any, gateway: Any, kit: Any) -> None:
    gateway.answer("/oauth2/tokenP", (403, {"error_code": "EGW00105", "error_description": "유효하지 않은 AppSecret"}))
    client: KisClient = make_client(gateway.url)
    with pytest.raises(Unreachable, match="EGW00105") as caught:
        await client.tokens.current()
    status = client.tokens.status()
    assert status.state is TokenState.UNREACHABLE
    assert not [secret for secret in kit.SECRETS if secret in repr(status) + str(caught.value)]


@pytest.mark.parametrize("value", ["토큰", "two words", "line\nbreak", "", None, 7.5])
async def test_a_token_that_no_header_can_carry_is_none(value: Any, make_client: Any, gateway: Any, kit: Any) -> None:
    gateway.answer("/oauth2/tokenP", (200, kit.token_body() | {"access_token": value}))
    client: KisClient = make_client(gateway.url)
    if isinstance(value, float):
        assert await client.tokens.current() == "7.5"
        return
    with pytest.raises(Unreachable) as caught:
        await client.tokens.current()
    assert not value or value not in str(caught.value)


async def test_a_gateway_that_is_down_is_asked_again_soon(make_client: Any, gateway: Any, clock: ManualClock) -> None:
    client: KisClient = make_client("http://127.0.0.1:1")
    with pytest.raises(Unreachable) as caught:
        await client.tokens.current()
    assert caught.value.retry_at is not None
    assert caught.value.retry_at - clock.now() <= timedelta(seconds=2)
